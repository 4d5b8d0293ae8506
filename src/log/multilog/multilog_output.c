/* ISC license. */

/* A log directory: the steps of its beginning, its rotations and its end. */

#include <errno.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sv/clock.h>
#include <sv/message.h>

#include "multilog.h"
#include "record.h"

void multilog_pause_for(struct multilog *multilog, struct output *output)
{
    multilog_pause(multilog, &output->trouble, output->directory.path,
                   &output->directory.trouble, output->settings.pause_ms);
}

/* Looks, if need be again and again. Returns 0 if we are leaving and it did not work. */
static int look(struct multilog *multilog, struct output *output)
{
    while (!sv_logdir_look(&output->directory, &output->situation)) {
        multilog_pause_for(multilog, output);
        if (multilog->leaving) return 0;
    }
    return 1;
}

static int reach(struct multilog *multilog, struct output *output,
                 enum sv_logplan_goal goal, int must);

/*
 * Leaves what has been made ready already as it was found, unless there is more to be
 * done with it: that is as if we had been killed.
 */
static void leave_others(struct multilog *multilog)
{
    int all = !multilog->recovers;

    for (size_t i = 0; i < multilog->output_count; i++) {
        struct output *output = multilog->outputs + i;
        if (!output->situation.held) continue;
        if (output->situation.previous == SV_LOGPLAN_OTHER_ABSENT)
            (void)reach(multilog, output, SV_LOGPLAN_CLOSE, 0);
        else
            all = 0;
    }
    if (all && !multilog->held) multilog_end_record(multilog);
}

static int is_temporary(int error)
{
    return error == EWOULDBLOCK || error == ENOSPC || error == EDQUOT || error == EMFILE
           || error == ENFILE || error == ENOMEM || error == EIO;
}

