/* ISC license. */

/*
 * logplan (pure): how a log directory is kept: when a file is full, which old ones go,
 * and what to do next in whatever situation the directory is found.
 *
 * The files and their modes are daemontools' multilog's:
 *   current      being written, 0644; 0744 means: closed properly, all of it is on disk
 *   previous     0744: the last full `current`, not yet an old file
 *   processed    what the processor makes of previous, 0644; 0744 means: complete and on
 *                disk, from then on it stands for previous
 *   state        0644: what the processor wants to find at its next run
 *   newstate     what will be `state` when this run has succeeded
 *   @LABEL.s     an old file, complete (LABEL: TAI64N; `s` can be set)
 *   @LABEL.u     an old file that nobody could vouch for after a kill, or that the
 *                processor has been given up on
 *   lock         0600: held while multilog runs
 *
 * A rotation, every step one system call or harmless to repeat; what makes it recoverable
 * is that at any moment each line is in exactly one file that counts:
 *   PRUNE             old files are removed until there is room for one more
 *   SEAL_CURRENT      fsync, then 0744
 *   RETIRE_CURRENT    current becomes previous
 *   CREATE_CURRENT    an empty one; from here on lines can be written again
 *   without a processor:
 *     FINISH_PREVIOUS   previous becomes @LABEL.s
 *   with one, and none of this touches current, which is written meanwhile:
 *     START_PROCESSOR   previous in, processed and newstate out; if it fails: again
 *     SEAL_PROCESSED    fsync of both, then processed 0744: it counts now, not previous
 *     DROP_PREVIOUS
 *     ADOPT_NEWSTATE    newstate becomes state
 *     PRUNE             it may be longer than what it was made of
 *     FINISH_PROCESSED  processed becomes @LABEL.s
 *
 * Who begins may trust the directory, or not. It is to be trusted if current is 0744, or
 * if the caller vouches for it: a multilog that was killed has left a record of what it
 * was writing, and the caller completes it from there.
 *   Trusted, nothing has happened: current is continued, or made if the kill came
 *   before; state stays; a previous that is 0744 becomes an old file as ever, through the
 *   processor if there is one. What a processor had been making counts for nothing unless
 *   it is sealed: another run replaces it. So however often multilog is killed, there are
 *   no more files than without.
 *   Otherwise nobody knows whether previous and an unsealed current are complete: they
 *   become .u, unprocessed, and state is emptied, because the processor has missed
 *   something. So does a previous that is not 0744, anywhere.
 * A processed that is sealed is finished in any case. daemontools made old files by link
 * and unlink, and may have been killed in between: a file with a twin among the old ones
 * is only removed.
 *
 * Bound: pruned first, `files` of `size` bytes are never exceeded at any moment, previous
 * and current included; only processed, state and newstate come on top while a processor
 * runs. The bound on the bytes of old files holds likewise, previous included, whenever a
 * rotation is over; only the latest may be longer than that by itself.
 */

#ifndef SV_LOGPLAN_H
#define SV_LOGPLAN_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

/* When a file is full --------------------------------------------------------------- */

struct sv_logplan_file {
    uint64_t size;            /* what it may hold, in bytes */
    uint64_t tolerance;       /* a newline so close to the size ends it; less than size */
    uint64_t bytes;           /* what it holds */
    unsigned int in_line : 1; /* the last byte written was no newline */
};

struct sv_logplan_share {
    size_t take;             /* so many of the bytes go into the file */
    unsigned int rotate : 1; /* then it is full */
};

/*
 * What of the `length` > 0 bytes at `data` goes into `file`: as much as fits, cut behind
 * a newline where there is one. A file is full when it has reached its size, when a
 * newline ends the data within the tolerance, or when the next line does not fit; then
 * that line begins the next file. Only a line longer than a file is cut. Either take > 0
 * or rotate is set; file with `take` more bytes never exceeds its size. Cannot fail.
 */
extern struct sv_logplan_share sv_logplan_share(struct sv_logplan_file const *file,
                                                char const *data, size_t length);

/* Which old files go ---------------------------------------------------------------- */

#define SV_LOGPLAN_NAME 256 /* bytes of a file name, with NUL */
#define SV_LOGPLAN_BATCH 8  /* names looked for in one pass over the directory */

