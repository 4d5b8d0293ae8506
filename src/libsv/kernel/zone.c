/* ISC license. */

#include <stdint.h>

#include <sv/zone.h>

#define BLOCK_S 900
#define FARTHEST_S (INT64_C(1) << 55) /* some 1.1 * 10^9 years: an int holds them */

static time_t block; /* first second of the block that is remembered; UTC */
static long block_offset_s;
static int block_known;

/* `when` is not farther away than FARTHEST_S, so localtime_r has no reason to fail. */
static long ask(time_t when)
{
    struct tm local;

    return localtime_r(&when, &local) ? local.tm_gmtoff : 0;
}

long sv_zone_offset(time_t when)
{
    static int rules_read;
    time_t within = when % BLOCK_S;

    if (when < -FARTHEST_S || when > FARTHEST_S) return 0;
    if (within < 0) within += BLOCK_S;
    time_t start = when - within;
    if (block_known && start == block) return block_offset_s;
    if (!rules_read) tzset(); /* localtime_r need not */
    rules_read = 1;
    long offset_s = ask(start);
    if (ask(start + BLOCK_S - 1) != offset_s) return ask(when);
    block = start;
    block_offset_s = offset_s;
    block_known = 1;
    return offset_s;
}
