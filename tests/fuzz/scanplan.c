/* ISC license. */

/*
 * What svscan takes from outside: letters from its control FIFO, and events in any order.
 * Each byte is an event of one entry (low four bits) with its flags and a delay (high
 * four bits); the same byte is also looked up as a letter. Whatever comes: never two
 * supervises for one side, the logger ends last, the pipe outlives both, nothing that may
 * still run is forgotten without a word, and after SHUTDOWN there is an end.
 */

#include <sv/scancontrol.h>
#include <sv/scanplan.h>

#include <stdlib.h>

#define MANY_STEPS 1000

struct world {
    struct sv_scanplan plan;
    int64_t now_ms;
    int alive[SV_SCAN_SIDE_COUNT];
    int told[SV_SCAN_SIDE_COUNT];
    int left[SV_SCAN_SIDE_COUNT]; /* what it looked after may still run */
    int has_pipe;
    int is_forgotten;
};

static void check(int condition)
{
    if (!condition) abort();
}

static void perform(struct world *world, enum sv_scan_action action)
{
    switch (action) {
    case SV_SCAN_ACTION_START_MAIN: check(!world->alive[SV_SCAN_SIDE_MAIN]); break;
    case SV_SCAN_ACTION_START_LOG:
        check(!world->alive[SV_SCAN_SIDE_LOG] && world->has_pipe);
        break;
    case SV_SCAN_ACTION_STOP_MAIN:
        check(world->alive[SV_SCAN_SIDE_MAIN] && !world->told[SV_SCAN_SIDE_MAIN]);
        world->told[SV_SCAN_SIDE_MAIN] = 1;
        break;
    case SV_SCAN_ACTION_STOP_LOG:
        check(world->alive[SV_SCAN_SIDE_LOG] && !world->told[SV_SCAN_SIDE_LOG]);
        check(!world->alive[SV_SCAN_SIDE_MAIN]);
        world->told[SV_SCAN_SIDE_LOG] = 1;
        break;
    case SV_SCAN_ACTION_OPEN_PIPE: check(!world->has_pipe); break;
    case SV_SCAN_ACTION_CLOSE_PIPE:
        check(world->has_pipe && !world->alive[SV_SCAN_SIDE_MAIN]);
        check(!world->alive[SV_SCAN_SIDE_LOG]);
        world->has_pipe = 0;
        break;
    case SV_SCAN_ACTION_FORGET:
        check(!world->has_pipe && !world->alive[SV_SCAN_SIDE_MAIN]);
        check(!world->left[SV_SCAN_SIDE_MAIN] && !world->left[SV_SCAN_SIDE_LOG]);
        world->is_forgotten = 1;
        break;
    case SV_SCAN_ACTION_WATCH:
    case SV_SCAN_ACTION_UNWATCH:
    case SV_SCAN_ACTION_WARN_LEFT_MAIN: world->left[SV_SCAN_SIDE_MAIN] = 0; break;
    case SV_SCAN_ACTION_WARN_LEFT_LOG: world->left[SV_SCAN_SIDE_LOG] = 0; break;
    case SV_SCAN_ACTION_WARN_LOG:
    case SV_SCAN_ACTION_RELEASE:
    case SV_SCAN_ACTION_LOOK:
    case SV_SCAN_ACTION_PEEK: break;
    case SV_SCAN_ACTION_COUNT: check(0); break;
    }
}

