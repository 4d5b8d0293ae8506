/* ISC license. */

/*
 * The machine, exhaustively: every state that can be reached, times every event that can
 * come there, with invariants on each transition; and from every state the service can be
 * brought up, brought down, and supervise made to leave. Events that cannot happen must
 * change nothing. In each of them supervise is killed, and another one takes over.
 *
 * Times are abstract: after each step "now" is BASE again; a deadline that has passed is
 * due, any other has its whole time left again. That allows more orders of events than
 * there can be, never fewer, and makes the number of states finite.
 */

#include <errno.h>
#include <signal.h>

#include <sv/machine.h>
#include <sv/recovery.h>

#include "tap.h"

#define BASE INT64_C(1000000)
#define PID 4711
#define SLOTS (1u << 22)
#define QUICK_MOST 4
#define READY_MS 2000
#define WATCHDOG_MS 1500

enum awaits { AWAITS_NOTHING, AWAITS_RUN, AWAITS_FINISH, AWAITS_STOP };

struct state {
    struct sv_machine machine;
    enum awaits awaits;
    int has_left;
};

static struct state *states; /* all that were found, in order: also the queue */
static unsigned int state_count;
static uint32_t *slots; /* position + 1 in states, 0 is free */
static struct sv_settings settings;
static int talks;   /* runs of this exploration say what there is to say */
static int needs;   /* and starts may have to wait */
static int scripts; /* and there may be encore's start script, or no run */

/*
 * supervise is killed in this state: what it has stored is the machine as it was, and the
 * one that takes over asks again for what was not answered.
 */
static void check_takeover(struct state const *from);

static int64_t relative(int64_t time_ms, int64_t now_ms, int64_t whole_ms)
{
    if (time_ms == SV_NEVER) return SV_NEVER;
    return time_ms <= now_ms ? BASE : BASE + whole_ms;
}

/* The same state, with now at BASE and nothing in it that has no meaning. */
static struct state canonical(struct state const *from, int64_t now_ms)
{
    struct state to;
    struct sv_machine const *machine = &from->machine;

    memset(&to, 0, sizeof to);
    to.awaits = from->awaits;
    to.has_left = from->has_left;
    to.machine.wanted = machine->wanted;
    to.machine.child = machine->child;
    to.machine.phase = machine->phase;
    to.machine.pid = machine->pid;
    to.machine.paused = machine->paused;
    to.machine.leaving = machine->leaving;
    to.machine.draining = machine->draining;
    to.machine.asked = machine->asked;
    to.machine.exec_failed = machine->exec_failed;
    to.machine.again = machine->again;
    to.machine.gave_up = machine->gave_up;
    to.machine.succeeded = machine->succeeded;
    to.machine.first = machine->first;
    to.machine.prepared = machine->prepared;
    to.machine.unstopped = machine->unstopped;
    to.machine.forks_left = machine->forks_left;
    to.machine.quick_deaths =
        machine->quick_deaths > QUICK_MOST ? QUICK_MOST : machine->quick_deaths;
    to.machine.pending = machine->pending;
    to.machine.pending_group = machine->pending_group;
    to.machine.pending_stop = machine->pending_stop;
    to.machine.started_ms =
        machine->started_ms <= now_ms - SV_QUICK_MS ? BASE - SV_QUICK_MS : BASE;
    to.machine.start_ms = relative(machine->start_ms, now_ms, SV_QUICK_MS);
    to.machine.settled_ms = relative(machine->settled_ms, now_ms, SV_SETTLE_MS);
    to.machine.kill_ms = relative(machine->kill_ms, now_ms, 3000);
    to.machine.drain_ms = relative(machine->drain_ms, now_ms, SV_DRAIN_MS);
    to.machine.condemned = machine->condemned;
    to.machine.reloading = machine->reloading;
    to.machine.ready_ms = relative(machine->ready_ms, now_ms, READY_MS);
    to.machine.watchdog_ms = relative(machine->watchdog_ms, now_ms, WATCHDOG_MS);
    to.machine.watchdog_every_ms = machine->watchdog_every_ms;
    to.machine.reason.kind =
        machine->reason.kind == SV_CAUSE_STOPS ? SV_CAUSE_STOPS : SV_CAUSE_SUPERVISE;
    if (machine->draining)
        to.machine.drain_limit_ms =
            relative(machine->drain_limit_ms, now_ms, SV_DRAIN_LIMIT_MS);
    return to;
}

