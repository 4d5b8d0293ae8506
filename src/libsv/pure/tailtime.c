/* ISC license. */

#include <string.h>

#include <sv/calendar.h>
#include <sv/stamp.h>
#include <sv/tailtime.h>

#define NANOSECONDS 1000000000L

#define DAY_LENGTH 10     /* YYYY-MM-DD */
#define SECOND_LENGTH 19  /* YYYY-MM-DD HH:MM:SS */
#define SECONDS_DIGITS 10 /* since 2001 */
#define SECONDS_MOST 17   /* digits that a time_t holds for sure */
#define DECIMALS 6

int sv_tailtime_before(struct timespec const *one, struct timespec const *other)
{
    if (one->tv_sec != other->tv_sec) return one->tv_sec < other->tv_sec;
    return one->tv_nsec < other->tv_nsec;
}

static size_t count_digits(char const *text, size_t length)
{
    size_t digits = 0;

    while (digits < length && text[digits] >= '0' && text[digits] <= '9') digits++;
    return digits;
}

static int64_t number_of(char const *digits, size_t count)
{
    int64_t number = 0;

    for (size_t i = 0; i < count; i++) number = 10 * number + (digits[i] - '0');
    return number;
}

/* seconds.microseconds */
static enum sv_tailtime scan_seconds(char const *line, size_t length,
                                     struct timespec *when)
{
    size_t digits = count_digits(line, length);

    if (digits < SECONDS_DIGITS || digits > SECONDS_MOST || digits + 1 >= length
        || line[digits] != '.')
        return SV_TAILTIME_NONE;
    char const *decimals = line + digits + 1;
    if (count_digits(decimals, length - digits - 1) != DECIMALS) return SV_TAILTIME_NONE;
    when->tv_sec = (time_t)number_of(line, digits);
    when->tv_nsec = (long)number_of(decimals, DECIMALS) * 1000;
    return SV_TAILTIME_UTC;
}

static enum sv_tailtime scan_date(char const *text, size_t length, struct timespec *when)
{
    if (!sv_calendar_scan(text, length, when)) return SV_TAILTIME_NONE;
    return length == DAY_LENGTH || text[DAY_LENGTH] == ' ' ? SV_TAILTIME_LOCAL
                                                           : SV_TAILTIME_UTC;
}

static enum sv_tailtime scan_moment(char const *line, size_t length,
                                    struct timespec *when)
{
    size_t end = SECOND_LENGTH;

    if (length < end || line[4] != '-') return SV_TAILTIME_NONE;
    size_t digits = count_digits(line + end, length - end);
    if (digits) return SV_TAILTIME_NONE;
    if (length > end && line[end] == '.') {
        digits = count_digits(line + end + 1, length - end - 1);
        if (digits) end += 1 + digits;
    }
    return scan_date(line, end, when);
}

enum sv_tailtime sv_tailtime_stamp(char const *line, size_t length, struct timespec *when)
{
    if (!length) return SV_TAILTIME_NONE;
    if (*line == '@')
        return sv_stamp_scan(line, length, when) ? SV_TAILTIME_UTC : SV_TAILTIME_NONE;
    if (*line < '0' || *line > '9') return SV_TAILTIME_NONE;
    enum sv_tailtime kind = scan_moment(line, length, when);
    return kind != SV_TAILTIME_NONE ? kind : scan_seconds(line, length, when);
}

static int64_t unit_seconds(char unit)
{
    switch (unit) {
    case 's': return 1;
    case 'm': return 60;
    case 'h': return 60 * 60;
    case 'd': return 24 * 60 * 60;
    default: return 0;
    }
}

enum sv_tailtime sv_tailtime_scan(char const *text, struct timespec const *now,
                                  struct timespec *when)
{
    size_t length = strlen(text);
    int at = *text == '@';
    size_t digits = count_digits(text + at, length - (size_t)at);

    if (at && length == SV_STAMP_TEXT && sv_stamp_scan(text, length, when))
        return SV_TAILTIME_UTC;
    if (at && digits && digits <= SECONDS_MOST && digits + 1 == length) {
        *when = (struct timespec){.tv_sec = (time_t)number_of(text + 1, digits)};
        return SV_TAILTIME_UTC;
    }
    if (at || !digits) return SV_TAILTIME_NONE;
    int64_t unit = unit_seconds(text[digits]);
    if (unit && digits + 1 == length && digits <= SECONDS_MOST - 5) {
        *when = *now;
        when->tv_sec -= (time_t)(number_of(text, digits) * unit);
        return SV_TAILTIME_UTC;
    }
    if (text[digits] == '.' && digits + 1 + DECIMALS == length)
        return scan_seconds(text, length, when);
    return scan_date(text, length, when);
}

int sv_tailtime_goes_on(struct sv_tailtime_head const *heads, size_t count, size_t one,
                        size_t limit)
{
    if (!heads[one].ready) return 0;
    if (heads[one].tied || limit == count) return 1;
    if (sv_tailtime_before(&heads[one].when, &heads[limit].when)) return 1;
    return one < limit && !sv_tailtime_before(&heads[limit].when, &heads[one].when);
}

size_t sv_tailtime_merge(struct sv_tailtime_head const *heads, size_t count, size_t last,
                         size_t *limit)
{
    size_t first = count;

    *limit = count;
    if (last < count && heads[last].ready && heads[last].tied) first = last;
    for (size_t i = 0; i < count; i++) {
        if (!heads[i].ready || i == first) continue;
        if (first == count) {
            first = i;
        } else if (!(first == last && heads[last].tied)
                   && sv_tailtime_before(&heads[i].when, &heads[first].when)) {
            *limit = first;
            first = i;
        } else if (*limit == count
                   || sv_tailtime_before(&heads[i].when, &heads[*limit].when)) {
            *limit = i;
        }
    }
    return first;
}

/* Cuts the last component off the path[0..*length) if it is `name` and not the only one.
 */
static int cut(char const *path, size_t *length, char const *name)
{
    size_t end = *length, name_length = strlen(name);

    if (end <= name_length || memcmp(path + end - name_length, name, name_length))
        return 0;
    end -= name_length;
    if (path[end - 1] != '/') return 0;
    while (end && path[end - 1] == '/') end--;
    *length = end;
    return 1;
}

int sv_tailtime_service(char const *path, char const **name, size_t *length)
{
    size_t end = strlen(path);

    while (end && path[end - 1] == '/') end--;
    if (cut(path, &end, "main")) (void)cut(path, &end, "log"); /* or it is DIR/main */
    size_t begin = end;
    while (begin && path[begin - 1] != '/') begin--;
    *name = path + begin;
    *length = end - begin;
    return end > begin && !(end - begin == 1 && path[begin] == '.')
           && !(end - begin == 2 && path[begin] == '.' && path[begin + 1] == '.');
}
