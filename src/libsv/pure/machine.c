/* ISC license. */

/*
 * The table in machine.h, written out: which event does what where. What is longer than a
 * line is in machine_stop.c, machine_run.c and machine_ready.c.
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

void sv_step_fail(struct sv_step const *step)
{
    sv_step_rest(step, SV_PHASE_FAILED);
    step->machine->wanted = SV_WANTED_DOWN;
    step->machine->quick_deaths = 0;
}

static void want_up(struct sv_step const *step, enum sv_wanted wanted)
{
    struct sv_machine *machine = step->machine;

    machine->wanted = wanted;
    machine->quick_deaths = 0;
    machine->gave_up = 0;
    machine->again = machine->phase != SV_PHASE_UP && machine->phase != SV_PHASE_STARTING;
    if (!sv_step_is_idle(step)) return;
    machine->exec_failed = 0;
    sv_step_start_at(step, step->event->now_ms);
}

static void want_no_restart(struct sv_step const *step)
{
    step->machine->wanted = SV_WANTED_ONCE;
    step->machine->again = 0;
    if (sv_step_is_idle(step)) sv_step_rest(step, SV_PHASE_DOWN);
}

/* What a command does to the file `down`, besides what its small letter does. */
static void obey_about_down_file(struct sv_step const *step)
{
    enum sv_command_kind kind = step->event->command.kind;

    if (kind == SV_COMMAND_UP_ALWAYS) sv_step_act(step, SV_ACTION_REMOVE_DOWN);
    if (kind == SV_COMMAND_DOWN_ALWAYS || kind == SV_COMMAND_ONCE_ALWAYS)
        sv_step_act(step, SV_ACTION_MAKE_DOWN);
}

/* Commands that mean nothing without a running service. */
static void obey_about_run(struct sv_step const *step)
{
    struct sv_command const *command = &step->event->command;

    sv_step_because(step, SV_CAUSE_COMMAND, sv_control_words[command->kind].byte);
    if (step->machine->child != SV_CHILD_RUN) return; /* but it was asked for */
    if (command->kind == SV_COMMAND_RESTART) {
        step->machine->again = 1;
        sv_step_stop_child(step);
    } else if (command->kind == SV_COMMAND_RELOAD) {
        sv_step_send(step, step->settings->reload_signal, command->to_group);
    } else {
        sv_step_send(step, sv_control_signal(command->kind), command->to_group);
    }
}

/* Also when nothing runs: something may have been left behind. */
static void obey_kill_tree(struct sv_step const *step)
{
    sv_step_because(step, SV_CAUSE_COMMAND, sv_control_words[SV_COMMAND_KILL_TREE].byte);
    if (step->machine->child == SV_CHILD_RUN) {
        step->machine->asked = 1;
        step->machine->reason = step->actions->cause;
    }
    sv_step_act(step, SV_ACTION_KILL_TREE);
}

/* What changes what is wanted. */
static void obey_about_wanted(struct sv_step const *step)
{
    enum sv_command_kind kind = step->event->command.kind;

    sv_step_because(step, SV_CAUSE_COMMAND, sv_control_words[kind].byte);
    obey_about_down_file(step);
    if (kind == SV_COMMAND_UP || kind == SV_COMMAND_UP_ALWAYS)
        want_up(step, SV_WANTED_UP);
    else if (kind == SV_COMMAND_ONCE || kind == SV_COMMAND_ONCE_ALWAYS)
        want_up(step, SV_WANTED_ONCE);
    else if (kind == SV_COMMAND_NO_RESTART)
        want_no_restart(step);
    else if (kind == SV_COMMAND_EXIT)
        step->machine->leaving = 1;
    else
        sv_step_want_down(step);
}

static void obey(struct sv_step const *step)
{
    enum sv_command_kind kind = step->event->command.kind;

    switch (kind) {
    case SV_COMMAND_UP:
    case SV_COMMAND_UP_ALWAYS:
    case SV_COMMAND_ONCE:
    case SV_COMMAND_ONCE_ALWAYS:
    case SV_COMMAND_DOWN:
    case SV_COMMAND_DOWN_ALWAYS:
    case SV_COMMAND_NO_RESTART:
    case SV_COMMAND_EXIT: obey_about_wanted(step); break;
    case SV_COMMAND_RESTART:
    case SV_COMMAND_RELOAD:
    case SV_COMMAND_PAUSE:
    case SV_COMMAND_CONTINUE:
    case SV_COMMAND_HANGUP:
    case SV_COMMAND_ALARM:
    case SV_COMMAND_INTERRUPT:
    case SV_COMMAND_TERMINATE:
    case SV_COMMAND_KILL:
    case SV_COMMAND_QUIT:
    case SV_COMMAND_USER1:
    case SV_COMMAND_USER2:
    case SV_COMMAND_WINDOW:
    case SV_COMMAND_ABORT:
    case SV_COMMAND_WINDOW_S6:
    case SV_COMMAND_PAUSE_GROUP:
    case SV_COMMAND_CONTINUE_GROUP:
    case SV_COMMAND_KILL_GROUP: obey_about_run(step); break;
    case SV_COMMAND_KILL_TREE: obey_kill_tree(step); break;
    case SV_COMMAND_UPGRADE: break; /* about supervise, not about the service */
    case SV_COMMAND_GROUP:          /* cannot happen: the decoder */
    case SV_COMMAND_PROCESS:        /* keeps modifiers to itself */
    case SV_COMMAND_LOG:
    case SV_COMMAND_MAIN:
    case SV_COMMAND_COUNT: break;
    }
}

static void begin(struct sv_step const *step)
{
    sv_step_because(step, SV_CAUSE_SUPERVISE, 0);
    if (step->event->has_down) return;
    step->machine->wanted = SV_WANTED_UP;
    sv_step_start_at(step, step->event->now_ms);
}

/* A killed supervise may have asked for finish and not been answered. */
static void resume(struct sv_step const *step)
{
    sv_step_because(step, SV_CAUSE_RESUMED, 0);
    if (step->machine->phase == SV_PHASE_FINISHING && !step->machine->pid)
        sv_step_finish_or_judge(step);
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

/* The answers to START_RUN and START_FINISH, and the ends of what they started. */
static void take_answer(struct sv_step const *step)
{
    struct sv_machine const *machine = step->machine;
    int awaits_run = machine->phase == SV_PHASE_BACKOFF;
    int awaits_finish = machine->phase == SV_PHASE_FINISHING && !machine->pid;

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
}

static void dispatch(struct sv_step const *step)
{
    struct sv_machine *machine = step->machine;

    switch (step->event->kind) {
    case SV_EVENT_BEGIN: begin(step); break;
    case SV_EVENT_COMMAND: obey(step); break;
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
    case SV_EVENT_WAITS: take_answer(step); break;
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
    return machine->phase == SV_PHASE_NO_RUN
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