/* Adds a state unless it is known. */
static void discover(struct state const *state)
{
    unsigned char const *bytes = (unsigned char const *)state;
    uint32_t hash = 2166136261u;

    for (size_t i = 0; i < sizeof *state; i++) hash = (hash ^ bytes[i]) * 16777619u;
    for (uint32_t slot = hash % SLOTS;; slot = (slot + 1) % SLOTS) {
        if (!slots[slot]) {
            if (state_count >= SLOTS / 2) {
                ok(0, "the number of states is finite and below %u", SLOTS / 2);
                exit(done());
            }
            states[state_count] = *state;
            slots[slot] = ++state_count;
            return;
        }
        if (!memcmp(&states[slots[slot] - 1], state, sizeof *state)) return;
    }
}

static int asks_for(struct sv_actions const *actions, enum sv_action_kind kind)
{
    for (unsigned int i = 0; i < actions->count; i++)
        if (actions->list[i] == kind) return 1;
    return 0;
}

static int phase_fits_child(struct sv_machine const *machine)
{
    switch (machine->phase) {
    case SV_PHASE_DOWN:
    case SV_PHASE_BACKOFF:
    case SV_PHASE_FAILED:
    case SV_PHASE_WAITING:
    case SV_PHASE_STARTED:
    case SV_PHASE_NO_RUN: return machine->child == SV_CHILD_NONE;
    case SV_PHASE_PREPARING: return machine->child == SV_CHILD_START;
    case SV_PHASE_CLEANING:
        return machine->child == SV_CHILD_NONE || machine->child == SV_CHILD_STOP;
    case SV_PHASE_UP:
    case SV_PHASE_STARTING: return machine->child == SV_CHILD_RUN;
    case SV_PHASE_STOPPING:
        return machine->child == SV_CHILD_RUN || machine->child == SV_CHILD_START;
    case SV_PHASE_FINISHING:
        return machine->child == SV_CHILD_NONE || machine->child == SV_CHILD_FINISH;
    case SV_PHASE_COUNT: break;
    }
    return 0;
}

static int takes_signals(struct sv_machine const *machine)
{
    return machine->child != SV_CHILD_NONE && machine->child != SV_CHILD_FINISH;
}

