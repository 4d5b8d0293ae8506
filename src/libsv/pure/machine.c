/* ISC license. */

/*
 * The table in machine.h, written out: which event does what where. What is longer than a
 * line is in machine_command.c, machine_stop.c, machine_run.c, machine_script.c and
 * machine_ready.c.
 */

#include "machine_step.h"

void sv_machine_init(struct sv_machine *machine)
{
    *machine = (struct sv_machine){
        .wanted = SV_WANTED_DOWN,
        .child = SV_CHILD_NONE,
        .phase = SV_PHASE_DOWN,
        .start_ms = SV_NEVER,
        .settled_ms = SV_NEVER,
        .kill_ms = SV_NEVER,
        .ready_ms = SV_NEVER,
        .watchdog_ms = SV_NEVER,
        .watchdog_every_ms = SV_NEVER,
        .drain_ms = SV_NEVER,
        .first = 1,
        .unstopped = 1,
    };
}

void sv_step_act(struct sv_step const *step, enum sv_action_kind kind)
{
    step->actions->list[step->actions->count++] = kind;
}

void sv_step_because_of(struct sv_step const *step, struct sv_cause const *cause)
{
    if (step->actions->changed) return;
    step->actions->changed = 1;
    step->actions->cause = *cause;
}

void sv_step_because(struct sv_step const *step, enum sv_cause_kind kind, uint32_t detail)
{
    struct sv_cause cause = {.kind = kind,
                             .detail = detail,
                             .uid = SV_CONTROL_UID_UNKNOWN};

    if (kind == SV_CAUSE_COMMAND) cause.uid = step->event->command.uid;
    sv_step_because_of(step, &cause);
}

void sv_step_rest(struct sv_step const *step, enum sv_phase phase)
{
    struct sv_machine *machine = step->machine;

    machine->child = SV_CHILD_NONE;
    machine->phase = phase;
    machine->pid = 0;
    machine->forks_left = 0;
    machine->paused = 0;
    machine->asked = 0;
    machine->condemned = machine->reloading = 0;
    machine->pending = machine->pending_group = machine->pending_stop = 0;
    machine->start_ms = machine->settled_ms = SV_NEVER;
    machine->kill_ms = machine->drain_ms = SV_NEVER;
    machine->ready_ms = machine->watchdog_ms = SV_NEVER;
    machine->watchdog_every_ms = SV_NEVER;
}

void sv_step_start_at(struct sv_step const *step, int64_t when_ms)
{
    sv_step_rest(step, SV_PHASE_BACKOFF);
    step->machine->start_ms = when_ms;
    step->machine->reason = step->actions->cause;
}

void sv_step_go_down(struct sv_step const *step)
{
    struct sv_machine *machine = step->machine;
    int has_stop = machine->unstopped && step->settings->has_stop;

    sv_step_rest(step, has_stop ? SV_PHASE_CLEANING : SV_PHASE_DOWN);
    machine->first = 1;
    machine->prepared = machine->unstopped = 0;
    if (has_stop) sv_step_act(step, SV_ACTION_START_STOP);
}

void sv_step_fail(struct sv_step const *step)
{
    sv_step_rest(step, SV_PHASE_FAILED);
    step->machine->first = 1;
    step->machine->prepared = 0;
    step->machine->wanted = SV_WANTED_DOWN;
    step->machine->quick_deaths = 0;
}

static void begin(struct sv_step const *step)
{
    sv_step_because(step, SV_CAUSE_SUPERVISE, 0);
    if (step->event->has_down) return;
    step->machine->wanted = SV_WANTED_UP;
    sv_step_start_at(step, step->event->now_ms);
}

/* A killed supervise may have asked for finish, or stop, and not been answered. */
static void resume(struct sv_step const *step)
{
    struct sv_machine const *machine = step->machine;

    sv_step_because(step, SV_CAUSE_RESUMED, 0);
    if (machine->pid) return;
    if (machine->phase == SV_PHASE_FINISHING)
        sv_step_finish_or_judge(step);
    else if (machine->phase == SV_PHASE_CLEANING && step->settings->has_stop)
        sv_step_act(step, SV_ACTION_START_STOP);
    else if (machine->phase == SV_PHASE_CLEANING)
        sv_step_rest(step, SV_PHASE_DOWN);
}

