/* ISC license. */

/*
 * Lines: found in what was read, stamped, shown to the matcher, given to those who get
 * them.
 *
 * Lines stay whole until they are in a file. One that is longer than what is read at once
 * is given on in parts; what is decided about its beginning holds for all of it.
 */

#include <string.h>

#include <sv/calendar.h>
#include <sv/zone.h>

#include "multilog.h"

#define UTC_DIGITS 5 /* as svlogd has them */
#define LOCAL_DIGITS 9

/* Writes the stamp, if it is one, and the space behind it. */
static void make_stamp(struct stamp *stamp, enum sv_logscript_stamp kind,
                       struct timespec const *when)
{
    size_t length = 0;

    switch (kind) {
    case SV_LOGSCRIPT_STAMP_NONE: return;
    case SV_LOGSCRIPT_STAMP_TAI64N:
        sv_stamp_format(stamp->text, when);
        length = SV_STAMP_TEXT;
        break;
    case SV_LOGSCRIPT_STAMP_SECONDS: length = sv_stamp_accu(stamp->text, when); break;
    case SV_LOGSCRIPT_STAMP_LOCAL:
        sv_calendar_format(stamp->text, when, sv_zone_offset(when->tv_sec), ' ',
                           LOCAL_DIGITS);
        length = 20 + LOCAL_DIGITS;
        break;
    case SV_LOGSCRIPT_STAMP_UTC:
    case SV_LOGSCRIPT_STAMP_UTC_T:
        sv_calendar_format(stamp->text, when, 0,
                           kind == SV_LOGSCRIPT_STAMP_UTC ? '_' : 'T', UTC_DIGITS);
        length = 20 + UTC_DIGITS;
        break;
    }
    stamp->text[length] = ' ';
    stamp->length = length + 1;
}

/* Lines of one read have the same stamp, but for one that began in an earlier read. */
static void set_stamps(struct multilog *multilog, struct timespec const *when)
{
    struct program *program = &multilog->program;

    for (unsigned int kind = 0; kind < SV_LOGSCRIPT_STAMPS; kind++)
        if (multilog->stamps[kind].used)
            make_stamp(multilog->stamps + kind, (enum sv_logscript_stamp)kind, when);
    for (size_t i = 0; i < program->select.actions; i++) {
        struct action *action = program->actions + i;
        struct stamp const *stamp = multilog->stamps + action->stamp;
        action->lead_length = stamp->length + action->prefix_length;
        if (!action->own_lead) continue;
        memcpy(action->own_lead, stamp->text, stamp->length);
        memcpy(action->own_lead + stamp->length, action->prefix, action->prefix_length);
    }
    multilog->head_length = multilog->stamps[program->stamp].length;
    memcpy(multilog->head, multilog->stamps[program->stamp].text, multilog->head_length);
}

/*
 * A line, or its beginning: the `length` bytes at `text`, of which `shown` come before
 * the newline. Those who get it are in `chosen` afterwards.
 */
static void give_line(struct multilog *multilog, char const *text, size_t length,
                      size_t shown)
{
    struct program *program = &multilog->program;
    char const *head = text;
    size_t head_length = shown;

    if (head_length > SV_LOGSCRIPT_HEAD - multilog->head_length)
        head_length = SV_LOGSCRIPT_HEAD - multilog->head_length;
    if (multilog->head_length && !program->select.constant) {
        memcpy(multilog->head + multilog->head_length, text, head_length);
        head = multilog->head;
        head_length += multilog->head_length;
    }
    if (!sv_logselect_line(&program->select, head, head_length, program->chosen)) return;
    for (size_t i = 0; i < program->select.actions; i++) {
        struct action *action = program->actions + i;
        if (!program->chosen[i]) continue;
        if (action->output)
            multilog_append_led(multilog, action->output, action->lead,
                                action->lead_length, text, length);
        else
            multilog_tell(multilog, action, text, shown);
    }
}

