/* ISC license. */

/*
 * Any bytes in place of supervise/status and supervise/.status, and as a boot id. Most
 * inputs would only show that the checksum works, so they are read a second time with it
 * put right.
 */

#include <stdlib.h>
#include <string.h>

#include <sv/checksum.h>
#include <sv/stamp.h>
#include <sv/status.h>

static void family(uint8_t const *data, size_t size)
{
    unsigned char packed[SV_STATUS_ENCORE];
    struct sv_status_family first;

    if (!sv_status_unpack_family(data, size, &first)) return;
    if (first.paused > 1
        || (first.size != SV_STATUS_DJB && first.size != SV_STATUS_ENCORE))
        abort();
    (void)sv_status_encore_word(first.state)[0];
    sv_status_pack_family(packed, &first);
    if (memcmp(packed, data, 16) || packed[17] != data[17]) abort();
    if (first.size == SV_STATUS_ENCORE && memcmp(packed + 18, data + 18, 2)) abort();
}

static void own(uint8_t const *data, size_t size)
{
    unsigned char packed[SV_STATUS_OWN];
    struct sv_status first, second;
    struct sv_status_family words;

    memset(&first, 0, sizeof first);
    memset(&second, 0, sizeof second);
    if (!sv_status_unpack(data, size, &first)) return;
    if (!*sv_machine_phase_word((enum sv_phase)first.phase)) abort();
    sv_status_to_family(&first, &words);
    if ((words.pid != first.pid && words.pid != first.finish_pid)
        || words.state >= SV_ENCORE_COUNT || words.run_state > 2)
        abort();
    sv_status_pack(packed, &first);
    if (!sv_status_unpack(packed, sizeof packed, &second)) abort();
    if (memcmp(&first, &second, sizeof first)) abort();
}

int LLVMFuzzerTestOneInput(uint8_t const *data, size_t size)
{
    unsigned char sealed[SV_STATUS_OWN], boot_id[SV_BOOT_ID];

    family(data, size);
    own(data, size);
    (void)sv_status_scan_boot_id((char const *)data, size, boot_id);
    if (size < 8) return 0;

    memset(sealed, 0, sizeof sealed);
    memcpy(sealed, data, size < sizeof sealed ? size : sizeof sealed);
    uint32_t sum = sv_checksum(sealed, SV_STATUS_OWN - 4);
    for (unsigned int i = 0; i < 4; i++)
        sealed[SV_STATUS_OWN - 4 + i] = (unsigned char)(sum >> (24 - 8 * i));
    own(sealed, sizeof sealed);
    return 0;
}