static void needs_met(struct sv_step const *step)
{
    if (step->machine->phase != SV_PHASE_WAITING) return;
    sv_step_because(step, SV_CAUSE_NEEDS_MET, 0);
    sv_step_start_at(step, step->event->now_ms);
}

static void run_changed(struct sv_step const *step)
{
    if (!sv_machine_watches_run(step->machine)) return;
    sv_step_because(step, SV_CAUSE_RUN_APPEARED, 0);
    step->machine->quick_deaths = 0; /* it is another script now */
    sv_step_start_at(step, step->event->now_ms);
}

/* The answers to START_RUN, START_FINISH and START_STOP. */
static void take_answer(struct sv_step const *step)
{
    struct sv_machine const *machine = step->machine;
    int awaits_run = machine->phase == SV_PHASE_BACKOFF;
    int awaits_finish = machine->phase == SV_PHASE_FINISHING && !machine->pid;
    int awaits_stop = machine->phase == SV_PHASE_CLEANING && !machine->pid;

    if (step->event->kind == SV_EVENT_STARTED && awaits_run) sv_step_started(step);
    if (step->event->kind == SV_EVENT_START_FAILED && awaits_run)
        sv_step_start_failed(step);
    if (step->event->kind == SV_EVENT_WAITS && awaits_run) {
        sv_step_because(step, SV_CAUSE_NEEDS, 0);
        sv_step_rest(step, SV_PHASE_WAITING);
    }
    if (step->event->kind == SV_EVENT_FINISH_STARTED && awaits_finish)
        sv_step_finish_started(step);
    if (step->event->kind == SV_EVENT_FINISH_FAILED && awaits_finish)
        sv_step_finish_failed(step);
    if (step->event->kind == SV_EVENT_SCRIPT_STARTED && (awaits_run || awaits_stop))
        sv_step_script_started(step);
    if (step->event->kind == SV_EVENT_SCRIPT_FAILED && (awaits_run || awaits_stop))
        sv_step_script_failed(step);
    if (step->event->kind == SV_EVENT_NO_RUN && awaits_run && machine->prepared) {
        sv_step_because(step, SV_CAUSE_PREPARED, 0);
        sv_step_rest(step, SV_PHASE_STARTED);
        step->machine->again = step->machine->quick_deaths = 0;
        step->machine->started_ms = step->event->now_ms;
    }
}

static void dispatch(struct sv_step const *step)
{
    struct sv_machine *machine = step->machine;

    switch (step->event->kind) {
    case SV_EVENT_BEGIN: begin(step); break;
    case SV_EVENT_COMMAND: sv_step_obey(step); break;
    case SV_EVENT_TERMINATE:
        sv_step_because(step, SV_CAUSE_SIGNAL, 0);
        machine->leaving = 1;
        sv_step_want_down(step);
        break;
    case SV_EVENT_DRAIN:
        sv_step_because(step, SV_CAUSE_INPUT_ENDS, 0);
        sv_step_drain(step);
        break;
    case SV_EVENT_STARTED:
    case SV_EVENT_START_FAILED:
    case SV_EVENT_FINISH_STARTED:
    case SV_EVENT_FINISH_FAILED:
    case SV_EVENT_SCRIPT_STARTED:
    case SV_EVENT_SCRIPT_FAILED:
    case SV_EVENT_NO_RUN:
    case SV_EVENT_WAITS: take_answer(step); break;
    case SV_EVENT_SCRIPT_DIED:
        if (machine->child == SV_CHILD_START || machine->child == SV_CHILD_STOP)
            sv_step_script_died(step);
        break;
    case SV_EVENT_DIED:
        if (machine->child == SV_CHILD_RUN) sv_step_died(step);
        break;
    case SV_EVENT_FINISH_DIED:
        if (machine->child == SV_CHILD_FINISH) sv_step_finish_died(step);
        break;
    case SV_EVENT_RUN_CHANGED: run_changed(step); break;
    case SV_EVENT_TIME:
        if (machine->child != SV_CHILD_NONE) sv_step_child_time(step);
        break;
    case SV_EVENT_RESUME: resume(step); break;
    case SV_EVENT_READY:
    case SV_EVENT_RELOADS:
    case SV_EVENT_STOPS:
    case SV_EVENT_ALIVE:
    case SV_EVENT_EXTEND:
    case SV_EVENT_MAIN:
    case SV_EVENT_CONDEMNED:
    case SV_EVENT_NEEDS_LOST:
        if (machine->child == SV_CHILD_RUN) sv_step_told(step);
        if (step->event->kind == SV_EVENT_NEEDS_LOST
            && machine->phase == SV_PHASE_STARTED)
            sv_step_unstart(step);
        break;
    case SV_EVENT_NEEDS_MET: needs_met(step); break;
    case SV_EVENT_COUNT: break; /* cannot happen: no event */
    }
}

