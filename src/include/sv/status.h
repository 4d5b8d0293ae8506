/* ISC license. */

/*
 * status (pure): the two records in supervise/. The only place that knows an offset of
 * either.
 *
 * `status` is what daemontools' family reads:
 *
 *     0-7    TAI64 seconds of the last change of the pid, big-endian (see stamp.h)
 *     8-11   nanoseconds, big-endian
 *     12-15  pid of the service, little-endian, 0 if it does not run; of encore's start
 *            and stop scripts while they do
 *     16     1 if paused
 *     17     'u' wanted up, 'd' wanted down, 0 once, or started and nothing to run
 *     18     encore's state: 0 stopped, 1 starting, 2 started, 3 running, 4 stopping,
 *            5 failed
 *     19     runit's: 0 down, 1 run, 2 finish; 0 while the stop script runs, for whom
 *            byte 18 says what encore's says
 *
 * 20 bytes in the encore personality, the first 18 of them in djb's.
 * Source: daemontools' svstat, daemontools-encore's and runit's status readers.
 *
 * `.status` is ours: fixed size, version in the magic, checksum at the end; status(5) has
 * the table of its fields, SV_STATUS_FIELDS below is where they are defined. Integers are
 * big-endian, stamps packed TAI64N. Times "on the monotonic clock" are ms of
 * CLOCK_MONOTONIC, meaningful in the boot that boot_id names; INT64_MAX means never.
 */

#ifndef SV_STATUS_H
#define SV_STATUS_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <sv/machine.h>

#define SV_STATUS_FILE "status"
#define SV_STATUS_OWN_FILE ".status"

#define SV_STATUS_DJB 18
#define SV_STATUS_ENCORE 20
#define SV_STATUS_OWN 256 /* bytes of .status */

#define SV_BOOT_ID 16 /* bytes of a boot id */

/* clang-format off */
/* encore's states, byte 18, in the order of their numbers; the words are svstat's. */
#define SV_ENCORE_STATES(X) \
    X(STOPPED,  "stopped") \
    X(STARTING, "starting") \
    X(STARTED,  "started") \
    X(RUNNING,  "running") \
    X(STOPPING, "stopping") \
    X(FAILED,   "failed")
/* clang-format on */

enum sv_encore_state {
#define SV_ENCORE_STATE_ENUM(name, word) SV_ENCORE_##name,
    SV_ENCORE_STATES(SV_ENCORE_STATE_ENUM)
#undef SV_ENCORE_STATE_ENUM
        SV_ENCORE_COUNT
};

/* What the family's record says. */
struct sv_status_family {
    struct timespec since;   /* of the last change of the pid */
    uint32_t pid;            /* 0 means down */
    unsigned char paused;    /* 0 or 1 */
    unsigned char want;      /* 'u', 'd' or 0 */
    unsigned char state;     /* enum sv_encore_state, or what was there; 18 bytes: 0 */
    unsigned char run_state; /* 0 down, 1 run, 2 finish; 18 bytes: 0 or 1 by pid */
    unsigned int size;       /* bytes it was read from: 18, or 20 and more */
};

/* How the last run (or the try at one) ended. */
enum sv_ending {
    SV_ENDING_NONE,    /* there was none yet */
    SV_ENDING_EXIT,    /* value: exit code */
    SV_ENDING_SIGNAL,  /* value: signal */
    SV_ENDING_EXEC,    /* run could not be executed; value: errno */
    SV_ENDING_FORK,    /* no process could be had; value: errno */
    SV_ENDING_UNKNOWN, /* it ended while nobody could see how */
    SV_ENDING_COUNT
};