static void check_machine(struct sv_machine const *machine, char const *during)
{
    int has_pending =
        (machine->pending | machine->pending_group | machine->pending_stop) != 0;
    int expects = machine->ready_ms != SV_NEVER || machine->watchdog_ms != SV_NEVER;
    int is_calm = !has_pending && !expects && machine->kill_ms == SV_NEVER
                  && !machine->draining && machine->phase != SV_PHASE_BACKOFF;

    expect((machine->child == SV_CHILD_NONE) == !machine->pid, "%s: a pid means a child",
           during);
    expect(phase_fits_child(machine), "%s: phase %s fits the child", during,
           sv_machine_phase_word(machine->phase));
    expect(machine->phase != SV_PHASE_FAILED || machine->wanted == SV_WANTED_DOWN,
           "%s: failed is not wanted up", during);
    expect(!machine->paused || takes_signals(machine), "%s: only a run is paused",
           during);
    expect(!has_pending || takes_signals(machine), "%s: signals wait for a run", during);
    expect(machine->child != SV_CHILD_START || machine->first,
           "%s: the start script comes first", during);
    expect(machine->phase != SV_PHASE_STARTED || machine->prepared,
           "%s: started is what has been prepared", during);
    expect(machine->phase != SV_PHASE_CLEANING || !machine->unstopped,
           "%s: the stop script runs once", during);
    expect(machine->ready_ms == SV_NEVER || machine->phase == SV_PHASE_STARTING,
           "%s: only what starts must be ready in time", during);
    expect(machine->watchdog_ms == SV_NEVER
               || (machine->phase == SV_PHASE_UP && !machine->paused),
           "%s: the watchdog looks at what is up", during);
    expect(!machine->reloading || machine->phase == SV_PHASE_UP,
           "%s: only what is up reloads", during);
    expect(!machine->condemned || machine->phase == SV_PHASE_STOPPING,
           "%s: what is condemned is being ended", during);
    expect(!machine->draining || machine->leaving, "%s: draining leads to leaving",
           during);
    expect(machine->wanted != SV_WANTED_DOWN || machine->child != SV_CHILD_RUN
               || machine->phase == SV_PHASE_STOPPING,
           "%s: a run that is wanted down is stopping", during);
    expect(!is_calm || sv_machine_deadline(machine) == SV_NEVER,
           "%s: at rest in phase %s nothing wakes up", during,
           sv_machine_phase_word(machine->phase));
}

static int visibly_differs(struct sv_machine const *one, struct sv_machine const *other)
{
    return one->wanted != other->wanted || one->child != other->child
           || one->phase != other->phase || one->pid != other->pid
           || one->paused != other->paused || one->leaving != other->leaving;
}

static void check_step(struct sv_machine const *before, struct sv_machine const *after,
                       struct sv_event const *event, struct sv_actions const *actions)
{
    char const *during = sv_machine_event_word(event->kind);
    int starts_run = asks_for(actions, SV_ACTION_START_RUN);
    int starts_finish = asks_for(actions, SV_ACTION_START_FINISH);
    int starts_stop = asks_for(actions, SV_ACTION_START_STOP);
    int leaves = asks_for(actions, SV_ACTION_LEAVE);
    int sends = asks_for(actions, SV_ACTION_SIGNAL);
    uint32_t signals = actions->signals | actions->group_signals | actions->stop_signals;

    check_machine(after, during);
    expect(actions->count <= SV_ACTIONS_MAX, "%s: the actions fit", during);
    expect(starts_run + starts_finish + starts_stop + leaves <= 1,
           "%s: one thing at a time", during);
    expect(!starts_run
               || (after->child == SV_CHILD_NONE && after->phase == SV_PHASE_BACKOFF),
           "%s: nothing is started beside a child", during);
    expect(!starts_finish
               || ((before->child == SV_CHILD_RUN || event->kind == SV_EVENT_RESUME)
                   && after->child == SV_CHILD_NONE),
           "%s: finish comes right after run", during);
    expect(!starts_stop
               || (settings.has_stop && after->child == SV_CHILD_NONE
                   && after->phase == SV_PHASE_CLEANING
                   && (before->unstopped || event->kind == SV_EVENT_RESUME)),
           "%s: the stop script runs once, when it is down", during);
    expect(!leaves || (after->child == SV_CHILD_NONE && after->leaving),
           "%s: supervise leaves nothing behind", during);
    expect(!sends || before->child != SV_CHILD_NONE, "%s: signals go to a child", during);
    expect(sends == (signals != 0), "%s: SIGNAL and signals go together", during);
    expect(!sends || !takes_signals(before) || event->now_ms >= before->settled_ms
               || (signals == (uint32_t)1 << SIGKILL && event->kind == SV_EVENT_TIME),
           "%s: no signal before the process has settled", during);
    expect(actions->changed || !visibly_differs(before, after),
           "%s: what changed is told", during);
    expect(!actions->changed || actions->cause.kind != SV_CAUSE_NONE, "%s: with a cause",
           during);
    expect(event->kind != SV_EVENT_TIME || sv_machine_deadline(before) > event->now_ms
               || starts_run || memcmp(before, after, sizeof *before),
           "time: a deadline that has passed does not stay");
}

