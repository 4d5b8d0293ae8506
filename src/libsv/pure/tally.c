/* ISC license. */

#include <sv/stamp.h>
#include <sv/tally.h>

enum { AT_CODE = SV_STAMP_PACKED, AT_SIGNAL = SV_STAMP_PACKED + 1 };

static struct sv_death const *death_at(struct sv_tally const *tally,
                                       unsigned int position)
{
    return &tally->ring[(tally->first + position) % SV_TALLY_MAX];
}

void sv_tally_add(struct sv_tally *tally, struct sv_death const *death, unsigned int max)
{
    if (!max) {
        tally->count = 0;
        return;
    }
    while (tally->count >= max) {
        tally->first = (tally->first + 1) % SV_TALLY_MAX;
        tally->count--;
    }
    tally->ring[(tally->first + tally->count++) % SV_TALLY_MAX] = *death;
}

struct timespec sv_tally_last(struct sv_tally const *tally)
{
    return death_at(tally, tally->count - 1)->when;
}

int sv_tally_has(struct sv_tally const *tally, struct timespec const *when)
{
    for (unsigned int i = 0; i < tally->count; i++) {
        struct timespec const *death = &death_at(tally, i)->when;
        if (death->tv_sec == when->tv_sec && death->tv_nsec == when->tv_nsec) return 1;
    }
    return 0;
}

unsigned int sv_tally_since(struct sv_tally const *tally, int64_t since_ms)
{
    unsigned int found = 0;

    while (found < tally->count
           && death_at(tally, tally->count - 1 - found)->monotonic_ms > since_ms)
        found++;
    return found;
}

size_t sv_tally_pack(unsigned char *packed, struct sv_tally const *tally,
                     unsigned int max)
{
    unsigned int used = tally->count < max ? tally->count : max;

    for (unsigned int i = tally->count - used; i < tally->count; i++) {
        struct sv_death const *death = death_at(tally, i);
        sv_stamp_pack(packed, &death->when);
        packed[AT_CODE] = death->code;
        packed[AT_SIGNAL] = death->signal_number;
        packed += SV_TALLY_RECORD;
    }
    return (size_t)used * SV_TALLY_RECORD;
}

void sv_tally_unpack(struct sv_tally *tally, unsigned char const *packed, size_t length,
                     struct timespec const *wall, int64_t now_ms, unsigned int max)
{
    for (; length >= SV_TALLY_RECORD;
         length -= SV_TALLY_RECORD, packed += SV_TALLY_RECORD) {
        struct sv_death death;
        if (!sv_stamp_unpack(packed, &death.when)) return;
        int64_t seconds = (int64_t)wall->tv_sec - (int64_t)death.when.tv_sec;
        if (seconds > INT32_MAX) seconds = INT32_MAX;
        if (seconds < -1) seconds = -1; /* the clock was set: it has just happened */
        int64_t age_ms = seconds * 1000 + (wall->tv_nsec - death.when.tv_nsec) / 1000000;
        death.monotonic_ms = now_ms - (age_ms < 0 ? 0 : age_ms);
        death.code = packed[AT_CODE];
        death.signal_number = packed[AT_SIGNAL];
        sv_tally_add(tally, &death, max);
    }
}
