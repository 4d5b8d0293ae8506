/* ISC license. */

/*
 * Any bytes as a log with labels, in pieces whose size the first byte says: the same
 * comes out as of a line by line conversion of the whole, and never more than there is
 * room for.
 */

#include <stdlib.h>
#include <string.h>

#include <sv/localstamp.h>

/* An offset that changes often, and not at round times. */
static long offset_of(time_t when)
{
    return (long)(((int64_t)when >> 10 & 7) * 1800 - 7200);
}

/* A line with its newline, if it has one; returns what it becomes. */
static size_t convert_line(char *to, char const *line, size_t length)
{
    struct timespec when;

    if (length >= SV_STAMP_TEXT && sv_stamp_scan(line, length, &when)) {
        int64_t seconds = when.tv_sec;
        long offset_s = offset_of(when.tv_sec);
        if (seconds >= SV_CALENDAR_FIRST - offset_s
            && seconds <= SV_CALENDAR_LAST - offset_s) {
            sv_calendar_format(to, &when, offset_s, ' ', 9);
            length -= SV_STAMP_TEXT;
            memcpy(to + SV_CALENDAR_TEXT, line + SV_STAMP_TEXT, length);
            return SV_CALENDAR_TEXT + length;
        }
    }
    memcpy(to, line, length);
    return length;
}

static size_t convert_whole(char *to, char const *text, size_t length)
{
    size_t made = 0;

    while (length) {
        char const *newline = memchr(text, '\n', length);
        size_t line = newline ? (size_t)(newline - text) + 1 : length;
        made += convert_line(to + made, text, line);
        text += line;
        length -= line;
    }
    return made;
}

static void *take(size_t size)
{
    void *memory = malloc(size ? size : 1);

    if (!memory) abort();
    return memory;
}

/* Each piece is converted into room of exactly the promised size. */
static size_t convert_pieces(char *to, char const *text, size_t length, size_t piece)
{
    struct sv_localstamp state = SV_LOCALSTAMP(offset_of);
    size_t begin = 0, end = 0, made = 0;

    while (end < length) {
        end = length - end > piece ? end + piece : length;
        char *room = take(SV_LOCALSTAMP_ROOM(end - begin));
        size_t used;
        size_t count =
            sv_localstamp_convert(&state, room, text + begin, end - begin, &used);
        if (count > SV_LOCALSTAMP_ROOM(end - begin)) abort();
        memcpy(to + made, room, count);
        free(room);
        made += count;
        begin += used;
        if (end - begin > SV_LOCALSTAMP_HELD) abort();
    }
    memcpy(to + made, text + begin, end - begin);
    return made + end - begin;
}

int LLVMFuzzerTestOneInput(uint8_t const *data, size_t size)
{
    if (!size) return 0;
    char const *text = (char const *)data + 1;
    size_t length = size - 1;
    char *whole = take(SV_LOCALSTAMP_ROOM(length));
    char *pieces = take(SV_LOCALSTAMP_ROOM(length));
    size_t whole_length = convert_whole(whole, text, length);
    size_t pieces_length =
        convert_pieces(pieces, text, length, data[0] ? data[0] : SIZE_MAX);

    if (whole_length != pieces_length || memcmp(whole, pieces, whole_length)) abort();
    free(whole);
    free(pieces);
    return 0;
}