/* One step with all checks. *state becomes the next one, now still at the event's time.
 */
static void step(struct state *state, struct sv_event const *event)
{
    struct sv_machine before = state->machine;
    struct sv_actions actions;

    sv_machine_step(&state->machine, event, &settings, &actions);
    check_step(&before, &state->machine, event, &actions);
    state->awaits = asks_for(&actions, SV_ACTION_START_RUN)      ? AWAITS_RUN
                    : asks_for(&actions, SV_ACTION_START_FINISH) ? AWAITS_FINISH
                    : asks_for(&actions, SV_ACTION_START_STOP)   ? AWAITS_STOP
                                                                 : AWAITS_NOTHING;
    state->has_left = asks_for(&actions, SV_ACTION_LEAVE);
}

/* Steps a copy of `from` and remembers where that leads. */
static void try(struct state const *from, struct sv_event const *event)
{
    struct state to = *from;

    step(&to, event);
    to = canonical(&to, event->now_ms);
    discover(&to);
}

static void try_commands(struct state const *from, int64_t now_ms)
{
    /* two signals, and one to the group: the others differ in their number only */
    static char const letters[] = "udoxpctkrOUDQKT";
    struct sv_event event = {.kind = SV_EVENT_COMMAND, .now_ms = now_ms};

    for (char const *letter = letters; *letter; letter++) {
        event.command.kind = sv_control_find((unsigned char)*letter);
        event.command.to_group = *letter == 'P' || *letter == 'C' || *letter == 'K';
        event.command.uid = SV_CONTROL_UID_UNKNOWN;
        try(from, &event);
    }
}

static enum sv_event_kind death_of(enum sv_child child)
{
    return child == SV_CHILD_RUN      ? SV_EVENT_DIED
           : child == SV_CHILD_FINISH ? SV_EVENT_FINISH_DIED
                                      : SV_EVENT_SCRIPT_DIED;
}

static void try_deaths(struct state const *from, int64_t now_ms)
{
    static int const wait_statuses[] = {0, 1 << 8, 100 << 8, 125 << 8, SIGTERM, SIGKILL};
    struct sv_event event = {.kind = SV_EVENT_DIED, .now_ms = now_ms};

    event.kind = death_of(from->machine.child);
    for (unsigned int i = 0; i < sizeof wait_statuses / sizeof *wait_statuses; i++)
        for (unsigned int flags = 0; flags < 4; flags++) {
            event.wait_status = wait_statuses[i];
            event.has_finish = flags & 1;
            event.over_limit = flags >> 1;
            try(from, &event);
        }
}

/* The run exits, and has left a process behind; or nobody saw how anything ended. */
static void try_strange_deaths(struct state const *from, int64_t now_ms)
{
    struct sv_event event = {.kind = SV_EVENT_DIED, .now_ms = now_ms};

    if (from->machine.child == SV_CHILD_RUN) {
        event.heir = PID + 1;
        try(from, &event);
        event.wait_status = SIGKILL;
        try(from, &event);
    } else {
        event.kind = death_of(from->machine.child);
    }
    event.heir = event.wait_status = 0;
    event.unseen = 1;
    for (unsigned int has_finish = 0; has_finish < 2; has_finish++) {
        event.has_finish = has_finish;
        try(from, &event);
    }
}

static void try_world(struct state const *from, int64_t now_ms)
{
    static enum sv_event_kind const kinds[] = {SV_EVENT_TERMINATE, SV_EVENT_DRAIN,
                                               SV_EVENT_RUN_CHANGED, SV_EVENT_TIME};

    for (unsigned int i = 0; i < 4; i++)
        for (unsigned int left = 0; left < 2; left++) {
            struct sv_event event = {.kind = kinds[i],
                                     .now_ms = now_ms,
                                     .input_left = left};
            try(from, &event);
        }
}

