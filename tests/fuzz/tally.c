/* ISC license. */

/*
 * Any bytes as supervise/.death_tally. The first two say how many deaths are remembered.
 */

#include <stdlib.h>
#include <string.h>

#include <sv/stamp.h>
#include <sv/tally.h>

#define NOW_MS 5000000
#define WALL_SECONDS 1800000000

/* The records before the first whose label is none. */
static size_t sound_records(uint8_t const *file, size_t length)
{
    struct timespec when;
    size_t count = 0;

    while (length >= (count + 1) * SV_TALLY_RECORD
           && sv_stamp_unpack(file + count * SV_TALLY_RECORD, &when))
        count++;
    return count;
}

static void check_counts(struct sv_tally const *tally)
{
    static uint32_t const times[] = {0, 1, 60, 3600, 1000000000, UINT32_MAX};
    unsigned int before = 0;

    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        unsigned int found = sv_tally_since(tally, NOW_MS - INT64_C(1000) * times[i]);
        if (found < before || found > tally->count) abort();
        before = found;
    }
    /* an age is at most 2^31 - 1 seconds, so the longest time finds them all */
    if (before != tally->count) abort();
}

int LLVMFuzzerTestOneInput(uint8_t const *data, size_t size)
{
    static struct sv_tally tally;
    static unsigned char packed[SV_TALLY_MAX * SV_TALLY_RECORD];
    struct timespec const wall = {WALL_SECONDS, 0};

    if (size < 2) return 0;
    unsigned int max = (data[0] * 256u + data[1]) % (SV_TALLY_MAX + 1);
    uint8_t const *file = data + 2;
    size_t sound = sound_records(file, size - 2);
    size_t kept = sound < max ? sound : max;

    tally.count = tally.first = 0;
    sv_tally_unpack(&tally, file, size - 2, &wall, NOW_MS, max);
    if (tally.count != kept) abort();
    check_counts(&tally);

    /* written again, it is the end of what was read */
    size_t length = sv_tally_pack(packed, &tally, SV_TALLY_MAX);
    if (length != kept * SV_TALLY_RECORD) abort();
    uint8_t const *end = file + (sound - kept) * SV_TALLY_RECORD;
    if (length && memcmp(packed, end, length)) abort();
    return 0;
}
