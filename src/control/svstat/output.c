/* ISC license. */

#include <string.h>

#include <skalibs/allreadwrite.h>
#include <skalibs/sig.h>
#include <skalibs/types.h>

#include <sv/message.h>

#include "svstat.h"

/* Many small pieces make a line, and lines are written many at once. */
static char gathered[16384];
static size_t gathered_length;

static void write_all(char const *bytes, size_t length)
{
    if (allwrite(1, bytes, length) < length) sv_dieusys(111, "write output");
}

void out_bytes(char const *bytes, size_t length)
{
    if (length > sizeof gathered - gathered_length) out_flush();
    if (length > sizeof gathered) {
        write_all(bytes, length);
        return;
    }
    memcpy(gathered + gathered_length, bytes, length);
    gathered_length += length;
}

void out(char const *text)
{
    out_bytes(text, strlen(text));
}

void out_flush(void)
{
    write_all(gathered, gathered_length);
    gathered_length = 0;
}

void out_number(uint64_t number)
{
    char text[UINT64_FMT];

    out_bytes(text, uint64_fmt(text, number));
}

void out_signed(int64_t number)
{
    if (number < 0) out("-");
    out_number(number < 0 ? 0 - (uint64_t)number : (uint64_t)number);
}

void out_seconds(int64_t milliseconds, unsigned int decimals)
{
    uint64_t left = milliseconds < 0 ? 0 : (uint64_t)milliseconds;
    char fraction[] = {'.', (char)('0' + left / 100 % 10), (char)('0' + left / 10 % 10),
                       (char)('0' + left % 10)};

    out_number(left / 1000);
    if (decimals) out_bytes(fraction, 1 + (decimals < 3 ? decimals : 3));
}

void out_signal(uint32_t number)
{
    char const *name = sig_name((int)number);

    out("SIG");
    if (*name == '?')
        out_number(number);
    else
        out(name);
}

void out_visible(char const *text)
{
    for (; *text; text++) {
        int drives = (unsigned char)*text < ' ' || *text == 0x7F;
        out_bytes(drives ? "?" : text, 1);
    }
}
