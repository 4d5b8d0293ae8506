/* ISC license. */

#include <sv/checksum.h>
#include <sv/control.h>
#include <sv/stamp.h>
#include <sv/status.h>

#include "tap.h"

#define BYTES(...) ((unsigned char const[]){__VA_ARGS__})

/* The same service as three suites write it: up for a while, pid 32138, wanted up. */
#define SAMPLE \
    0x40, 0, 0, 0, 0x6b, 0x01, 0x03, 0xfc, 0x09, 0xdd, 0x89, 0x1c, 0x8a, 0x7d, 0, 0, 0, \
        0x75

static void family_reads(void)
{
    struct sv_status_family family;

    ok(sv_status_unpack_family(BYTES(SAMPLE), 18, &family), "djb's 18 bytes can be read");
    is_int(family.pid, 0x7d8a, "the pid is little-endian");
    is_int(family.since.tv_sec, 0x6b0103fc - 10, "the label is 2^62 + 10 + unix seconds");
    is_int(family.since.tv_nsec, 0x09dd891c, "and big-endian nanoseconds");
    ok(!family.paused && family.want == 'u', "it is not paused, and wanted up");
    is_int(family.size, 18, "it knows that there was no state");
    is_int(family.run_state, 1, "runit's state is made up from the pid");

    ok(sv_status_unpack_family(BYTES(SAMPLE, 3, 0), 20, &family),
       "encore's 20 can be read");
    is_int(family.state, SV_ENCORE_RUNNING, "its state is running");
    is_int(family.size, 20, "it knows that there was a state");
    ok(sv_status_unpack_family(BYTES(SAMPLE, 0, 2), 20, &family),
       "runit's 20 can be read");
    is_int(family.run_state, 2, "its finish script runs");

    unsigned char two[40] = {SAMPLE, 4, 0};
    ok(sv_status_unpack_family(two, 40, &family),
       "encore's 40 with a logger can be read");
    is_int(family.state, SV_ENCORE_STOPPING, "the first record counts");
    is_int(family.size, 20, "as one of 20 bytes");
}

static void family_refuses(void)
{
    struct sv_status_family family;
    unsigned char bytes[20] = {SAMPLE, 3, 0};

    for (size_t length = 0; length < 18; length++)
        expect(!sv_status_unpack_family(bytes, length, &family), "%zu bytes are too few",
               length);
    bytes[0] = 0x80;
    ok(!sv_status_unpack_family(bytes, 20, &family),
       "a label with the highest bit is none");
    bytes[0] = 0x40;
    bytes[8] = 0x3b, bytes[9] = 0x9a, bytes[10] = 0xca, bytes[11] = 0;
    ok(!sv_status_unpack_family(bytes, 20, &family), "10^9 nanoseconds are too many");
    bytes[10] = 0xc9, bytes[11] = 0xff;
    ok(sv_status_unpack_family(bytes, 20, &family), "one less is not");
}

static void family_round_trip(void)
{
    unsigned char packed[SV_STATUS_ENCORE];
    struct sv_status_family family, back;

    for (unsigned int i = 0; i < 256; i++) {
        family =
            (struct sv_status_family){.since = {.tv_sec = 1800000000 + i, .tv_nsec = i},
                                      .pid = i << 8 | i << 16,
                                      .paused = i & 1,
                                      .want = (unsigned char)i,
                                      .state = (unsigned char)(255 - i),
                                      .run_state = i % 3,
                                      .size = SV_STATUS_ENCORE};
        sv_status_pack_family(packed, &family);
        memset(&back, 0, sizeof back);
        int same = sv_status_unpack_family(packed, sizeof packed, &back)
                   && back.since.tv_sec == family.since.tv_sec
                   && back.since.tv_nsec == family.since.tv_nsec && back.pid == family.pid
                   && back.paused == family.paused && back.want == family.want
                   && back.state == family.state && back.run_state == family.run_state;
        expect(same, "family record %u comes back as it was", i);
    }
    ok(1, "256 family records were packed and unpacked");

    sv_status_unpack_family(BYTES(SAMPLE, 3, 1), 20, &family);
    sv_status_pack_family(packed, &family);
    is_mem(packed, 20, BYTES(SAMPLE, 3, 1), 20,
           "what is read and written again is the same");
}

