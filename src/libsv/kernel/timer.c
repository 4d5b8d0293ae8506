/* ISC license. */

/*
 * Straight to the kernel: with the C library's timer_create a static program gets its
 * threads, too, and twice the memory (glibc 2.36).
 */

#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <sv/timer.h>

/* Where there are two, this is the one whose times have 64 bits. */
#ifdef SYS_timer_settime64
#define SET SYS_timer_settime64
#else
#define SET SYS_timer_settime
#endif

struct kernel_time { /* __kernel_timespec */
    int64_t seconds;
    int64_t nanoseconds;
};

int sv_timer_open(struct sv_timer *timer, int number)
{
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = number};

    timer->at_ms = INT64_MAX;
    return !syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &timer->id);
}

void sv_timer_set(struct sv_timer *timer, int64_t at_ms)
{
    /* all 0: not at all */
    struct {
        struct kernel_time interval, value;
    } when = {.value.seconds = 0};

    timer->at_ms = at_ms;
    if (at_ms < 1) at_ms = 1;
    if (at_ms != INT64_MAX) {
        when.value.seconds = at_ms / 1000;
        when.value.nanoseconds = at_ms % 1000 * 1000000;
    }
    /* cannot fail: the arguments are right */
    (void)syscall(SET, timer->id, TIMER_ABSTIME, &when, 0);
}