/* With nothing running: is it time to start, or to leave? */
static void conclude(struct sv_step const *step)
{
    struct sv_machine *machine = step->machine;
    int starts =
        machine->phase == SV_PHASE_BACKOFF && machine->start_ms <= step->event->now_ms;
    int must_read_on = machine->phase == SV_PHASE_BACKOFF && machine->draining;

    if (!sv_step_is_idle(step)) return;
    if (starts) {
        sv_step_act(step, SV_ACTION_START_RUN);
    } else if (machine->leaving && !must_read_on) {
        if (machine->phase != SV_PHASE_FAILED) sv_step_rest(step, SV_PHASE_DOWN);
        sv_step_act(step, SV_ACTION_LEAVE);
    }
}

void sv_machine_step(struct sv_machine *machine, struct sv_event const *event,
                     struct sv_settings const *settings, struct sv_actions *actions)
{
    struct sv_step step = {machine, event, settings, actions};

    *actions = (struct sv_actions){.count = 0};
    dispatch(&step);
    conclude(&step);
}

int64_t sv_machine_deadline(struct sv_machine const *machine)
{
    int64_t deadline_ms = machine->start_ms;

    if (sv_step_has_pending(machine)) deadline_ms = machine->settled_ms;
    if (machine->kill_ms < deadline_ms) deadline_ms = machine->kill_ms;
    if (machine->drain_ms < deadline_ms) deadline_ms = machine->drain_ms;
    if (machine->ready_ms < deadline_ms) deadline_ms = machine->ready_ms;
    if (machine->watchdog_ms < deadline_ms) deadline_ms = machine->watchdog_ms;
    return deadline_ms;
}

int sv_machine_watches_run(struct sv_machine const *machine)
{
    return machine->phase == SV_PHASE_NO_RUN || machine->phase == SV_PHASE_STARTED
           || (machine->phase == SV_PHASE_BACKOFF && machine->exec_failed);
}

#define SV_WORD_CASE(prefix, name, word) \
    case prefix##name: return word;

char const *sv_machine_wanted_word(enum sv_wanted wanted)
{
#define SV_WANTED_CASE(name, word) SV_WORD_CASE(SV_WANTED_, name, word)
    switch (wanted) {
        SV_WANTEDS(SV_WANTED_CASE) case SV_WANTED_COUNT : break;
    }
    return "unknown";
}

char const *sv_machine_phase_word(enum sv_phase phase)
{
#define SV_PHASE_CASE(name, word) SV_WORD_CASE(SV_PHASE_, name, word)
    switch (phase) {
        SV_PHASES(SV_PHASE_CASE) case SV_PHASE_COUNT : break;
    }
    return "unknown";
}

char const *sv_machine_event_word(enum sv_event_kind event)
{
#define SV_EVENT_CASE(name, word) SV_WORD_CASE(SV_EVENT_, name, word)
    switch (event) {
        SV_EVENTS(SV_EVENT_CASE) case SV_EVENT_COUNT : break;
    }
    return "unknown";
}

char const *sv_machine_cause_word(enum sv_cause_kind cause)
{
#define SV_CAUSE_CASE(name, word) SV_WORD_CASE(SV_CAUSE_, name, word)
    switch (cause) {
        SV_CAUSES(SV_CAUSE_CASE) case SV_CAUSE_COUNT : break;
    }
    return "unknown";
}
