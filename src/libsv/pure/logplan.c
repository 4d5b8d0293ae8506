/* ISC license. */

#include <string.h>

#include <sv/logplan.h>
#include <sv/logscript.h>
#include <sv/stamp.h>

#define NANOSECONDS_MAX 999999999

/* Where the line that begins at `data` ends, as far as `length` bytes tell. */
static size_t line_length(char const *data, size_t length)
{
    char const *newline = memchr(data, '\n', length);

    return newline ? (size_t)(newline - data) + 1 : length;
}

/*
 * As sv_logplan_share, for data that do not fit into the `room` > 0 bytes that are left.
 */
static struct sv_logplan_share share_too_much(struct sv_logplan_file const *file,
                                              size_t room, char const *data,
                                              size_t length)
{
    char const *newline = memrchr(data, '\n', room);
    size_t whole = newline ? (size_t)(newline - data) + 1 : 0;
    size_t next = line_length(data + whole, length - whole);
    int begins = whole || !file->in_line;

    if (whole && room - whole <= file->tolerance)
        return (struct sv_logplan_share){whole, 1};
    if (begins && next <= file->size) return (struct sv_logplan_share){whole, 1};
    return (struct sv_logplan_share){room, 1};
}

struct sv_logplan_share sv_logplan_share(struct sv_logplan_file const *file,
                                         char const *data, size_t length)
{
    struct sv_logplan_share share = {length, 0};

    if (file->bytes >= file->size) return (struct sv_logplan_share){0, 1};
    uint64_t room = file->size - file->bytes;
    if (length > room) return share_too_much(file, (size_t)room, data, length);
    uint64_t left = room - length;
    share.rotate = !left || (left <= file->tolerance && data[length - 1] == '\n');
    return share;
}

int sv_logplan_is_old(char const *name)
{
    return *name == '@' && strnlen(name, SV_STAMP_TEXT) == SV_STAMP_TEXT;
}

void sv_logplan_retention_begin(struct sv_logplan_retention *retention)
{
    retention->count = 0;
    retention->bytes = 0;
    retention->held = 0;
    retention->dated = 0;
}

static int is_later(struct timespec const *a, struct timespec const *b)
{
    return a->tv_sec != b->tv_sec ? a->tv_sec > b->tv_sec : a->tv_nsec > b->tv_nsec;
}

/* Makes room for a name at `place` of those that are held; the last may have to go. */
static void move_up(struct sv_logplan_retention *retention, unsigned int place)
{
    if (retention->held < SV_LOGPLAN_BATCH) retention->held++;
    unsigned int count = retention->held - 1 - place;
    memmove(retention->oldest[place + 1], retention->oldest[place],
            count * sizeof retention->oldest[0]);
    memmove(retention->sizes + place + 1, retention->sizes + place,
            count * sizeof retention->sizes[0]);
}

static uint64_t sum(uint64_t a, uint64_t b)
{
    return b > UINT64_MAX - a ? UINT64_MAX : a + b;
}

void sv_logplan_retention_note(struct sv_logplan_retention *retention, char const *name,
                               uint64_t bytes)
{
    struct timespec when;
    size_t length = strnlen(name, SV_LOGPLAN_NAME);
    unsigned int place;

    if (!sv_logplan_is_old(name) || length == SV_LOGPLAN_NAME) return;
    retention->count++;
    retention->bytes = sum(retention->bytes, bytes);
    if (sv_stamp_scan(name, length, &when)
        && (!retention->dated || is_later(&when, &retention->newest))) {
        retention->dated = 1;
        retention->newest = when;
    }
    for (place = retention->held; place; place--)
        if (strcmp(name, retention->oldest[place - 1]) >= 0) break;
    if (place == SV_LOGPLAN_BATCH) return;
    move_up(retention, place);
    memcpy(retention->oldest[place], name, length + 1);
    retention->sizes[place] = bytes;
}

unsigned int sv_logplan_retention_excess(struct sv_logplan_retention const *retention,
                                         uint64_t keep, uint64_t total, int *again)
{
    uint64_t bytes = retention->bytes;
    unsigned int excess = 0;

    while (excess < retention->held
           && (retention->count - excess > keep || bytes > total)) {
        uint64_t size = retention->sizes[excess++];
        bytes = bytes > size ? bytes - size : 0;
    }
    uint64_t left = retention->count - excess;
    /* of a sum that is too large to be known, the rest is not known either */
    int unsure = retention->bytes == UINT64_MAX && total < UINT64_MAX;
    *again = excess && left && (left > keep || bytes > total || unsure);
    return excess;
}

void sv_logplan_name(char name[SV_LOGPLAN_NAME],
                     struct sv_logplan_retention const *retention,
                     struct timespec const *now, char const *suffix)
{
    struct timespec when = *now;

    if (retention->dated && !is_later(&when, &retention->newest)) {
        when = retention->newest;
        when.tv_nsec++;
        if (when.tv_nsec > NANOSECONDS_MAX) {
            when.tv_nsec = 0;
            when.tv_sec++;
        }
    }
    sv_stamp_format(name, &when);
    name[SV_STAMP_TEXT] = '.';
    size_t length = strnlen(suffix, SV_LOGSCRIPT_SUFFIX_MAX);
    memcpy(name + SV_STAMP_TEXT + 1, suffix, length);
    name[SV_STAMP_TEXT + 1 + length] = 0;
}
