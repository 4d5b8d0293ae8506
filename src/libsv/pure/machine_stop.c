/* ISC license. */

/*
 * The machine's signals: what is sent to a run, when, and how a run is made to end.
 */

#include <signal.h>

#include "machine_step.h"

static uint32_t bit(int signal_number)
{
    return (uint32_t)1 << signal_number;
}

/* The down signal has been sent: from now on timeout-kill counts. */
void sv_step_limit_stop(struct sv_step const *step)
{
    struct sv_machine *machine = step->machine;
    uint32_t timeout_ms = step->settings->timeout_kill_ms;

    if (!timeout_ms && machine->condemned) timeout_ms = SV_CONDEMNED_MS;
    if (machine->phase == SV_PHASE_STOPPING && machine->kill_ms == SV_NEVER && timeout_ms)
        machine->kill_ms = step->event->now_ms + timeout_ms;
}

/* Sends what waits, if there is anything and the process has settled. */
static void send_pending(struct sv_step const *step)
{
    struct sv_machine *machine = step->machine;
    struct sv_actions *actions = step->actions;

    if (!sv_step_has_pending(machine)) return;
    if (step->event->now_ms < machine->settled_ms) return;
    actions->signals = machine->pending;
    actions->group_signals = machine->pending_group;
    actions->stop_signals = machine->pending_stop;
    machine->pending = machine->pending_group = machine->pending_stop = 0;
    sv_step_act(step, SV_ACTION_SIGNAL);
    sv_step_limit_stop(step);
}

/* A STOP and a CONT undo each other: the later one wins, whomever it is for. */
void sv_step_send(struct sv_step const *step, int signal_number, int to_group)
{
    struct sv_machine *machine = step->machine;

    if (signal_number != SIGSTOP && signal_number != SIGCONT) {
        machine->asked = 1;
        machine->reason = step->actions->cause;
    }
    if (step->event->command.has_script) return;
    if (signal_number == SIGSTOP || signal_number == SIGCONT) {
        machine->paused = signal_number == SIGSTOP;
        machine->pending &= ~(bit(SIGSTOP) | bit(SIGCONT));
        machine->pending_group &= ~(bit(SIGSTOP) | bit(SIGCONT));
        sv_step_pause_deadlines(step);
    }
    if (step->event->command.handled) return;
    if (to_group)
        machine->pending_group |= bit(signal_number);
    else
        machine->pending |= bit(signal_number);
    send_pending(step);
}

/* The end is coming: nothing is expected of the run any more. */
static void end_other_deadlines(struct sv_machine *machine)
{
    machine->drain_ms = machine->ready_ms = machine->watchdog_ms = SV_NEVER;
    machine->reloading = 0;
}

/* Also what has been told to end otherwise must not be stopped. */
static void send_stop(struct sv_step const *step, uint32_t signals)
{
    struct sv_machine *machine = step->machine;

    end_other_deadlines(machine);
    machine->paused = 0;
    machine->pending &= ~bit(SIGSTOP);
    machine->pending_group &= ~bit(SIGSTOP);
    machine->pending_stop |= signals | bit(SIGCONT);
    send_pending(step);
}

void sv_step_stop_child(struct sv_step const *step)
{
    struct sv_machine *machine = step->machine;

    machine->phase = SV_PHASE_STOPPING;
    machine->reason = step->actions->cause;
    machine->asked = 1;
    if (step->event->command.has_script)
        end_other_deadlines(machine);
    else
        send_stop(step,
                  step->event->command.handled ? 0 : bit(step->settings->down_signal));
}

void sv_step_condemn(struct sv_step const *step, int signal_number)
{
    struct sv_machine *machine = step->machine;

    machine->phase = SV_PHASE_STOPPING;
    machine->reason = step->actions->cause;
    machine->condemned = 1;
    send_stop(step, bit(signal_number));
}

void sv_step_want_down(struct sv_step const *step)
{
    struct sv_machine *machine = step->machine;

    machine->wanted = SV_WANTED_DOWN;
    machine->gave_up = machine->again = 0;
    if (sv_step_can_end(step)) {
        sv_step_stop_child(step);
    } else if (sv_step_is_idle(step)) {
        sv_step_go_down(step);
        machine->quick_deaths = 0;
    }
}

/*
 * svscan says that no more input will come. What was to be started still is: it must
 * read. So is what is down, if there is something left.
 */
void sv_step_drain(struct sv_step const *step)
{
    struct sv_machine *machine = step->machine;
    int64_t now_ms = step->event->now_ms;

    machine->leaving = machine->draining = 1;
    machine->drain_limit_ms = now_ms + SV_DRAIN_LIMIT_MS;
    if (machine->wanted == SV_WANTED_UP) machine->wanted = SV_WANTED_ONCE;
    if (machine->phase == SV_PHASE_DOWN && step->event->input_left)
        machine->wanted = SV_WANTED_ONCE;
    if (machine->child == SV_CHILD_RUN)
        machine->drain_ms = now_ms + SV_DRAIN_MS;
    else if ((machine->phase == SV_PHASE_DOWN && step->event->input_left)
             || machine->phase == SV_PHASE_BACKOFF || machine->phase == SV_PHASE_WAITING)
        sv_step_start_at(step, now_ms);
}

/* KILL is due: to the service by kill-mode, to finish or stop itself. */
static void kill_child(struct sv_step const *step)
{
    struct sv_machine *machine = step->machine;
    int is_run = sv_step_can_end(step);
    int is_finish = machine->child == SV_CHILD_FINISH;

    sv_step_because(step, is_finish ? SV_CAUSE_FINISH_TIMEOUT : SV_CAUSE_KILL_TIMEOUT, 0);
    machine->kill_ms = SV_NEVER;
    if (is_run)
        step->actions->stop_signals = bit(SIGKILL);
    else
        step->actions->signals = bit(SIGKILL);
    sv_step_act(step, SV_ACTION_SIGNAL);
}

/* A logger that should have ended by itself: more time while it has bytes to read. */
static void drain_due(struct sv_step const *step)
{
    struct sv_machine *machine = step->machine;

    if (step->event->input_left && step->event->now_ms < machine->drain_limit_ms) {
        machine->drain_ms = step->event->now_ms + SV_DRAIN_MS;
        return;
    }
    sv_step_because(step, SV_CAUSE_DRAIN_TIMEOUT, 0);
    machine->wanted = SV_WANTED_DOWN;
    sv_step_stop_child(step);
}

void sv_step_child_time(struct sv_step const *step)
{
    struct sv_machine *machine = step->machine;
    int64_t now_ms = step->event->now_ms;

    if (now_ms >= machine->kill_ms) {
        kill_child(step);
    } else if (now_ms >= machine->settled_ms && sv_step_has_pending(machine)) {
        sv_step_because(step, SV_CAUSE_SETTLED, 0);
        send_pending(step);
    } else if (now_ms >= machine->drain_ms) {
        drain_due(step);
    } else {
        sv_step_unready_time(step);
    }
}
