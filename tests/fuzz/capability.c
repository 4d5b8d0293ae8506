/* ISC license. */

/* Any text as a list of capabilities. Written again, a set must be the same set. */

#include <stdlib.h>
#include <string.h>

#include <sv/capability.h>

#define TEXT_MAX 1000
#define AGAIN_MAX 2048

int LLVMFuzzerTestOneInput(uint8_t const *data, size_t size)
{
    char text[TEXT_MAX + 1], again[AGAIN_MAX];
    uint64_t set, same;
    size_t length = 0;

    if (size > TEXT_MAX) return 0;
    memcpy(text, data, size);
    text[size] = 0;
    char const *culprit = sv_capability_scan(text, &set, &length);
    if (culprit) {
        if (culprit < text || culprit + length > text + strlen(text)) abort();
        return 0;
    }
    sv_capability_format(again, sizeof again, set);
    if (sv_capability_scan(again, &same, &length) || same != set) abort();
    return 0;
}
