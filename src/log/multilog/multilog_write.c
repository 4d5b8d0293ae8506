/* ISC license. */

/* The bytes of a log directory: what is pending, and on its way into current. */

#include <errno.h>
#include <string.h>

#include <sv/clock.h>
#include <sv/message.h>

#include "multilog.h"

/* From so many bytes on, written from where they are. */
#define WORTH_NO_COPY 16384

#define COPY 32 /* bytes; no less than most stamps, and short lines, have */

/* The disk is full, and old files are worth less than new lines. Said now and then. */
int multilog_make_room(struct output *output, int error)
{
    int64_t now_ms = sv_clock_monotonic_ms();

    if ((error != ENOSPC && error != EDQUOT)
        || output->settings.kept == SV_LOGSCRIPT_NUMBER_MAX
        || !sv_logdir_relieve(&output->directory, output->settings.kept))
        return 0;
    if (now_ms >= output->quiet_ms)
        sv_warnu("write to ", output->directory.path,
                 ", removing old files: ", sv_errortext(error));
    output->quiet_ms = now_ms + MULTILOG_QUIET_MS;
    return 1;
}

static void write_share(struct multilog *multilog, struct output *output,
                        char const *data, size_t length)
{
    while (length) {
        size_t written = sv_logdir_write(&output->directory, data, length);
        if (written) {
            multilog_well(&output->trouble);
            output->situation.current = SV_LOGPLAN_CURRENT_OPEN;
            output->position += written;
            data += written;
            length -= written;
        } else if (!multilog_make_room(output, output->directory.trouble.error))
            multilog_pause_for(multilog,
                               output); /* also when leaving: the line has been read */
    }
    multilog_begin_age(output);
}

/* What a multilog that was killed has written of this batch already. */
static size_t pass_over(struct output *output, size_t length)
{
    size_t part = output->skip < length ? (size_t)output->skip : length;

    output->skip -= part;
    return part;
}

/* Writes all of it, and begins new files where that is due. */
static void write_out(struct multilog *multilog, struct output *output, char const *data,
                      size_t length)
{
    size_t passed = pass_over(output, length);

    data += passed;
    length -= passed;
    while (length) {
        struct sv_logplan_file file = {
            .size = output->settings.size,
            .tolerance = output->settings.tolerance,
            .bytes = output->directory.bytes,
            .in_line = output->directory.in_line,
        };
        struct sv_logplan_share share = sv_logplan_share(&file, data, length);
        write_share(multilog, output, data, share.take);
        data += share.take;
        length -= share.take;
        if (share.rotate) multilog_turn(multilog, output, length > 0);
    }
}

void multilog_append(struct multilog *multilog, struct output *output, char const *data,
                     size_t length)
{
    if (length > MULTILOG_PENDING - COPY - output->pending_length)
        multilog_flush(multilog, output);
    if (length >= WORTH_NO_COPY && !output->pending_length) {
        write_out(multilog, output, data, length);
        return;
    }
    memcpy(output->pending + output->pending_length, data, length);
    output->pending_length += length;
}

/*
 * Copies `length` bytes, and up to COPY for less: a copy of known size needs no call.
 * There is room for that behind what is pending, and something readable behind a lead and
 * behind a line.
 */
static char *put(char *to, char const *from, size_t length)
{
    if (length <= COPY)
        memcpy(to, from, COPY);
    else
        memcpy(to, from, length);
    return to + length;
}

void multilog_append_lines(struct multilog *multilog, struct output *output,
                           char const *lead, size_t lead_length, char const *text,
                           char const *end)
{
    char *to = output->pending + output->pending_length;
    char *limit = output->pending + MULTILOG_PENDING - COPY;

    while (text < end) {
        char const *newline = memchr(text, '\n', (size_t)(end - text));
        size_t length = (size_t)(newline + 1 - text); /* there is one: the last byte is */
        if (lead_length + length > (size_t)(limit - to)) {
            output->pending_length = (size_t)(to - output->pending);
            multilog_flush(multilog, output);
            to = output->pending;
        }
        to = put(put(to, lead, lead_length), text, length);
        text = newline + 1;
    }
    output->pending_length = (size_t)(to - output->pending);
}

void multilog_append_led(struct multilog *multilog, struct output *output,
                         char const *lead, size_t lead_length, char const *data,
                         size_t length)
{
    if (lead_length + length > MULTILOG_PENDING - COPY - output->pending_length)
        multilog_flush(multilog, output);
    char *to = output->pending + output->pending_length;
    memcpy(to, lead, lead_length);
    memcpy(to + lead_length, data, length);
    output->pending_length += lead_length + length;
}

void multilog_flush(struct multilog *multilog, struct output *output)
{
    size_t length = output->pending_length;

    output->pending_length = 0;
    if (length) write_out(multilog, output, output->pending, length);
}
