/* ISC license. */

/*
 * Moments in text: every day of the years 0000 to 9999 against the C library's calendar,
 * every second of a day, every number of decimals, offsets, the two ends, and what is no
 * moment.
 */

#include <limits.h>

#include <sv/calendar.h>

#include "tap.h"

#define DAY_S 86400

/* What sv_calendar_format should write, by the C library. */
static void by_library(char *text, size_t size, time_t seconds)
{
    struct tm tm;

    gmtime_r(&seconds, &tm);
    snprintf(text, size, "%04d-%02d-%02d %02d:%02d:%02d", tm.tm_year + 1900,
             tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

static int agrees(time_t seconds)
{
    struct timespec when = {seconds, 123456789}, back = {0, 0};
    char text[SV_CALENDAR_TEXT], want[80];

    by_library(want, sizeof want, seconds);
    sv_calendar_format(text, &when, 0, ' ', 9);
    int good = expect(!memcmp(text, want, 19) && !memcmp(text + 19, ".123456789", 10),
                      "%lld is %s, not %.29s", (long long)seconds, want, text);
    good &= expect(sv_calendar_scan(text, sizeof text, &back) && back.tv_sec == seconds
                       && back.tv_nsec == 123456789,
                   "%.29s is read as %lld, not %lld", text, (long long)seconds,
                   (long long)back.tv_sec);
    return good;
}

static void check_days(void)
{
    int good = 1;
    time_t in_day = 0;

    for (time_t day = SV_CALENDAR_FIRST; day <= SV_CALENDAR_LAST; day += DAY_S) {
        good &= agrees(day + in_day);
        in_day = (in_day + 40009) % DAY_S;
    }
    ok(good,
       "every day of 10000 years is written as the C library has it, and read back");
    good = 1;
    for (time_t second = 0; second < DAY_S; second++)
        good &= agrees(951782400 + second) & agrees(second - DAY_S);
    ok(good, "so is every second of 2000-02-29 and of 1969-12-31");
}

/* The day behind each last one of a month, and no day of it, is refused. */
static void check_month_ends(void)
{
    static unsigned int const years[] = {0,    1,    4,    100,  400,  1600, 1900,
                                         1999, 2000, 2023, 2024, 2100, 9996, 9999};
    int good = 1;

    for (size_t i = 0; i < sizeof years / sizeof *years; i++)
        for (unsigned int month = 0; month <= 13; month++)
            for (unsigned int day = 0; day <= 99; day++) {
                char text[40], again[40];
                struct timespec when;
                snprintf(text, sizeof text, "%04u-%02u-%02u", years[i], month, day);
                struct tm tm = {.tm_year = (int)years[i] - 1900,
                                .tm_mon = (int)month - 1,
                                .tm_mday = (int)day};
                time_t seconds = timegm(&tm); /* which puts right what is no date */
                by_library(again, sizeof again, seconds);
                int exists = !memcmp(text, again, 10);
                int taken = sv_calendar_scan(text, 10, &when);
                good &= expect(taken == exists, "%s exists: %d", text, exists);
                if (taken) good &= expect(when.tv_sec == seconds, "%s is itself", text);
            }
    ok(good, "a date is read if it exists, in leap years and others");
}

struct shown {
    struct timespec when;
    long offset_s;
    char separator;
    unsigned int digits;
    char const *text;
};

static struct shown const showns[] = {
    {{0, 0}, 0, ' ', 9, "1970-01-01 00:00:00.000000000"},
    {{0, 1}, 0, ' ', 9, "1970-01-01 00:00:00.000000001"},
    {{-1, 999999999}, 0, ' ', 9, "1969-12-31 23:59:59.999999999"},
    {{951868799, 987654321}, 0, 'T', 9, "2000-02-29T23:59:59.987654321"},
    {{951868799, 987654321}, 0, 'T', 8, "2000-02-29T23:59:59.98765432"},
    {{951868799, 987654321}, 0, 'T', 6, "2000-02-29T23:59:59.987654"},
    {{951868799, 987654321}, 0, '_', 3, "2000-02-29_23:59:59.987"},
    {{951868799, 999999999}, 0, '_', 1, "2000-02-29_23:59:59.9"},
    {{951868799, 0}, 1, ' ', 1, "2000-03-01 00:00:00.0"},
    {{951868799, 0}, 3600, ' ', 1, "2000-03-01 00:59:59.0"},
    {{951868799, 0}, -86400, ' ', 1, "2000-02-28 23:59:59.0"},
    {{0, 0}, -1, ' ', 1, "1969-12-31 23:59:59.0"},
    /* the ends */
    {{SV_CALENDAR_FIRST, 0}, 0, ' ', 9, "0000-01-01 00:00:00.000000000"},
    {{SV_CALENDAR_FIRST - 1, 5}, 0, ' ', 9, "0000-01-01 00:00:00.000000000"},
    {{SV_CALENDAR_FIRST - 1, 5}, 1, ' ', 9, "0000-01-01 00:00:00.000000005"},
    {{SV_CALENDAR_FIRST, 5}, -1, ' ', 9, "0000-01-01 00:00:00.000000000"},
    {{LONG_MIN, 5}, -3600, ' ', 9, "0000-01-01 00:00:00.000000000"},
    {{SV_CALENDAR_LAST, 7}, 0, ' ', 9, "9999-12-31 23:59:59.000000007"},
    {{SV_CALENDAR_LAST + 1, 7}, 0, ' ', 9, "9999-12-31 23:59:59.999999999"},
    {{SV_CALENDAR_LAST + 1, 7}, -1, ' ', 9, "9999-12-31 23:59:59.000000007"},
    {{SV_CALENDAR_LAST, 7}, 1, ' ', 9, "9999-12-31 23:59:59.999999999"},
    {{LONG_MAX, 7}, 3600, ' ', 3, "9999-12-31 23:59:59.999"},
};

static void check_shown(void)
{
    for (size_t i = 0; i < sizeof showns / sizeof *showns; i++) {
        struct shown const *shown = showns + i;
        char text[SV_CALENDAR_TEXT + 2];
        memset(text, '?', sizeof text);
        sv_calendar_format(text, &shown->when, shown->offset_s, shown->separator,
                           shown->digits);
        is_mem(text, 20 + shown->digits, shown->text, strlen(shown->text),
               "%lld.%09ld and %ld s is %s", (long long)shown->when.tv_sec,
               shown->when.tv_nsec, shown->offset_s, shown->text);
        is_int(text[20 + shown->digits], '?', "and not a byte more");
    }
}

struct read {
    char const *text;
    struct timespec when;
};

static struct read const reads[] = {
    {"1970-01-01", {0, 0}},
    {"1970-01-02 00:00", {86400, 0}},
    {"1970-01-01_00:01", {60, 0}},
    {"1970-01-01T01:01:01", {3661, 0}},
    {"1970-01-01 00:00:00.5", {0, 500000000}},
    {"1970-01-01 00:00:00.000000001", {0, 1}},
    {"1970-01-01 00:00:00.0000000019999", {0, 1}}, /* cut off, not rounded */
    {"1969-12-31 23:59:59.9", {-1, 900000000}},
    {"0000-01-01", {SV_CALENDAR_FIRST, 0}},
    {"9999-12-31T23:59:59.999999999999", {SV_CALENDAR_LAST, 999999999}},
};

static char const *const bad[] = {
    "",
    "1970",
    "1970-01",
    "1970-1-1",
    "70-01-01",
    "1970-01-0",
    "1970-01-011",
    "1970/01/01",
    "+970-01-01",
    " 1970-01-01",
    "1970-01-01 ",
    "1970-01-01T",
    "1970-01-01t00:00",
    "1970-01-01 00",
    "1970-01-01 00:",
    "1970-01-01 0:00",
    "1970-01-01 00:00:",
    "1970-01-01 00:00:0",
    "1970-01-01 00:00.5",
    "1970-01-01 00:00:00.",
    "1970-01-01 00:00:00.5 ",
    "1970-01-01 00:00:00,5",
    "1970-01-01 00:00:00Z",
    "1970-01-01 24:00",
    "1970-01-01 00:60",
    "1970-01-01 00:00:60",
    "1970-01-01  00:00",
    "1970-01-01 -1:00",
};

static void check_read(void)
{
    for (size_t i = 0; i < sizeof reads / sizeof *reads; i++) {
        struct timespec when = {42, 43};
        ok(sv_calendar_scan(reads[i].text, strlen(reads[i].text), &when)
               && when.tv_sec == reads[i].when.tv_sec
               && when.tv_nsec == reads[i].when.tv_nsec,
           "\"%s\" is read", reads[i].text);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct timespec when = {42, 43};
        ok(!sv_calendar_scan(bad[i], strlen(bad[i]), &when) && when.tv_sec == 42
               && when.tv_nsec == 43,
           "\"%s\" is no moment, and the time stays", bad[i]);
    }
    struct timespec when;
    ok(!sv_calendar_scan("1970-01-01\0", 11, &when), "nor is one with a NUL behind it");
    ok(sv_calendar_scan("1970-01-02 oops", 10, &when) && when.tv_sec == DAY_S,
       "what lies behind the length is not looked at");
}

int main(void)
{
    check_days();
    check_month_ends();
    check_shown();
    check_read();
    return done();
}