/* What a pass over the directory found. */
struct sv_logplan_retention {
    uint64_t count;                   /* old files in all */
    uint64_t bytes;                   /* in all of them; UINT64_MAX: that many or more */
    unsigned int held;                /* so many of the oldest are here, in order */
    unsigned int dated : 1;           /* there is one with a label: `newest` is defined */
    struct timespec newest;           /* the latest such label */
    uint64_t sizes[SV_LOGPLAN_BATCH]; /* in bytes, of these: */
    char oldest[SV_LOGPLAN_BATCH][SV_LOGPLAN_NAME];
};

/* Whether it is the name of an old file: `@` and at least 25 bytes. */
extern int sv_logplan_is_old(char const *name);

/* Begins a pass. Cannot fail. */
extern void sv_logplan_retention_begin(struct sv_logplan_retention *retention);

/*
 * Notes one name of the pass, of any kind, and how long the file is, if that matters: if
 * there is no bound on bytes, 0 will do. Cannot fail.
 */
extern void sv_logplan_retention_note(struct sv_logplan_retention *retention,
                                      char const *name, uint64_t bytes);

/*
 * How many of retention->oldest[], from 0 on, must go for at most `keep` old files, with
 * at most `total` bytes, to stay; UINT64_MAX: no such bound. If more must go than are
 * here, there has to be another pass when these are gone: *again is then 1, otherwise 0.
 */
extern unsigned int sv_logplan_retention_excess(
    struct sv_logplan_retention const *retention, uint64_t keep, uint64_t total,
    int *again);

/*
 * The name of an old file finished at `now`: `@LABEL.SUFFIX`, NUL-terminated. LABEL is
 * `now`, but later than each label that the pass has seen: names keep the order in which
 * files were finished, whatever the clock does, so that the oldest is what goes. `suffix`
 * has at most SV_LOGSCRIPT_SUFFIX_MAX bytes.
 */
extern void sv_logplan_name(char name[SV_LOGPLAN_NAME],
                            struct sv_logplan_retention const *retention,
                            struct timespec const *now, char const *suffix);

/* What to do next ------------------------------------------------------------------- */

enum sv_logplan_current {
    SV_LOGPLAN_CURRENT_ABSENT,
    SV_LOGPLAN_CURRENT_EMPTY,  /* 0644, no bytes */
    SV_LOGPLAN_CURRENT_OPEN,   /* 0644 */
    SV_LOGPLAN_CURRENT_SEALED, /* u+x */
    SV_LOGPLAN_CURRENT_TWIN    /* is an old file too */
};

/* previous and processed */
enum sv_logplan_other {
    SV_LOGPLAN_OTHER_ABSENT,
    SV_LOGPLAN_OTHER_OPEN,
    SV_LOGPLAN_OTHER_SEALED, /* u+x */
    SV_LOGPLAN_OTHER_TWIN    /* is an old file too */
};

enum sv_logplan_state {
    SV_LOGPLAN_STATE_ABSENT,
    SV_LOGPLAN_STATE_EMPTY,
    SV_LOGPLAN_STATE_FULL
};

enum sv_logplan_processor {
    SV_LOGPLAN_PROCESSOR_IDLE, /* not started, or failed */
    SV_LOGPLAN_PROCESSOR_RUNNING,
    SV_LOGPLAN_PROCESSOR_SUCCEEDED /* processed is complete, but not sealed */
};

struct sv_logplan_situation {
    /* on disk */
    enum sv_logplan_current current;
    enum sv_logplan_other previous;
    enum sv_logplan_other processed;
    enum sv_logplan_state state;
    unsigned int newstate : 1; /* there is one */
    unsigned int removed : 1;  /* the directory itself is gone; nothing else is defined */
    /* in memory, all 0 after a look at the directory by a new multilog */
    unsigned int held : 1;   /* current is open for appending, and ours */
    unsigned int pruned : 1; /* no more old files than the goal allows */
    /*
     * Set by the caller before START, if our record says that current, sealed or not, is
     * ours and whole, or that there is none because a rotation was interrupted. Set as
     * well when current has been taken: nobody else writes to it as long as we run.
     */
    unsigned int vouched : 1;
    enum sv_logplan_processor processor;
};

/* clang-format off */
/*
 *    name      to be reached */
