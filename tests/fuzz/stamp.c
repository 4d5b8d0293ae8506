/* ISC license. */

/*
 * Any bytes as a label in text, and as a packed one: what is read is written as it was.
 */

#include <stdlib.h>
#include <string.h>

#include <sv/stamp.h>

static char lower(char byte)
{
    return byte >= 'A' && byte <= 'F' ? (char)(byte | 32) : byte;
}

int LLVMFuzzerTestOneInput(uint8_t const *data, size_t size)
{
    struct timespec when, again;
    char text[SV_STAMP_TEXT];
    unsigned char packed[SV_STAMP_PACKED];
    char seconds[SV_STAMP_ACCU];

    if (sv_stamp_scan((char const *)data, size, &when)) {
        if (size < SV_STAMP_TEXT || when.tv_nsec < 0 || when.tv_nsec > 999999999) abort();
        sv_stamp_format(text, &when);
        for (size_t i = 0; i < sizeof text; i++)
            if (text[i] != lower((char)data[i])) abort();
        if (sv_stamp_accu(seconds, &when) > sizeof seconds) abort();
    }
    if (size >= SV_STAMP_PACKED && sv_stamp_unpack(data, &when)) {
        sv_stamp_pack(packed, &when);
        if (memcmp(packed, data, sizeof packed)) abort();
        sv_stamp_format(text, &when);
        if (!sv_stamp_scan(text, sizeof text, &again)) abort();
        if (again.tv_sec != when.tv_sec || again.tv_nsec != when.tv_nsec) abort();
    }
    return 0;
}
