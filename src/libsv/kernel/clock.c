/* ISC license. */

#include <errno.h>

#include <sv/clock.h>

int64_t sv_clock_monotonic_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail for this clock */
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t sv_clock_boottime_ns(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_BOOTTIME, &now); /* cannot fail for this clock */
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void sv_clock_wall(struct timespec *when)
{
    (void)clock_gettime(CLOCK_REALTIME, when); /* cannot fail for this clock */
}

int sv_clock_wait(iopause_fd *fds, unsigned int count, int64_t deadline_ms)
{
    tain now = {.sec = {.x = 0}, .nano = 0}, deadline;
    int64_t left_ms =
        deadline_ms == INT64_MAX ? 0 : deadline_ms - sv_clock_monotonic_ms();

    if (left_ms < 0) left_ms = 0;
    deadline.sec.x = (uint64_t)left_ms / 1000;
    deadline.nano = (uint32_t)(left_ms % 1000) * 1000000;
    int ready = iopause(fds, count, deadline_ms == INT64_MAX ? 0 : &deadline, &now);
    return ready < 0 && errno == EINTR ? 0 : ready;
}