/* What a run says of itself, or is said of it; also in phases in which nobody would. */
static void try_told(struct state const *from, int64_t now_ms)
{
    static struct sv_event const events[] = {
        {.kind = SV_EVENT_READY, .cause = SV_CAUSE_READY},
        {.kind = SV_EVENT_RELOADS},
        {.kind = SV_EVENT_STOPS},
        {.kind = SV_EVENT_ALIVE},
        {.kind = SV_EVENT_ALIVE, .value_ms = SV_NEVER},
        {.kind = SV_EVENT_EXTEND, .value_ms = 100},
        {.kind = SV_EVENT_MAIN, .pid = PID + 1},
        {.kind = SV_EVENT_CONDEMNED, .cause = SV_CAUSE_HEALTH},
        {.kind = SV_EVENT_CONDEMNED, .cause = SV_CAUSE_TRIGGERED},
    };

    for (unsigned int i = 0; i < sizeof events / sizeof *events; i++) {
        struct sv_event event = events[i];
        event.now_ms = now_ms;
        try(from, &event);
    }
}

static void try_needs(struct state const *from, int64_t now_ms)
{
    struct sv_event event = {.kind = SV_EVENT_NEEDS_MET, .now_ms = now_ms};

    try(from, &event);
    event.kind = SV_EVENT_NEEDS_LOST;
    event.cause = SV_CAUSE_NEEDS_LOST;
    try(from, &event);
}

/* encore's scripts run, or cannot, or there is nothing to run. */
static void try_script_answers(struct state const *from)
{
    struct sv_event event = {.kind = SV_EVENT_SCRIPT_STARTED,
                             .now_ms = BASE,
                             .pid = PID,
                             .error_number = 12};

    if (from->awaits == AWAITS_STOP
        || (from->awaits == AWAITS_RUN && from->machine.first)) {
        try(from, &event);
        event.kind = SV_EVENT_SCRIPT_FAILED;
        event.pid = 0;
        try(from, &event);
        event.exec_failed = 1;
        try(from, &event);
        event.error_number = ENOENT;
        try(from, &event);
    }
    event = (struct sv_event){.kind = SV_EVENT_NO_RUN, .now_ms = BASE};
    if (from->awaits == AWAITS_RUN && from->machine.prepared) try(from, &event);
}

static void try_answers(struct state const *from)
{
    struct sv_event event = {.now_ms = BASE, .pid = PID, .error_number = 12};

    if (scripts) try_script_answers(from);
    if (from->awaits == AWAITS_STOP) return;
    event.kind = from->awaits == AWAITS_RUN ? SV_EVENT_STARTED : SV_EVENT_FINISH_STARTED;
    try(from, &event);
    event.kind =
        from->awaits == AWAITS_RUN ? SV_EVENT_START_FAILED : SV_EVENT_FINISH_FAILED;
    if (talks && from->awaits == AWAITS_RUN) {
        event.says_ready = 1;
        try(from, &event);
        event.says_ready = 0;
    }
    event.pid = 0;
    if (needs && from->awaits == AWAITS_RUN) {
        event.kind = SV_EVENT_WAITS;
        try(from, &event);
        event.kind = SV_EVENT_START_FAILED;
    }
    for (unsigned int flags = 0; flags < 4; flags++) {
        event.exec_failed = flags & 1;
        event.run_exists = flags >> 1;
        try(from, &event);
    }
}

