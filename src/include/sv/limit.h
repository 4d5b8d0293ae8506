/* ISC license. */

/*
 * limit (pure): the resource limits of a process, and what softlimit's arguments do to
 * them. The first rows are daemontools', with the variables of daemontools-encore; the
 * rest of getrlimit(2) follows.
 */

#ifndef SV_LIMIT_H
#define SV_LIMIT_H

#include <sys/resource.h>

/* clang-format off */

/* resource, letter (0: none), long option, encore's variable or null, what is limited */
#define SV_LIMITS(X) \
    X(RLIMIT_AS,         'a', "address-space",   "SOFTLIMIT_ALLBYTES",    "all memory, in bytes") \
    X(RLIMIT_CORE,       'c', "core",            "SOFTLIMIT_COREBYTES",   "a core file, in bytes") \
    X(RLIMIT_DATA,       'd', "data",            "SOFTLIMIT_DATABYTES",   "the data segment, in bytes") \
    X(RLIMIT_FSIZE,      'f', "file-size",       "SOFTLIMIT_FILEBYTES",   "a file that is written, in bytes") \
    X(RLIMIT_MEMLOCK,    'l', "locked-memory",   "SOFTLIMIT_LOCKEDBYTES", "locked memory, in bytes") \
    X(RLIMIT_NOFILE,     'o', "open-files",      "SOFTLIMIT_OPENFILES",   "open descriptors") \
    X(RLIMIT_NPROC,      'p', "processes",       "SOFTLIMIT_PROCS",       "processes of the uid") \
    X(RLIMIT_RSS,        'r', "resident",        "SOFTLIMIT_RSSBYTES",    "resident memory, in bytes") \
    X(RLIMIT_STACK,      's', "stack",           "SOFTLIMIT_STACKBYTES",  "the stack, in bytes") \
    X(RLIMIT_CPU,        't', "cpu",             "SOFTLIMIT_CPUSECS",     "processor time, in seconds") \
    X(RLIMIT_NICE,       'P', "nice",            0,                       "20 minus the lowest nice value") \
    X(RLIMIT_LOCKS,      0,   "locks",           0,                       "file locks") \
    X(RLIMIT_MSGQUEUE,   0,   "message-queues",  0,                       "message queues, in bytes") \
    X(RLIMIT_RTPRIO,     0,   "realtime-prio",   0,                       "the real-time priority") \
    X(RLIMIT_RTTIME,     0,   "realtime-time",   0,                       "real-time without a wait, in us") \
    X(RLIMIT_SIGPENDING, 0,   "pending-signals", 0,                       "queued signals of the uid")
/* clang-format on */

struct sv_limit {
    int resource; /* RLIMIT_... */
    char letter;
    char const *word;
    char const *variable;
    char const *meaning;
};

/* All of SV_LIMITS, in its order; how many. */
extern struct sv_limit const sv_limits[];
extern unsigned int const sv_limit_count;

enum sv_limit_kind {
    SV_LIMIT_NUMBER,    /* "123" */
    SV_LIMIT_HARD,      /* "=": as the hard limit */
    SV_LIMIT_UNLIMITED, /* "-": neither soft nor hard limit (daemontools-encore) */
};

struct sv_limit_value {
    enum sv_limit_kind kind;
    rlim_t number; /* defined if kind is SV_LIMIT_NUMBER */
};

/*
 * Understands an argument. Decimal digits; none at all are 0, as in daemontools; more
 * than fits is without limit. Returns 1; 0 if it is nothing of the kind.
 */
extern int sv_limit_scan(char const *text, struct sv_limit_value *value);

/* Which of the two limits a value is for. */
enum sv_limit_which {
    SV_LIMIT_SOFT,      /* the soft one, not above the hard one */
    SV_LIMIT_ONLY_HARD, /* the hard one; a soft one above it comes down */
    SV_LIMIT_BOTH,
};

/* Changes *limit as the value says. */
extern void sv_limit_change(struct rlimit *limit, struct sv_limit_value const *value,
                            enum sv_limit_which which);

#endif