/* A different value in each field that may hold any, so that two that change places show.
 */
static void fill(struct sv_status *status)
{
    unsigned char boot_id[SV_BOOT_ID];
    uint64_t next = 1;

#define FILL_U8(name) status->name = 0;
#define FILL_U32(name) status->name = (uint32_t)(0x01020304u * next++);
#define FILL_U64(name) status->name = 0x0102030405060708u * next++;
#define FILL_STAMP(name) \
    status->name = (struct timespec){.tv_sec = 1700000000 + (time_t)next, \
                                     .tv_nsec = 7 * (long)next}; \
    next++;
#define FILL_BOOT(name) memcpy(status->name, boot_id, sizeof boot_id);
#define FILL(name, kind) FILL_##kind(name)
    for (unsigned int i = 0; i < sizeof boot_id; i++)
        boot_id[i] = (unsigned char)(0xB0 + i);
    SV_STATUS_FIELDS(FILL)
    status->phase = SV_PHASE_BACKOFF;
    status->wanted = SV_WANTED_ONCE;
    status->flags = SV_STATUS_PAUSED | SV_STATUS_ASKED;
    status->ending = SV_ENDING_SIGNAL;
    status->cause = SV_CAUSE_KILLED;
}

#define SAME_U8(name) (one->name == two->name)
#define SAME_U32(name) (one->name == two->name)
#define SAME_U64(name) (one->name == two->name)
#define SAME_STAMP(name) \
    (one->name.tv_sec == two->name.tv_sec && one->name.tv_nsec == two->name.tv_nsec)
#define SAME_BOOT(name) (!memcmp(one->name, two->name, SV_BOOT_ID))

static void is_same(struct sv_status const *one, struct sv_status const *two)
{
#define SAME(name, kind) ok(SAME_##kind(name), #name " comes back as it was");
    SV_STATUS_FIELDS(SAME)
}

#define SIZE_U8 1
#define SIZE_U32 4
#define SIZE_U64 8
#define SIZE_STAMP SV_STAMP_PACKED
#define SIZE_BOOT SV_BOOT_ID

static uint64_t big_endian(unsigned char const *bytes, unsigned int count)
{
    uint64_t value = 0;

    while (count--) value = value << 8 | *bytes++;
    return value;
}