/* Events that make no sense here leave everything as it is. */
static void try_impossible(struct state const *from)
{
    static enum sv_event_kind const kinds[] = {
        SV_EVENT_STARTED,        SV_EVENT_START_FAILED,  SV_EVENT_DIED,
        SV_EVENT_FINISH_STARTED, SV_EVENT_FINISH_FAILED, SV_EVENT_FINISH_DIED,
        SV_EVENT_WAITS,          SV_EVENT_NEEDS_MET,     SV_EVENT_NEEDS_LOST,
        SV_EVENT_READY,          SV_EVENT_RELOADS,       SV_EVENT_STOPS,
        SV_EVENT_MAIN,           SV_EVENT_CONDEMNED,     SV_EVENT_EXTEND,
        SV_EVENT_SCRIPT_STARTED, SV_EVENT_SCRIPT_FAILED, SV_EVENT_SCRIPT_DIED,
        SV_EVENT_NO_RUN};

    for (unsigned int i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct sv_machine machine = from->machine;
        struct sv_event event = {.kind = kinds[i], .now_ms = BASE, .pid = PID + 1};
        struct sv_actions actions;
        int possible =
            (kinds[i] == SV_EVENT_DIED && machine.child == SV_CHILD_RUN)
            || (kinds[i] == SV_EVENT_FINISH_DIED && machine.child == SV_CHILD_FINISH)
            || ((kinds[i] == SV_EVENT_STARTED || kinds[i] == SV_EVENT_START_FAILED
                 || kinds[i] == SV_EVENT_WAITS)
                && machine.phase == SV_PHASE_BACKOFF)
            || (kinds[i] == SV_EVENT_NEEDS_MET && machine.phase == SV_PHASE_WAITING)
            || (kinds[i] == SV_EVENT_SCRIPT_DIED
                && (machine.child == SV_CHILD_START || machine.child == SV_CHILD_STOP))
            || ((kinds[i] == SV_EVENT_SCRIPT_STARTED
                 || kinds[i] == SV_EVENT_SCRIPT_FAILED)
                && (machine.phase == SV_PHASE_BACKOFF
                    || (machine.phase == SV_PHASE_CLEANING && !machine.pid)))
            || (kinds[i] == SV_EVENT_NO_RUN && machine.phase == SV_PHASE_BACKOFF)
            || (kinds[i] == SV_EVENT_NEEDS_LOST && machine.phase == SV_PHASE_STARTED)
            || (kinds[i] >= SV_EVENT_READY && kinds[i] < SV_EVENT_SCRIPT_STARTED
                && kinds[i] != SV_EVENT_WAITS && kinds[i] != SV_EVENT_NEEDS_MET
                && machine.child == SV_CHILD_RUN)
            || ((kinds[i] == SV_EVENT_FINISH_STARTED
                 || kinds[i] == SV_EVENT_FINISH_FAILED)
                && machine.phase == SV_PHASE_FINISHING && !machine.pid);
        if (possible) continue;
        sv_machine_step(&machine, &event, &settings, &actions);
        expect(!actions.changed && !visibly_differs(&machine, &from->machine),
               "%s changes nothing in phase %s", sv_machine_event_word(kinds[i]),
               sv_machine_phase_word(from->machine.phase));
    }
}

static void check_takeover(struct state const *from)
{
    static _Alignas(SV_RECOVERY_SIZE) struct sv_recovery page;
    static struct sv_status const status = {.cause_uid = 5};
    struct sv_control decoder = {.to_group = 1};
    struct sv_recovery_doing doing = {.run_pid = PID};
    struct sv_status loaded_status;
    struct state to = *from, again;

    memset(&to.machine, 0xff, sizeof to.machine);
    sv_recovery_store(&page, &status, &from->machine, &decoder, &doing);
    expect(sv_recovery_load(&page, &loaded_status, &to.machine, &decoder, &doing),
           "a machine in phase %s can be loaded",
           sv_machine_phase_word(from->machine.phase));
    again = canonical(&to, BASE);
    expect(!memcmp(&again, from, sizeof again),
           "a machine in phase %s is loaded as it was stored",
           sv_machine_phase_word(from->machine.phase));
    for (unsigned int has_finish = 0; has_finish < 2; has_finish++) {
        struct sv_event event = {.kind = SV_EVENT_RESUME,
                                 .now_ms = BASE,
                                 .has_finish = has_finish};
        again = to;
        step(&again, &event);
        expect(from->awaits != AWAITS_RUN || again.awaits == AWAITS_RUN,
               "a start that was not answered is asked for again");
        expect(from->awaits != AWAITS_FINISH || !has_finish
                   || again.awaits == AWAITS_FINISH,
               "a finish that was not answered is asked for again");
        expect(from->awaits != AWAITS_STOP || again.awaits == AWAITS_STOP,
               "a stop script that was not answered is asked for again");
        expect(!from->has_left || again.has_left, "who was about to leave leaves");
        again = canonical(&again, BASE);
        discover(&again);
    }
}

