/* ISC license. */

/*
 * What the files of multilog share.
 *
 * The path of a byte: standard input, the record's `input`, the lines in it, a line's
 * head to the matcher, the line to `pending` of each directory that gets it, the file.
 * What is read at once is a batch; everything of it is flushed before the next wait for
 * input, so nothing is held back. Trouble with a disk stops this path where it is:
 * multilog_pause() waits, standard input is not read, and the writer feels it.
 *
 * The record (inflight.h) lets the next multilog complete the batch at which this one
 * was killed. So a batch must make the same bytes for each directory whenever it is done
 * again: everything that counts for it stands in the record, the script included. When
 * what is noted in it: record.h.
 */

#ifndef MULTILOG_H
#define MULTILOG_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include <sv/inflight.h>
#include <sv/logdir.h>
#include <sv/logplan.h>
#include <sv/logscript.h>
#include <sv/logselect.h>
#include <sv/stamp.h>

#define MULTILOG_READ 65536 /* bytes read at once: what a pipe holds by default */

/*
 * Bytes of input: an unfinished line of less than a read, which lies anywhere in the
 * first two thirds (it is only moved where it does not overlap itself), and a read.
 * Behind them something that can be read: short lines are copied with a few bytes more.
 */
#define MULTILOG_INPUT (3 * MULTILOG_READ + SV_INFLIGHT_PAGE)

#define MULTILOG_STAMP 40 /* room for any stamp and a space */
#define MULTILOG_LEAD (MULTILOG_STAMP + SV_LOGSCRIPT_PREFIX_MAX)
#define MULTILOG_TEXT (MULTILOG_LEAD + SV_LOGSCRIPT_HEAD)

/*
 * Bytes in whole pages: the longest line in one piece, and what most batches become.
 */
#define MULTILOG_PENDING (2 * MULTILOG_READ + SV_INFLIGHT_PAGE)

/* So large a batch needs more memory than is worth keeping. */
#define MULTILOG_LARGE 16384

#define MULTILOG_STATUS \
    SV_LOGSCRIPT_STATUS_DEFAULT /* bytes of a status file, at most \
                                 */
/* The same trouble within this time is not worth another line. */
#define MULTILOG_QUIET_MS 10000

/* A processor that is waited for so long is worth a word. */
#define MULTILOG_PATIENCE_MS 10000

/* With this code a child leaves whose trouble may be over when it is tried again. */
#define MULTILOG_TEMPORARY 75

#define MULTILOG_ALERTS 4096 /* PIPE_BUF: several writers' alerts are not torn */

struct trouble {      /* something that does not work; all 0: nothing known */
    char const *verb; /* what, as in struct sv_logdir_trouble */
    char const *file;
    int error;
    int64_t last_ms;  /* when it was last waited for, on the monotonic clock */
    int64_t delay_ms; /* how long it was then left alone */
};

struct output { /* a directory of the script */
    struct sv_logdir directory;
    struct sv_logplan_situation situation;
    struct sv_logscript_directory settings;
    size_t number; /* among the outputs, from 0 */
    struct trouble trouble, processing_trouble;
    int wstat;            /* how the processor ended; defined when its pid has become 0 */
    unsigned int due : 1; /* current is to end as soon as that has been done */
    unsigned int processing : 1;    /* a finished file waits for its processor's end */
    unsigned int watched_stale : 1; /* somebody has removed the directory or current */
    int64_t again_ms;  /* the processor is tried again then, monotonic; 0: it is not */
    int64_t age_ms;    /* current is as old as it may be then; 0: no line in it */
    int watch;         /* its id in the watch of all; -1: not watched */
    int64_t quiet_ms;  /* that old files go is not said before then */
    uint64_t position; /* bytes of this batch's stream that have been written */
    uint64_t skip;     /* the next bytes of the stream are in the file already */
    size_t pending_length;
    char *pending; /* MULTILOG_PENDING bytes: whole lines, or parts of one */
};

