/* ISC license. */

#include <string.h>

#include <sv/jsontext.h>

/*
 * The length of the UTF-8 character at `text`, 0 if there is none: a byte too many, a
 * surrogate, something beyond U+10FFFF, a longer form than needed (RFC 3629).
 */
static unsigned int character_length(unsigned char const *text)
{
    unsigned int length = *text < 0x80   ? 1
                          : *text < 0xC2 ? 0
                          : *text < 0xE0 ? 2
                          : *text < 0xF0 ? 3
                          : *text < 0xF5 ? 4
                                         : 0;

    for (unsigned int i = 1; i < length; i++)
        if ((text[i] & 0xC0) != 0x80) return 0;
    if ((*text == 0xE0 && text[1] < 0xA0) || (*text == 0xED && text[1] > 0x9F)
        || (*text == 0xF0 && text[1] < 0x90) || (*text == 0xF4 && text[1] > 0x8F))
        return 0;
    return length;
}

static unsigned int escape(char *escaped, unsigned char byte)
{
    static char const digits[] = "0123456789abcdef";

    memcpy(escaped, "\\u00", 4);
    escaped[4] = digits[byte >> 4];
    escaped[5] = digits[byte & 15];
    return 6;
}

unsigned int sv_jsontext_next(char escaped[SV_JSONTEXT_MAX], char const **text,
                              int *is_utf8)
{
    unsigned char const *from = (unsigned char const *)*text;
    unsigned int length = character_length(from);

    if (!*from) return 0;
    *text += length ? length : 1;
    if (!length) {
        *is_utf8 = 0;
        memcpy(escaped, "\\ufffd", 6);
        return 6;
    }
    if (*from < ' ' || *from == 0x7F) return escape(escaped, *from);
    if (*from == '"' || *from == '\\') {
        escaped[0] = '\\';
        escaped[1] = (char)*from;
        return 2;
    }
    memcpy(escaped, from, length);
    return length;
}