/* What cannot be had is died of. */
static void die_of(struct multilog *multilog, struct output *output, char const *verb)
{
    struct sv_logdir_trouble trouble = output->directory.trouble;
    int code = multilog->hasty && is_temporary(trouble.error) ? MULTILOG_TEMPORARY : 111;

    if (multilog->record.head) leave_others(multilog);
    sv_dieu(code, verb, output->directory.path, trouble.file ? "/" : "",
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

    if (multilog->running) return;
    if (step != SV_LOGPLAN_CREATE_CURRENT && step != SV_LOGPLAN_REOPEN_CURRENT
        && step != SV_LOGPLAN_RESET_STATE)
        return;
    /* daemontools' word for it at the start is another than in a rotation */
    die_of(multilog, output, strcmp(verb, "create ") ? verb : "write to ");
}

/* The record knows which file current is. */
static void note_step(struct multilog *multilog, struct output *output,
                      enum sv_logplan_step step)
{
    if (step == SV_LOGPLAN_RETIRE_CURRENT) output->age_ms = 0;
    if (step == SV_LOGPLAN_CREATE_CURRENT || step == SV_LOGPLAN_REOPEN_CURRENT)
        multilog_note_current(multilog, output);
}

/* The directory is another one: nothing is known of it, nor watched in it. */
static int renewed(struct multilog *multilog, struct output *output)
{
    output->situation.processor = SV_LOGPLAN_PROCESSOR_IDLE;
    output->processing = 0;
    output->again_ms = output->age_ms = 0;
    if (!output->number) multilog_move_record(multilog);
    multilog_watch(output);
    return look(multilog, output);
}

/*
 * Does one step towards the goal. Returns 1 if it was done, 0 if there was trouble: then
 * the situation has still to be looked at afresh.
 */
static int do_step(struct multilog *multilog, struct output *output,
                   enum sv_logplan_goal goal, enum sv_logplan_step step)
{
    struct sv_logdir *directory = &output->directory;
    struct sv_logplan_room room =
        sv_logplan_keep(goal, directory->files, &output->situation);

    if (step == SV_LOGPLAN_RETIRE_CURRENT) multilog_note_retiring(multilog, output);
    if (!sv_logdir_step(directory, step, room)) return 0;
    sv_logplan_after(step, &output->situation);
    note_step(multilog, output, step);
    return step != SV_LOGPLAN_RENEW_DIRECTORY || renewed(multilog, output);
}

/*
 * Reaches the goal, which does not wait for a processor. Trouble is waited for, unless we
 * are leaving and `must` is not set: then there is a next multilog to do it. Returns
 * whether it was reached.
 */
static int reach(struct multilog *multilog, struct output *output,
                 enum sv_logplan_goal goal, int must)
{
    for (;;) {
        enum sv_logplan_step step =
            sv_logplan_next(goal, output->directory.processor != 0, &output->situation);
        if (step == SV_LOGPLAN_DONE) break;
        if (step == SV_LOGPLAN_WAIT) {
            (void)multilog_wait(multilog, 0, INT64_MAX);
            if (!output->directory.pid)
                output->situation.processor = SV_LOGPLAN_PROCESSOR_IDLE;
            continue;
        }
        if (do_step(multilog, output, goal, step)) continue;
        if (multilog_make_room(output, output->directory.trouble.error)) continue;
        if (goal == SV_LOGPLAN_START) check_start(multilog, output, step);
        multilog_pause_for(multilog, output);
        (void)look(multilog,
                   output); /* it fails only if we leave: so does the next step */
        if (multilog->leaving && !must) return 0;
    }
    multilog_well(&output->trouble);
    return 1;
}

void multilog_open(struct multilog *multilog, struct output *output)
{
    if (!sv_logdir_open(&output->directory))
        die_of(multilog, output, output->directory.trouble.verb);
    multilog_watch(output);
}

void multilog_look(struct multilog *multilog, struct output *output)
{
    if (!sv_logdir_look(&output->directory, &output->situation))
        die_of(multilog, output, output->directory.trouble.verb);
}

void multilog_begin_age(struct output *output)
{
    if (output->settings.age_s && output->directory.bytes && !output->age_ms)
        output->age_ms = sv_clock_monotonic_ms() + (int64_t)output->settings.age_s * 1000;
}

int multilog_start(struct multilog *multilog, struct output *output)
{
    if (!reach(multilog, output, SV_LOGPLAN_START, 0)) return 0;
    multilog_begin_age(output);
    output->processing = 1;    /* if there is nothing to be done, that is soon known */
    output->watched_stale = 1; /* it may have been removed before it was watched */
    return 1;
}

/* ---- Finished files --------------------------------------------------------------- */

/* Something with the finished file has not worked: later again, the lines go on. */
static void put_off(struct output *output, struct sv_logdir_trouble const *what)
{
    int64_t delay_ms =
        multilog_complain(&output->processing_trouble, output->directory.path, what,
                          output->settings.pause_ms);

    output->again_ms = sv_clock_monotonic_ms() + delay_ms;
}

/* The processor has ended: returns whether well. */
static int judge(struct output *output)
{
    static struct sv_logdir_trouble const failed = {"processor failed in ", 0, "", 0};
    static struct sv_logdir_trouble const crashed = {"processor crashed in ", 0, "", 0};

    if (WIFEXITED(output->wstat) && !WEXITSTATUS(output->wstat)) {
        output->situation.processor = SV_LOGPLAN_PROCESSOR_SUCCEEDED;
        return 1;
    }
    output->situation.processor = SV_LOGPLAN_PROCESSOR_IDLE;
    put_off(output, WIFEXITED(output->wstat) ? &failed : &crashed);
    return 0;
}

void multilog_process(struct multilog *multilog, struct output *output)
{
    struct sv_logplan_situation *situation = &output->situation;

    if (!output->processing || output->directory.pid) return;
    if (situation->processor == SV_LOGPLAN_PROCESSOR_RUNNING && !judge(output)) return;
    output->again_ms = 0;
    for (;;) {
        enum sv_logplan_step step =
            sv_logplan_next(SV_LOGPLAN_PROCESS, output->directory.processor != 0,
                            situation);
        if (step == SV_LOGPLAN_WAIT) return;
        if (step == SV_LOGPLAN_DONE) break;
        if (do_step(multilog, output, SV_LOGPLAN_PROCESS, step)) continue;
        struct sv_logdir_trouble what = output->directory.trouble;
        (void)sv_logdir_look(&output->directory, situation); /* or the next step fails */
        put_off(output, &what);
        return;
    }
    output->processing = 0;
    multilog_well(&output->processing_trouble);
    if (output->due) multilog_rotate(multilog, output);
}

static int give_up_processing(struct multilog *multilog, struct output *output)
{
    output->processing = 0;
    output->again_ms = 0;
    return reach(multilog, output, SV_LOGPLAN_ABANDON, 1);
}

/*
 * Waits until the finished file is dealt with: there is no room for another one. Leaving,
 * a processor that runs is waited for, but not tried again; if we `must`, it is left to
 * the next multilog then. Returns whether it is done.
 */
static int finish_processing(struct multilog *multilog, struct output *output, int must)
{
    int64_t patience_ms = sv_clock_monotonic_ms() + MULTILOG_PATIENCE_MS;

    for (;;) {
        int64_t now_ms = sv_clock_monotonic_ms();
        if (!output->again_ms || output->again_ms <= now_ms || multilog->leaving)
            multilog_process(multilog, output);
        if (!output->processing) return 1;
        if (multilog->hasty && !output->directory.pid)
            return give_up_processing(multilog, output);
        if (multilog->leaving && !output->directory.pid) {
            if (!must) return 0;
            multilog_leave_now(multilog);
        }
        if (output->directory.pid && now_ms >= patience_ms) {
            sv_warn("processor still runs in ", output->directory.path, ", pausing");
            patience_ms = INT64_MAX;
        }
        (void)multilog_wait(multilog, 0,
                            output->directory.pid ? patience_ms : output->again_ms);
    }
}

void multilog_turn(struct multilog *multilog, struct output *output, int must)
{
    if (!finish_processing(multilog, output, must)) return;
    if (reach(multilog, output, SV_LOGPLAN_RETIRE, must)) {
        output->processing = 1;
        multilog_process(multilog, output);
        return;
    }
    /* it stays current after all, and is not to say any more that all of it is on disk */
    (void)reach(multilog, output, SV_LOGPLAN_START, 0);
}

void multilog_rotate(struct multilog *multilog, struct output *output)
{
    output->due = output->processing;
    if (output->directory.bytes && !output->due) multilog_turn(multilog, output, 0);
}

void multilog_restore(struct multilog *multilog, struct output *output)
{
    output->watched_stale = 0;
    if (!look(multilog, output)) return;
    if (output->situation.held && !output->situation.removed) return;
    (void)reach(multilog, output, SV_LOGPLAN_START, 1);
}

void multilog_close(struct multilog *multilog, struct output *output)
{
    if (output->processing && !finish_processing(multilog, output, 0))
        (void)reach(multilog, output, SV_LOGPLAN_ABANDON, 0);
    (void)reach(multilog, output, SV_LOGPLAN_CLOSE, 0); /* or the next start does it */
}
