/* ISC license. */

/* Lines: found, merged, and printed. */

#include <string.h>

#include <sv/calendar.h>
#include <sv/message.h>
#include <sv/stamp.h>
#include <sv/zone.h>

#include "svtail.h"

void svtail_from_local(struct timespec *when)
{
    time_t local = when->tv_sec;

    /* the offset at that moment is wanted; near a change, the one after it */
    when->tv_sec = local - sv_zone_offset(local);
    when->tv_sec = local - sv_zone_offset(when->tv_sec);
}

int svtail_time(char const *line, size_t length, struct timespec *when)
{
    if (length > SV_TAILTIME_LENGTH) length = SV_TAILTIME_LENGTH;
    switch (sv_tailtime_stamp(line, length, when)) {
    case SV_TAILTIME_NONE: return 0;
    case SV_TAILTIME_UTC: return 1;
    case SV_TAILTIME_LOCAL: svtail_from_local(when); return 1;
    }
    return 0; /* cannot happen: the enum has no other value */
}

int svtail_has_stamps(char const *block, size_t length)
{
    struct timespec when;

    for (char const *end = block + length; block < end;) {
        if (svtail_time(block, (size_t)(end - block), &when)) return 1;
        char const *newline = memchr(block, '\n', (size_t)(end - block));
        block = newline ? newline + 1 : end;
    }
    return 0;
}

void svtail_set_stamped(struct log *log, int is_stamped)
{
    log->stamped = is_stamped ? STAMPED_YES : STAMPED_NO;
    if (!is_stamped)
        sv_warn("lines in ", log->path, " have no time: all of them are printed");
}

static int is_bounded(struct choice const *choice)
{
    return choice->has_since || choice->has_until;
}

/* The next line, complete or as good as: from log->begin to log->line_end. */
static int find_line(struct svtail *tail, struct log *log)
{
    for (;;) {
        size_t left = log->end - log->searched;
        char const *newline = left ? memchr(log->buffer + log->searched, '\n', left) : 0;
        log->is_part = 0;
        if (newline) {
            log->line_end = (size_t)(newline - log->buffer) + 1;
            return 1;
        }
        log->searched = log->line_end = log->end;
        if (log->end - log->begin >= SVTAIL_MOST) {
            log->is_part = 1;
            return 1;
        }
        if (!log->idle && svtail_fill(tail, log)) continue;
        return !tail->choice.follow && log->end > log->begin;
    }
}

static void pass_line(struct log *log)
{
    log->in_part = log->is_part;
    log->begin = log->searched = log->line_end;
}

/* Whether the line is wanted; log->ended if it is, and all behind it are, too late. */
static int is_wanted(struct choice const *choice, struct log *log, int is_timed)
{
    if (log->stamped == STAMPED_UNKNOWN)
        svtail_set_stamped(log, svtail_has_stamps(log->buffer + log->begin,
                                                  log->end - log->begin));
    if (log->stamped == STAMPED_NO) return 1;
    if (!is_timed) return !choice->has_since;
    if (choice->has_until && !sv_tailtime_before(&log->last, &choice->until)) {
        log->ended = 1;
        return 0;
    }
    return !choice->has_since || !sv_tailtime_before(&log->last, &choice->since);
}

static void advance(struct svtail *tail, size_t index)
{
    struct log *log = tail->logs + index;
    struct sv_tailtime_head *head = tail->heads + index;
    struct timespec when;

    head->ready = 0;
    while (!log->ended && find_line(tail, log)) {
        int has_stamp =
            !log->in_part
            && svtail_time(log->buffer + log->begin, log->line_end - log->begin, &when);
        if (has_stamp) log->last = when;
        int is_timed = log->last.tv_sec != SV_TAILTIME_EARLIEST.tv_sec;
        if (!is_bounded(&tail->choice) || is_wanted(&tail->choice, log, is_timed)) {
            head->ready = 1;
            head->when = log->last;
            head->tied = !has_stamp && is_timed;
            return;
        }
        pass_line(log);
    }
}

static void print_line(struct svtail *tail, struct log *log)
{
    char const *line = log->buffer + log->begin;
    size_t length = log->line_end - log->begin;
    struct timespec when;
    char text[SV_CALENDAR_TEXT];

    if (tail->count > 1) {
        out_bytes(log->name, log->name_length);
        out_bytes(": ", 2);
    }
    if (tail->choice.local && !log->in_part && sv_stamp_scan(line, length, &when)) {
        sv_calendar_format(text, &when, sv_zone_offset(when.tv_sec), ' ', 9);
        out_bytes(text, sizeof text);
        line += SV_STAMP_TEXT;
        length -= SV_STAMP_TEXT;
    }
    out_bytes(line, length);
    if (tail->count > 1 && (!length || line[length - 1] != '\n')) out_bytes("\n", 1);
}

static void print_lines(struct svtail *tail)
{
    size_t count = tail->count, last = count, limit, i;

    for (i = 0; i < count; i++) advance(tail, i);
    while ((i = sv_tailtime_merge(tail->heads, count, last, &limit)) < count) {
        tail->looked = 0;
        do {
            if (tail->skip)
                tail->skip--;
            else
                print_line(tail, tail->logs + i);
            pass_line(tail->logs + i);
            advance(tail, i);
        } while (!tail->looked && sv_tailtime_goes_on(tail->heads, count, i, limit));
        last = i;
        for (i = 0; i < count; i++)
            if (!tail->heads[i].ready && !tail->logs[i].idle) advance(tail, i);
    }
}

/* One log, as it is: whole blocks, up to the last newline if more is to come. */
static void copy(struct svtail *tail, struct log *log)
{
    do {
        size_t length = log->end - log->begin;
        if (!length) continue; /* there need not even be a buffer */
        char const *from = log->buffer + log->begin;
        if (tail->choice.follow && length < SVTAIL_MOST) {
            char const *newline = memrchr(from, '\n', length);
            length = newline ? (size_t)(newline - from) + 1 : 0;
        }
        if (length) out_bytes(from, length);
        log->begin += length;
        log->searched = log->end;
    } while (svtail_fill(tail, log));
}

void svtail_print(struct svtail *tail)
{
    struct choice const *choice = &tail->choice;

    if (tail->count == 1 && !choice->local && !is_bounded(choice) && !tail->skip)
        copy(tail, tail->logs);
    else
        print_lines(tail);
    out_flush();
}