struct status { /* a status file of the script */
    char const *file;
    int fd;
    size_t size;              /* bytes it always has; 0: as many as the line */
    unsigned int changed : 1; /* text is not on disk yet */
    struct trouble trouble;
    size_t length; /* of text */
    char text[MULTILOG_STATUS];
};

struct sink { /* whole lines on their way to a descriptor */
    int fd;
    size_t length;
    char text[MULTILOG_ALERTS];
};

struct stamp {             /* a stamp and the space behind it, of one time */
    unsigned int used : 1; /* an action has this kind */
    size_t length;
    char text[MULTILOG_STAMP];
};

struct action { /* an action of the script */
    enum sv_logscript_kind kind;
    struct output *output; /* DIRECTORY */
    struct status *status; /* STATUS */
    char const *address;   /* SEND, SEND_ONLY */
    int fd;                /* the socket; -1: not open */
    size_t alert_bytes;    /* ALERT, ALERT_NAMED */
    enum sv_logscript_stamp stamp;
    char const *prefix;
    size_t prefix_length;
    size_t lead_length; /* what stands before the line: */
    char const *lead;   /* the stamp, or own_lead: with the prefix behind it */
    char *own_lead;     /* null without a prefix */
};

struct program { /* what the words of a script make; another one when they change */
    struct sv_logscript script;
    struct sv_logselect select;
    struct action *actions; /* select.actions of them, in the script's order */
    unsigned char *chosen;  /* for each action: gets this line */
    char *words;            /* each with a NUL behind it */
    size_t words_size;
    char const **pointers;         /* to each of them */
    enum sv_logscript_stamp stamp; /* that patterns see */
    unsigned int replaces : 1;     /* `replacement` is to be used */
    unsigned int timed : 1;        /* something has a stamp */
    unsigned int stays : 1;        /* SIGTERM does not end it */
    unsigned int fast : 1; /* every line goes to every action, all of them directories */
    unsigned char replacement[256];
};

struct multilog {
    struct program program;
    struct output *outputs;
    size_t output_count;
    struct status *statuses;
    size_t status_count;
    struct stamp stamps[SV_LOGSCRIPT_STAMPS];

    struct sv_inflight record;
    int record_error;  /* errno, why it cannot be a file; 0: it can, or all know */
    int64_t record_ms; /* when it is tried again, monotonic */
    char boot[SV_INFLIGHT_BOOT];
    unsigned int durable : 1;    /* the record is a file: we may be killed */
    unsigned int recovers : 1;   /* it was there, and what it says is to be completed */
    unsigned int taken_over : 1; /* what it said has been completed for another script */
    unsigned int told : 1;       /* alerts and the like of this batch are out already */
    uint64_t source_device, source_inode; /* of standard input */
    uint64_t random;                      /* for nonces */
    char *carried;                        /* bytes of a line that others have begun; */
    size_t carried_length;                /* ... 0: none */
    int carried_from; /* the directory with the record they are in; -1: none, or ours */
    int spare[2];     /* a pipe to peek into standard input; -1: not open */
    int available;    /* after a wait for input: bytes that it saw; 0: not counted */

    unsigned int leaving : 1;   /* SIGTERM */
    int leave_code;             /* with which we leave while something is left to do */
    unsigned int rotating : 1;  /* SIGALRM */
    unsigned int rereading : 1; /* SIGHUP */
    unsigned int ended : 1;     /* end of input */
    unsigned int running : 1;   /* begun: from here on trouble is waited for */
    unsigned int touched : 1;   /* more memory is in use than at rest */
    unsigned int hasty : 1;     /* a processor that fails is given up */

    /* a line whose end is not read yet */
    size_t held_at, held;     /* its bytes in the record's input */
    unsigned int in_line : 1; /* the beginning of it has gone to the chosen already */
    unsigned int partial : 1; /* and is just going to them */
    struct timespec began;    /* when its first byte was read */
    struct timespec now;      /* when this batch was */

