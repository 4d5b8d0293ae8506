/* ISC license. */

/*
 * How a run begins and ends in the machine, and what is decided when it is over.
 */

#include <sys/wait.h>

#include <sv/backoff.h>

#include "machine_step.h"

#define SV_EXIT_FINISH_FAILED 125 /* s6: finish says "permanent failure" */
#define SV_EXIT_RUN_FAILED 100    /* encore: run says "do not restart" */

void sv_step_started(struct sv_step const *step)
{
    struct sv_machine *machine = step->machine;
    int64_t now_ms = step->event->now_ms;

    sv_step_because_of(step, &machine->reason);
    sv_step_rest(step, step->event->says_ready ? SV_PHASE_STARTING : SV_PHASE_UP);
    machine->child = SV_CHILD_RUN;
    machine->pid = step->event->pid;
    machine->exec_failed = 0;
    machine->again = 0;
    machine->first = 0; /* there is none */
    machine->unstopped = 1;
    machine->forks_left = step->settings->expected_forks;
    machine->started_ms = now_ms;
    machine->settled_ms = now_ms + SV_SETTLE_MS;
    if (machine->draining) machine->drain_ms = now_ms + SV_DRAIN_MS;
    if (step->event->says_ready && step->settings->timeout_ready_ms)
        machine->ready_ms = now_ms + step->settings->timeout_ready_ms;
    if (step->settings->watchdog_ms)
        machine->watchdog_every_ms = step->settings->watchdog_ms;
    sv_step_feed_watchdog(step);
}

/*
 * The next try after a start that failed, which counts like a second quick death. Not at
 * once even with a restart-delay of 0: nothing but time can mend it.
 */
void sv_step_retry_later(struct sv_step const *step)
{
    struct sv_machine *machine = step->machine;
    int64_t now_ms = step->event->now_ms;

    machine->quick_deaths = machine->quick_deaths < 2 ? 2 : machine->quick_deaths + 1;
    int64_t next_ms = sv_backoff_next(machine->quick_deaths, now_ms, now_ms,
                                      step->settings->delay_shortest_ms,
                                      step->settings->delay_longest_ms);
    if (next_ms < now_ms + SV_SETTLE_MS) next_ms = now_ms + SV_SETTLE_MS;
    sv_step_start_at(step, next_ms);
}

void sv_step_start_failed(struct sv_step const *step)
{
    struct sv_machine *machine = step->machine;
    struct sv_event const *event = step->event;
    int drained = machine->draining
                  && (event->exec_failed || event->now_ms >= machine->drain_limit_ms);

    sv_step_because(step, event->exec_failed ? SV_CAUSE_EXEC : SV_CAUSE_FORK,
                    (uint32_t)event->error_number);
    machine->exec_failed = event->exec_failed;
    if (drained)
        sv_step_go_down(step);
    else if (event->exec_failed && machine->wanted == SV_WANTED_ONCE)
        sv_step_fail(step);
    else if (event->exec_failed && !event->run_exists)
        sv_step_rest(step, SV_PHASE_NO_RUN);
    else
        sv_step_retry_later(step);
}

/* The next start, as early as the rule allows. */
static void start_again(struct sv_step const *step)
{
    struct sv_machine *machine = step->machine;
    int64_t next_ms =
        sv_backoff_next(machine->quick_deaths, machine->started_ms, step->event->now_ms,
                        step->settings->delay_shortest_ms,
                        step->settings->delay_longest_ms);

    sv_step_start_at(step, next_ms);
}

/* Wanted up: start it again, call it done, or give up, as the file restart says. */
static void apply_restart(struct sv_step const *step)
{
    struct sv_machine *machine = step->machine;
    enum sv_restart restart = step->settings->restart;

    if (restart == SV_RESTART_ALWAYS
        || (restart == SV_RESTART_ON_FAILURE && !machine->succeeded)) {
        start_again(step);
    } else if (machine->succeeded) {
        machine->wanted = SV_WANTED_DOWN;
        sv_step_go_down(step);
    } else {
        sv_step_fail(step);
    }
}

/* The run is over, and finish with it: what now? */
static void judge(struct sv_step const *step)
{
    struct sv_machine *machine = step->machine;
    int must_read_on = machine->draining && machine->wanted == SV_WANTED_ONCE
                       && (!machine->succeeded || step->event->input_left)
                       && step->event->now_ms < machine->drain_limit_ms;

    if (machine->gave_up)
        sv_step_fail(step);
    else if (must_read_on)
        start_again(step);
    else if (machine->leaving && machine->wanted == SV_WANTED_UP)
        sv_step_rest(step, SV_PHASE_DOWN); /* told x, but not d */
    else if (machine->leaving)
        sv_step_go_down(step);
    else if (machine->again && machine->wanted != SV_WANTED_DOWN)
        start_again(step);
    else if (machine->wanted != SV_WANTED_UP)
        sv_step_go_down(step);
    else
        apply_restart(step);
    machine->gave_up = machine->succeeded = 0;
}

