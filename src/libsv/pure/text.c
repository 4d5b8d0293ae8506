/* ISC license. */

#include <string.h>

#include <skalibs/types.h>
#include <skalibs/uint64.h>

#include <sv/text.h>

void sv_text_append(char *text, size_t size, char const *more)
{
    size_t at = strlen(text), length = strlen(more);

    if (length >= size - at) length = size - 1 - at;
    memcpy(text + at, more, length);
    text[at + length] = 0;
}

void sv_text_append_number(char *text, size_t size, uint64_t number)
{
    char digits[UINT64_FMT];

    digits[uint64_fmt(digits, number)] = 0;
    sv_text_append(text, size, digits);
}
