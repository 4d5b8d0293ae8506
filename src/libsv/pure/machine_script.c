/* ISC license. */

/*
 * encore's two scripts: start, which runs once before the service does, and stop, which
 * runs once when it is down for good.
 */

#include <errno.h>
#include <sys/wait.h>

#include "machine_step.h"

void sv_step_script_started(struct sv_step const *step)
{
    struct sv_machine *machine = step->machine;
    int is_stop = machine->phase == SV_PHASE_CLEANING;

    if (!is_stop) sv_step_because_of(step, &machine->reason);
    sv_step_because(step, SV_CAUSE_EXECUTED, 0);
    sv_step_rest(step, is_stop ? SV_PHASE_CLEANING : SV_PHASE_PREPARING);
    machine->child = is_stop ? SV_CHILD_STOP : SV_CHILD_START;
    machine->pid = step->event->pid;
    machine->settled_ms = step->event->now_ms + SV_SETTLE_MS;
    if (!is_stop) machine->unstopped = 1;
    if (is_stop && step->settings->timeout_kill_ms)
        machine->kill_ms = step->event->now_ms + step->settings->timeout_kill_ms;
}

/* Nothing that is wrong with the script: another time it may be executed. */
static int will_pass(int error_number)
{
    return error_number == EAGAIN || error_number == ENOMEM || error_number == EMFILE
           || error_number == ENFILE || error_number == ETXTBSY || error_number == EIO;
}

void sv_step_script_failed(struct sv_step const *step)
{
    struct sv_event const *event = step->event;

    sv_step_because(step, event->exec_failed ? SV_CAUSE_EXEC : SV_CAUSE_FORK,
                    (uint32_t)event->error_number);
    if (step->machine->phase == SV_PHASE_CLEANING)
        sv_step_rest(step, SV_PHASE_DOWN);
    else if (event->exec_failed && !will_pass(event->error_number))
        sv_step_fail(step);
    else
        sv_step_retry_later(step);
}

static int has_succeeded(struct sv_event const *event)
{
    return !event->unseen && WIFEXITED(event->wait_status)
           && !WEXITSTATUS(event->wait_status);
}

/* How it ended. The two scripts have different words for failing: one matters. */
static void because_ended(struct sv_step const *step, int is_start)
{
    int status = step->event->wait_status;

    if (step->event->unseen)
        sv_step_because(step, SV_CAUSE_UNSEEN, 0);
    else if (WIFSIGNALED(status))
        sv_step_because(step, is_start ? SV_CAUSE_START_KILLED : SV_CAUSE_KILLED,
                        (uint32_t)WTERMSIG(status));
    else
        sv_step_because(step, is_start ? SV_CAUSE_START_EXIT : SV_CAUSE_EXIT,
                        (uint32_t)WEXITSTATUS(status));
}

/* Whoever brought it down meanwhile gets that, however it ended. */
static void start_died(struct sv_step const *step)
{
    struct sv_machine *machine = step->machine;

    if (machine->phase == SV_PHASE_STOPPING && machine->wanted == SV_WANTED_DOWN) {
        sv_step_because_of(step, &machine->reason);
        sv_step_go_down(step);
    } else if (machine->phase == SV_PHASE_STOPPING) {
        because_ended(step, 1);
        sv_step_start_at(step, step->event->now_ms); /* from the beginning */
    } else if (has_succeeded(step->event)) {
        sv_step_because(step, SV_CAUSE_PREPARED, 0);
        machine->first = 0;
        machine->prepared = 1;
        sv_step_start_at(step, step->event->now_ms);
    } else {
        because_ended(step, 1);
        sv_step_fail(step);
    }
}

static void stop_died(struct sv_step const *step)
{
    struct sv_machine *machine = step->machine;
    int starts = machine->wanted == SV_WANTED_UP
                 || (machine->wanted == SV_WANTED_ONCE && machine->again);

    because_ended(step, 0);
    if (starts && !machine->leaving)
        sv_step_start_at(step, step->event->now_ms);
    else
        sv_step_rest(step, SV_PHASE_DOWN);
}

void sv_step_script_died(struct sv_step const *step)
{
    if (step->machine->child == SV_CHILD_START)
        start_died(step);
    else
        stop_died(step);
}

/* As a run: it is brought down, and comes again with what was lost. */
void sv_step_unstart(struct sv_step const *step)
{
    struct sv_machine *machine = step->machine;

    sv_step_because(step, step->event->cause, 0);
    sv_step_go_down(step);
    if (machine->phase == SV_PHASE_DOWN && machine->wanted == SV_WANTED_UP)
        sv_step_start_at(step, step->event->now_ms);
}
