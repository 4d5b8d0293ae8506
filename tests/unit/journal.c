/* ISC license. */

#include <sv/checksum.h>
#include <sv/journal.h>
#include <sv/status.h>

#include "tap.h"

static struct sv_journal_entry const sample = {
    .serial = 0x0102030405060708,
    .when = {.tv_sec = 0x0a0b0c0d, .tv_nsec = 0x01112131},
    .monotonic_ms = 0x4142434445464748,
    .pid = 0x51525354,
    .event = SV_EVENT_DIED,
    .phase = SV_PHASE_BACKOFF,
    .wanted = SV_WANTED_ONCE,
    .ending = SV_ENDING_SIGNAL,
    .ending_value = 0x61626364,
    .cause = SV_CAUSE_COMMAND,
    .cause_detail = 0x71727374,
    .cause_uid = 0x81828384,
};

static int same(struct sv_journal_entry const *one, struct sv_journal_entry const *two)
{
    return one->serial == two->serial && one->when.tv_sec == two->when.tv_sec
           && one->when.tv_nsec == two->when.tv_nsec
           && one->monotonic_ms == two->monotonic_ms && one->pid == two->pid
           && one->event == two->event && one->phase == two->phase
           && one->wanted == two->wanted && one->ending == two->ending
           && one->ending_value == two->ending_value && one->cause == two->cause
           && one->cause_detail == two->cause_detail && one->cause_uid == two->cause_uid;
}

/* The bytes of journal(5). */
static void layout(void)
{
    unsigned char packed[SV_JOURNAL_RECORD];
    unsigned char const expected[60] = {1,
                                        2,
                                        3,
                                        4,
                                        5,
                                        6,
                                        7,
                                        8,
                                        0x40,
                                        0,
                                        0,
                                        0,
                                        0x0a,
                                        0x0b,
                                        0x0c,
                                        0x17,
                                        0x01,
                                        0x11,
                                        0x21,
                                        0x31,
                                        0x41,
                                        0x42,
                                        0x43,
                                        0x44,
                                        0x45,
                                        0x46,
                                        0x47,
                                        0x48,
                                        0x51,
                                        0x52,
                                        0x53,
                                        0x54,
                                        SV_EVENT_DIED,
                                        SV_PHASE_BACKOFF,
                                        SV_WANTED_ONCE,
                                        SV_ENDING_SIGNAL,
                                        0x61,
                                        0x62,
                                        0x63,
                                        0x64,
                                        SV_CAUSE_COMMAND,
                                        0,
                                        0,
                                        0,
                                        0x71,
                                        0x72,
                                        0x73,
                                        0x74,
                                        0x81,
                                        0x82,
                                        0x83,
                                        0x84};

    memset(packed, 0xAA, sizeof packed);
    sv_journal_pack(packed, &sample);
    is_mem(packed, 60, expected, 60, "a record has its fields where journal(5) says");
}

static void round_trip(void)
{
    unsigned char packed[SV_JOURNAL_RECORD];
    struct sv_journal_entry entry = sample, back;

    for (unsigned int i = 0; i < 1000; i++) {
        entry.serial = 1 + i * UINT64_C(0x123456789);
        entry.when = (struct timespec){.tv_sec = 1700000000 + i, .tv_nsec = i * 999};
        entry.event = (uint8_t)(i % SV_EVENT_COUNT);
        entry.phase = (uint8_t)(i % SV_PHASE_COUNT);
        entry.wanted = (uint8_t)(i % SV_WANTED_COUNT);
        entry.ending = (uint8_t)(i % SV_ENDING_COUNT);
        entry.cause = (uint8_t)(i % SV_CAUSE_COUNT);
        sv_journal_pack(packed, &entry);
        memset(&back, 0xAA, sizeof back);
        expect(sv_journal_unpack(packed, &back) && same(&entry, &back),
               "record %u comes back as it was", i);
    }
    ok(1, "1000 records were packed and unpacked");
}

