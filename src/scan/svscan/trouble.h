/* ISC license. */

/*
 * trouble: a warning is given once per trouble, however often it is met. A trouble is
 * over when it was not met for a while; then it is news again.
 */

#ifndef SV_SVSCAN_TROUBLE_H
#define SV_SVSCAN_TROUBLE_H

#include <stdint.h>

#define TROUBLE_OVER_MS 10000

/* clang-format off */
#define TROUBLES(X) \
    X(MEMORY) \
    X(PIPE) \
    X(LAUNCH) \
    X(STOP) \
    X(LOOK)    /* for log/ */ \
    X(OWN)     /* the log directory of svscan itself */ \
    X(WATCH)   /* the scan directory */ \
    X(YOUNG)   /* watching a service directory */ \
    X(READ)    /* reading the scan directory */ \
    X(CONTROL) /* reading the FIFO */ \
    X(HOLD)    /* watching a supervise that is not our child */ \
    X(RELAY)   /* telling how a service ended */ \
    X(WAIT)    /* poll, and reading signals */
/* clang-format on */

#define TROUBLE_ENUM(name) TROUBLE_##name,
enum trouble_kind { TROUBLES(TROUBLE_ENUM) TROUBLE_COUNT };
#undef TROUBLE_ENUM

/* All zero: none yet. */
struct troubles {
    struct {
        int error_number;
        int64_t met_ms; /* last */
    } list[TROUBLE_COUNT];
};

/*
 * Notes that a trouble with this errno was met. Returns 1 if that is news. errno stays.
 */
extern int trouble_is_new(struct troubles *troubles, enum trouble_kind kind);

#endif
