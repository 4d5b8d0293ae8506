/* ISC license. */

/*
 * Lines: found in what was read, stamped, shown to the matcher, given to those who get
 * them.
 *
 * Lines stay whole until they are in a file. One that is longer than the input buffer is
 * given on in parts; what is decided about its beginning holds for all of it.
 */

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <sv/clock.h>

#include "multilog.h"

#define ALERT 200 /* bytes of a line that an alert shows */

/* Lines of one read have the same stamp, but for one that began in an earlier read. */
static void set_stamp(struct multilog *multilog, struct timespec const *when)
{
    unsigned int length = SV_STAMP_TEXT;

    if (multilog->stamp == SV_LOGSCRIPT_IGNORED) return;
    if (multilog->stamp == SV_LOGSCRIPT_SECONDS)
        length = sv_stamp_accu(multilog->head, when);
    else
        sv_stamp_format(multilog->head, when);
    multilog->head[length] = ' ';
    multilog->stamp_length = length + 1;
}

/* Alerts go out in whole lines, several at once. Nobody is told if there is no reader. */
static void flush_alerts(struct multilog *multilog)
{
    size_t written = 0;

    while (written < multilog->alerts_length) {
        ssize_t count =
            write(2, multilog->alerts + written, multilog->alerts_length - written);
        if (count >= 0)
            written += (size_t)count;
        else if (errno == EAGAIN) {
            iopause_fd room = {.fd = 2, .events = IOPAUSE_WRITE};
            if (sv_clock_wait(&room, 1, INT64_MAX) < 0) break;
        } else if (errno != EINTR)
            break;
    }
    multilog->alerts_length = 0;
}

static void alert(struct multilog *multilog, char const *head, size_t length)
{
    static char const more[] = "...";
    size_t shown = length > ALERT ? ALERT : length;

    if (shown + sizeof more > sizeof multilog->alerts - multilog->alerts_length)
        flush_alerts(multilog);
    char *to = multilog->alerts + multilog->alerts_length;
    memcpy(to, head, shown);
    to += shown;
    if (shown < length) {
        memcpy(to, more, sizeof more - 1);
        to += sizeof more - 1;
    }
    *to++ = '\n';
    multilog->alerts_length = (size_t)(to - multilog->alerts);
}

static void show_status(struct status *status, char const *head, size_t length)
{
    memcpy(status->text, head, length);
    memset(status->text + length, '\n', sizeof status->text - length);
    status->changed = 1;
}

static void flush_status(struct multilog *multilog, struct status *status)
{
    size_t written = 0;

    while (written < sizeof status->text) {
        ssize_t count = pwrite(status->fd, status->text + written,
                               sizeof status->text - written, (off_t)written);
        if (count > 0)
            written += (size_t)count;
        else if (count < 0 && errno != EINTR) {
            struct sv_logdir_trouble trouble = {"write ", 0, "", errno};
            multilog_pause(multilog, &status->trouble, status->file, &trouble);
            if (multilog->leaving) return; /* no log line is lost with it */
        }
    }
    multilog_well(&status->trouble);
    status->changed = 0;
}

/*
 * A line, or its beginning: the `length` bytes at `text`, of which `shown` come before
 * the newline. Those who get it are in multilog->chosen afterwards.
 */
static void give_line(struct multilog *multilog, char const *text, size_t length,
                      size_t shown)
{
    size_t stamped = multilog->stamp_length;
    char const *head = text;

    if (shown > MULTILOG_HEAD - stamped) shown = MULTILOG_HEAD - stamped;
    if (stamped && multilog->heads) {
        memcpy(multilog->head + stamped, text, shown);
        head = multilog->head;
        shown += stamped;
    }
    if (!sv_logselect_line(&multilog->select, head, shown, multilog->chosen)) return;
    for (size_t i = 0; i < multilog->select.actions; i++) {
        struct action const *action = multilog->actions + i;
        if (!multilog->chosen[i]) continue;
        if (action->output)
            multilog_append_stamped(multilog, action->output, text, length);
        else if (action->status)
            show_status(action->status, head, shown);
        else
            alert(multilog, head, shown);
    }
}

/* Bytes as they are: more of a line that has been given, or lines that everybody gets. */
static void give_more(struct multilog *multilog, char const *text, size_t length)
{
    for (size_t i = 0; i < multilog->select.actions; i++)
        if (multilog->chosen[i] && multilog->actions[i].output)
            multilog_append(multilog, multilog->actions[i].output, text, length);
}

/* Whole lines between `text` and `end`, begun at the time that the stamp says. */
static void give_lines(struct multilog *multilog, char const *text, char const *end)
{
    if (multilog->select.constant && !multilog->heads && !multilog->stamp_length) {
        memset(multilog->chosen, 1, multilog->select.actions);
        give_more(multilog, text, (size_t)(end - text));
        return;
    }
    while (text < end) {
        char const *newline = memchr(text, '\n', (size_t)(end - text));
        size_t shown = (size_t)(newline - text); /* there is one: the last byte is */
        give_line(multilog, text, shown + 1, shown);
        text = newline + 1;
    }
}

/* The line that was held ends at `newline`. */
static void end_held(struct multilog *multilog, char const *newline)
{
    size_t shown = (size_t)(newline - multilog->input);

    if (multilog->in_line)
        give_more(multilog, multilog->input, shown + 1);
    else {
        set_stamp(multilog, &multilog->began);
        give_lines(multilog, multilog->input, newline + 1);
    }
    multilog->in_line = 0;
}

/* Input is full and the line has no end: what there is goes on its way. */
static void give_part(struct multilog *multilog)
{
    if (multilog->in_line)
        give_more(multilog, multilog->input, multilog->held);
    else {
        set_stamp(multilog, &multilog->began);
        give_line(multilog, multilog->input, multilog->held, multilog->held);
    }
    multilog->in_line = 1;
    multilog->held = 0;
}

void multilog_take(struct multilog *multilog, size_t length, struct timespec const *now)
{
    char *text = multilog->input, *end = text + multilog->held + length;
    char *last = memrchr(text + multilog->held, '\n', length);

    if (!multilog->held && !multilog->in_line)
        multilog->began = *now;
    else if (last) {
        char *newline = memchr(text + multilog->held, '\n', length);
        end_held(multilog, newline);
        text = newline + 1;
    }
    if (last) {
        set_stamp(multilog, now);
        if (text <= last) give_lines(multilog, text, last + 1);
        text = last + 1;
        multilog->began = *now;
    }
    multilog->held = (size_t)(end - text);
    if (text != multilog->input) memmove(multilog->input, text, multilog->held);
    if (multilog->held == MULTILOG_INPUT) give_part(multilog);
}

void multilog_end(struct multilog *multilog)
{
    if (!multilog->held && !multilog->in_line) return;
    multilog->input[multilog->held] = '\n';
    end_held(multilog, multilog->input + multilog->held);
    multilog->held = 0;
}

void multilog_flush_all(struct multilog *multilog)
{
    if (multilog->alerts_length) flush_alerts(multilog);
    for (size_t i = 0; i < multilog->output_count; i++)
        multilog_flush(multilog, multilog->outputs + i);
    for (size_t i = 0; i < multilog->status_count; i++)
        if (multilog->statuses[i].changed) flush_status(multilog, multilog->statuses + i);
}
