/* ISC license. */

/*
 * What the helpers of the benchmarks share: how a benchmark service reports that it has
 * started. A service lies in WORLD/scan/NAME and writes to WORLD/events, a FIFO that
 * stopwatch reads.
 */

#ifndef BENCH_H
#define BENCH_H

#include <stdint.h>
#include <time.h>

#define BENCH_EVENTS "../../events" /* seen from the service directory */
#define BENCH_NAME_MAX 20           /* with its final 0 */

/* One write, so it must not be longer than PIPE_BUF: then records never mix. */
struct bench_start {
    int64_t started_ns; /* CLOCK_MONOTONIC, the first thing that was done */
    int64_t died_ns; /* when the instance before it began to end; 0 if it did not tell */
    int32_t pid;
    char name[BENCH_NAME_MAX]; /* of the service directory */
};

static inline int64_t bench_now_ns(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail for this clock */
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

#endif