static void expand(struct state const *from)
{
    int64_t deadline_ms = sv_machine_deadline(&from->machine);

    check_takeover(from);
    if (from->has_left) return;
    if (from->awaits != AWAITS_NOTHING) {
        try_answers(from);
        return;
    }
    try_impossible(from);
    for (unsigned int i = 0; i < 3; i++) {
        int64_t now_ms = i == 0 ? BASE : i == 1 ? deadline_ms : BASE + SV_DRAIN_LIMIT_MS;
        if (now_ms == SV_NEVER || now_ms < BASE) continue;
        try_commands(from, now_ms);
        try_world(from, now_ms);
        if (talks) try_told(from, now_ms);
        if (needs) try_needs(from, now_ms);
        if (from->machine.child == SV_CHILD_NONE) continue;
        try_deaths(from, now_ms);
        try_strange_deaths(from, now_ms);
    }
}

/* What a well-behaved world does next. Returns 0 if it waits for us. */
static int be_kind(struct state *state, int64_t *now_ms)
{
    struct sv_event event = {.now_ms = *now_ms, .pid = PID};
    int64_t deadline_ms = sv_machine_deadline(&state->machine);

    if (state->awaits == AWAITS_STOP
        || (scripts && state->awaits == AWAITS_RUN && state->machine.first))
        event.kind = SV_EVENT_SCRIPT_STARTED;
    else if (state->awaits == AWAITS_RUN)
        event.kind = SV_EVENT_STARTED;
    else if (state->awaits == AWAITS_FINISH)
        event.kind = SV_EVENT_FINISH_STARTED;
    else if (state->machine.child == SV_CHILD_FINISH)
        event.kind = SV_EVENT_FINISH_DIED;
    else if (state->machine.child == SV_CHILD_START
             || state->machine.child == SV_CHILD_STOP)
        event.kind = SV_EVENT_SCRIPT_DIED;
    else if (state->machine.phase == SV_PHASE_STOPPING)
        event.kind = SV_EVENT_DIED;
    else if (state->machine.phase == SV_PHASE_STARTING) {
        event.kind = SV_EVENT_READY;
        event.cause = SV_CAUSE_READY;
    } else if (state->machine.phase == SV_PHASE_WAITING)
        event.kind = SV_EVENT_NEEDS_MET;
    else if (state->machine.phase == SV_PHASE_BACKOFF && deadline_ms != SV_NEVER) {
        event.kind = SV_EVENT_TIME;
        if (deadline_ms > *now_ms) *now_ms = event.now_ms = deadline_ms;
    } else
        return 0;
    step(state, &event);
    return 1;
}

static void command(struct state *state, int64_t now_ms, unsigned char letter)
{
    struct sv_event event = {.kind = SV_EVENT_COMMAND, .now_ms = now_ms};

    event.command.kind = sv_control_find(letter);
    event.command.uid = 0;
    step(state, &event);
}

/* Lets a kind world go on; with `letter` once, as soon as nothing is being answered. */
static struct state lead(struct state const *from, unsigned char letter)
{
    struct state state = *from;
    int64_t now_ms = BASE;
    unsigned int patience = 20;