    size_t head_length;       /* of the stamp in head */
    char head[MULTILOG_TEXT]; /* what patterns see, if there is a stamp */
    struct sink alerts, prints;
};

/* multilog_signal.c ----------------------------------------------------------------- */

/* Begins to catch signals, ours alone; dies if it cannot. */
extern void multilog_catch(void);

/* Whether a signal has come, and 1 << NUMBER for each; those then count as seen to. */
extern int multilog_is_signalled(void);
extern unsigned int multilog_signals(void);

/*
 * Waits until a time on the monotonic clock (INT64_MAX: for ever) for a signal, or for
 * input too: then returns what poll(2) says of it, 0 if a signal has come, or nothing.
 * *available is how many bytes have been seen there, 0 if they have not been counted.
 */
extern void multilog_await_signal(int64_t deadline_ms);
extern int multilog_await_input(int64_t deadline_ms, int *available);

/* multilog_wait.c ------------------------------------------------------------------- */

/* Begins to watch a directory that is open, so that its removal is noticed at once. */
extern void multilog_watch(struct output *output);

/*
 * Waits until deadline_ms on the monotonic clock (INT64_MAX: for ever), for a signal, for
 * the end of a processor, or, with `reading`, for input. Sees to the signals. Returns
 * what poll(2) says of standard input, 0 if nothing.
 */
extern int multilog_wait(struct multilog *multilog, int reading, int64_t deadline_ms);

/*
 * Something does not work: says so, once, and waits before it may be tried again, longer
 * each time, from first_ms on. The words are "unable to VERB PATH/FILE TAIL", or just
 * "VERB PATH" if `error` is 0. Signals are seen to while it waits. Leaving, it does not
 * return if the record is durable: the next multilog goes on from it.
 */
extern void multilog_pause(struct multilog *multilog, struct trouble *trouble,
                           char const *path, struct sv_logdir_trouble const *what,
                           uint64_t first_ms);

/* The same without waiting: returns how long it should be left alone, in ms. */
extern int64_t multilog_complain(struct trouble *trouble, char const *path,
                                 struct sv_logdir_trouble const *what, uint64_t first_ms);

/* Leaving, it does not return if the record is durable: the next multilog goes on. */
extern void multilog_leave_now(struct multilog const *multilog);

/* It works: the next trouble begins with a short pause. */
extern void multilog_well(struct trouble *trouble);

/* multilog_program.c ---------------------------------------------------------------- */

/* For good: dies without memory. Zeroed. */
extern void *multilog_memory(size_t count, size_t size);

/*
 * The words of the script, and in front of each directory the lines of its `config` file,
 * as configured words: packed, each with a NUL behind it, in memory of its own. Returns
 * how many bytes.
 */
extern size_t multilog_gather(char const *const *words, size_t count, char **packed);

/*
 * Makes a program of `size` bytes of packed words, which it takes over. Returns 1; 0 if
 * they are no script, *error says why and *word which: the words are the caller's then.
 */
extern int multilog_understand(struct program *program, char *words, size_t size,
                               char const **error, char const **word);

extern void multilog_forget(struct program *program);

/*
 * Opens what the program names, in its order; dies of what cannot be opened. With
 * `again`, directories are open already: there is only a new program for the same ones.
 */
extern void multilog_set_up(struct multilog *multilog, int again);

/* A socket for an address of the script; -1 if there is no way there now. */
extern int multilog_socket(char const *text);

/* multilog_others.c ----------------------------------------------------------------- */

/*
 * Completes what multilogs with other scripts have left in the directories of this one.
 * Nothing is open yet. A line of our own standard input that they had begun is kept in
 * multilog->carried.
 */
extern void multilog_finish_others(struct multilog *multilog);

