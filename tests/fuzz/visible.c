/* ISC license. */

/*
 * Any text for any width: the first byte says how wide, the second whether UTF-8 is
 * known. What comes out is read by another decoder, which knows of no exceptions.
 */

#include <stdlib.h>
#include <string.h>

#include <sv/visible.h>

#define COLUMNS 255

int LLVMFuzzerTestOneInput(uint8_t const *data, size_t size)
{
    static char out[SV_VISIBLE_ROOM(COLUMNS)];

    if (size < 2) return 0;
    unsigned int columns = data[0];
    char *text =
        calloc(1, size - 2 ? size - 2 : 1); /* so that reading beyond it is noticed */
    if (!text) return 0;
    if (size > 2) memcpy(text, data + 2, size - 2);
    unsigned int used = sv_visible(out, columns, text, size - 2, data[1] & 1);
    free(text);
    if (used > columns || strlen(out) >= SV_VISIBLE_ROOM(columns)) abort();
    for (unsigned char const *at = (unsigned char const *)out; *at;) {
        if (*at < ' ' || *at == 0x7F) abort();
        if (!(data[1] & 1) && *at >= 0x80) abort();
        if (*at == 0xC2 && at[1] < 0xA0) abort();
        if (at[0] == 0xE2 && at[1] == 0x80 && at[2] >= 0xA8 && at[2] <= 0xAE) abort();
        unsigned int bytes = *at < 0x80 ? 1 : *at < 0xE0 ? 2 : *at < 0xF0 ? 3 : 4;
        if (*at >= 0x80 && *at < 0xC2) abort();
        for (unsigned int i = 1; i < bytes; i++)
            if ((at[i] & 0xC0) != 0x80) abort();
        at += bytes;
    }
    return 0;
}
