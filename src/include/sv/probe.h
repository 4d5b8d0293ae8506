/* ISC license. */

/*
 * probe (pure): what is to be looked at to find out whether a service works, as words.
 *
 * The words come from a command line, or from the first line of a file: split at blanks;
 * double quotes keep blanks, and join what touches them, as in "a b"c; there is no other
 * quoting.
 *
 * An address is a number or the word `localhost`, which is 127.0.0.1 and, if that fails,
 * ::1. Names would have to be looked up, and a resolver may itself be a service that is
 * not up yet; nor does a static program have one. IPv6 addresses may stand in brackets,
 * and in a URL they must.
 */

#ifndef SV_PROBE_H
#define SV_PROBE_H

#include <stddef.h>
#include <stdint.h>

#include <sv/address.h>

/*
 * The kinds, how many words they take behind the kind, and which. What they say:
 *   tcp      somebody accepts connections there
 *   unix     somebody listens on that socket, of whatever type; @NAME is an abstract one
 *   http     the answer to a GET has one of these statuses: codes, or ranges of them as
 *            200-299; without any 200-399. A URL is http://ADDRESS[:PORT][/TARGET] or
 *            http://unix:/PATH[:/TARGET]
 *   file     it is there, and not older than so many seconds
 *   line     a line that the extended regular expression matches is in the log: a file,
 *            or the directory of a multilog
 *   command  the program, searched for in PATH, exits 0
 */
/* clang-format off */
/*    name     word       fewest  most           arguments */
#define SV_PROBES(X) \
    X(TCP,     "tcp",     2,      2,             "address port") \
    X(UNIX,    "unix",    1,      1,             "path") \
    X(HTTP,    "http",    1,      SV_PROBE_WORDS, "url [status ...]") \
    X(FILE,    "file",    1,      2,             "path [seconds]") \
    X(LINE,    "line",    2,      2,             "log regex") \
    X(COMMAND, "command", 1,      SV_PROBE_WORDS, "prog [argument ...]")
/* clang-format on */

#define SV_PROBE_WORDS 128  /* more are refused, in a file */
#define SV_PROBE_RANGES 16  /* statuses and ranges of them */
#define SV_PROBE_URL 1024   /* bytes of a URL, at most */
#define SV_PROBE_SOCKET 108 /* bytes of a socket's path, with its NUL: sun_path */

enum sv_probe_kind {
#define SV_PROBE_ENUM(name, word, fewest, most, arguments) SV_PROBE_##name,
    SV_PROBES(SV_PROBE_ENUM)
#undef SV_PROBE_ENUM
        SV_PROBE_COUNT
};

struct sv_probe_range {
    uint16_t first, last; /* 100..599, first <= last */
};

/* What is not of its kind is undefined. Texts point into the words. */
struct sv_probe {
    enum sv_probe_kind kind;
    struct sv_address address;    /* tcp, http */
    unsigned int is_either : 1;   /* tcp, http: `localhost`; address is 127.0.0.1 */
    unsigned int has_max_age : 1; /* file */
    char const *path;   /* unix, file, line; http: null unless it is over a socket */
    size_t path_length; /* of path: in a URL it does not end there */
    char const *host;   /* http: what the header Host says, host_length bytes */
    size_t host_length;
    char const *target; /* http: what is asked for; "" means "/" */
    unsigned int range_count;
    struct sv_probe_range ranges[SV_PROBE_RANGES]; /* http: statuses that are good */
    uint32_t max_age_s;                            /* file */
    char const *regex;                             /* line */
    char const *const *command;                    /* command: argv, ends in a null */
};

/*
 * Reads `count` words; words[count] is null. Returns 1; 0 with *why, what is wrong in a
 * few words, if they are no probe (then *probe is undefined). The regular expression is
 * not looked at, nor is any path.
 */
extern int sv_probe_parse(struct sv_probe *probe, char const *const *words, size_t count,
                          char const **why);

/*
 * Splits the first line of text[0 .. length - 1] into words, in place; text[length] must
 * be writable too. `words` has room for SV_PROBE_WORDS and a null, which ends them.
 * Returns their number, which may be 0; -1 with *why.
 */
extern int sv_probe_split(char *text, size_t length, char const **words,
                          char const **why);

/* Its word, and what follows it, for people. */
extern char const *sv_probe_word(enum sv_probe_kind kind);
extern char const *sv_probe_arguments(enum sv_probe_kind kind);

/* Whether this status is good. */
extern int sv_probe_is_expected(struct sv_probe const *probe, unsigned int status);

/*
 * The answer to a GET, byte by byte, up to its status: RFC 9112, section 4. What comes
 * before the final answer (1xx but 101: RFC 9110, section 15.2) is passed over with its
 * headers. All zero is the beginning.
 */
struct sv_probe_answer {
    uint32_t seen;         /* bytes so far */
    uint16_t status;       /* so far */
    unsigned char at;      /* in the status line */
    unsigned char is_done; /* that line, of an answer that is passed over */
    unsigned char is_empty_line;
};

#define SV_PROBE_ANSWER_MAX 65536 /* bytes of answers that are passed over */

enum sv_probe_answered {
    SV_PROBE_ANSWER_MORE,  /* not yet */
    SV_PROBE_ANSWER_DONE,  /* answer->status is the final status, 100..599 */
    SV_PROBE_ANSWER_WRONG, /* that is not HTTP/1 */
};

/* Takes the next byte; not to be called again after DONE or WRONG. */
extern enum sv_probe_answered sv_probe_answer(struct sv_probe_answer *answer,
                                              unsigned char byte);

#endif
