/* ISC license. */

/*
 * Any bytes in a slot of supervise/.journal, as they are and with the checksum put right.
 */

#include <stdlib.h>
#include <string.h>

#include <sv/checksum.h>
#include <sv/journal.h>
#include <sv/status.h>

static void read_slot(unsigned char const *slot)
{
    unsigned char packed[SV_JOURNAL_RECORD];
    struct sv_journal_entry first, second;

    memset(&first, 0, sizeof first);
    memset(&second, 0, sizeof second);
    (void)sv_journal_check_header(slot);
    if (!sv_journal_unpack(slot, &first)) return;
    if (!first.serial || first.ending >= SV_ENDING_COUNT) abort();
    if (!*sv_machine_event_word((enum sv_event_kind)first.event)) abort();
    if (sv_journal_offset(first.serial) > SV_JOURNAL_RECORD * SV_JOURNAL_SLOTS) abort();
    sv_journal_pack(packed, &first);
    if (!sv_journal_unpack(packed, &second)) abort();
    if (memcmp(&first, &second, sizeof first)) abort();
}

int LLVMFuzzerTestOneInput(uint8_t const *data, size_t size)
{
    unsigned char slot[SV_JOURNAL_RECORD] = {0};

    if (size) memcpy(slot, data, size < sizeof slot ? size : sizeof slot);
    read_slot(slot);
    uint32_t sum = sv_checksum(slot, SV_JOURNAL_RECORD - 4);
    for (unsigned int i = 0; i < 4; i++)
        slot[SV_JOURNAL_RECORD - 4 + i] = (unsigned char)(sum >> (24 - 8 * i));
    read_slot(slot);
    return 0;
}