    while (state.awaits != AWAITS_NOTHING && !state.has_left && be_kind(&state, &now_ms))
        continue;
    if (!state.has_left && letter == 'T') {
        struct sv_event event = {.kind = SV_EVENT_TERMINATE, .now_ms = now_ms};
        step(&state, &event);
    } else if (!state.has_left) {
        command(&state, now_ms, letter);
    }
    while (patience-- && !state.has_left && be_kind(&state, &now_ms)) continue;
    return state;
}

static void check_liveness(struct state const *from)
{
    struct state up = lead(from, 'u');
    struct state down = lead(from, 'd');
    struct state left = lead(from, 'T');

    expect(up.has_left
               || ((up.machine.phase == SV_PHASE_UP
                    || (up.machine.phase == SV_PHASE_STARTED
                        && from->machine.phase == SV_PHASE_STARTED))
                   && up.machine.wanted == SV_WANTED_UP),
           "from phase %s it can be brought up, not only to %s",
           sv_machine_phase_word(from->machine.phase),
           sv_machine_phase_word(up.machine.phase));
    expect(down.has_left || down.machine.phase == SV_PHASE_DOWN,
           "from phase %s it can be brought down, not only to %s",
           sv_machine_phase_word(from->machine.phase),
           sv_machine_phase_word(down.machine.phase));
    expect(left.has_left, "from phase %s supervise can be made to leave",
           sv_machine_phase_word(from->machine.phase));
}

static void explore(char const *what)
{
    struct state first;

    memset(slots, 0, SLOTS * sizeof *slots);
    state_count = 0;
    memset(&first, 0, sizeof first);
    sv_machine_init(&first.machine);
    first.machine.started_ms = BASE - SV_QUICK_MS;
    for (unsigned int down = 0; down < 2; down++) {
        struct sv_event event = {.kind = SV_EVENT_BEGIN,
                                 .now_ms = BASE,
                                 .has_down = down};
        try(&first, &event);
    }
    for (unsigned int i = 0; i < state_count; i++) {
        struct state from = states[i]; /* states may move on */
        expand(&from);
        if (!from.has_left) check_liveness(&from);
    }
    ok(!tap_failed && state_count > 100, "%s: %u states, all sound", what, state_count);
}

int main(void)
{
    states = calloc(SLOTS / 2, sizeof *states);
    slots = calloc(SLOTS, sizeof *slots);
    if (!states || !slots) return 111;

    sv_setting_defaults(&settings);
    explore("defaults");
    settings.fails_on_100 = 1;
    settings.restart = SV_RESTART_ON_FAILURE;
    settings.timeout_kill_ms = 3000;
    settings.kill_mode = SV_KILL_TREE;
    explore("encore, on-failure, timeout-kill, kill-mode tree");
    settings.restart = SV_RESTART_NEVER;
    settings.timeout_finish_ms = 0;
    settings.kill_mode = SV_KILL_GROUP;
    explore("never, no timeout-finish, kill-mode group");
    sv_setting_defaults(&settings);
    settings.delay_shortest_ms = settings.delay_longest_ms = 0;
    explore("no delay");
    sv_setting_defaults(&settings);
    settings.expected_forks = 2;
    explore("expect daemon");
    sv_setting_defaults(&settings);
    talks = 1;
    settings.timeout_ready_ms = READY_MS;
    settings.watchdog_ms = WATCHDOG_MS;
    explore("readiness and a watchdog");
    settings.timeout_kill_ms = 3000;
    settings.restart = SV_RESTART_ON_FAILURE;
    explore("readiness, a watchdog, timeout-kill, on-failure");
    talks = 0;
    needs = 1;
    sv_setting_defaults(&settings);
    explore("needs");
    needs = 0;
    scripts = 1;
    settings.fails_on_100 = settings.has_stop = 1;
    settings.timeout_kill_ms = 3000;
    explore("encore's start and stop");
    settings.has_stop = 0;
    settings.restart = SV_RESTART_ON_FAILURE;
    explore("encore's start, on-failure");
    free(states);
    free(slots);
    return done();
}
