/* ISC license. */

/*
 * What gets lines and is no log: standard error, standard output, status files, UDP. None
 * of them can be asked what it has got already, so after a kill a line may be told twice.
 */

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <sv/clock.h>
#include <sv/datagram.h>
#include <sv/message.h>

#include "multilog.h"
#include "record.h"

#define ALERT_NAME "multilog: alert: "

/* Whole lines, several at once. Nobody is told if there is no reader. */
static void flush_sink(struct sink *sink)
{
    size_t written = 0;

    while (written < sink->length) {
        ssize_t count = write(sink->fd, sink->text + written, sink->length - written);
        if (count >= 0)
            written += (size_t)count;
        else if (errno == EAGAIN) {
            iopause_fd room = {.fd = sink->fd, .events = IOPAUSE_WRITE};
            if (sv_clock_wait(&room, 1, INT64_MAX) < 0) break;
        } else if (errno != EINTR)
            break;
    }
    sink->length = 0;
}

static void put(struct sink *sink, char const *data, size_t length)
{
    while (length) {
        if (sink->length == sizeof sink->text) flush_sink(sink);
        size_t room = sizeof sink->text - sink->length;
        size_t part = length < room ? length : room;
        memcpy(sink->text + sink->length, data, part);
        sink->length += part;
        data += part;
        length -= part;
    }
}

/* A line is not spread over two writes if it fits into one. */
static void begin_line(struct sink *sink, size_t length)
{
    if (length > sizeof sink->text - sink->length) flush_sink(sink);
}

static void alert(struct multilog *multilog, struct action const *action,
                  char const *text, size_t length)
{
    struct sink *sink = &multilog->alerts;
    size_t shown = length > action->alert_bytes ? action->alert_bytes : length;

    begin_line(sink, shown + sizeof ALERT_NAME + 4);
    if (action->kind == SV_LOGSCRIPT_ALERT_NAMED)
        put(sink, ALERT_NAME, sizeof ALERT_NAME - 1);
    put(sink, text, shown);
    if (shown < length) put(sink, "...", 3);
    put(sink, "\n", 1);
}

static void show_status(struct status *status, char const *text, size_t length)
{
    size_t most = status->size ? status->size - 1 : sizeof status->text - 1;

    if (length > most) length = most;
    memcpy(status->text, text, length);
    status->length = status->size ? status->size : length + 1;
    memset(status->text + length, '\n', status->length - length);
    status->changed = 1;
}

/*
 * One datagram for each line, which ends in a newline as svlogd's does. One that cannot
 * be sent is lost: a logger waits for its disk, not for a network. A socket that does not
 * work any more is opened again for the next line.
 */
static void transmit(struct action *action, char const *line, size_t length)
{
    if (action->fd < 0) action->fd = multilog_socket(action->address);
    if (action->fd < 0 || sv_datagram_send(action->fd, line, length)) return;
    if (errno == EAGAIN || errno == EMSGSIZE) return;
    (void)close(action->fd); /* there is nothing in it */
    action->fd = -1;
}

void multilog_tell(struct multilog *multilog, struct action *action, char const *text,
                   size_t shown)
{
    char line[MULTILOG_TEXT + 1];
    size_t lead = action->lead_length, length = lead + shown;

    if (multilog->told) return;
    if (action->kind == SV_LOGSCRIPT_PRINT) {
        begin_line(&multilog->prints, length + 1);
        put(&multilog->prints, action->lead, lead);
        put(&multilog->prints, text, shown);
        if (!multilog->partial) put(&multilog->prints, "\n", 1);
        return;
    }
    if (length > SV_LOGSCRIPT_HEAD) length = SV_LOGSCRIPT_HEAD;
    memcpy(line, action->lead, lead);
    memcpy(line + lead, text, length - lead);
    if (action->status)
        show_status(action->status, line, length);
    else if (action->kind == SV_LOGSCRIPT_SEND
             || action->kind == SV_LOGSCRIPT_SEND_ONLY) {
        line[length] = '\n';
        transmit(action, line, length + 1);
    } else
        alert(multilog, action, line, length);
}

void multilog_tell_more(struct multilog *multilog, char const *text, size_t length)
{
    if (!multilog->told) put(&multilog->prints, text, length);
}

static int write_status(struct status *status)
{
    size_t written = 0;

    while (written < status->length) {
        ssize_t count = pwrite(status->fd, status->text + written,
                               status->length - written, (off_t)written);
        if (count > 0)
            written += (size_t)count;
        else if (count < 0 && errno != EINTR)
            return 0;
    }
    return status->size || !ftruncate(status->fd, (off_t)status->length);
}

static void flush_status(struct multilog *multilog, struct status *status)
{
    while (!write_status(status)) {
        struct sv_logdir_trouble trouble = {"write ", 0, "", errno};
        multilog_pause(multilog, &status->trouble, status->file, &trouble, 0);
        if (multilog->leaving) return; /* no log line is lost with it */
    }
    multilog_well(&status->trouble);
    status->changed = 0;
}

void multilog_flush_sinks(struct multilog *multilog)
{
    int tells = multilog->alerts.length || multilog->prints.length;

    if (multilog->alerts.length) flush_sink(&multilog->alerts);
    if (multilog->prints.length) flush_sink(&multilog->prints);
    for (size_t i = 0; i < multilog->status_count; i++)
        if (multilog->statuses[i].changed) flush_status(multilog, multilog->statuses + i);
    if (tells) multilog_note_told(multilog);
}
