/* ISC license. */

#include <string.h>

#include <skalibs/uint32.h>
#include <skalibs/uint64.h>

#include <sv/checksum.h>
#include <sv/stamp.h>
#include <sv/status.h>

static char const magic[8] = {'u', 'p', 'k', 'e', 'e', 'p', 'S', '1'};

#define CHECKSUM_AT (SV_STATUS_OWN - 4)

#define SIZE_U8 1
#define SIZE_U32 4
#define SIZE_U64 8
#define SIZE_STAMP SV_STAMP_PACKED
#define SIZE_BOOT SV_BOOT_ID
#define SIZE_PLUS(name, kind) +SIZE_##kind
_Static_assert(sizeof magic SV_STATUS_FIELDS(SIZE_PLUS) <= CHECKSUM_AT,
               "the fields must leave room for the checksum");

void sv_status_pack_family(unsigned char *packed, struct sv_status_family const *family)
{
    sv_stamp_pack(packed, &family->since);
    uint32_pack((char *)packed + 12, family->pid);
    packed[16] = family->paused;
    packed[17] = family->want;
    packed[18] = family->state;
    packed[19] = family->run_state;
}

int sv_status_unpack_family(unsigned char const *packed, size_t length,
                            struct sv_status_family *family)
{
    if (length < SV_STATUS_DJB || !sv_stamp_unpack(packed, &family->since)) return 0;
    uint32_unpack((char const *)packed + 12, &family->pid);
    family->paused = packed[16] != 0;
    family->want = packed[17];
    family->state = length < SV_STATUS_ENCORE ? 0 : packed[18];
    family->run_state = length < SV_STATUS_ENCORE ? family->pid != 0 : packed[19];
    family->size = length < SV_STATUS_ENCORE ? SV_STATUS_DJB : SV_STATUS_ENCORE;
    return 1;
}

static enum sv_encore_state encore_state(enum sv_phase phase)
{
    switch (phase) {
    case SV_PHASE_DOWN:
    case SV_PHASE_CLEANING: return SV_ENCORE_STOPPED;
    case SV_PHASE_STARTED: return SV_ENCORE_STARTED;
    case SV_PHASE_WAITING:
    case SV_PHASE_PREPARING:
    case SV_PHASE_STARTING:
    case SV_PHASE_BACKOFF:
    case SV_PHASE_NO_RUN: return SV_ENCORE_STARTING;
    case SV_PHASE_UP: return SV_ENCORE_RUNNING;
    case SV_PHASE_STOPPING:
    case SV_PHASE_FINISHING: return SV_ENCORE_STOPPING;
    case SV_PHASE_FAILED: return SV_ENCORE_FAILED;
    case SV_PHASE_COUNT: break; /* cannot happen: no phase */
    }
    return SV_ENCORE_STOPPED;
}

void sv_status_to_family(struct sv_status const *status, struct sv_status_family *family)
{
    static unsigned char const wants[] = {
        [SV_WANTED_DOWN] = 'd', [SV_WANTED_UP] = 'u', [SV_WANTED_ONCE] = 0};

    int is_script = status->phase == SV_PHASE_PREPARING
                    || status->phase == SV_PHASE_STOPPING
                    || status->phase == SV_PHASE_CLEANING;

    family->since = status->since;
    family->pid = is_script && !status->pid ? status->finish_pid : status->pid;
    family->paused = (status->flags & SV_STATUS_PAUSED) != 0;
    /* encore wants nothing more of what is started and does not run */
    family->want = status->phase == SV_PHASE_STARTED ? 0 : wants[status->wanted];
    family->state = (unsigned char)encore_state((enum sv_phase)status->phase);
    family->run_state = status->phase == SV_PHASE_FINISHING ? 2 : family->pid != 0;
    if (status->phase == SV_PHASE_CLEANING) family->run_state = 0;
    family->size = SV_STATUS_ENCORE;
}

static void pack_u8(unsigned char **at, uint8_t const *value)
{
    *(*at)++ = *value;
}

static void pack_u32(unsigned char **at, uint32_t const *value)
{
    uint32_pack_big((char *)*at, *value);
    *at += SIZE_U32;
}

static void pack_u64(unsigned char **at, uint64_t const *value)
{
    uint64_pack_big((char *)*at, *value);
    *at += SIZE_U64;
}

