/* ISC license. */

/*
 * What a run, or a check of it, says about itself: that it is ready, that it lives, that
 * it ends; and what follows when it does not say so in time.
 */

#include "machine_step.h"

static int is_in_service(struct sv_machine const *machine)
{
    return machine->phase == SV_PHASE_UP || machine->phase == SV_PHASE_STARTING;
}

/* It counts while the run is ready and not paused. */
void sv_step_feed_watchdog(struct sv_step const *step)
{
    struct sv_machine *machine = step->machine;
    int counts = machine->phase == SV_PHASE_UP && !machine->paused
                 && machine->watchdog_every_ms != SV_NEVER;

    machine->watchdog_ms =
        counts ? step->event->now_ms + machine->watchdog_every_ms : SV_NEVER;
}

void sv_step_pause_deadlines(struct sv_step const *step)
{
    struct sv_machine *machine = step->machine;
    uint32_t timeout_ms = step->settings->timeout_ready_ms;

    sv_step_feed_watchdog(step);
    if (machine->phase != SV_PHASE_STARTING) return;
    machine->ready_ms =
        machine->paused || !timeout_ms ? SV_NEVER : step->event->now_ms + timeout_ms;
}

static void ready(struct sv_step const *step)
{
    struct sv_machine *machine = step->machine;

    if (machine->phase != SV_PHASE_STARTING && !machine->reloading) return;
    sv_step_because(step, step->event->cause, 0);
    machine->reloading = 0;
    if (machine->phase != SV_PHASE_STARTING) return;
    machine->phase = SV_PHASE_UP;
    machine->ready_ms = SV_NEVER;
    sv_step_feed_watchdog(step);
}

static void reloads(struct sv_step const *step)
{
    struct sv_machine *machine = step->machine;

    if (machine->phase != SV_PHASE_UP || machine->reloading) return;
    sv_step_because(step, SV_CAUSE_RELOADS, 0);
    machine->reloading = 1;
}

/* It ends by itself: nothing has to be sent for that, and nobody has asked for it. */
static void stops(struct sv_step const *step)
{
    struct sv_machine *machine = step->machine;

    if (!is_in_service(machine)) return;
    sv_step_because(step, SV_CAUSE_STOPS, 0);
    machine->phase = SV_PHASE_STOPPING;
    machine->reason = step->actions->cause;
    machine->reloading = 0;
    machine->ready_ms = machine->watchdog_ms = SV_NEVER;
    sv_step_limit_stop(step);
}

static void alive(struct sv_step const *step)
{
    struct sv_machine *machine = step->machine;

    if (step->event->value_ms) machine->watchdog_every_ms = step->event->value_ms;
    sv_step_feed_watchdog(step);
}

static void later(int64_t *deadline_ms, int64_t when_ms)
{
    if (*deadline_ms != SV_NEVER && *deadline_ms < when_ms) *deadline_ms = when_ms;
}

static void extend(struct sv_step const *step)
{
    struct sv_machine *machine = step->machine;
    int64_t when_ms = step->event->now_ms + step->event->value_ms;

    later(&machine->ready_ms, when_ms);
    if (machine->phase == SV_PHASE_STOPPING) later(&machine->kill_ms, when_ms);
}

static void take_main(struct sv_step const *step)
{
    struct sv_machine *machine = step->machine;

    if (step->event->pid <= 0 || step->event->pid == machine->pid) return;
    sv_step_because(step, SV_CAUSE_MAIN, (uint32_t)machine->pid);
    machine->pid = step->event->pid;
}

static void condemn(struct sv_step const *step, enum sv_cause_kind cause)
{
    int by_watchdog = cause == SV_CAUSE_WATCHDOG || cause == SV_CAUSE_TRIGGERED;

    if (!is_in_service(step->machine) || step->machine->paused) return;
    sv_step_because(step, cause, 0);
    sv_step_condemn(step, by_watchdog ? step->settings->watchdog_signal
                                      : step->settings->down_signal);
}

/* What was lost comes back, and then the service does. */
static void needs_lost(struct sv_step const *step)
{
    struct sv_machine *machine = step->machine;

    if (!is_in_service(machine)) return;
    sv_step_because(step, step->event->cause, 0);
    if (machine->wanted == SV_WANTED_UP) machine->again = 1;
    sv_step_stop_child(step);
}

void sv_step_told(struct sv_step const *step)
{
    enum sv_event_kind kind = step->event->kind;

    if (kind == SV_EVENT_READY) ready(step);
    if (kind == SV_EVENT_RELOADS) reloads(step);
    if (kind == SV_EVENT_STOPS) stops(step);
    if (kind == SV_EVENT_ALIVE) alive(step);
    if (kind == SV_EVENT_EXTEND) extend(step);
    if (kind == SV_EVENT_MAIN) take_main(step);
    if (kind == SV_EVENT_CONDEMNED) condemn(step, step->event->cause);
    if (kind == SV_EVENT_NEEDS_LOST) needs_lost(step);
}

void sv_step_unready_time(struct sv_step const *step)
{
    struct sv_machine const *machine = step->machine;
    int64_t now_ms = step->event->now_ms;

    if (now_ms >= machine->ready_ms)
        condemn(step, SV_CAUSE_READY_TIMEOUT);
    else if (now_ms >= machine->watchdog_ms)
        condemn(step, SV_CAUSE_WATCHDOG);
}