static void bad_records(void)
{
    unsigned char good[SV_JOURNAL_RECORD], packed[SV_JOURNAL_RECORD] = {0};
    struct sv_journal_entry entry;

    ok(!sv_journal_unpack(packed, &entry), "an empty slot is no record");
    memset(packed, 0xFF, sizeof packed);
    ok(!sv_journal_unpack(packed, &entry), "nor is one of ones");
    sv_journal_pack(good, &sample);
    for (unsigned int bit = 0; bit < 8 * sizeof good; bit++) {
        memcpy(packed, good, sizeof good);
        packed[bit / 8] ^= (unsigned char)(1 << bit % 8);
        expect(!sv_journal_unpack(packed, &entry), "bit %u wrong is noticed", bit);
    }
    ok(1, "a flip of any bit was tried");
    for (unsigned int written = 0; written < sizeof good; written++) {
        memset(packed, 0, sizeof packed);
        memcpy(packed, good, written);
        expect(!sv_journal_unpack(packed, &entry), "only the first %u bytes are noticed",
               written);
    }
    ok(1, "a record torn anywhere was tried");

#define RANGE(name, value, what) \
    entry = sample; \
    entry.name = (value); \
    sv_journal_pack(packed, &entry); \
    ok(!sv_journal_unpack(packed, &entry), what);
    RANGE(serial, 0, "serials start at 1")
    RANGE(when.tv_nsec, 1000000000, "a time that is none is refused")
    RANGE(event, SV_EVENT_COUNT, "an unknown event is refused")
    RANGE(phase, SV_PHASE_COUNT, "an unknown phase is refused")
    RANGE(wanted, SV_WANTED_COUNT, "an unknown wish is refused")
    RANGE(ending, SV_ENDING_COUNT, "an unknown ending is refused")
    RANGE(cause, SV_CAUSE_COUNT, "an unknown cause is refused")
}

static void header(void)
{
    unsigned char good[SV_JOURNAL_RECORD], packed[SV_JOURNAL_RECORD];

    memset(good, 0xAA, sizeof good);
    sv_journal_pack_header(good);
    is_mem(good, 16, "upkeepJ1\0\0\0\100\0\0\0\377", 16,
           "the header has magic, size of a record, number of slots");
    ok(sv_journal_check_header(good), "a header is one");
    for (unsigned int i = 0; i < sizeof good; i++) {
        memcpy(packed, good, sizeof good);
        packed[i] ^= 1;
        expect(!sv_journal_check_header(packed), "byte %u wrong is noticed", i);
    }
    memset(packed, 0, sizeof packed);
    ok(!sv_journal_check_header(packed), "zeros are no header");
}

static void ring(void)
{
    unsigned char used[SV_JOURNAL_SLOTS] = {0};
    uint64_t size = (1 + SV_JOURNAL_SLOTS) * SV_JOURNAL_RECORD;
    int inside = 1, each_once = 1;

    is_int(size, 16384, "the file is 16 KiB");
    for (uint64_t serial = 1000; serial < 1000 + SV_JOURNAL_SLOTS; serial++) {
        uint64_t at = sv_journal_offset(serial);
        inside &= at % SV_JOURNAL_RECORD == 0 && at >= SV_JOURNAL_RECORD && at < size;
        if (inside) each_once &= !used[at / SV_JOURNAL_RECORD - 1]++;
    }
    ok(inside, "every record lies behind the header and inside the file");
    ok(each_once, "as many in a row as there are slots are all there");
    is_int(sv_journal_offset(7), sv_journal_offset(7 + SV_JOURNAL_SLOTS),
           "the next one takes the place of the oldest");
    ok(sv_journal_offset(UINT64_MAX) < size, "however many there have been");
}

int main(void)
{
    layout();
    round_trip();
    bad_records();
    header();
    ring();
    return done();
}
