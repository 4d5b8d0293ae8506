/* ISC license. */

/*
 * What the parts of svtop share.
 *
 *     svtop.c     the command line; the table that is printed once
 *     live.c      the loop of the live view: waits, and takes in what happened
 *     screen.c    puts it on the terminal; the only one that knows curses
 *     keys.c      what keys do
 *     command.c   tells a service something, as svc does
 *     list.c      which rows there are, in which order, and which can be seen
 *     place.c     which services there are
 *     state.c     the state of one
 *     usage.c     what its processes use
 *     log.c       the end of its log
 *
 * Whatever happens to a service is learnt by inotify, with one instance for all. An event
 * only marks what has to be looked at (`is_stale`); at the next update that is looked at,
 * and what is costly, processes and log, only for the rows that can be seen.
 */

#ifndef SVTOP_H
#define SVTOP_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include <sv/toprow.h>
#include <sv/watch.h>

#define SVTOP_LOG_LINE 512   /* bytes of the last line that are kept */
#define SVTOP_LOG_TAIL 65536 /* bytes of a log that its view looks at */
#define SVTOP_TEXT 256       /* bytes of a filter, or of a message */
#define SVTOP_WINDOW 1000    /* rows of services that a terminal shows at most */

/* clang-format off */
/* In the order of urgency; svstat's words for phases, and what stands beside them. */
#define SVTOP_STATES(X) \
    X(FAILED,    "failed",        BAD) \
    X(TROUBLE,   "trouble",       BAD) \
    X(NO_RUN,    "no run script", BAD) \
    X(ALONE,     "no supervise",  BAD) \
    X(BACKOFF,   "backoff",       BUSY) \
    X(FINISHING, "finishing",     BUSY) \
    X(STOPPING,  "stopping",      BUSY) \
    X(WAITING,   "waiting",       BUSY) \
    X(CLEANING,  "cleaning up",   BUSY) \
    X(PREPARING, "preparing",     BUSY) \
    X(STARTING,  "starting",      BUSY) \
    X(PAUSED,    "paused",        BUSY) \
    X(UP,        "up",            GOOD) \
    X(STARTED,   "started",       GOOD) \
    X(DOWN,      "down",          PLAIN)
/* clang-format on */

enum svtop_state {
#define SVTOP_STATE_ENUM(name, word, mood) STATE_##name,
    SVTOP_STATES(SVTOP_STATE_ENUM)
#undef SVTOP_STATE_ENUM
        STATE_COUNT
};

enum mood { MOOD_PLAIN, MOOD_GOOD, MOOD_BUSY, MOOD_BAD };

struct choice {
    unsigned int once : 1;     /* no live view */
    unsigned int exact : 1;    /* ... but the table for programs */
    unsigned int loggers : 1;  /* the services' loggers have rows of their own */
    unsigned int reverse : 1;  /* the other way round */
    enum sv_top_column column; /* that the rows are ordered by */
    int64_t interval_ms;       /* between two looks at the clock; 0: none */
};

/* What was named on the command line: a service, or a directory of them. */
struct place {
    char const *argument;
    int is_service; /* as it was found at the last look */
    int watch;      /* of the scan directory; -1: none */
};

struct log {
    int dir;        /* the log directory; -1: none found */
    int fd;         /* `current` in it; -1: none */
    int dir_watch;  /* of the directory, or of where it may appear; -1: none */
    int file_watch; /* of `current` */
    size_t length;  /* of the last line; 0: none known */
    char line[SVTOP_LOG_LINE];
};

/* CPU time as it was measured last. */
struct sample {
    int64_t at_ms; /* monotonic; 0: never */
    uint64_t cpu_us;
    uint32_t pid; /* of the main process then: another run counts anew */
};

struct service {
    struct place *place;
    char *path;       /* of its directory */
    char *name;       /* for people */
    int watch;        /* of its state directory, or of where it is to appear; -1: none */
    int supervise_fd; /* a pidfd, as long as it can be seen; -1: none */
    unsigned int is_seen : 1;  /* its directory was there at the last look */
    unsigned int is_shown : 1; /* its row can be seen: the costly things are kept up */
    unsigned int is_stale : 1; /* its state is to be looked at */
    unsigned int is_log_stale : 1; /* it may have another log, or another file */
    unsigned int is_ours : 1;      /* supervise is there, and one of ours */
    enum svtop_state state;
    struct timespec since; /* of the last change of the pid; 0: not known */
    uint32_t pid;          /* of the main process; 0: it does not run */
    uint32_t finish_pid;   /* defined if (is_ours), as the next ones */
    uint32_t supervise_pid;
    uint64_t supervise_start;
    char trouble[SVTOP_TEXT]; /* defined if (state == STATE_TROUBLE) */
    struct sample sample;
    struct log log;
    struct sv_toprow row;
};

