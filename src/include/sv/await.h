/* ISC license. */

/*
 * await (pure): has a service come to where one waits for it? And if not, what did it do
 * instead?
 *
 * It is told what there is, from whichever source: the entries of the journal that come
 * after a base, one by one; our record .status; or only the record that the whole family
 * of suites writes. Entries tell all that has happened, so that what was reached and is
 * over already counts. Records tell how it is now, and what has changed since the base.
 *
 * The base: who has sent commands counts from the last of them on; in the journal they
 * are known by their token (control.h). Who has sent none counts from the first look on.
 *
 *     goal       reached
 *     UP         run has been executed and is not being stopped
 *     READY      ... and it is ready; at once if it does not say when it is
 *     DOWN       the main process does not run
 *     FINISHED   ... and its finish script is over
 *     RERUN      a run that was begun after the base is up
 *     RESTARTED  ... and is ready
 *     FAILED     supervise has given up
 *
 * Commands that start something begin with what they start: after `o`, DOWN and FINISHED
 * are reached when that run is over.
 *
 * A goal is out of reach if the service will not come there without further commands: for
 * the goals with a run, when it is down, or is being stopped and is to be down then, or
 * has failed; FAILED when it is down. Who is patient, because somebody else's commands
 * may be to come, goes on as long as that is how things were to begin with; only FAILED
 * is final, unless it is `prepared` for that too. Goals without a run are never out of
 * reach.
 */

#ifndef SV_AWAIT_H
#define SV_AWAIT_H

#include <stdint.h>

#include <sv/causetext.h>
#include <sv/journal.h>
#include <sv/machine.h>
#include <sv/status.h>

/* clang-format off */
/*    name       word         what is said of a service that is not there */
#define SV_GOALS(X) \
    X(UP,        "up",        "is not up") \
    X(READY,     "ready",     "is not ready") \
    X(DOWN,      "down",      "is not down") \
    X(FINISHED,  "finished",  "has not finished") \
    X(RERUN,     "rerun",     "was not run again") \
    X(RESTARTED, "restarted", "has not restarted") \
    X(FAILED,    "failed",    "has not failed")
/* clang-format on */

enum sv_goal {
#define SV_AWAIT_ENUM(name, word, lack) SV_GOAL_##name,
    SV_GOALS(SV_AWAIT_ENUM)
#undef SV_AWAIT_ENUM
        SV_GOAL_COUNT
};

enum sv_await_result {
    SV_AWAIT_ON,      /* not yet */
    SV_AWAIT_REACHED, /* this stays */
    SV_AWAIT_NEVER    /* out of reach, as things are now */
};

struct sv_await {
    enum sv_goal goal;
    uint32_t token;            /* of our commands, 0: there are none */
    unsigned int commands;     /* so many of ours have not been seen yet */
    unsigned int patient : 1;  /* how it was to begin with is not the end */
    unsigned int prepared : 1; /* not even if that was FAILED */

    unsigned int has_base : 1;  /* a record was seen before anything else */
    unsigned int known : 1;     /* phase and wanted are defined */
    unsigned int is_family : 1; /* only the family's record is known */
    unsigned int reached : 1;
    unsigned int fresh : 1;  /* since the base something has happened that counts */
    unsigned int starts : 1; /* our command starts a run; it has not begun yet */
    unsigned int rerun : 1;  /* a run has begun after the base */
    unsigned int leaves : 1; /* an `x` of ours was seen */
    unsigned int missed : 1; /* some entries were missed */
    uint64_t base_serial;    /* defined if (has_base), like the others */
    uint64_t base_starts;    /* runs up to then */
    uint64_t base_control;   /* bytes of commands that were read up to then */
    uint32_t base_pid;       /* family: 0: it did not run */
    struct timespec base_since;

    enum sv_phase phase;
    enum sv_wanted wanted;
    uint32_t pid;             /* of the main process, as far as known; 0: none */
    unsigned int deaths;      /* since the base; tries that failed included */
    unsigned int same_deaths; /* the last of them, that ended in the same way */
    enum sv_ending ending;    /* of the last of them */
    uint32_t ending_value;
    struct sv_cause cause;  /* of the last transition, but for what finish does */
    uint64_t next_start_ms; /* BACKOFF, monotonic; SV_NEVER: none, or not known */
    uint64_t kill_ms;       /* STOPPING, FINISHING: the same for SIGKILL */
};

/*
 * Begins. `commands` of ours, at least, that are noted in the journal with `token` are
 * sent after the base; 0 and 0 if none are. Clear `patient` and `prepared` as to the
 * caller's needs behind it; they are 0.
 */
extern void sv_await_begin(struct sv_await *await, enum sv_goal goal, uint32_t token,
                           unsigned int commands);

/*
 * The record as it was before our commands were sent; or, without commands, at the first
 * look, which may be enough. Whose supervise is not there (`supervised` is 0) is down if
 * the record says so, and nothing else.
 */
extern void sv_await_base(struct sv_await *await, struct sv_status const *status,
                          int supervised);
extern void sv_await_base_family(struct sv_await *await,
                                 struct sv_status_family const *family, int supervised);

/* An entry after the base; in their order, each once. */
extern void sv_await_entry(struct sv_await *await, struct sv_journal_entry const *entry);

/* Some entries were missed: what has become of it is read from the next record. */
extern void sv_await_missed(struct sv_await *await);

/*
 * The record as it is now, behind all entries that there were. `sent` is how many bytes
 * our commands had. `blind`: the journal cannot be read; entries are not awaited.
 */
extern void sv_await_status(struct sv_await *await, struct sv_status const *status,
                            uint64_t sent, int blind);

/* The same where there is no other record. */
extern void sv_await_family(struct sv_await *await,
                            struct sv_status_family const *family);

/* What follows from all that it has been told. */
extern enum sv_await_result sv_await_judge(struct sv_await const *await);

/* Whether the family's record can show that the goal is reached. */
extern int sv_await_family_shows(enum sv_goal goal, unsigned int size);

/* Which goal has that word, SV_GOAL_COUNT if none; its words. */
extern enum sv_goal sv_await_find(char const *word);
extern char const *sv_await_goal_word(enum sv_goal goal);
extern char const *sv_await_goal_lack(enum sv_goal goal);

/* Bytes that the longest text needs, with its NUL. */
#define SV_AWAIT_TEXT (2 * SV_CAUSETEXT + 160)

/*
 * Writes what it did instead, NUL-terminated: "died 3 times with exit code 1, next try in
 * 4.0 s", "down: svc -d by uid 0", "stopping, SIGKILL in 2.5 s". Cannot fail.
 */
extern void sv_await_text(char text[SV_AWAIT_TEXT], struct sv_await const *await,
                          int64_t now_ms);

#endif
