/* ISC license. */

#include <string.h>

#include <skalibs/uint32.h>
#include <skalibs/uint64.h>

#include <sv/checksum.h>
#include <sv/journal.h>
#include <sv/stamp.h>
#include <sv/status.h>

static char const magic[8] = {'u', 'p', 'k', 'e', 'e', 'p', 'J', '1'};

/* Offsets in a record. */
enum {
    AT_SERIAL = 0,
    AT_WHEN = 8,
    AT_MONOTONIC = 20,
    AT_PID = 28,
    AT_EVENT = 32,
    AT_PHASE = 33,
    AT_WANTED = 34,
    AT_ENDING = 35,
    AT_ENDING_VALUE = 36,
    AT_CAUSE = 40, /* and three bytes of zero */
    AT_CAUSE_DETAIL = 44,
    AT_CAUSE_UID = 48,
    AT_TOKEN = 52, /* and four bytes of zero */
    AT_CHECKSUM = 60
};

/* Offsets in the header. */
enum { AT_RECORD_SIZE = 8, AT_SLOTS = 12 };

static void put32(unsigned char *packed, unsigned int at, uint32_t value)
{
    uint32_pack_big((char *)packed + at, value);
}

static uint32_t get32(unsigned char const *packed, unsigned int at)
{
    uint32_t value;

    uint32_unpack_big((char const *)packed + at, &value);
    return value;
}

uint64_t sv_journal_offset(uint64_t serial)
{
    return SV_JOURNAL_RECORD * (1 + serial % SV_JOURNAL_SLOTS);
}

void sv_journal_pack_header(unsigned char *packed)
{
    memset(packed, 0, SV_JOURNAL_RECORD);
    memcpy(packed, magic, sizeof magic);
    put32(packed, AT_RECORD_SIZE, SV_JOURNAL_RECORD);
    put32(packed, AT_SLOTS, SV_JOURNAL_SLOTS);
}

int sv_journal_check_header(unsigned char const *packed)
{
    unsigned char expected[SV_JOURNAL_RECORD];

    sv_journal_pack_header(expected);
    return !memcmp(packed, expected, sizeof expected);
}

void sv_journal_pack(unsigned char *packed, struct sv_journal_entry const *entry)
{
    memset(packed, 0, SV_JOURNAL_RECORD);
    uint64_pack_big((char *)packed + AT_SERIAL, entry->serial);
    sv_stamp_pack(packed + AT_WHEN, &entry->when);
    uint64_pack_big((char *)packed + AT_MONOTONIC, entry->monotonic_ms);
    put32(packed, AT_PID, entry->pid);
    packed[AT_EVENT] = entry->event;
    packed[AT_PHASE] = entry->phase;
    packed[AT_WANTED] = entry->wanted;
    packed[AT_ENDING] = entry->ending;
    put32(packed, AT_ENDING_VALUE, entry->ending_value);
    packed[AT_CAUSE] = entry->cause;
    put32(packed, AT_CAUSE_DETAIL, entry->cause_detail);
    put32(packed, AT_CAUSE_UID, entry->cause_uid);
    put32(packed, AT_TOKEN, entry->token);
    put32(packed, AT_CHECKSUM, sv_checksum(packed, AT_CHECKSUM));
}

int sv_journal_unpack(unsigned char const *packed, struct sv_journal_entry *entry)
{
    if (get32(packed, AT_CHECKSUM) != sv_checksum(packed, AT_CHECKSUM)) return 0;
    uint64_unpack_big((char const *)packed + AT_SERIAL, &entry->serial);
    if (!entry->serial || !sv_stamp_unpack(packed + AT_WHEN, &entry->when)) return 0;
    uint64_unpack_big((char const *)packed + AT_MONOTONIC, &entry->monotonic_ms);
    entry->pid = get32(packed, AT_PID);
    entry->event = packed[AT_EVENT];
    entry->phase = packed[AT_PHASE];
    entry->wanted = packed[AT_WANTED];
    entry->ending = packed[AT_ENDING];
    entry->ending_value = get32(packed, AT_ENDING_VALUE);
    entry->cause = packed[AT_CAUSE];
    entry->cause_detail = get32(packed, AT_CAUSE_DETAIL);
    entry->cause_uid = get32(packed, AT_CAUSE_UID);
    entry->token = get32(packed, AT_TOKEN);
    return entry->event < SV_EVENT_COUNT && entry->phase < SV_PHASE_COUNT
           && entry->wanted < SV_WANTED_COUNT && entry->ending < SV_ENDING_COUNT
           && entry->cause < SV_CAUSE_COUNT;
}

uint64_t sv_journal_claimed(unsigned char const *packed)
{
    uint64_t serial;

    uint64_unpack_big((char const *)packed + AT_SERIAL, &serial);
    return serial;
}