/* Bytes as they are: more of a line that has been given, or lines that everybody gets. */
static void give_more(struct multilog *multilog, char const *text, size_t length)
{
    struct program *program = &multilog->program;

    for (size_t i = 0; i < program->select.actions; i++) {
        struct action *action = program->actions + i;
        if (!program->chosen[i]) continue;
        if (action->output)
            multilog_append(multilog, action->output, text, length);
        else if (action->kind == SV_LOGSCRIPT_PRINT)
            multilog_tell_more(multilog, text, length);
    }
}

/* Whole lines that every directory gets, action by action. */
static void give_all(struct multilog *multilog, char const *text, char const *end)
{
    struct program *program = &multilog->program;

    memset(program->chosen, 1, program->select.actions);
    for (size_t i = 0; i < program->select.actions; i++) {
        struct action const *action = program->actions + i;
        if (action->lead_length)
            multilog_append_lines(multilog, action->output, action->lead,
                                  action->lead_length, text, end);
        else
            multilog_append(multilog, action->output, text, (size_t)(end - text));
    }
}

/* Whole lines between `text` and `end`, begun at the time that the stamps say. */
static void give_lines(struct multilog *multilog, char const *text, char const *end)
{
    if (multilog->program.fast) {
        give_all(multilog, text, end);
        return;
    }
    while (text < end) {
        char const *newline = memchr(text, '\n', (size_t)(end - text));
        size_t shown = (size_t)(newline - text); /* there is one: the last byte is */
        give_line(multilog, text, shown + 1, shown);
        text = newline + 1;
    }
}

/* The line that was held, from `text` on, ends at `newline`. */
static void end_held(struct multilog *multilog, char const *text, char const *newline)
{
    if (multilog->in_line)
        give_more(multilog, text, (size_t)(newline + 1 - text));
    else {
        set_stamps(multilog, &multilog->began);
        give_lines(multilog, text, newline + 1);
    }
    multilog->in_line = 0;
}

/* The line has no end and is long: what there is goes on its way. */
static void give_part(struct multilog *multilog)
{
    char const *text = multilog->record.input + multilog->held_at;

    if (multilog->in_line)
        give_more(multilog, text, multilog->held);
    else {
        set_stamps(multilog, &multilog->began);
        multilog->partial = 1;
        give_line(multilog, text, multilog->held, multilog->held);
        multilog->partial = 0;
    }
    multilog->in_line = 1;
    multilog->held = 0;
}

/* What replaces is replaced by itself: doing it twice, after a kill, does no harm. */
static void replace(struct multilog *multilog, char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        text[i] = (char)multilog->program.replacement[(unsigned char)text[i]];
}

void multilog_take(struct multilog *multilog, size_t length)
{
    char *text = multilog->record.input + multilog->held_at;
    char *fresh = text + multilog->held, *end = fresh + length;

    if (multilog->program.replaces) replace(multilog, fresh, length);
    char *last = memrchr(fresh, '\n', length);
    if (last) {
        if (multilog->held || multilog->in_line) {
            char *newline = memchr(fresh, '\n', length);
            end_held(multilog, text, newline);
            text = newline + 1;
        }
        set_stamps(multilog, &multilog->now);
        if (text <= last) give_lines(multilog, text, last + 1);
        text = last + 1;
        multilog->began = multilog->now;
    }
    multilog->held_at = (size_t)(text - multilog->record.input);
    multilog->held = (size_t)(end - text);
    if (multilog->held >= MULTILOG_READ) give_part(multilog);
}

void multilog_end(struct multilog *multilog)
{
    char *text = multilog->record.input + multilog->held_at;

    if (!multilog_is_in_line(multilog)) return;
    text[multilog->held] = '\n';
    end_held(multilog, text, text + multilog->held);
    multilog->held = 0;
}

/* Alerts come first: they are noted as told, and no disk keeps them waiting. */
void multilog_flush_all(struct multilog *multilog)
{
    multilog_flush_sinks(multilog);
    for (size_t i = 0; i < multilog->output_count; i++)
        multilog_flush(multilog, multilog->outputs + i);
}
