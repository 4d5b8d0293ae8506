/* ISC license. */

/*
 * Days are counted in years that begin on the 1st of March: the leap day is then the last
 * of its year, and the months before it are five long and short ones repeated, 153 days.
 * To stay among positive numbers the count begins 400 years, one whole cycle of the
 * calendar, before the year 0.
 */

#include <sv/calendar.h>

#define DAY_S 86400
#define CYCLE_YEARS 400
#define CYCLE_DAYS 146097
#define EPOCH_DAY \
    (719468u + CYCLE_DAYS) /* 1970-01-01; the first term is for the year 0 */
#define NANOSECONDS_MAX 999999999
#define FRACTION_DIGITS 9

struct date {
    unsigned int year;  /* 0 to 9999 */
    unsigned int month; /* 1 to 12 */
    unsigned int day;   /* 1 to 31 */
};

static void date_of(struct date *date, uint32_t days)
{
    uint32_t century = (4 * days + 3) / CYCLE_DAYS;
    uint32_t in_century = days - CYCLE_DAYS * century / 4;
    uint32_t year = (4 * in_century + 3) / 1461;
    uint32_t in_year = in_century - 1461 * year / 4;
    uint32_t month = (5 * in_year + 2) / 153; /* 0 is March */

    date->day = in_year - (153 * month + 2) / 5 + 1;
    date->month = month < 10 ? month + 3 : month - 9;
    date->year = 100 * century + year + (month >= 10) - CYCLE_YEARS;
}

static uint32_t days_of(struct date const *date)
{
    uint32_t year = date->year + CYCLE_YEARS - (date->month < 3);
    uint32_t month = date->month < 3 ? date->month + 9 : date->month - 3;

    return 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5
           + date->day - 1;
}

static unsigned int days_in_month(unsigned int year, unsigned int month)
{
    int leaps = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    if (month == 2) return leaps ? 29 : 28;
    return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

static char *put_pair(char *text, unsigned int value)
{
    text[0] = (char)('0' + value / 10);
    text[1] = (char)('0' + value % 10);
    return text + 2;
}

void sv_calendar_format(char *text, struct timespec const *when, long offset_s,
                        char separator, unsigned int digits)
{
    int64_t seconds = when->tv_sec;
    uint32_t fraction = (uint32_t)when->tv_nsec;
    struct date date;

    /* Compared so that nothing can overflow. */
    if (seconds < SV_CALENDAR_FIRST - offset_s) {
        seconds = SV_CALENDAR_FIRST;
        fraction = 0;
    } else if (seconds > SV_CALENDAR_LAST - offset_s) {
        seconds = SV_CALENDAR_LAST;
        fraction = NANOSECONDS_MAX;
    } else {
        seconds += offset_s;
    }
    uint64_t from_start = (uint64_t)(seconds + (int64_t)EPOCH_DAY * DAY_S);
    uint32_t in_day = (uint32_t)(from_start % DAY_S);
    date_of(&date, (uint32_t)(from_start / DAY_S));

    text = put_pair(text, date.year / 100);
    text = put_pair(text, date.year % 100);
    *text++ = '-';
    text = put_pair(text, date.month);
    *text++ = '-';
    text = put_pair(text, date.day);
    *text++ = separator;
    text = put_pair(text, in_day / 3600);
    *text++ = ':';
    text = put_pair(text, in_day / 60 % 60);
    *text++ = ':';
    text = put_pair(text, in_day % 60);
    *text++ = '.';
    for (unsigned int i = FRACTION_DIGITS; i > digits; i--) fraction /= 10;
    for (unsigned int i = digits; i; i--, fraction /= 10)
        text[i - 1] = (char)('0' + fraction % 10);
}

/* What is left to be read. */
struct rest {
    char const *text;
    char const *end;
};

static int take(struct rest *rest, char wanted)
{
    if (rest->text == rest->end || *rest->text != wanted) return 0;
    rest->text++;
    return 1;
}

static int take_number(struct rest *rest, unsigned int digits, unsigned int *value)
{
    *value = 0;
    for (; digits; digits--, rest->text++) {
        if (rest->text == rest->end || *rest->text < '0' || *rest->text > '9') return 0;
        *value = *value * 10 + (unsigned int)(*rest->text - '0');
    }
    return 1;
}

static int take_date(struct rest *rest, struct date *date)
{
    if (!take_number(rest, 4, &date->year) || !take(rest, '-')
        || !take_number(rest, 2, &date->month) || !take(rest, '-')
        || !take_number(rest, 2, &date->day))
        return 0;
    return date->month >= 1 && date->month <= 12 && date->day >= 1
           && date->day <= days_in_month(date->year, date->month);
}

/* All digits that there are, at least one. */
static int take_fraction(struct rest *rest, long *nanoseconds)
{
    unsigned int digit, digits = 0;

    for (; take_number(rest, 1, &digit); digits++)
        if (digits < FRACTION_DIGITS) *nanoseconds = *nanoseconds * 10 + (long)digit;
    if (!digits || rest->text != rest->end) return 0;
    for (; digits < FRACTION_DIGITS; digits++) *nanoseconds *= 10;
    return 1;
}

static int take_time(struct rest *rest, unsigned int *in_day, long *nanoseconds)
{
    unsigned int hour, minute, second = 0;

    if (!take_number(rest, 2, &hour) || !take(rest, ':')
        || !take_number(rest, 2, &minute))
        return 0;
    if (take(rest, ':')) {
        if (!take_number(rest, 2, &second)) return 0;
        if (take(rest, '.') && !take_fraction(rest, nanoseconds)) return 0;
    }
    *in_day = hour * 3600 + minute * 60 + second;
    return hour < 24 && minute < 60 && second < 60;
}

int sv_calendar_scan(char const *text, size_t length, struct timespec *when)
{
    struct rest rest = {text, text + length};
    struct date date;
    unsigned int in_day = 0;
    long nanoseconds = 0;

    if (!take_date(&rest, &date)) return 0;
    if ((take(&rest, ' ') || take(&rest, '_') || take(&rest, 'T'))
        && !take_time(&rest, &in_day, &nanoseconds))
        return 0;
    if (rest.text != rest.end) return 0;
    when->tv_sec = (time_t)(((int64_t)days_of(&date) - EPOCH_DAY) * DAY_S + in_day);
    when->tv_nsec = nanoseconds;
    return 1;
}
