/* ISC license. */

/* TAI64N labels: known values, round trips, and what is not a label. */

#include <limits.h>

#include <sv/stamp.h>

#include "tap.h"

struct known {
    time_t seconds;
    long nanoseconds;
    char const *text;
};

/*
 * 2^62 + 10 is 400000000000000a: a label is that plus the unix time, without leap
 * seconds.
 */
static struct known const knowns[] = {
    {0, 0, "@400000000000000a00000000"},
    {1, 999999999, "@400000000000000b3b9ac9ff"},
    {-10, 0, "@400000000000000000000000"},
    {-11, 5, "@3fffffffffffffff00000005"},
    {1000000000, 500, "@400000003b9aca0a000001f4"},
    {2147483648, 1, "@400000008000000a00000001"},
    {4294967296, 0, "@400000010000000a00000000"},
};

static void check_known(void)
{
    for (size_t i = 0; i < sizeof knowns / sizeof *knowns; i++) {
        struct known const *known = knowns + i;
        struct timespec when = {known->seconds, known->nanoseconds}, back = {0, 0};
        char text[SV_STAMP_TEXT + 2] = "??????????????????????????";
        sv_stamp_format(text, &when);
        is_mem(text, SV_STAMP_TEXT, known->text, strlen(known->text),
               "%lld is written as %s", (long long)known->seconds, known->text);
        is_int(text[SV_STAMP_TEXT], '?', "and not a byte more");
        ok(sv_stamp_scan(known->text, SV_STAMP_TEXT, &back), "%s is read", known->text);
        ok(back.tv_sec == when.tv_sec && back.tv_nsec == when.tv_nsec,
           "and is the same time");
    }
}

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static void check_round_trips(void)
{
    uint64_t state = 88172645463325252u;
    int good = 1;
    for (unsigned int i = 0; i < 200000; i++) {
        /* every number of bits; half of them before 1970 */
        uint64_t bits = next_random(&state) >> 2 >> next_random(&state) % 62;
        struct timespec when = {(time_t)bits * (i & 1 ? 1 : -1),
                                (long)(next_random(&state) % 1000000000)};
        struct timespec back = {0, 0}, unpacked = {0, 0};
        unsigned char packed[SV_STAMP_PACKED];
        char text[SV_STAMP_TEXT];
        sv_stamp_pack(packed, &when);
        sv_stamp_format(text, &when);
        good &=
            expect(sv_stamp_unpack(packed, &unpacked) && unpacked.tv_sec == when.tv_sec
                       && unpacked.tv_nsec == when.tv_nsec,
                   "%lld packs and unpacks", (long long)when.tv_sec);
        good &= expect(sv_stamp_scan(text, sizeof text, &back)
                           && back.tv_sec == when.tv_sec && back.tv_nsec == when.tv_nsec,
                       "%lld is written and read", (long long)when.tv_sec);
    }
    ok(good, "200000 times of all sizes come back as they were");
}

/* Text and packed form sort as the times do: names of log files rely on it. */
static void check_order(void)
{
    uint64_t state = 1;
    int good = 1;
    for (unsigned int i = 0; i < 100000; i++) {
        struct timespec a = {(time_t)(next_random(&state) >> 30), (long)(i % 1000000000)};
        struct timespec b = {a.tv_sec + (time_t)(next_random(&state) % 3) - 1,
                             (long)(next_random(&state) % 1000000000)};
        char text_a[SV_STAMP_TEXT], text_b[SV_STAMP_TEXT];
        int earlier = a.tv_sec != b.tv_sec ? a.tv_sec < b.tv_sec : a.tv_nsec < b.tv_nsec;
        sv_stamp_format(text_a, &a);
        sv_stamp_format(text_b, &b);
        good &= expect((memcmp(text_a, text_b, sizeof text_a) < 0) == earlier,
                       "the labels of %lld and %lld sort as they should",
                       (long long)a.tv_sec, (long long)b.tv_sec);
    }
    ok(good, "labels sort as the times do");
}

static void check_bad(void)
{
    static char const *const bad[] = {
        "",
        "@",
        "@400000003b9aca0a000001f",   /* a digit short */
        "#400000003b9aca0a000001f4",  /* another mark */
        "@400000003b9aca0a0000g1f4",  /* no digit */
        "@400000003b9aca0a3b9aca00",  /* 1000000000 nanoseconds */
        "@8000000000000000000000000", /* reserved by TAI64 */
        " 400000003b9aca0a000001f4",
        "@400000003b9aca0a 00001f4",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct timespec when = {42, 43};
        ok(!sv_stamp_scan(bad[i], strlen(bad[i]), &when) && when.tv_sec == 42
               && when.tv_nsec == 43,
           "\"%s\" is no label, and the time stays", bad[i]);
    }
    struct timespec when;
    ok(sv_stamp_scan("@400000003B9ACA0A000001F4 x", 27, &when)
           && when.tv_sec == 1000000000,
       "upper case is read too, and what follows is not looked at");
}

static void check_every_byte(void)
{
    int good = 1;
    for (unsigned int at = 0; at < SV_STAMP_TEXT; at++)
        for (int byte = 0; byte < 256; byte++) {
            char text[] = "@400000003b9aca0a000001f4";
            struct timespec when;
            int digit = (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'f')
                        || (byte >= 'A' && byte <= 'F');
            int want = at ? digit : byte == '@';
            if (at == 1 && byte >= '8') continue; /* too large: check_bad */
            if (at >= 17 && at <= 18)
                continue; /* perhaps too many nanoseconds: likewise */
            text[at] = (char)byte;
            good &= expect(sv_stamp_scan(text, SV_STAMP_TEXT, &when) == want,
                           "byte %d at %u", byte, at);
        }
    ok(good, "every byte at every place is taken or refused as it should be");
}

static void check_seconds(struct timespec when, char const *want)
{
    char text[SV_STAMP_ACCU + 2];
    memset(text, '?', sizeof text);
    unsigned int length = sv_stamp_accu(text, &when);
    is_mem(text, length, want, strlen(want), "%lld.%09ld is %s", (long long)when.tv_sec,
           when.tv_nsec, want);
    is_int(text[length], '?', "and not a byte more");
}

int main(void)
{
    check_known();
    check_round_trips();
    check_order();
    check_bad();
    check_every_byte();
    check_seconds((struct timespec){0, 0}, "0.000000");
    check_seconds((struct timespec){1, 999}, "1.000000");
    check_seconds((struct timespec){1, 1000}, "1.000001");
    check_seconds((struct timespec){1000000000, 999999999}, "1000000000.999999");
    check_seconds((struct timespec){9999999999, 120000000}, "9999999999.120000");
    check_seconds((struct timespec){10000000000, 0}, "9999999999.000000");
    check_seconds((struct timespec){-1, 5000}, "0.000005");
    return done();
}