/* clang-format off */
/*    name            kind    what */
#define SV_STATUS_FIELDS(X) \
    X(serial,          U64)   /* transitions so far; grows with each */ \
    X(since,           STAMP) /* of the last change of the pid, as in status */ \
    X(changed,         STAMP) /* of the last transition */ \
    X(pid,             U32)   /* of the service, 0: does not run */ \
    X(pid_start,       U64)   /* its start time in clock ticks after boot */ \
    X(pid_inode,       U64)   /* inode of its pidfd, 0 if the kernel has no such thing */ \
    X(finish_pid,      U32)   /* of the finish, start or stop script, 0: none runs */ \
    X(finish_start,    U64)   /* its start time */ \
    X(phase,           U8)    /* enum sv_phase */ \
    X(wanted,          U8)    /* enum sv_wanted */ \
    X(flags,           U8)    /* SV_STATUS_PAUSED ... */ \
    X(ending,          U8)    /* enum sv_ending */ \
    X(ending_value,    U32)   /* see there */ \
    X(ready,           STAMP) /* when it became ready, unix time 0: it is not */ \
    X(starts,          U64)   /* times that run was executed */ \
    X(control_bytes,   U64)   /* bytes of supervise/control consumed */ \
    X(cause,           U8)    /* enum sv_cause_kind of the last transition */ \
    X(cause_detail,    U32)   /* its detail */ \
    X(cause_uid,       U32)   /* and the uid behind it, UINT32_MAX: unknown */ \
    X(next_start,      STAMP) /* BACKOFF: of the next start; else unix time 0 */ \
    X(next_start_ms,   U64)   /* the same on the monotonic clock */ \
    X(started_ms,      U64)   /* last start on the monotonic clock */ \
    X(kill_ms,         U64)   /* when KILL is due, on the monotonic clock */ \
    X(quick_deaths,    U32)   /* in a row */ \
    X(supervise_pid,   U32)   /* who writes this */ \
    X(supervise_start, U64)   /* its start time in clock ticks after boot */ \
    X(boot_id,         BOOT)  /* /proc/sys/kernel/random/boot_id */ \
    X(ready_ms,        U64)   /* when it must be ready, on the monotonic clock */ \
    X(watchdog_every_ms, U64) /* its watchdog's time, INT64_MAX: none */
/* clang-format on */

#define SV_STATUS_PAUSED 1u
#define SV_STATUS_LEAVING 2u
#define SV_STATUS_DRAINING 4u
#define SV_STATUS_ASKED 8u /* an operator has signalled this run */
#define SV_STATUS_EXEC_FAILED 16u
#define SV_STATUS_CONDEMNED 32u /* this run has failed, however it ends */
#define SV_STATUS_RELOADING 64u /* it says that it reloads */
#define SV_STATUS_SAID 128u     /* what it says about itself is in supervise/.said */

#define SV_STATUS_TYPE_U8(name) uint8_t name;
#define SV_STATUS_TYPE_U32(name) uint32_t name;
#define SV_STATUS_TYPE_U64(name) uint64_t name;
#define SV_STATUS_TYPE_STAMP(name) struct timespec name;
#define SV_STATUS_TYPE_BOOT(name) unsigned char name[SV_BOOT_ID];
#define SV_STATUS_TYPE(name, kind) SV_STATUS_TYPE_##kind(name)
struct sv_status {
    SV_STATUS_FIELDS(SV_STATUS_TYPE)
};

/* Packs the family's record, 20 bytes. Cannot fail. */
extern void sv_status_pack_family(unsigned char *packed,
                                  struct sv_status_family const *family);

/*
 * Unpacks `length` bytes of the family's record. Returns 1; 0 if it is shorter than 18
 * bytes or its label is none. Longer files are encore's with a logger behind: the first
 * 20 count.
 */
extern int sv_status_unpack_family(unsigned char const *packed, size_t length,
                                   struct sv_status_family *family);

/* What the family's record says about ours. Cannot fail. */
extern void sv_status_to_family(struct sv_status const *status,
                                struct sv_status_family *family);

/* Packs our record, SV_STATUS_OWN bytes. Cannot fail. */
extern void sv_status_pack(unsigned char *packed, struct sv_status const *status);

/*
 * Unpacks our record. Returns 1; 0 if it is not exactly SV_STATUS_OWN bytes of this
 * version with the right checksum and every enum in range (then *status is undefined).
 */
extern int sv_status_unpack(unsigned char const *packed, size_t length,
                            struct sv_status *status);

/* Reads "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx". Returns 1; 0 if it is none. */
extern int sv_status_scan_boot_id(char const *text, size_t length,
                                  unsigned char *boot_id);

/* encore's word for byte 18, "status unknown" if it has none. */
extern char const *sv_status_encore_word(unsigned char state);

#endif