/* Whether this signal is the one that an operator has just sent. */
static int is_asked_for(struct sv_machine const *machine, int signal_number)
{
    enum sv_command_kind kind = sv_control_find((unsigned char)machine->reason.detail);

    return machine->asked && machine->reason.kind == SV_CAUSE_COMMAND
           && kind != SV_COMMAND_COUNT && sv_control_signal(kind) == signal_number;
}

/* Why the child has ended: because somebody wanted that, or by what it did itself. */
static void because_ended(struct sv_step const *step)
{
    struct sv_machine const *machine = step->machine;
    int status = step->event->wait_status;
    int is_run = machine->child == SV_CHILD_RUN;
    int signal_number = WIFSIGNALED(status) ? WTERMSIG(status) : 0;

    if (machine->gave_up
        || (is_run
            && ((machine->phase == SV_PHASE_STOPPING
                 && machine->reason.kind != SV_CAUSE_STOPS)
                || (signal_number && is_asked_for(machine, signal_number)))))
        sv_step_because_of(step, &machine->reason);
    else if (step->event->unseen)
        sv_step_because(step, SV_CAUSE_UNSEEN, 0);
    else if (signal_number)
        sv_step_because(step, SV_CAUSE_KILLED, (uint32_t)signal_number);
    else
        sv_step_because(step, SV_CAUSE_EXIT, (uint32_t)WEXITSTATUS(status));
}

/* Whether this death means that the service is not to be started again, whoever wants it.
 */
static int gives_up(struct sv_step const *step)
{
    int status = step->event->wait_status;

    if (step->settings->fails_on_100 && WIFEXITED(status)
        && WEXITSTATUS(status) == SV_EXIT_RUN_FAILED) {
        sv_step_because(step, SV_CAUSE_GAVE_UP, SV_EXIT_RUN_FAILED);
        return 1;
    }
    if (step->event->over_limit && !step->machine->asked
        && step->machine->wanted == SV_WANTED_UP) {
        sv_step_because(step, SV_CAUSE_LIMIT, 0);
        return 1;
    }
    return 0;
}

/* Whether the run goes on in another process; then that is the child from now on. */
static int has_moved(struct sv_step const *step)
{
    struct sv_machine *machine = step->machine;
    struct sv_event const *event = step->event;

    if (!machine->forks_left || !event->heir || event->wait_status) return 0;
    sv_step_because(step, SV_CAUSE_MOVED, (uint32_t)machine->pid);
    machine->forks_left--;
    machine->pid = event->heir;
    machine->paused = 0;
    machine->settled_ms = event->now_ms + SV_SETTLE_MS;
    return 1;
}

void sv_step_finish_or_judge(struct sv_step const *step)
{
    if (step->event->has_finish)
        sv_step_act(step, SV_ACTION_START_FINISH);
    else
        judge(step);
}

void sv_step_died(struct sv_step const *step)
{
    struct sv_machine *machine = step->machine;
    struct sv_event const *event = step->event;

    if (has_moved(step)) return;
    machine->gave_up = gives_up(step) != 0;
    if (machine->gave_up) machine->reason = step->actions->cause;
    because_ended(step);
    machine->succeeded =
        !event->unseen && !machine->condemned && WIFEXITED(event->wait_status)
        && sv_setting_is_success(step->settings,
                                 (unsigned int)WEXITSTATUS(event->wait_status));
    if (machine->asked || event->now_ms - machine->started_ms >= SV_QUICK_MS)
        machine->quick_deaths = 0;
    else
        machine->quick_deaths++;

    sv_step_rest(step, SV_PHASE_FINISHING);
    if (step->settings->kill_mode != SV_KILL_PROCESS) sv_step_act(step, SV_ACTION_SWEEP);
    sv_step_finish_or_judge(step);
}

void sv_step_finish_started(struct sv_step const *step)
{
    struct sv_machine *machine = step->machine;

    sv_step_because(step, SV_CAUSE_EXECUTED, 0);
    machine->child = SV_CHILD_FINISH;
    machine->pid = step->event->pid;
    if (step->settings->timeout_finish_ms)
        machine->kill_ms = step->event->now_ms + step->settings->timeout_finish_ms;
}

void sv_step_finish_failed(struct sv_step const *step)
{
    if (step->machine->gave_up) sv_step_because_of(step, &step->machine->reason);
    sv_step_because(step, SV_CAUSE_EXEC, (uint32_t)step->event->error_number);
    judge(step);
}

void sv_step_finish_died(struct sv_step const *step)
{
    int status = step->event->wait_status;

    if (WIFEXITED(status) && WEXITSTATUS(status) == SV_EXIT_FINISH_FAILED
        && !step->machine->gave_up) {
        step->machine->gave_up = 1;
        sv_step_because(step, SV_CAUSE_GAVE_UP, SV_EXIT_FINISH_FAILED);
    }
    because_ended(step);
    judge(step);
}
