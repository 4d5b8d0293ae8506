/* ISC license. */

/* The tally of deaths: what it remembers, counts, writes, and reads again. */

#include <sv/stamp.h>
#include <sv/tally.h>

#include "tap.h"

#define NOW_MS 5000000
#define WALL_SECONDS 1800000000 /* the same moment on the wall clock */

static struct sv_tally tally; /* large */
static unsigned char packed[SV_TALLY_MAX * SV_TALLY_RECORD];

static void empty(void)
{
    memset(&tally, 0, sizeof tally);
}

/* A death `age_ms` before now, told from others by its code. */
static struct sv_death death(int64_t age_ms, unsigned int code)
{
    return (struct sv_death){
        .monotonic_ms = NOW_MS - age_ms,
        .when = {WALL_SECONDS - age_ms / 1000, (long)code},
        .code = (unsigned char)code,
    };
}

static void add(int64_t age_ms, unsigned int code, unsigned int max)
{
    struct sv_death one = death(age_ms, code);

    sv_tally_add(&tally, &one, max);
}

/* The codes in what sv_tally_pack wrote, as one string: "1 2 3 ". */
static char const *codes(size_t length)
{
    static char text[1024];
    size_t used = 0;

    text[0] = 0;
    for (size_t at = 0; at + SV_TALLY_RECORD <= length && used + 8 < sizeof text;
         at += SV_TALLY_RECORD)
        used += (size_t)snprintf(text + used, sizeof text - used, "%u ", packed[at + 12]);
    return text;
}

static void read_back(size_t length, unsigned int max)
{
    struct timespec const wall = {WALL_SECONDS, 0};

    empty();
    sv_tally_unpack(&tally, packed, length, &wall, NOW_MS, max);
}

static void check_memory(void)
{
    empty();
    is_int(sv_tally_since(&tally, NOW_MS - INT64_C(1000) * UINT32_MAX), 0,
           "an empty tally counts none");
    is_int(sv_tally_pack(packed, &tally, SV_TALLY_MAX), 0, "and fills no byte");
    for (unsigned int i = 1; i <= 5; i++) add(0, i, 3);
    is_str(codes(sv_tally_pack(packed, &tally, SV_TALLY_MAX)), "3 4 5 ",
           "of five deaths the last three are remembered, oldest first");
    add(0, 6, 2);
    is_str(codes(sv_tally_pack(packed, &tally, SV_TALLY_MAX)), "5 6 ",
           "when fewer are to be remembered, the oldest go");
    add(0, 7, 4);
    add(0, 8, 4);
    is_str(codes(sv_tally_pack(packed, &tally, SV_TALLY_MAX)), "5 6 7 8 ",
           "when more are, none comes back");
    is_str(codes(sv_tally_pack(packed, &tally, 2)), "7 8 ",
           "the file may hold the last two only");
    is_int(sv_tally_pack(packed, &tally, 0), 0, "or none");
    add(0, 9, 0);
    is_int(sv_tally_pack(packed, &tally, SV_TALLY_MAX), 0,
           "with room for none all are forgotten");
    add(0, 10, 3);
    is_str(codes(sv_tally_pack(packed, &tally, SV_TALLY_MAX)), "10 ",
           "and it begins again");
}

/* Round and round the ring: always the last ones, in their order. */
static void check_ring(void)
{
    int good = 1;

    empty();
    for (unsigned int i = 0; i < 3 * SV_TALLY_MAX + 7; i++) add(0, i % 251, SV_TALLY_MAX);
    size_t length = sv_tally_pack(packed, &tally, SV_TALLY_MAX);
    is_int(length, SV_TALLY_MAX * SV_TALLY_RECORD, "a full tally has %d records",
           SV_TALLY_MAX);
    for (unsigned int i = 0; i < SV_TALLY_MAX; i++)
        good &= packed[i * SV_TALLY_RECORD + 12] == (2 * SV_TALLY_MAX + 7 + i) % 251;
    ok(good, "they are the last ones, in their order");
    is_int(sv_tally_since(&tally, NOW_MS - INT64_C(1000) * 1), SV_TALLY_MAX,
           "and all of them are counted");
}

