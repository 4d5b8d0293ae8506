/* ISC license. */

#include <string.h>
#include <unistd.h>

#include <skalibs/types.h>

#include <sv/calendar.h>
#include <sv/message.h>
#include <sv/stream.h>
#include <sv/zone.h>

#include "svwhy.h"

static char output[16384];
static size_t pending;

void flush(void)
{
    if (!sv_stream_write(1, output, pending)) {
        if (errno == EPIPE) _exit(0); /* nobody reads any more */
        sv_dieusys(111, "write output");
    }
    pending = 0;
}

static void put_bytes(char const *bytes, size_t length)
{
    for (; length; length--) {
        if (pending == sizeof output) flush();
        output[pending++] = *bytes++;
    }
}

void put(char const *text)
{
    put_bytes(text, strlen(text));
}

void put_number(uint64_t number)
{
    char digits[UINT64_FMT];

    put_bytes(digits, uint64_fmt(digits, number));
}

void put_column(char const *word, size_t width)
{
    size_t length = strlen(word);

    put(word);
    for (; length < width + 2; length++) put(" ");
}

void put_time(struct timespec const *when, int has_milliseconds)
{
    char text[SV_CALENDAR_TEXT];

    sv_calendar_format(text, when, sv_zone_offset(when->tv_sec), ' ', 3);
    put_bytes(text, has_milliseconds ? 23 : 19);
}

void put_age(int64_t seconds)
{
    if (seconds < 0) seconds = 0;
    int64_t minutes = seconds / 60, hours = minutes / 60, days = hours / 24;
    int64_t number = seconds < 120 ? seconds : minutes < 120 ? minutes : hours;

    put_number((uint64_t)(hours < 48 ? number : days));
    put(seconds < 120 ? " s" : minutes < 120 ? " min" : hours < 48 ? " h" : " d");
}

void put_left(int64_t left_ms)
{
    if (left_ms < 0) left_ms = 0;
    put_number((uint64_t)left_ms / 1000);
    put(".");
    put_number((uint64_t)left_ms / 100 % 10);
    put(" s");
}
