/* ISC license. */

#include <sv/backoff.h>

int64_t sv_backoff_next(unsigned int quick_deaths, int64_t started_ms, int64_t now_ms,
                        uint32_t shortest_ms, uint32_t longest_ms)
{
    if (quick_deaths < 2) return now_ms;

    uint64_t delay_ms = shortest_ms;
    for (unsigned int i = 2; i < quick_deaths && delay_ms && delay_ms < longest_ms; i++)
        delay_ms *= 2;
    if (delay_ms > longest_ms) delay_ms = longest_ms;

    int64_t next_ms = started_ms + (int64_t)delay_ms;
    return next_ms > now_ms ? next_ms : now_ms;
}
