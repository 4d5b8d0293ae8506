/* ISC license. */

/*
 * The fields of svstat -o and -j. Where s6-svstat has a field of that name, it means the
 * same here. The list is the only one: names, order, --help and the manual page's table.
 */

#ifndef SVSTAT_FIELDS_H
#define SVSTAT_FIELDS_H

#include "svstat.h"

/* clang-format off */
#define SVSTAT_FIELDS(X) \
    X(service,      "the directory, as it was given") \
    X(up,           "whether its process runs") \
    X(wanted,       "up, down or once") \
    X(wantedup,     "whether it is to run") \
    X(normallyup,   "whether there is no file down") \
    X(ready,        "up: whether it is ready; down: whether its finish script is over") \
    X(paused,       "whether it was stopped by svc -p") \
    X(pid,          "of its process; -1 if it is not up") \
    X(phase,        "what supervise is doing with it") \
    X(exitcode,     "down: of the last run; -1 if that did not exit") \
    X(signal,       "down: the name of the signal that killed the last run") \
    X(signum,       "down: the number of that signal") \
    X(execerror,    "why run could not be executed the last time") \
    X(ending,       "of the last run: none, exit, signal, exec, fork or unknown") \
    X(endingvalue,  "its exit code, signal or errno") \
    X(updownsince,  "when it went up or down") \
    X(readysince,   "when it became ready") \
    X(updownfor,    "seconds since it went up or down") \
    X(readyfor,     "seconds since it became ready") \
    X(starts,       "how many times run was executed") \
    X(quickdeaths,  "deaths in a row that came soon after a start") \
    X(nextstart,    "backoff: when it is started again") \
    X(nextstartin,  "backoff: seconds until then") \
    X(killin,       "stopping, finishing: seconds until SIGKILL") \
    X(readyin,      "starting: seconds until it must be ready") \
    X(waitingfor,   "waiting: the service that it waits for") \
    X(reloading,    "whether it says that it reloads") \
    X(statustext,   "what it says about itself") \
    X(statuserrno,  "the errno that it says it fails with") \
    X(cause,        "what made the last transition happen") \
    X(causedetail,  "its command, exit code, signal or errno") \
    X(causeuid,     "the user who gave the command") \
    X(changed,      "when the last transition was") \
    X(serial,       "the number of transitions so far") \
    X(controlbytes, "how many bytes of supervise/control have been read") \
    X(finishpid,    "of its finish script; -1 if none runs") \
    X(tree,         "its processes, and what was left behind") \
    X(supervised,   "whether supervise runs") \
    X(supervisepid, "of supervise; -1 if it does not run") \
    X(recordedpid,  "of its process when supervise was last there") \
    X(pidruns,      "no supervise: whether that process still runs") \
    X(error,        "what is said in place of the state")
/* clang-format on */

enum field {
#define SVSTAT_FIELD_ENUM(name, meaning) FIELD_##name,
    SVSTAT_FIELDS(SVSTAT_FIELD_ENUM)
#undef SVSTAT_FIELD_ENUM
        FIELD_COUNT
};

enum value_kind {
    VALUE_NONE,      /* "NA", null */
    VALUE_NO_NUMBER, /* "-1", null */
    VALUE_FLAG,      /* number: 0 or 1 */
    VALUE_NUMBER,    /* number */
    VALUE_SECONDS,   /* number of milliseconds */
    VALUE_NAME,      /* text in capitals with '_'; printed in lower case with '-' */
    VALUE_WORDS,     /* text; with -o its blanks become '-' */
    VALUE_BYTES,     /* text, any bytes but 0 */
    VALUE_LETTER,    /* number: a visible ASCII character */
    VALUE_SIGNAL,    /* number */
    VALUE_STAMP,     /* stamp */
    VALUE_TREE,      /* what svstat_read_tree() finds for the pid in number */
    VALUE_TROUBLE    /* what svstat_trouble() says; with -o as VALUE_WORDS */
};

struct value {
    enum value_kind kind;
    int64_t number;
    char const *text;
    struct timespec stamp;
};

extern struct value svstat_value(struct reading const *reading, enum field field);

#endif
