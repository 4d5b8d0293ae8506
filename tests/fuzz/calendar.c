/* ISC license. */

/*
 * Any bytes as a moment in text, and as numbers to be written: what is read is written as
 * it was, what is written is read as it was.
 */

#include <stdlib.h>
#include <string.h>

#include <sv/calendar.h>

static void check_numbers(uint8_t const *data, size_t size)
{
    struct timespec when, back;
    char text[SV_CALENDAR_TEXT];
    uint64_t seconds;
    uint32_t nanoseconds, offset;

    if (size < 16) return;
    memcpy(&seconds, data, 8);
    memcpy(&nanoseconds, data + 8, 4);
    memcpy(&offset, data + 12, 4);
    /* most of them within the years that can be shown */
    when.tv_sec = (time_t)((int64_t)seconds >> (seconds & 31));
    when.tv_nsec = (long)(nanoseconds % 1000000000);
    long offset_s = (long)(offset % 200000) - 100000;
    sv_calendar_format(text, &when, offset_s, '_', 9);
    if (!sv_calendar_scan(text, sizeof text, &back)) abort();
    if (when.tv_sec < SV_CALENDAR_FIRST - offset_s) {
        if (back.tv_sec != SV_CALENDAR_FIRST || back.tv_nsec) abort();
    } else if (when.tv_sec > SV_CALENDAR_LAST - offset_s) {
        if (back.tv_sec != SV_CALENDAR_LAST || back.tv_nsec != 999999999) abort();
    } else if (back.tv_sec != when.tv_sec + offset_s || back.tv_nsec != when.tv_nsec) {
        abort();
    }
}

static void check_text(char const *text, size_t length)
{
    static char const zeros[] = "0000-00-00 00:00:00.000000000";
    struct timespec when;
    char again[SV_CALENDAR_TEXT];

    if (!sv_calendar_scan(text, length, &when)) return;
    if (when.tv_sec < SV_CALENDAR_FIRST || when.tv_sec > SV_CALENDAR_LAST) abort();
    if (when.tv_nsec < 0 || when.tv_nsec > 999999999) abort();
    sv_calendar_format(again, &when, 0, length > 10 ? text[10] : ' ', 9);
    size_t known = length < sizeof again ? length : sizeof again;
    if (memcmp(again, text, known)) abort();
    if (known > 10 && memcmp(again + known, zeros + known, sizeof again - known)) abort();
}

int LLVMFuzzerTestOneInput(uint8_t const *data, size_t size)
{
    check_numbers(data, size);
    check_text((char const *)data, size);
    return 0;
}
