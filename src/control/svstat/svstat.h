/* ISC license. */

/*
 * svstat's own: one service is read into a struct reading, and one of the printers prints
 * it. Nothing is allocated per service, and output is gathered in one buffer.
 */

#ifndef SVSTAT_H
#define SVSTAT_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include <sv/status.h>

/* Why there is no state to show; the words are daemontools' and stand in its place. */
enum trouble {
    TROUBLE_NONE,
    TROUBLE_CHDIR,       /* error */
    TROUBLE_CONTROL,     /* error; no path for the state directory */
    TROUBLE_DOWN,        /* error */
    TROUBLE_NOT_RUNNING, /* nobody reads supervise/ok */
    TROUBLE_OPEN,        /* error, file */
    TROUBLE_READ,        /* error, file */
    TROUBLE_FORMAT,      /* file */
    TROUBLE_NO_LOG       /* the log was asked for, and there is none in this supervise */
};

/* Whether the process in the record runs, where supervise cannot vouch for it. */
enum recorded { RECORDED_NONE, RECORDED_RUNS, RECORDED_GONE, RECORDED_UNKNOWN };

struct reading {
    char const *service; /* the argument */
    char const *log;     /* " log" if this is about the logger, else "" */
    enum trouble trouble;
    int error;        /* errno; defined for the troubles that say so */
    char const *file; /* "/ok" or "/status"; defined likewise */
    char const
        *state_dir; /* usually "supervise"; defined likewise, until the next reading */
    unsigned int has_down : 1;
    unsigned int supervised : 1;
    unsigned int has_family : 1; /* family is defined */
    unsigned int has_logger : 1; /* logger is defined: status has a second record */
    unsigned int has_own : 1;    /* own is defined, and says the same as family */
    struct sv_status_family family;
    struct sv_status_family logger;
    struct sv_status own;
    enum recorded recorded;  /* defined if (!supervised) */
    char const *waiting;     /* the service that it waits for; null: nothing known */
    char const *status_text; /* what it says about itself; null: nothing */
    int status_errno;        /* likewise; 0: nothing */
    struct timespec now;     /* wall clock */
    int64_t now_ms;          /* monotonic */
};

/* reading.c -------------------------------------------------------------------------- */

/*
 * Looks at the service directory `service`: what daemontools' svstat looks at, and with
 * `detail` our own record too. Ends the program only if there is no way back to where we
 * started.
 */
extern void svstat_read(struct reading *reading, char const *service, int detail);

/*
 * Takes apart the `length` bytes that stand in `status`. Returns 0 if they are no record.
 * SVSTAT_PACKED of them tell all.
 */
#define SVSTAT_PACKED (2 * SV_STATUS_ENCORE + 1)
extern int svstat_unpack(struct reading *reading, unsigned char const *packed,
                         size_t length);

/* The same service's logger instead; the reading it came from stays as it is. */
extern void svstat_read_logger(struct reading *logger, struct reading const *reading);

/* quick.c ---------------------------------------------------------------------------- */

/*
 * The same as svstat_read without detail, if all is as it usually is. Returns 0 if not:
 * then *reading is not defined.
 */
extern int svstat_read_quickly(struct reading *reading, char const *service);

/* share.c ---------------------------------------------------------------------------- */

/*
 * Has a second process show some of the services if they are many. Returns in both the
 * end of what this one is to show, from *services on, which may have changed. To be
 * called before anything is put out.
 */
extern char const *const *svstat_share(char const *const **services);

/*
 * Writes what has been put out, and what the second process has shown, which ends here.
 * Ends the program, 111, if it has failed.
 */
extern void svstat_share_end(void);

/* remarks.c -------------------------------------------------------------------------- */

/* Reads those that the record says are there; valid until the next call. */
extern void svstat_read_remarks(struct reading *reading, int dir);

/* output.c --------------------------------------------------------------------------- */

/* These end the program, 111, when standard output takes nothing more. */
extern void out_bytes(char const *bytes, size_t length);
extern void out(char const *text);
extern void out_number(uint64_t number);
extern void out_signed(int64_t number);
extern void out_flush(void);

/* "3.2", never below 0. */
extern void out_seconds(int64_t milliseconds, unsigned int decimals);

/* "SIGTERM", or "SIG40" for one without a name. */
extern void out_signal(uint32_t number);

/* A name for a person's terminal: no byte of it can drive the terminal. */
extern void out_visible(char const *text);

/* words.c ---------------------------------------------------------------------------- */

/* Seconds since `since`, 0 if that is in the future. */
extern uint64_t svstat_age(struct reading const *reading, struct timespec const *since);

/* The words for `trouble` in up to SVSTAT_TROUBLE_PARTS parts. Returns how many. */
#define SVSTAT_TROUBLE_PARTS 6
extern unsigned int svstat_trouble(struct reading const *reading, char const **parts);

/* ", normally down" and the like up to ", once", each with its comma; not encore's state.
 */
extern void svstat_put_suffixes(struct reading const *reading);

/* The contract's line behind "DIR: ". */
extern void svstat_put_words(struct reading const *reading);

/* facts.c ---------------------------------------------------------------------------- */

/*
 * What daemontools could not say, "; " before each fact. A phase about which there is no
 * more to say than its name is left out without `with_word`.
 */
extern void svstat_put_facts(struct reading const *reading, int with_word);

/* "why" in words: the cause of the last transition. */
extern void svstat_put_cause(struct sv_status const *own);

/* print.c ---------------------------------------------------------------------------- */

/* Reads "up,pid,..."; ends the program, 100, if one is unknown. */
extern void svstat_choose_fields(char const *list);

/* One line with the chosen fields; one JSON object with them, or with all. */
extern void svstat_put_fields(struct reading const *reading);
extern void svstat_put_json(struct reading const *reading);

/* What stands between the quotes in JSON. Returns 0 if it was no UTF-8: U+FFFD stands for
 * those bytes. */
extern int svstat_put_escaped(char const *text);

/* A line per field for --help. */
extern void svstat_put_field_help(void);

/* tree.c ----------------------------------------------------------------------------- */

/*
 * Looks for the processes of the service, its main process being `pid` (0: it is down).
 * Returns how many there are; the next functions print them, until the next call.
 */
extern unsigned int svstat_read_tree(struct reading const *reading, pid_t pid);

/* As one word; as an array; as indented lines. */
extern void svstat_put_tree(void);
extern void svstat_put_tree_json(void);
extern void svstat_put_tree_lines(void);

/* terminal.c ------------------------------------------------------------------------- */

/* Before the next two: decides about colours, and the width of the first column. */
extern void svstat_prepare_terminal(char const *const *services);

/* A line of aligned columns. */
extern void svstat_put_row(struct reading const *reading);

/* The contract's line, in colour, and the facts; below it the processes, if many. */
extern void svstat_put_coloured(struct reading const *reading);

#endif
