/* ISC license. */

#include <sv/backoff.h>

#include "tap.h"

#define NOW 1000000 /* the moment of the death, ms */

/* The delay after the last start, of a service that dies as soon as it is started. */
static int64_t delay(unsigned int quick_deaths, uint32_t shortest_ms, uint32_t longest_ms)
{
    return sv_backoff_next(quick_deaths, NOW, NOW, shortest_ms, longest_ms) - NOW;
}

static void growth(void)
{
    static int64_t const expected[] = {0,    0,     1000,  2000,  4000,
                                       8000, 16000, 32000, 60000, 60000};

    for (unsigned int deaths = 0; deaths < sizeof expected / sizeof *expected; deaths++)
        is_int(delay(deaths, 1000, 60000), expected[deaths],
               "after %u quick deaths the next start is %lld ms after the last", deaths,
               (long long)expected[deaths]);
    is_int(delay(UINT32_MAX, 1000, 60000), 60000, "however long that goes on");
    is_int(delay(2, 60000, 60000), 60000,
           "one value for both is the delay from the second on");
    is_int(delay(100, 0, 60000), 0, "a shortest delay of 0 never grows");
    is_int(delay(100, 0, 0), 0, "no delay is none");
    is_int(delay(33, 1, UINT32_MAX), INT64_C(1) << 31, "doubling does not overflow ...");
    is_int(delay(34, 1, UINT32_MAX), UINT32_MAX, "... at the largest delay there is");
}

static void from_the_start(void)
{
    is_int(sv_backoff_next(2, NOW - 300, NOW, 1000, 60000), NOW + 700,
           "the time that it ran counts");
    is_int(sv_backoff_next(2, NOW - 1000, NOW, 1000, 60000), NOW, "all of it");
    is_int(sv_backoff_next(2, NOW - 5000, NOW, 1000, 60000), NOW,
           "a start that is overdue is now, not in the past");
    is_int(sv_backoff_next(0, NOW - 5000, NOW, 1000, 60000), NOW,
           "no quick death: at once");
    is_int(sv_backoff_next(1, NOW, NOW, 1000, 60000), NOW, "the first one: at once");
}

int main(void)
{
    growth();
    from_the_start();
    return done();
}