static void feed(struct world *world, struct sv_scan_event *event)
{
    struct sv_scan_actions actions;
    int awaits_main = world->plan.awaits == SV_SCAN_AWAITS_START_MAIN;
    int is_main = event->side == SV_SCAN_SIDE_MAIN;

    event->now_ms = world->now_ms;
    if (event->kind == SV_SCAN_EVENT_DIED && world->alive[event->side])
        world->left[event->side] = event->unfinished;
    if (event->kind == SV_SCAN_EVENT_DIED) world->alive[event->side] = 0;
    if (event->kind == SV_SCAN_EVENT_STOP_FAILED) world->told[event->side] = 0;
    if (event->kind == SV_SCAN_EVENT_STARTED
        && (is_main ? awaits_main : world->plan.awaits == SV_SCAN_AWAITS_START_LOG)) {
        world->alive[event->side] = 1;
        world->told[event->side] = world->left[event->side] = 0;
    }
    if (event->kind == SV_SCAN_EVENT_PIPE_OPENED
        && world->plan.awaits == SV_SCAN_AWAITS_PIPE)
        world->has_pipe = 1;
    sv_scanplan_step(&world->plan, event, &actions);
    check(actions.count <= SV_SCAN_ACTIONS_MAX);
    for (unsigned int i = 0; i < actions.count; i++) perform(world, actions.list[i]);
    for (unsigned int side = 0; side < SV_SCAN_SIDE_COUNT; side++)
        check(!world->alive[side] == !sv_scanplan_is_alive(&world->plan, side));
    if (world->plan.awaits == SV_SCAN_AWAITS_NOTHING)
        check(sv_scanplan_deadline(&world->plan) > world->now_ms);
}

/* Takes what is awaited, or who was told, or the time, to the next event. */
static int next_event(struct world *world, struct sv_scan_event *event)
{
    static enum sv_scan_event_kind const answers[SV_SCAN_AWAITS_COUNT] = {
        [SV_SCAN_AWAITS_LOOK] = SV_SCAN_EVENT_LOOKED,
        [SV_SCAN_AWAITS_PIPE] = SV_SCAN_EVENT_PIPE_OPENED,
        [SV_SCAN_AWAITS_PEEK] = SV_SCAN_EVENT_PEEKED,
        [SV_SCAN_AWAITS_START_MAIN] = SV_SCAN_EVENT_STARTED,
        [SV_SCAN_AWAITS_START_LOG] = SV_SCAN_EVENT_STARTED};
    enum sv_scan_awaits awaits = world->plan.awaits;

    *event = (struct sv_scan_event){.kind = answers[awaits]};
    if (awaits == SV_SCAN_AWAITS_START_LOG) event->side = SV_SCAN_SIDE_LOG;
    if (awaits != SV_SCAN_AWAITS_NOTHING) return 1;
    for (unsigned int side = 0; side < SV_SCAN_SIDE_COUNT; side++) {
        *event = (struct sv_scan_event){.kind = SV_SCAN_EVENT_DIED,
                                        .side = side,
                                        .exited_well = 1};
        if (world->alive[side] && world->told[side]) return 1;
    }
    int64_t deadline_ms = sv_scanplan_deadline(&world->plan);
    if (deadline_ms == SV_SCAN_NEVER) return 0;
    world->now_ms = deadline_ms;
    *event = (struct sv_scan_event){.kind = SV_SCAN_EVENT_TIME};
    return 1;
}

int LLVMFuzzerTestOneInput(uint8_t const *data, size_t size)
{
    static int64_t const delays[4] = {0, 1, 60, 1100};
    struct world world = {.now_ms = 1000000};
    struct sv_scan_event event;

    sv_scanplan_init(&world.plan);
    for (size_t i = 0; i < size && !world.is_forgotten; i++) {
        int flag = data[i] >> 4 & 1;
        check(sv_scancontrol_find(data[i]) <= SV_SCANCONTROL_COUNT);
        event = (struct sv_scan_event){.kind = (data[i] & 15) % SV_SCAN_EVENT_COUNT,
                                       .side = data[i] >> 5 & 1,
                                       .waits = flag ? 1 : 0,
                                       .has_log = flag ? 1 : 0,
                                       .input_left = flag ? 1 : 0,
                                       .taken_over = flag ? 1 : 0,
                                       .exited_well = flag ? 1 : 0,
                                       .unfinished = flag ? 0 : 1};
        world.now_ms += delays[data[i] >> 6];
        feed(&world, &event);
    }
    event = (struct sv_scan_event){.kind = SV_SCAN_EVENT_SHUTDOWN};
    if (!world.is_forgotten) feed(&world, &event);
    for (int steps = 0; !world.is_forgotten; steps++) {
        check(steps < MANY_STEPS && next_event(&world, &event));
        feed(&world, &event);
    }
    return 0;
}
