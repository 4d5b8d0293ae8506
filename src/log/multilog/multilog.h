/* ISC license. */

/*
 * What the files of multilog share.
 *
 * The path of a byte: standard input, `input`, the lines in it, a line's head to the
 * matcher, the line to `pending` of each directory that gets it, the file. Everything is
 * flushed before the next wait for input, so nothing is held back. Trouble with a disk
 * stops this path where it is: multilog_pause() waits, standard input is not read, and
 * the writer feels it.
 */

#ifndef MULTILOG_H
#define MULTILOG_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <sv/logdir.h>
#include <sv/logplan.h>
#include <sv/logscript.h>
#include <sv/logselect.h>
#include <sv/stamp.h>

#define MULTILOG_INPUT 65536 /* bytes read at once: what a pipe holds by default */
#define MULTILOG_HEAD \
    1000 /* bytes of a line that patterns, alerts and status files see */
#define MULTILOG_STAMP (SV_STAMP_TEXT + 1)
#define MULTILOG_PENDING \
    (MULTILOG_INPUT + MULTILOG_STAMP)       /* the longest line in one piece */
#define MULTILOG_STATUS (MULTILOG_HEAD + 1) /* bytes of a status file */
#define MULTILOG_ALERTS 4096 /* PIPE_BUF: several writers' alerts are not torn */

/* Something that does not work. All 0: nothing known. */
struct trouble {
    char const *verb; /* what, as in struct sv_logdir_trouble */
    char const *file;
    int error;
    int64_t last_ms;  /* when it was last tried, on the monotonic clock */
    int64_t delay_ms; /* how long it was then left alone */
};

/* A directory of the script. */
struct output {
    struct sv_logdir directory;
    struct sv_logplan_situation situation;
    uint64_t size; /* longest file, in bytes */
    struct trouble trouble;
    int wstat; /* how the processor ended; defined when its pid has become 0 */
    size_t pending_length;
    char *pending; /* MULTILOG_PENDING bytes: whole lines, or parts of one */
};

/* A status file of the script. */
struct status {
    char const *file;
    int fd;
    unsigned int changed : 1; /* text is not on disk yet */
    struct trouble trouble;
    char text[MULTILOG_STATUS];
};

/* An action of the script: an alert if both are null. */
struct action {
    struct output *output;
    struct status *status;
};

struct multilog {
    struct sv_logselect select;
    struct action *actions; /* select.actions of them, in the script's order */
    unsigned char *chosen;  /* for each action: gets this line */
    struct output *outputs;
    size_t output_count;
    struct status *statuses;
    size_t status_count;
    enum sv_logscript_kind stamp; /* TAI64N, SECONDS, or IGNORED for none */
    unsigned int heads : 1;       /* something looks at the heads of lines */

    int signals;               /* readable when a signal is to be seen to */
    unsigned int leaving : 1;  /* SIGTERM */
    unsigned int rotating : 1; /* SIGALRM */
    unsigned int ended : 1;    /* end of input */

    size_t held; /* bytes at the start of input: a line whose end is not read */
    unsigned int
        in_line : 1;       /* the beginning of that line has gone to the chosen already */
    struct timespec began; /* when the first byte of that line was read */
    char head[MULTILOG_HEAD]; /* begins with the stamp, if there is one */
    size_t stamp_length;
    size_t alerts_length;
    char alerts[MULTILOG_ALERTS];
    char input[MULTILOG_INPUT + 1]; /* room for a newline at the end of input */
};

/* multilog_wait.c ------------------------------------------------------------------- */

/* Begins to catch signals; dies if it cannot. */
extern void multilog_catch(struct multilog *multilog);

/*
 * Waits until deadline_ms on the monotonic clock (INT64_MAX: for ever), for a signal, or,
 * with `reading`, for input. Sees to the signals. Returns whether there is input, or its
 * end.
 */
extern int multilog_wait(struct multilog *multilog, int reading, int64_t deadline_ms);

/*
 * Something does not work: says so, once, and waits before it may be tried again, longer
 * each time. The words are "unable to VERB PATH/FILE TAIL", or just "VERB PATH" if
 * `error` is 0. Signals are seen to while it waits.
 */
extern void multilog_pause(struct multilog *multilog, struct trouble *trouble,
                           char const *path, struct sv_logdir_trouble const *what);

/* It works: the next trouble begins with a short pause. */
extern void multilog_well(struct trouble *trouble);

/* multilog_output.c ----------------------------------------------------------------- */

/* Opens and locks the directory, or dies. */
extern void multilog_open(struct multilog *multilog, struct output *output);

/*
 * Makes it ready for lines, or dies. Returns 1; 0 if we are leaving and it is not ready.
 */
extern int multilog_start(struct multilog *multilog, struct output *output);

/*
 * Appends whole lines, or a part of one, of at most MULTILOG_INPUT bytes.
 */
extern void multilog_append(struct multilog *multilog, struct output *output,
                            char const *data, size_t length);

/* Likewise, with the stamp in front of it. */
extern void multilog_append_stamped(struct multilog *multilog, struct output *output,
                                    char const *data, size_t length);

/* Writes all that is pending. */
extern void multilog_flush(struct multilog *multilog, struct output *output);

/* Begins a new current, unless it is empty. */
extern void multilog_rotate(struct multilog *multilog, struct output *output);

/* Leaves the directory as whoever comes next expects it. */
extern void multilog_close(struct multilog *multilog, struct output *output);

/* multilog_line.c ------------------------------------------------------------------- */

/* What was read: `length` bytes behind those held, at the time `now`. */
extern void multilog_take(struct multilog *multilog, size_t length,
                          struct timespec const *now);

/* No more will be read: a line without an end gets one. */
extern void multilog_end(struct multilog *multilog);

/* Everything that has been taken goes where it belongs. */
extern void multilog_flush_all(struct multilog *multilog);

#endif