static void pack_stamp(unsigned char **at, struct timespec const *value)
{
    sv_stamp_pack(*at, value);
    *at += SIZE_STAMP;
}

static void pack_boot(unsigned char **at, unsigned char const (*value)[SV_BOOT_ID])
{
    memcpy(*at, value, SIZE_BOOT);
    *at += SIZE_BOOT;
}

static int unpack_u8(unsigned char const **at, uint8_t *value)
{
    *value = *(*at)++;
    return 1;
}

static int unpack_u32(unsigned char const **at, uint32_t *value)
{
    uint32_unpack_big((char const *)*at, value);
    *at += SIZE_U32;
    return 1;
}

static int unpack_u64(unsigned char const **at, uint64_t *value)
{
    uint64_unpack_big((char const *)*at, value);
    *at += SIZE_U64;
    return 1;
}

static int unpack_stamp(unsigned char const **at, struct timespec *value)
{
    unsigned char const *packed = *at;

    *at += SIZE_STAMP;
    return sv_stamp_unpack(packed, value);
}

static int unpack_boot(unsigned char const **at, unsigned char (*value)[SV_BOOT_ID])
{
    memcpy(value, *at, SIZE_BOOT);
    *at += SIZE_BOOT;
    return 1;
}

#define PACK_U8 pack_u8
#define PACK_U32 pack_u32
#define PACK_U64 pack_u64
#define PACK_STAMP pack_stamp
#define PACK_BOOT pack_boot
#define UNPACK_U8 unpack_u8
#define UNPACK_U32 unpack_u32
#define UNPACK_U64 unpack_u64
#define UNPACK_STAMP unpack_stamp
#define UNPACK_BOOT unpack_boot

void sv_status_pack(unsigned char *packed, struct sv_status const *status)
{
    unsigned char *at = packed + sizeof magic;

    memset(packed, 0, SV_STATUS_OWN);
    memcpy(packed, magic, sizeof magic);
#define PACK_FIELD(name, kind) PACK_##kind(&at, &status->name);
    SV_STATUS_FIELDS(PACK_FIELD)
    uint32_pack_big((char *)packed + CHECKSUM_AT, sv_checksum(packed, CHECKSUM_AT));
}

int sv_status_unpack(unsigned char const *packed, size_t length, struct sv_status *status)
{
    unsigned char const *at = packed + sizeof magic;
    uint32_t checksum;
    int sound = 1;

    if (length != SV_STATUS_OWN || memcmp(packed, magic, sizeof magic)) return 0;
    uint32_unpack_big((char const *)packed + CHECKSUM_AT, &checksum);
    if (checksum != sv_checksum(packed, CHECKSUM_AT)) return 0;
#define UNPACK_FIELD(name, kind) sound &= UNPACK_##kind(&at, &status->name);
    SV_STATUS_FIELDS(UNPACK_FIELD)
    return sound && status->phase < SV_PHASE_COUNT && status->wanted < SV_WANTED_COUNT
           && status->ending < SV_ENDING_COUNT && status->cause < SV_CAUSE_COUNT;
}

int sv_status_scan_boot_id(char const *text, size_t length, unsigned char *boot_id)
{
    static char const shape[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    unsigned char packed[SV_BOOT_ID] = {0};
    unsigned int digits = 0;

    if (length < sizeof shape - 1) return 0;
    for (unsigned int i = 0; i < sizeof shape - 1; i++) {
        static char const hexadecimal[] = "0123456789abcdef";
        if (shape[i] == '-') {
            if (text[i] != '-') return 0;
            continue;
        }
        char const *digit = memchr(hexadecimal, text[i], 16);
        if (!digit) return 0;
        packed[digits / 2] =
            (unsigned char)(packed[digits / 2] << 4 | (digit - hexadecimal));
        digits++;
    }
    memcpy(boot_id, packed, SV_BOOT_ID);
    return 1;
}

char const *sv_status_encore_word(unsigned char state)
{
    switch (state) {
#define ENCORE_CASE(name, word) \
    case SV_ENCORE_##name: return word;
        SV_ENCORE_STATES(ENCORE_CASE)
#undef ENCORE_CASE
    }
    return "status unknown";
}