/* multilog_input.c ------------------------------------------------------------------ */

/* How many bytes can be read; 0 if none, -1 if nobody knows. */
extern int multilog_available(void);

/*
 * Takes so much of what there is, all the way to the files; 0 and -1: what a read gives,
 * which may be the end. Or what to do is to be found out from what poll(2) says. Return 0
 * with errno if standard input does not work.
 */
extern int multilog_input(struct multilog *multilog, int available);
extern int multilog_input_event(struct multilog *multilog, int events);

/* Returns whether a line has begun whose end has not been read. */
extern int multilog_is_in_line(struct multilog const *multilog);

/* multilog_output.c ----------------------------------------------------------------- */

/* Opens and locks the directory, or dies. */
extern void multilog_open(struct multilog *multilog, struct output *output);

/* Looks at it; dies if that does not work. */
extern void multilog_look(struct multilog *multilog, struct output *output);

/*
 * Makes it ready for lines, or dies. Returns 1; 0 if we are leaving and it is not ready.
 */
extern int multilog_start(struct multilog *multilog, struct output *output);

/* Begins a new current, unless it is empty. */
extern void multilog_rotate(struct multilog *multilog, struct output *output);

/* Somebody has removed the directory or its current: makes them again. */
extern void multilog_restore(struct multilog *multilog, struct output *output);

/* Goes on with what its processor does, as far as that is possible without waiting. */
extern void multilog_process(struct multilog *multilog, struct output *output);

/* Leaves the directory as whoever comes next expects it. */
extern void multilog_close(struct multilog *multilog, struct output *output);

/* Waits because of the directory's latest trouble. */
extern void multilog_pause_for(struct multilog *multilog, struct output *output);

/* A first line begins the time that it may wait in current. */
extern void multilog_begin_age(struct output *output);

/* Begins a new current. `must`: there are more bytes to be written. */
extern void multilog_turn(struct multilog *multilog, struct output *output, int must);

/* multilog_write.c ------------------------------------------------------------------ */

/* Appends whole lines, or a part of one, of at most 2 * MULTILOG_READ bytes. */
extern void multilog_append(struct multilog *multilog, struct output *output,
                            char const *data, size_t length);

/* Likewise, with a lead of at most MULTILOG_LEAD bytes in front of it. */
extern void multilog_append_led(struct multilog *multilog, struct output *output,
                                char const *lead, size_t lead_length, char const *data,
                                size_t length);

/* Likewise, for each of the whole lines between `text` and `end`. */
extern void multilog_append_lines(struct multilog *multilog, struct output *output,
                                  char const *lead, size_t lead_length, char const *text,
                                  char const *end);

/* Writes all that is pending. */
extern void multilog_flush(struct multilog *multilog, struct output *output);

/*
 * If it is for want of room that the latest step failed, and old files may go for that:
 * removes one. Returns whether it can be tried again.
 */
extern int multilog_make_room(struct output *output, int error);

/* multilog_line.c ------------------------------------------------------------------- */

/* A batch: `length` bytes behind those held, read at multilog->now. */
extern void multilog_take(struct multilog *multilog, size_t length);

/* No more will be read: a line without an end gets one. */
extern void multilog_end(struct multilog *multilog);

/* Everything that has been taken goes where it belongs. */
extern void multilog_flush_all(struct multilog *multilog);

/* multilog_sink.c ------------------------------------------------------------------- */

/*
 * An action other than a directory gets a line, or its beginning: the `shown` bytes at
 * `text`, without a newline; `whole` if that is all of it.
 */
extern void multilog_tell(struct multilog *multilog, struct action *action,
                          char const *text, size_t shown);

/* PRINT gets more of a line that it has the beginning of. */
extern void multilog_tell_more(struct multilog *multilog, char const *text,
                               size_t length);

/* Writes out what is waiting. */
extern void multilog_flush_sinks(struct multilog *multilog);

#endif
