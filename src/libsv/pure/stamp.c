/* ISC license. */

#include <skalibs/uint32.h>
#include <skalibs/uint64.h>

#include <sv/stamp.h>

#define NANOSECONDS_MAX 999999999u
#define ACCU_SECONDS_MAX 9999999999

void sv_stamp_pack(unsigned char *packed, struct timespec const *when)
{
    uint64_pack_big((char *)packed, SV_STAMP_EPOCH + (uint64_t)when->tv_sec);
    uint32_pack_big((char *)packed + 8, (uint32_t)when->tv_nsec);
}

int sv_stamp_unpack(unsigned char const *packed, struct timespec *when)
{
    uint64_t seconds;
    uint32_t nanoseconds;

    uint64_unpack_big((char const *)packed, &seconds);
    uint32_unpack_big((char const *)packed + 8, &nanoseconds);
    if (nanoseconds > NANOSECONDS_MAX || seconds >> 63) return 0;
    when->tv_sec = (time_t)(int64_t)(seconds - SV_STAMP_EPOCH);
    when->tv_nsec = (long)nanoseconds;
    return 1;
}

void sv_stamp_format(char *text, struct timespec const *when)
{
    static char const digits[] = "0123456789abcdef";
    unsigned char packed[SV_STAMP_PACKED];

    sv_stamp_pack(packed, when);
    *text++ = '@';
    for (unsigned int i = 0; i < SV_STAMP_PACKED; i++) {
        *text++ = digits[packed[i] >> 4];
        *text++ = digits[packed[i] & 15];
    }
}

/* The value of a hexadecimal digit, 16 for anything else. */
static unsigned int digit_value(char digit)
{
    if (digit >= '0' && digit <= '9') return (unsigned int)(digit - '0');
    if (digit >= 'a' && digit <= 'f') return (unsigned int)(digit - 'a') + 10;
    if (digit >= 'A' && digit <= 'F') return (unsigned int)(digit - 'A') + 10;
    return 16;
}

int sv_stamp_scan(char const *text, size_t length, struct timespec *when)
{
    unsigned char packed[SV_STAMP_PACKED];

    if (length < SV_STAMP_TEXT || text[0] != '@') return 0;
    for (unsigned int i = 0; i < SV_STAMP_PACKED; i++) {
        unsigned int high = digit_value(text[1 + 2 * i]);
        unsigned int low = digit_value(text[2 + 2 * i]);
        if (high > 15 || low > 15) return 0;
        packed[i] = (unsigned char)(high << 4 | low);
    }
    return sv_stamp_unpack(packed, when);
}

unsigned int sv_stamp_accu(char *text, struct timespec const *when)
{
    char reversed[SV_STAMP_ACCU];
    unsigned int length = 0;
    uint64_t seconds = when->tv_sec < 0 ? 0 : (uint64_t)when->tv_sec;
    uint32_t microseconds = (uint32_t)when->tv_nsec / 1000;

    if (seconds > ACCU_SECONDS_MAX) seconds = ACCU_SECONDS_MAX;
    for (unsigned int i = 0; i < 6; i++, microseconds /= 10)
        reversed[length++] = (char)('0' + microseconds % 10);
    reversed[length++] = '.';
    do reversed[length++] = (char)('0' + seconds % 10);
    while (seconds /= 10);
    for (unsigned int i = 0; i < length; i++) text[i] = reversed[length - 1 - i];
    return length;
}
