/* ISC license. */

/*
 * timer (kernel): a signal at a time. For a wait that takes no limit of its own.
 */

#ifndef SV_TIMER_H
#define SV_TIMER_H

#include <stdint.h>

struct sv_timer {
    int id;        /* the kernel's */
    int64_t at_ms; /* the signal comes then; INT64_MAX: it does not */
};

/*
 * Makes a timer that sends `number` to this process; it is not set. Children do not have
 * it, and it ends with the program. Returns 1; 0 with errno (EAGAIN: there are too many).
 */
extern int sv_timer_open(struct sv_timer *timer, int number);

/*
 * Sends it at this time on the monotonic clock, at once if that is over, and not any
 * more at the time before; INT64_MAX: not at all. One that is on its way still comes.
 */
extern void sv_timer_set(struct sv_timer *timer, int64_t at_ms);

#endif
