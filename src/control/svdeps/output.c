/* ISC license. */

#include <stdlib.h>
#include <string.h>

#include <skalibs/buffer.h>
#include <skalibs/types.h>

#include <sv/message.h>

#include "svdeps.h"

void *svdeps_allocate(size_t count, size_t size)
{
    void *room = calloc(count ? count : 1, size);

    if (!room) sv_dieusys(111, "allocate memory");
    return room;
}

static void put(char const *bytes, size_t length)
{
    if (buffer_put(buffer_1, bytes, length) < 0) sv_dieusys(111, "write output");
}

void out(char const *text)
{
    put(text, strlen(text));
}

void out_number(unsigned int number)
{
    char text[UINT_FMT];

    put(text, uint_fmt(text, number));
}

void out_flush(void)
{
    if (!buffer_flush(buffer_1)) sv_dieusys(111, "write output");
}

/* The bytes of the UTF-8 character that begins here; 0 if it is none. */
static size_t character(unsigned char const *text)
{
    static unsigned char const heads[] = {0xC2, 0xE0, 0xF0, 0xF5};
    unsigned char least = 0x80, most = 0xBF;
    size_t length = 0;

    if (*text < 0x80) return 1;
    while (length < sizeof heads && *text >= heads[length]) length++;
    if (!length || length == sizeof heads) return 0;
    if (*text == 0xE0) least = 0xA0; /* shorter ones must be used */
    if (*text == 0xF0) least = 0x90;
    if (*text == 0xED) most = 0x9F; /* surrogates */
    if (*text == 0xF4) most = 0x8F; /* beyond the last one */
    if (text[1] < least || text[1] > most) return 0;
    for (size_t i = 2; i <= length; i++)
        if (text[i] < 0x80 || text[i] > 0xBF) return 0;
    return length + 1;
}

void out_json(char const *text)
{
    static char const digits[] = "0123456789abcdef";

    put("\"", 1);
    while (*text) {
        unsigned char byte = (unsigned char)*text;
        size_t length = character((unsigned char const *)text);
        char const code[] = {'\\', 'u', '0', '0', digits[byte >> 4], digits[byte & 15]};
        if (byte == '"' || byte == '\\') put("\\", 1);
        if (byte < ' ' || byte == 0x7F)
            put(code, sizeof code);
        else if (length)
            put(text, length);
        else
            out("\\ufffd");
        text += length ? length : 1;
    }
    put("\"", 1);
}
