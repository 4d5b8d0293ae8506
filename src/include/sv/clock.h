/* ISC license. */

/*
 * clock (kernel): the two clocks we look at. Deadlines are ms of CLOCK_MONOTONIC, as in
 * machine.h; labels are wall clock times without a leap second table, as in stamp.h.
 */

#ifndef SV_CLOCK_H
#define SV_CLOCK_H

#include <stdint.h>
#include <time.h>

#include <skalibs/iopause.h>

/* Milliseconds since boot, suspended time not counted. Cannot fail. */
extern int64_t sv_clock_monotonic_ms(void);

/* Nanoseconds since boot, suspended time counted: the clock of start times. Cannot fail.
 */
extern int64_t sv_clock_boottime_ns(void);

/* Unix time. Cannot fail. */
extern void sv_clock_wall(struct timespec *when);

/*
 * Waits for one of `count` descriptors or until `deadline_ms` on the monotonic clock,
 * INT64_MAX for ever. Returns the number of ready ones, 0 at the deadline, -1 with errno
 * (never EINTR: a signal counts as nothing ready).
 */
extern int sv_clock_wait(iopause_fd *fds, unsigned int count, int64_t deadline_ms);

#endif
