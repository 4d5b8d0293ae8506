/* ISC license. */

/* A log directory: what is written to it, and the steps of its rotation. */

#include <string.h>
#include <sys/wait.h>

#include <sv/message.h>

#include "multilog.h"

/* From so many bytes on, written from where they are. */
#define WORTH_NO_COPY 16384

static void pause_for(struct multilog *multilog, struct output *output)
{
    multilog_pause(multilog, &output->trouble, output->directory.path,
                   &output->directory.trouble);
}

/* The processor runs: waits for its end. What it means is noted in the situation. */
static void await_processor(struct multilog *multilog, struct output *output)
{
    static struct sv_logdir_trouble const failed = {"processor failed in ", 0, "", 0};
    static struct sv_logdir_trouble const crashed = {"processor crashed in ", 0, "", 0};

    while (output->directory.pid) (void)multilog_wait(multilog, 0, INT64_MAX);
    if (WIFEXITED(output->wstat) && !WEXITSTATUS(output->wstat)) {
        output->situation.processor = SV_LOGPLAN_PROCESSOR_SUCCEEDED;
        return;
    }
    output->situation.processor = SV_LOGPLAN_PROCESSOR_IDLE;
    multilog_pause(multilog, &output->trouble, output->directory.path,
                   WIFEXITED(output->wstat) ? &failed : &crashed);
}

/* Looks, if need be again and again. Returns 0 if we are leaving and it did not work. */
static int look(struct multilog *multilog, struct output *output)
{
    while (!sv_logdir_look(&output->directory, &output->situation)) {
        pause_for(multilog, output);
        if (multilog->leaving) return 0;
    }
    return 1;
}

/* Leaves what has been made ready already, and dies of what cannot be. */
static void die_of(struct multilog *multilog, struct output *output, char const *verb)
{
    struct sv_logdir_trouble trouble = output->directory.trouble;

    for (size_t i = 0; i < multilog->output_count; i++)
        if (multilog->outputs[i].situation.held)
            multilog_close(multilog, multilog->outputs + i);
    sv_dieu(111, verb, output->directory.path, trouble.file ? "/" : "",
            trouble.file ? trouble.file : "", trouble.tail, ": ",
            sv_errortext(trouble.error));
}

/*
 * A step has failed. At the start, what cannot be had is not waited for: whoever has
 * started us must hear of it. Only with old files that cannot be finished there is
 * patience.
 */
static void check_start(struct multilog *multilog, struct output *output,
                        enum sv_logplan_step step)
{
    char const *verb = output->directory.trouble.verb;

    if (step != SV_LOGPLAN_CREATE_CURRENT && step != SV_LOGPLAN_REOPEN_CURRENT
        && step != SV_LOGPLAN_RESET_STATE)
        return;
    /* daemontools' word for it at the start is another than in a rotation */
    die_of(multilog, output, strcmp(verb, "create ") ? verb : "write to ");
}

/*
 * Does one step towards the goal. Returns 1 if it was done, 0 if there was trouble, which
 * has been waited for, and the situation looked at afresh.
 */
static int take_step(struct multilog *multilog, struct output *output,
                     enum sv_logplan_goal goal, enum sv_logplan_step step)
{
    struct sv_logdir *directory = &output->directory;

    if (step == SV_LOGPLAN_WAIT) {
        await_processor(multilog, output);
        return output->situation.processor == SV_LOGPLAN_PROCESSOR_SUCCEEDED;
    }
    if (sv_logdir_step(directory, step, sv_logplan_keep(goal, directory->files))) {
        sv_logplan_after(step, &output->situation);
        if (step != SV_LOGPLAN_RENEW_DIRECTORY) return 1;
        output->situation.processor = SV_LOGPLAN_PROCESSOR_IDLE;
        return look(multilog, output);
    }
    if (goal == SV_LOGPLAN_START) check_start(multilog, output, step);
    pause_for(multilog, output);
    (void)look(multilog, output); /* it fails only if we leave: so does the next step */
    return 0;
}

/*
 * Reaches the goal. Trouble is waited for, unless we are leaving and `must` is not set:
 * then there is a next multilog to do it. Returns whether it was reached.
 */