static void check_within(void)
{
    empty();
    add(10000, 1, 100);
    add(2001, 2, 100);
    add(2000, 3, 100);
    add(1999, 4, 100);
    add(0, 5, 100);
    is_int(sv_tally_since(&tally, NOW_MS - INT64_C(1000) * 0), 0,
           "within no time there is no death");
    is_int(sv_tally_since(&tally, NOW_MS - INT64_C(1000) * 1), 1,
           "within a second there is one");
    is_int(sv_tally_since(&tally, NOW_MS - INT64_C(1000) * 2), 2,
           "one exactly two seconds ago is over");
    is_int(sv_tally_since(&tally, NOW_MS - INT64_C(1000) * 3), 4,
           "within three seconds it counts");
    is_int(sv_tally_since(&tally, NOW_MS - INT64_C(1000) * 10), 4,
           "ten seconds ago is over after ten seconds");
    is_int(sv_tally_since(&tally, NOW_MS - INT64_C(1000) * 11), 5, "not after eleven");
    is_int(sv_tally_since(&tally, NOW_MS - INT64_C(1000) * UINT32_MAX), 5,
           "136 years hold them all");
    is_int(sv_tally_since(&tally, NOW_MS + 1999 - INT64_C(1000) * 2), 1, "time passes");
    is_int(sv_tally_since(&tally, NOW_MS + 2000 - INT64_C(1000) * 2), 0,
           "and they are over");
}

static void check_bytes(void)
{
    static unsigned char const expected[] = {0x40, 0,    0,    0,    0x3b,
                                             0x9a, 0xca, 0x0a, 0,    0,
                                             0x01, 0xf4, 111,  0, /* unix 10^9 */
                                             0x40, 0,    0,    0,    0x3b,
                                             0x9a, 0xca, 0x0b, 0x3b, 0x9a,
                                             0xc9, 0xff, 0,    9};
    struct sv_death exited = {.when = {1000000000, 500}, .code = 111};
    struct sv_death killed = {.when = {1000000001, 999999999}, .signal_number = 9};

    empty();
    sv_tally_add(&tally, &exited, 100);
    sv_tally_add(&tally, &killed, 100);
    size_t length = sv_tally_pack(packed, &tally, 100);
    is_mem(packed, length, expected, sizeof expected,
           "a death is its label, its exit code and its signal");
}

static void check_reading(void)
{
    empty();
    add(60000, 1, 100);
    add(5000, 2, 100);
    add(0, 3, 100);
    size_t length = sv_tally_pack(packed, &tally, 100);
    read_back(length, 100);
    is_str(codes(sv_tally_pack(packed, &tally, 100)), "1 2 3 ",
           "what was written is read");
    is_int(sv_tally_since(&tally, NOW_MS - INT64_C(1000) * 1), 1,
           "the last second has its death");
    is_int(sv_tally_since(&tally, NOW_MS - INT64_C(1000) * 6), 2,
           "so has the time before");
    is_int(sv_tally_since(&tally, NOW_MS - INT64_C(1000) * 61), 3, "and all of it");
    read_back(length, 2);
    is_str(codes(sv_tally_pack(packed, &tally, 100)), "2 3 ",
           "with less room the last ones are");
    read_back(length, 0);
    is_int(sv_tally_pack(packed, &tally, 100), 0, "with none, none");
}

static void check_bad_input(void)
{
    empty();
    for (unsigned int i = 1; i <= 3; i++) add(0, i, 100);
    size_t length = sv_tally_pack(packed, &tally, 100);
    for (size_t cut = 0; cut <= length; cut++) {
        read_back(cut, 100);
        expect(tally.count == cut / SV_TALLY_RECORD,
               "a file cut after %zu bytes has %u deaths", cut, tally.count);
    }
    ok(1, "a file that was cut has the deaths before the cut");
    packed[SV_TALLY_RECORD + 8] = 0xff;
    read_back(length, 100);
    is_int(tally.count, 1, "a label that is none ends the file");
}

/* The wall clock was set, or the file comes from another machine. */
static void check_strange_ages(void)
{
    struct sv_death ahead = {.when = {WALL_SECONDS + 1000000, 0}, .code = 1};
    struct sv_death ancient = {.when = {-1000000000, 0}, .code = 2};

    empty();
    sv_tally_add(&tally, &ahead, 100);
    size_t length = sv_tally_pack(packed, &tally, 100);
    read_back(length, 100);
    is_int(sv_tally_since(&tally, NOW_MS - INT64_C(1000) * 1), 1,
           "a death in the future has just happened");
    is_int(sv_tally_since(&tally, NOW_MS + 1000 - INT64_C(1000) * 1), 0,
           "and grows old like any other");

    empty();
    sv_tally_add(&tally, &ancient, 100);
    length = sv_tally_pack(packed, &tally, 100);
    read_back(length, 100);
    is_int(sv_tally_since(&tally, NOW_MS - INT64_C(1000) * 2000000000), 0,
           "a death long ago is long ago");
    is_str(codes(sv_tally_pack(packed, &tally, 100)), "2 ", "but is not lost");
}

int main(void)
{
    check_memory();
    check_ring();
    check_within();
    check_bytes();
    check_reading();
    check_bad_input();
    check_strange_ages();
    return done();
}