/* Where status(5) says that each field is. */
static void offsets(unsigned char const *packed, struct sv_status const *status)
{
    struct timespec when;
    unsigned int at = 8;

#define AT_U8(name) packed[at] == status->name
#define AT_U32(name) big_endian(packed + at, 4) == status->name
#define AT_U64(name) big_endian(packed + at, 8) == status->name
#define AT_STAMP(name) \
    sv_stamp_unpack(packed + at, &when) \
        && when.tv_sec == status->name.tv_sec &&when.tv_nsec == status->name.tv_nsec
#define AT_BOOT(name) !memcmp(packed + at, status->name, SV_BOOT_ID)
#define AT(name, kind) \
    ok(AT_##kind(name), #name " stands at offset %u, big-endian", at); \
    at += SIZE_##kind;
    SV_STATUS_FIELDS(AT)
    while (at < SV_STATUS_OWN - 4 && !packed[at]) at++;
    is_int(at, SV_STATUS_OWN - 4, "zeros lie between the last field and the checksum");
    is_mem(packed, 8, "upkeepS1", 8, "the record begins with its magic");
}

static void seal(unsigned char *packed)
{
    uint32_t sum = sv_checksum(packed, SV_STATUS_OWN - 4);

    for (unsigned int i = 0; i < 4; i++)
        packed[SV_STATUS_OWN - 4 + i] = (unsigned char)(sum >> (24 - 8 * i));
}

static void own_refuses(unsigned char const *good)
{
    unsigned char packed[SV_STATUS_OWN + 1];
    struct sv_status status;

    for (unsigned int bit = 0; bit < 8 * SV_STATUS_OWN; bit++) {
        memcpy(packed, good, SV_STATUS_OWN);
        packed[bit / 8] ^= (unsigned char)(1 << bit % 8);
        expect(!sv_status_unpack(packed, SV_STATUS_OWN, &status),
               "bit %u wrong is noticed", bit);
    }
    ok(1, "a flip of any bit was tried");
    memset(packed, 0, sizeof packed);
    memcpy(packed, good, SV_STATUS_OWN);
    for (size_t length = 0; length < SV_STATUS_OWN; length++)
        expect(!sv_status_unpack(packed, length, &status), "%zu bytes are too few",
               length);
    ok(!sv_status_unpack(packed, SV_STATUS_OWN + 1, &status),
       "one byte too many is noticed");

    packed[7] = '2';
    seal(packed);
    ok(!sv_status_unpack(packed, SV_STATUS_OWN, &status), "another version is refused");
    packed[7] = '1';
    seal(packed);
    ok(sv_status_unpack(packed, SV_STATUS_OWN, &status), "its own is not");
}

/* With the right checksum, yet out of range: then some other program has written it. */
static void own_ranges(struct sv_status const *good)
{
    unsigned char packed[SV_STATUS_OWN];
    struct sv_status status, changed;

#define RANGE(name, limit) \
    changed = *good; \
    changed.name = (limit)-1; \
    sv_status_pack(packed, &changed); \
    ok(sv_status_unpack(packed, sizeof packed, &status), \
       "the last " #name " can be read"); \
    changed.name = (limit); \
    sv_status_pack(packed, &changed); \
    ok(!sv_status_unpack(packed, sizeof packed, &status), "one beyond it cannot");
    RANGE(phase, SV_PHASE_COUNT)
    RANGE(wanted, SV_WANTED_COUNT)
    RANGE(ending, SV_ENDING_COUNT)
    RANGE(cause, SV_CAUSE_COUNT)
    changed = *good;
    changed.ready.tv_nsec = 1000000000;
    sv_status_pack(packed, &changed);
    ok(!sv_status_unpack(packed, sizeof packed, &status),
       "a stamp that is none is refused");
}

static void own_record(void)
{
    unsigned char packed[SV_STATUS_OWN];
    struct sv_status status, back;

    memset(&status, 0, sizeof status);
    fill(&status);
    memset(packed, 0xAA, sizeof packed);
    sv_status_pack(packed, &status);
    memset(&back, 0xAA, sizeof back);
    if (!ok(sv_status_unpack(packed, sizeof packed, &back), "our record can be read"))
        return;
    is_same(&status, &back);
    offsets(packed, &status);
    own_refuses(packed);
    own_ranges(&status);
}

/* What encore's and runit's tools are told about each phase. */
static void translation(void)
{
    static struct {
        enum sv_phase phase;
        uint32_t pid;
        unsigned char state, run_state;
        uint32_t script_pid;
    } const told[] = {{SV_PHASE_DOWN, 0, SV_ENCORE_STOPPED, 0, 0},
                      {SV_PHASE_WAITING, 0, SV_ENCORE_STARTING, 0, 0},
                      {SV_PHASE_STARTING, 5, SV_ENCORE_STARTING, 1, 0},
                      {SV_PHASE_UP, 5, SV_ENCORE_RUNNING, 1, 0},
                      {SV_PHASE_STOPPING, 5, SV_ENCORE_STOPPING, 1, 0},
                      {SV_PHASE_FINISHING, 0, SV_ENCORE_STOPPING, 2, 0},
                      {SV_PHASE_BACKOFF, 0, SV_ENCORE_STARTING, 0, 0},
                      {SV_PHASE_FAILED, 0, SV_ENCORE_FAILED, 0, 0},
                      {SV_PHASE_NO_RUN, 0, SV_ENCORE_STARTING, 0, 0},
                      {SV_PHASE_PREPARING, 0, SV_ENCORE_STARTING, 1, 6},
                      {SV_PHASE_STARTED, 0, SV_ENCORE_STARTED, 0, 0},
                      {SV_PHASE_CLEANING, 0, SV_ENCORE_STOPPED, 0, 0},
                      {SV_PHASE_CLEANING, 0, SV_ENCORE_STOPPED, 0, 6},
                      {SV_PHASE_STOPPING, 0, SV_ENCORE_STOPPING, 1, 6},
                      {SV_PHASE_FINISHING, 0, SV_ENCORE_STOPPING, 2, 0}};
    struct sv_status status = {.flags = SV_STATUS_PAUSED};
    struct sv_status_family family;

    is_int(sizeof told / sizeof *told, SV_PHASE_COUNT + 3, "every phase is in this test");
    for (unsigned int i = 0; i < sizeof told / sizeof *told; i++) {
        status.phase = (uint8_t)told[i].phase;
        status.pid = told[i].pid;
        status.finish_pid = told[i].script_pid;
        sv_status_to_family(&status, &family);
        ok(family.state == told[i].state && family.run_state == told[i].run_state
               && family.pid == told[i].pid + told[i].script_pid,
           "\"%s\" is encore's \"%s\" and runit's %u",
           sv_machine_phase_word(told[i].phase), sv_status_encore_word(told[i].state),
           told[i].run_state);
    }
    is_int(family.paused, 1, "paused is paused");
    for (unsigned int wanted = 0; wanted < SV_WANTED_COUNT; wanted++) {
        static unsigned char const letters[] = {
            [SV_WANTED_DOWN] = 'd', [SV_WANTED_UP] = 'u', [SV_WANTED_ONCE] = 0};
        status.wanted = (uint8_t)wanted;
        sv_status_to_family(&status, &family);
        is_int(family.want, letters[wanted], "wanted %s is byte %u",
               sv_machine_wanted_word((enum sv_wanted)wanted), letters[wanted]);
    }
    is_str(sv_status_encore_word(SV_ENCORE_COUNT), "status unknown",
           "other states have no word");
    is_str(sv_status_encore_word(255), "status unknown", "the last byte neither");
}

static void boot_ids(void)
{
    static char const good[] = "01234567-89ab-cdef-0f1e-2d3c4b5a6978\n";
    unsigned char boot_id[SV_BOOT_ID], before[SV_BOOT_ID] = "unchanged";
    char text[sizeof good];

    ok(sv_status_scan_boot_id(good, sizeof good - 1, boot_id), "a boot id can be read");
    is_mem(boot_id, sizeof boot_id,
           BYTES(0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0x0f, 0x1e, 0x2d, 0x3c,
                 0x4b, 0x5a, 0x69, 0x78),
           16, "it is packed in its order");
    memcpy(boot_id, before, sizeof boot_id);
    for (size_t length = 0; length < 36; length++)
        expect(!sv_status_scan_boot_id(good, length, boot_id), "%zu bytes are too few",
               length);
    for (unsigned int i = 0; i < 36; i++) {
        memcpy(text, good, sizeof good);
        text[i] = text[i] == '-' ? '0' : 'g';
        expect(!sv_status_scan_boot_id(text, sizeof text - 1, boot_id), "byte %u wrong",
               i);
    }
    is_mem(boot_id, sizeof boot_id, before, sizeof before, "bad ones leave it as it was");
}

int main(void)
{
    family_reads();
    family_refuses();
    family_round_trip();
    own_record();
    translation();
    boot_ids();
    return done();
}