static int reach(struct multilog *multilog, struct output *output,
                 enum sv_logplan_goal goal, int must)
{
    for (;;) {
        enum sv_logplan_step step =
            sv_logplan_next(goal, output->directory.processor != 0, &output->situation);
        if (step == SV_LOGPLAN_DONE) break;
        if (!take_step(multilog, output, goal, step) && multilog->leaving && !must)
            return 0;
    }
    multilog_well(&output->trouble);
    return 1;
}

void multilog_open(struct multilog *multilog, struct output *output)
{
    if (!sv_logdir_open(&output->directory))
        die_of(multilog, output, output->directory.trouble.verb);
}

int multilog_start(struct multilog *multilog, struct output *output)
{
    if (!sv_logdir_look(&output->directory, &output->situation))
        die_of(multilog, output, output->directory.trouble.verb);
    return reach(multilog, output, SV_LOGPLAN_START, 0);
}

/* `must`: there are more bytes to be written. */
static void rotate(struct multilog *multilog, struct output *output, int must)
{
    if (reach(multilog, output, SV_LOGPLAN_RETIRE, must)) {
        /* what is not done now is done at the next start */
        if (!reach(multilog, output, SV_LOGPLAN_PROCESS, 0))
            (void)reach(multilog, output, SV_LOGPLAN_ABANDON, 0);
        return;
    }
    /* it stays current after all: what may still come must be synced again */
    if (output->situation.current == SV_LOGPLAN_CURRENT_SEALED)
        output->situation.current = SV_LOGPLAN_CURRENT_OPEN;
}

static void write_share(struct multilog *multilog, struct output *output,
                        char const *data, size_t length)
{
    while (length) {
        size_t written = sv_logdir_write(&output->directory, data, length);
        if (written) {
            multilog_well(&output->trouble);
            output->situation.current = SV_LOGPLAN_CURRENT_OPEN;
            data += written;
            length -= written;
        } else
            pause_for(multilog, output); /* also when leaving: the line has been read */
    }
}

/* Writes all of it, and begins new files where that is due. */
static void write_out(struct multilog *multilog, struct output *output, char const *data,
                      size_t length)
{
    while (length) {
        struct sv_logplan_file file = {
            .size = output->size,
            .tolerance = SV_LOGPLAN_TOLERANCE,
            .bytes = output->directory.bytes,
            .in_line = output->directory.in_line,
        };
        struct sv_logplan_share share = sv_logplan_share(&file, data, length);
        write_share(multilog, output, data, share.take);
        data += share.take;
        length -= share.take;
        if (share.rotate) rotate(multilog, output, length > 0);
    }
}

void multilog_append(struct multilog *multilog, struct output *output, char const *data,
                     size_t length)
{
    if (length > MULTILOG_PENDING - output->pending_length)
        multilog_flush(multilog, output);
    if (length >= WORTH_NO_COPY && !output->pending_length) {
        write_out(multilog, output, data, length);
        return;
    }
    memcpy(output->pending + output->pending_length, data, length);
    output->pending_length += length;
}

void multilog_append_stamped(struct multilog *multilog, struct output *output,
                             char const *data, size_t length)
{
    size_t stamp_length = multilog->stamp_length;

    if (stamp_length + length > MULTILOG_PENDING - output->pending_length)
        multilog_flush(multilog, output);
    char *to = output->pending + output->pending_length;
    memcpy(to, multilog->head, stamp_length);
    memcpy(to + stamp_length, data, length);
    output->pending_length += stamp_length + length;
}

void multilog_flush(struct multilog *multilog, struct output *output)
{
    size_t length = output->pending_length;

    output->pending_length = 0;
    if (length) write_out(multilog, output, output->pending, length);
}

void multilog_rotate(struct multilog *multilog, struct output *output)
{
    if (output->directory.bytes) rotate(multilog, output, 0);
}

void multilog_close(struct multilog *multilog, struct output *output)
{
    (void)reach(multilog, output, SV_LOGPLAN_CLOSE, 0); /* or the next start does it */
}