#define SV_LOGPLAN_GOALS(X) \
    X(START,   "lines can be written, whatever has happened before") \
    X(RETIRE,  "a new current; the old one, if it had lines, is previous") \
    X(PROCESS, "previous is an old file, and has gone through the processor, if any") \
    X(ABANDON, "previous is an old file, unprocessed: the processor is given up") \
    X(CLOSE,   "current is sealed")
/* clang-format on */

enum sv_logplan_goal {
#define SV_LOGPLAN_GOAL(name, meaning) SV_LOGPLAN_##name,
    SV_LOGPLAN_GOALS(SV_LOGPLAN_GOAL)
#undef SV_LOGPLAN_GOAL
};

/* clang-format off */
/*
 *    name             what is done; each can be done again after a failure in the middle
 */
#define SV_LOGPLAN_STEPS(X) \
    X(DONE,             "nothing: the goal is reached") \
    X(WAIT,             "nothing: the processor runs") \
    X(RENEW_DIRECTORY,  "make, open and lock the directory again, and look") \
    X(RESET_STATE,      "make state empty") \
    X(DROP_NEWSTATE,    "remove newstate") \
    X(ADOPT_NEWSTATE,   "newstate becomes state") \
    X(DROP_PROCESSED,   "remove processed") \
    X(FINISH_PROCESSED, "processed becomes an old file with the suffix") \
    X(DROP_PREVIOUS,    "remove previous") \
    X(FINISH_PREVIOUS,  "previous becomes an old file with the suffix") \
    X(RESCUE_PREVIOUS,  "previous becomes an old file .u") \
    X(DROP_CURRENT,     "remove current") \
    X(RESCUE_CURRENT,   "current becomes an old file .u") \
    X(PRUNE,            "remove the oldest files until sv_logplan_keep() is kept to") \
    X(CREATE_CURRENT,   "make an empty current, 0644, and open it") \
    X(REOPEN_CURRENT,   "open current for appending, 0644") \
    X(SEAL_CURRENT,     "fsync current, then 0744") \
    X(RETIRE_CURRENT,   "current becomes previous and is closed") \
    X(START_PROCESSOR,  "start the processor on previous") \
    X(SEAL_PROCESSED,   "fsync newstate and processed, then processed 0744")
/* clang-format on */

enum sv_logplan_step {
#define SV_LOGPLAN_STEP(name, meaning) SV_LOGPLAN_##name,
    SV_LOGPLAN_STEPS(SV_LOGPLAN_STEP)
#undef SV_LOGPLAN_STEP
};

/* What PRUNE leaves. */
struct sv_logplan_room {
    uint64_t files; /* so many old files may stay */
    /* the bytes of these count with those of the old files: they will be one next */
    unsigned int current : 1;
    unsigned int previous : 1;
    unsigned int processed : 1;
};

/*
 * How many old files may stay on the way to the goal, so that there are never more than
 * `files` >= 2 in all: with current, with what still waits to become an old file, and,
 * for RETIRE, with the new current.
 */
extern struct sv_logplan_room sv_logplan_keep(
    enum sv_logplan_goal goal, uint64_t files,
    struct sv_logplan_situation const *situation);

/*
 * The next step towards the goal. `processes` says whether there is a processor. Every
 * combination of situation and goal has an answer, and the steps end.
 *
 * A goal that says WAIT may be asked for again at any time. PROCESS may be left alone
 * meanwhile: lines are written to current as ever, until it is full; RETIRE is for when
 * PROCESS is reached, or given up with ABANDON: a previous that is still there does not
 * go through the processor then.
 */
extern enum sv_logplan_step sv_logplan_next(enum sv_logplan_goal goal, int processes,
                                            struct sv_logplan_situation const *situation);

/*
 * The situation when the step, which sv_logplan_next() gave, has succeeded. After a
 * failure, and after RENEW_DIRECTORY, look at the directory as well: another directory is
 * not vouched for, and has no processor. The end of a processor is not a step: the caller
 * sets `processor`.
 */
extern void sv_logplan_after(enum sv_logplan_step step,
                             struct sv_logplan_situation *situation);

/* The name of a step, for tests and diagnostics. Never null. */
extern char const *sv_logplan_step_name(enum sv_logplan_step step);

#endif