enum mode { MODE_LIST, MODE_FILTER, MODE_CONFIRM, MODE_LOG, MODE_HELP };

struct svtop {
    struct choice choice;
    struct place *places;
    size_t place_count;
    struct service **services; /* all */
    size_t service_count;
    size_t service_room;
    struct service **rows; /* those that match the filter, in order; as much room */
    size_t row_count;
    size_t first;             /* row that can be seen */
    size_t window;            /* rows that can be seen; at most SVTOP_WINDOW */
    struct service *selected; /* null: there is no row */
    size_t selected_row;
    struct service *shown[SVTOP_WINDOW]; /* those with is_shown */
    size_t shown_count;
    struct sv_watch watch;       /* not open: nothing is live */
    unsigned int is_stale : 1;   /* there may be other services now */
    unsigned int is_dirty : 1;   /* something has to be shown */
    unsigned int is_leaving : 1; /* the end */
    int utf8;                    /* the terminal, or who reads us, knows it */
    int64_t now_ms;              /* of this update */
    struct timespec now;
    enum mode mode;
    unsigned char pending;    /* CONFIRM: the command's byte */
    char filter[SVTOP_TEXT];  /* "": all */
    char message[SVTOP_TEXT]; /* "": none; names in it are cut short */
};

/* svtop.c ---------------------------------------------------------------------------- */

extern char const *svtop_state_word(enum svtop_state state);
extern enum mood svtop_mood(enum svtop_state state);

/* "unable to", and why (errno): gives the terminal back, says so, ends the program. */
extern _Noreturn void svtop_die(char const *what, char const *which);

/* Puts this behind the message; what does not fit is cut. */
extern void svtop_say(struct svtop *top, char const *text);

/* place.c ---------------------------------------------------------------------------- */

/* Looks which services there are. Live, their places are watched. Returns 0 if there is
 * one that could not be read; why has been said, unless it is live. */
extern int svtop_find_services(struct svtop *top);

/* state.c ---------------------------------------------------------------------------- */

/* Looks at its state; live, watches it first. */
extern void svtop_look(struct svtop *top, struct service *service);

/* Ends its watches, and whatever else is open for it. */
extern void svtop_forget(struct svtop *top, struct service *service);

/* Ends the watch *id, unless something else has it too; *id becomes -1. */
extern void svtop_unwatch(struct svtop *top, int *id);

/* usage.c ---------------------------------------------------------------------------- */

/* Measures its processes, if that was not just done. */
extern void svtop_measure(struct svtop *top, struct service *service);

/* log.c ------------------------------------------------------------------------------ */

/* Begins with its log (live: watches it), reads the last line of it, and ends that. */
extern void svtop_open_log(struct svtop *top, struct service *service);
extern void svtop_read_log(struct service *service);
extern void svtop_close_log(struct svtop *top, struct service *service);

/* Reads the end of the log. Returns how many bytes. */
extern size_t svtop_tail(struct service const *service, char block[SVTOP_LOG_TAIL]);

/* list.c ----------------------------------------------------------------------------- */

/* Looks at what is stale, puts the rows in order, and sees to those that can be seen. */
extern void svtop_update(struct svtop *top);

/* Measures and reads what its row needs beside the state. Its log is open. */
extern void svtop_complete(struct svtop *top, struct service *service);

/* Columns of the longest name. */
extern unsigned int svtop_longest(struct svtop const *top);

/* Selects the row that is so many further down, as far as there are rows. */
extern void svtop_move(struct svtop *top, long rows);

/* command.c -------------------------------------------------------------------------- */

/* Tells the selected service's supervise; what came of it becomes the message. */
extern void svtop_command(struct svtop *top, unsigned char byte);

/* keys.c ----------------------------------------------------------------------------- */

extern void svtop_press(struct svtop *top, int key);

/* Line `number` of the help; null behind the last one. */
extern char const *svtop_help(unsigned int number);

/* screen.c --------------------------------------------------------------------------- */

/* Keys beside characters. */
enum {
    KEYS_UP = 1000,
    KEYS_DOWN,
    KEYS_PAGE_UP,
    KEYS_PAGE_DOWN,
    KEYS_HOME,
    KEYS_END,
    KEYS_ENTER,
    KEYS_BACKSPACE,
    KEYS_ESCAPE,
    KEYS_OTHER
};

/* Takes the terminal, or dies. */
extern void svtop_screen_open(struct svtop *top);

/* Gives it back as it was. Fine if it has not been taken. */
extern void svtop_screen_close(void);

/* The terminal has another size. */
extern void svtop_screen_resize(struct svtop *top);

/* Shows everything as it is now. */
extern void svtop_screen_draw(struct svtop const *top);

/* The next key; -1 if there is none now. */
extern int svtop_screen_key(void);

/* live.c ----------------------------------------------------------------------------- */

/* Until the user has enough. */
extern void svtop_live(struct svtop *top);

#endif
