/* ISC license. */

/*
 * The plan of an entry, exhaustively: every state that can be reached, times every event,
 * the impossible ones included, with invariants on each action; and from every state the
 * service can be brought to running, and to being forgotten.
 *
 * The test keeps a world of its own, changed only by the actions: which supervise lives,
 * which pipe is open, when a side was started last. Times are relative to "now" and
 * rounded to a few: that keeps the number of states small.
 */

#include <sv/scanplan.h>

#include "tap.h"

#define SLOTS (1u << 21)
#define MOST_STATES (1u << 20)
#define MANY_STEPS 200
#define SHORT_MS (SV_SCAN_SETTLE_MS / 2)

#define MAIN SV_SCAN_SIDE_MAIN
#define LOG SV_SCAN_SIDE_LOG

struct side {
    int alive;
    int told;
    int unfinished;    /* gone, and what it looked after may still run */
    int64_t age_ms;    /* since it was last started, or tried; at most the pace */
    int64_t untold_ms; /* it could not be told, and is not to be told again for so long */
};

struct world {
    struct side sides[SV_SCAN_SIDE_COUNT];
    int reader; /* our ends of the pipe */
    int writer;
    int watching;
    int has_looked; /* since it began (anew) */
    int released;
    int renewed;    /* MAIN was ended for its logger: it may come back at once */
    int input_left; /* the last look into the pipe found something */
    int waits;      /* for another of the same name */
    int forgotten;
};

struct state {
    struct sv_scanplan plan;
    struct world world;
};

static struct state *states; /* all that were found, in order: also the queue */
static unsigned int state_count;
static uint32_t *slots; /* position + 1 in states, 0 is free */
static unsigned int seen_actions[SV_SCAN_ACTION_COUNT];
static unsigned int seen_events[SV_SCAN_EVENT_COUNT];

#define WORD(name, word) word,
static char const *const event_words[] = {SV_SCAN_EVENTS(WORD)};
static char const *const action_words[] = {SV_SCAN_ACTIONS(WORD)};
static char const *const place_words[] = {SV_SCAN_PLACES(WORD)};
static char const *const course_words[] = {SV_SCAN_COURSES(WORD)};
static char const *const log_words[] = {SV_SCAN_LOGS(WORD)};
static char const *const state_words[] = {SV_SCAN_STATES(WORD)};
static char const *const awaits_words[] = {SV_SCAN_AWAITS(WORD)};
static char const *const side_words[] = {SV_SCAN_SIDES(WORD)};
#undef WORD

static char const *describe(struct sv_scanplan const *plan)
{
    static char text[256];

    snprintf(text, sizeof text, "%s, %s, log %s, main %s, log %s, awaiting %s%s%s",
             place_words[plan->place], course_words[plan->course], log_words[plan->log],
             state_words[plan->sides[MAIN].state], state_words[plan->sides[LOG].state],
             awaits_words[plan->awaits], plan->waits ? ", waits" : "",
             plan->shutdown ? ", shutdown" : "");
    return text;
}

/* States ----------------------------------------------------------------------------- */

/*
 * A time from now, rounded up to one of a few; what lies in the past is now. The same for
 * times of the plan and of the world, so that neither gets ahead of the other.
 */
static int64_t rounded(int64_t time_ms, int64_t now_ms)
{
    static int64_t const steps[] = {0,
                                    SHORT_MS,
                                    SV_SCAN_SETTLE_MS,
                                    SV_SCAN_PACE_MS / 2,
                                    SV_SCAN_PACE_MS - SV_SCAN_SETTLE_MS,
                                    SV_SCAN_PACE_MS - SHORT_MS,
                                    SV_SCAN_PACE_MS,
                                    SV_SCAN_YOUNG_MS};
    unsigned int at = 0;

    if (time_ms == SV_SCAN_NEVER) return SV_SCAN_NEVER;
    while (time_ms > now_ms + steps[at]) at++;
    return steps[at];
}

/* The same state, with now at 0 and nothing in it that has no meaning. */
static struct state canonical(struct state const *from, int64_t now_ms)
{
    struct sv_scanplan const *plan = &from->plan;
    struct state to;

    memset(&to, 0, sizeof to);
    to.world = from->world;
    for (int i = 0; i < SV_SCAN_SIDE_COUNT; i++) {
        to.world.sides[i].age_ms =
            SV_SCAN_PACE_MS - rounded(SV_SCAN_PACE_MS - to.world.sides[i].age_ms, 0);
        to.world.sides[i].untold_ms = rounded(to.world.sides[i].untold_ms, 0);
    }
    to.plan.place = plan->place;
    to.plan.course = plan->course;
    to.plan.log = plan->log;
    to.plan.awaits = plan->awaits;
    for (int i = 0; i < SV_SCAN_SIDE_COUNT; i++) {
        struct sv_scan_half const *half = &plan->sides[i];
        to.plan.sides[i].state = half->state;
        to.plan.sides[i].start_ms = rounded(half->start_ms, now_ms);
        if (half->state == SV_SCAN_STATE_ALIVE)
            to.plan.sides[i].tell_ms = rounded(half->tell_ms, now_ms);
        if (!sv_scanplan_is_alive(plan, i))
            to.plan.sides[i].unfinished = half->unfinished;
    }
    if (plan->place == SV_SCAN_PLACE_LOST)
        to.plan.lost_ms = rounded(plan->lost_ms, now_ms);
    to.plan.young_ms = rounded(plan->young_ms, now_ms);
    to.plan.drains = plan->drains;
    /* between the first and the last but one nothing differs */
    to.plan.resumes = plan->resumes && plan->resumes < SV_SCAN_RESUMES
                          ? SV_SCAN_RESUMES - 1
                          : plan->resumes;
    to.plan.waits = plan->waits;
    to.plan.fresh = plan->fresh;
    to.plan.warned = plan->warned;
    to.plan.released = plan->released;
    to.plan.drained = plan->drained;
    to.plan.shutdown = plan->shutdown;
    to.plan.forgotten = plan->forgotten;
    return to;
}

static uint32_t hash(struct state const *state)
{
    unsigned char const *bytes = (unsigned char const *)state;
    uint32_t value = 2166136261u;

    for (size_t i = 0; i < sizeof *state; i++) value = (value ^ bytes[i]) * 16777619u;
    return value;
}

static void add(struct state const *state)
{
    uint32_t at = hash(state) & (SLOTS - 1);

    while (slots[at]) {
        if (!memcmp(&states[slots[at] - 1], state, sizeof *state)) return;
        at = (at + 1) & (SLOTS - 1);
    }
    if (state_count == MOST_STATES) {
        ok(0, "no more than %u states", MOST_STATES);
        exit(done());
    }
    states[state_count++] = *state;
    slots[at] = state_count;
}

/* The world -------------------------------------------------------------------------- */

static void begin_side(struct state *state, enum sv_scan_side side)
{
    struct world *world = &state->world;
    int early = world->sides[side].age_ms < SV_SCAN_PACE_MS
                && !(world->sides[side].unfinished
                     && world->sides[side].age_ms >= SV_SCAN_HURRY_MS);

    expect(!world->sides[side].alive, "never two supervises for %s", side_words[side]);
    expect(!early || (side == MAIN && world->renewed),
           "%s is started once a second at most", side_words[side]);
    expect(side == MAIN || (world->reader && world->has_looked), "a logger has its pipe");
    expect(side == LOG || world->reader == world->writer,
           "main has a whole pipe or none");
    expect(side == MAIN || state->plan.course != SV_SCAN_COURSE_LEAVING
               || world->sides[MAIN].alive || world->sides[MAIN].unfinished
               || world->input_left || world->sides[LOG].unfinished,
           "a logger whose service is gone is started only for what is left");
    if (side == LOG) world->input_left = 0;
    world->sides[side].age_ms = 0;
    if (side == MAIN) world->renewed = 0;
}

static void tell_side(struct state *state, enum sv_scan_side side)
{
    struct world *world = &state->world;

    expect(world->sides[side].alive && !world->sides[side].told,
           "%s is told once, while it lives", side_words[side]);
    expect(world->sides[side].untold_ms <= 0, "and if that fails a second later");
    expect(world->sides[side].age_ms >= SV_SCAN_SETTLE_MS,
           "and not before it has settled");
    expect(side == MAIN || !world->sides[MAIN].alive,
           "the logger only when main is gone");
    world->sides[side].told = 1;
    if (side == LOG) world->writer = 0;
    if (side == MAIN && state->plan.course == SV_SCAN_COURSE_RENEWING) world->renewed = 1;
}

static void give_up(struct state *state, enum sv_scan_side side)
{
    struct side *about = &state->world.sides[side];

    expect(!about->alive && about->unfinished,
           "%s is given up when it has left something", side_words[side]);
    about->unfinished = 0;
}

static void perform(struct state *state, enum sv_scan_action action)
{
    struct world *world = &state->world;
    int nobody = !world->sides[MAIN].alive && !world->sides[LOG].alive;
    int keeping = state->plan.course == SV_SCAN_COURSE_KEEPING
                  && state->plan.place == SV_SCAN_PLACE_HERE && !world->waits;

    switch (action) {
    case SV_SCAN_ACTION_WATCH:
        /* what was released, is dead and has no pipe has begun anew in this very step */
        if (world->released && nobody && !world->reader)
            world->has_looked = world->released = 0;
        expect(!world->watching && !world->has_looked,
               "the watch comes before the first look");
        world->watching = 1;
        break;
    case SV_SCAN_ACTION_UNWATCH:
        expect(world->watching, "only a watch that there is can end");
        world->watching = 0;
        break;
    case SV_SCAN_ACTION_WARN_LOG:
        expect(!world->watching, "too late is after the watch");
        break;
    case SV_SCAN_ACTION_WARN_LEFT_MAIN: give_up(state, MAIN); break;
    case SV_SCAN_ACTION_WARN_LEFT_LOG: give_up(state, LOG); break;
    case SV_SCAN_ACTION_STOP_MAIN: tell_side(state, MAIN); break;
    case SV_SCAN_ACTION_STOP_LOG: tell_side(state, LOG); break;
    case SV_SCAN_ACTION_RELEASE:
        expect(!world->sides[MAIN].alive && !world->released,
               "released once, main being gone");
        expect(!world->sides[MAIN].unfinished,
               "and having left nothing that is not told of");
        world->released = 1;
        break;
    case SV_SCAN_ACTION_CLOSE_PIPE:
        expect(nobody && world->reader, "the pipe is held while anybody lives");
        world->reader = world->writer = 0;
        break;
    case SV_SCAN_ACTION_FORGET:
        expect(nobody && !world->reader && !world->watching,
               "nothing is left when forgotten");
        expect(!world->sides[MAIN].unfinished && !world->sides[LOG].unfinished,
               "nor is anything left running that is not told of");
        expect(state->plan.place != SV_SCAN_PLACE_HERE || state->plan.shutdown,
               "what is there is not forgotten");
        world->forgotten = 1;
        break;
    case SV_SCAN_ACTION_LOOK:
        expect(keeping, "nothing is begun for what is to go");
        world->has_looked = 1;
        break;
    case SV_SCAN_ACTION_OPEN_PIPE:
        expect(!world->reader && !world->writer, "one pipe");
        break;
    case SV_SCAN_ACTION_PEEK:
        expect(nobody && world->reader, "there is a pipe to look into");
        break;
    case SV_SCAN_ACTION_START_MAIN:
        expect(keeping
                   || (state->plan.course != SV_SCAN_COURSE_KEEPING
                       && world->sides[MAIN].unfinished),
               "main is not started for what is to go, unless it has to be ended");
        begin_side(state, MAIN);
        break;
    case SV_SCAN_ACTION_START_LOG: begin_side(state, LOG); break;
    case SV_SCAN_ACTION_COUNT: expect(0, "no action"); break;
    }
}

static enum sv_scan_awaits awaits_of(enum sv_scan_action action)
{
    switch (action) {
    case SV_SCAN_ACTION_LOOK: return SV_SCAN_AWAITS_LOOK;
    case SV_SCAN_ACTION_OPEN_PIPE: return SV_SCAN_AWAITS_PIPE;
    case SV_SCAN_ACTION_PEEK: return SV_SCAN_AWAITS_PEEK;
    case SV_SCAN_ACTION_START_MAIN: return SV_SCAN_AWAITS_START_MAIN;
    case SV_SCAN_ACTION_START_LOG: return SV_SCAN_AWAITS_START_LOG;
    case SV_SCAN_ACTION_WATCH:
    case SV_SCAN_ACTION_UNWATCH:
    case SV_SCAN_ACTION_WARN_LOG:
    case SV_SCAN_ACTION_STOP_MAIN:
    case SV_SCAN_ACTION_WARN_LEFT_MAIN:
    case SV_SCAN_ACTION_WARN_LEFT_LOG:
    case SV_SCAN_ACTION_STOP_LOG:
    case SV_SCAN_ACTION_RELEASE:
    case SV_SCAN_ACTION_CLOSE_PIPE:
    case SV_SCAN_ACTION_FORGET:
    case SV_SCAN_ACTION_COUNT: break;
    }
    return SV_SCAN_AWAITS_NOTHING;
}

/* What the event itself means for the world, before the plan hears of it. */
static void happen(struct world *world, struct sv_scan_event const *event)
{
    if (event->kind == SV_SCAN_EVENT_STARTED) {
        world->sides[event->side].alive = 1;
        world->sides[event->side].told = world->sides[event->side].unfinished = 0;
        if (event->taken_over) world->sides[event->side].age_ms = SV_SCAN_PACE_MS;
    }
    if (event->kind == SV_SCAN_EVENT_DIED)
        world->sides[event->side] =
            (struct side){.age_ms = world->sides[event->side].age_ms,
                          .unfinished = event->unfinished};
    if (event->kind == SV_SCAN_EVENT_PIPE_OPENED) world->reader = world->writer = 1;
    if (event->kind == SV_SCAN_EVENT_STOP_FAILED) {
        world->sides[event->side].told = 0;
        world->sides[event->side].untold_ms = SV_SCAN_PACE_MS;
        if (event->side == MAIN) world->renewed = 0;
    }
    if (event->kind == SV_SCAN_EVENT_FOUND) world->waits = event->waits;
    if (event->kind == SV_SCAN_EVENT_CLEARED) world->waits = 0;
    if (event->kind == SV_SCAN_EVENT_PEEKED) world->input_left = event->input_left;
}

/* One event, `later_ms` after the state. Returns the new state, with now at 0 again. */
static struct state step(struct state const *from, struct sv_scan_event event,
                         int64_t later_ms)
{
    struct state to = *from;
    struct sv_scan_actions actions;
    enum sv_scan_awaits awaits = SV_SCAN_AWAITS_NOTHING;
    int is_last = 0;

    seen_events[event.kind]++;
    event.now_ms = later_ms;
    for (int i = 0; i < SV_SCAN_SIDE_COUNT; i++) {
        to.world.sides[i].age_ms += later_ms;
        if (to.world.sides[i].age_ms > SV_SCAN_PACE_MS)
            to.world.sides[i].age_ms = SV_SCAN_PACE_MS;
        to.world.sides[i].untold_ms -= later_ms;
    }
    happen(&to.world, &event);
    sv_scanplan_step(&to.plan, &event, &actions);
    expect(actions.count <= SV_SCAN_ACTIONS_MAX, "the list of actions is long enough");
    for (unsigned int i = 0; i < actions.count; i++) {
        seen_actions[actions.list[i]]++;
        expect(awaits == SV_SCAN_AWAITS_NOTHING && !is_last,
               "only the last action is one that is answered or may fail");
        is_last = actions.list[i] == SV_SCAN_ACTION_STOP_MAIN
                  || actions.list[i] == SV_SCAN_ACTION_STOP_LOG;
        expect(!to.world.forgotten, "FORGET is the last action");
        awaits = awaits_of(actions.list[i]);
        perform(&to, actions.list[i]);
        if (awaits != SV_SCAN_AWAITS_NOTHING)
            expect(to.plan.awaits == awaits, "%s is what is awaited",
                   action_words[actions.list[i]]);
    }
    if (to.plan.fresh) to.world.has_looked = to.world.released = 0;
    for (int i = 0; i < SV_SCAN_SIDE_COUNT; i++)
        expect(sv_scanplan_is_alive(&to.plan, i) == to.world.sides[i].alive,
               "the plan knows whether %s lives", side_words[i]);
    expect((to.plan.log == SV_SCAN_LOG_PIPED) == to.world.reader,
           "and whether there is a pipe");
    expect(to.plan.forgotten == to.world.forgotten, "and whether it is forgotten");
    expect((to.plan.young_ms != SV_SCAN_NEVER) == to.world.watching,
           "and whether log/ is watched");
    if (to.plan.awaits == SV_SCAN_AWAITS_NOTHING)
        expect(sv_scanplan_deadline(&to.plan) > later_ms,
               "%s: what was due has been done (%s)", event_words[event.kind],
               describe(&to.plan));
    return canonical(&to, later_ms);
}

/* Every event from one state --------------------------------------------------------- */

static struct sv_scan_event make(enum sv_scan_event_kind kind)
{
    return (struct sv_scan_event){.kind = kind};
}

static void try(struct state const *from, struct sv_scan_event event, int64_t later_ms)
{
    struct state to = step(from, event, later_ms);

    add(&to);
}

/* What cannot happen changes nothing. */
static void try_impossible(struct state const *from, struct sv_scan_event event)
{
    struct state to = *from;
    struct sv_scan_actions actions;

    seen_events[event.kind]++;
    sv_scanplan_step(&to.plan, &event, &actions);
    expect(!actions.count && !memcmp(&to.plan, &from->plan, sizeof to.plan),
           "%s cannot happen and changes nothing (%s)", event_words[event.kind],
           describe(&from->plan));
}

static void try_answer(struct state const *from, enum sv_scan_event_kind kind,
                       enum sv_scan_awaits awaits, enum sv_scan_side side)
{
    struct sv_scan_event event = {.kind = kind, .side = side};

    for (int flag = 0; flag < 2; flag++) {
        event.has_log = event.input_left = event.taken_over = flag ? 1 : 0;
        if (from->plan.awaits != awaits) {
            try_impossible(from, event);
        } else {
            try(from, event, 0);
            try(from, event, SHORT_MS);
        }
    }
}

static void try_death(struct state const *from, enum sv_scan_side side)
{
    struct sv_scan_event event = {.kind = SV_SCAN_EVENT_DIED, .side = side};

    for (int how = 0; how < 3; how++) {
        event.exited_well = how == 1;
        event.unfinished = how == 2;
        if (from->world.sides[side].alive) {
            try(from, event, 0);
        } else {
            try_impossible(from, event);
        }
    }
}

static void try_stop_failed(struct state const *from, enum sv_scan_side side)
{
    struct sv_scan_event event = {.kind = SV_SCAN_EVENT_STOP_FAILED, .side = side};

    if (from->world.sides[side].alive && from->world.sides[side].told)
        try(from, event, 0);
    else
        try_impossible(from, event);
}

static void try_all(struct state const *from)
{
    struct sv_scan_event found = make(SV_SCAN_EVENT_FOUND);
    int64_t deadline_ms = sv_scanplan_deadline(&from->plan);

    try(from, found, 0);
    found.waits = 1;
    try(from, found, 0);
    try(from, make(SV_SCAN_EVENT_GONE), 0);
    try(from, make(SV_SCAN_EVENT_CLEARED), 0);
    try(from, make(SV_SCAN_EVENT_LOG_APPEARED), 0);
    try(from, make(SV_SCAN_EVENT_SHUTDOWN), 0);
    try(from, make(SV_SCAN_EVENT_TIME), 0);
    if (deadline_ms != SV_SCAN_NEVER) try(from, make(SV_SCAN_EVENT_TIME), deadline_ms);
    if (deadline_ms > SHORT_MS) try(from, make(SV_SCAN_EVENT_TIME), SHORT_MS);
    try_answer(from, SV_SCAN_EVENT_LOOKED, SV_SCAN_AWAITS_LOOK, MAIN);
    try_answer(from, SV_SCAN_EVENT_LOOK_FAILED, SV_SCAN_AWAITS_LOOK, MAIN);
    try_answer(from, SV_SCAN_EVENT_PIPE_OPENED, SV_SCAN_AWAITS_PIPE, MAIN);
    try_answer(from, SV_SCAN_EVENT_PIPE_FAILED, SV_SCAN_AWAITS_PIPE, MAIN);
    try_answer(from, SV_SCAN_EVENT_PEEKED, SV_SCAN_AWAITS_PEEK, MAIN);
    try_answer(from, SV_SCAN_EVENT_STARTED, SV_SCAN_AWAITS_START_MAIN, MAIN);
    try_answer(from, SV_SCAN_EVENT_STARTED, SV_SCAN_AWAITS_START_LOG, LOG);
    try_answer(from, SV_SCAN_EVENT_START_FAILED, SV_SCAN_AWAITS_START_MAIN, MAIN);
    try_answer(from, SV_SCAN_EVENT_START_FAILED, SV_SCAN_AWAITS_START_LOG, LOG);
    try_death(from, MAIN);
    try_death(from, LOG);
    try_stop_failed(from, MAIN);
    try_stop_failed(from, LOG);
}

static struct state first_state(void)
{
    struct state state;

    memset(&state, 0, sizeof state);
    sv_scanplan_init(&state.plan);
    for (int i = 0; i < SV_SCAN_SIDE_COUNT; i++)
        state.world.sides[i].age_ms = SV_SCAN_PACE_MS;
    return canonical(&state, 0);
}

/* From everywhere to where one wants ------------------------------------------------- */

/* Does what is asked for go well, and is there a log/? */
enum mood { HELPFUL, HELPFUL_WITH_LOG, HOSTILE };

static struct state answer(struct state const *from, enum mood mood)
{
    struct sv_scan_event event = {.kind = SV_SCAN_EVENT_COUNT,
                                  .has_log = mood == HELPFUL_WITH_LOG};

    switch (from->plan.awaits) {
    case SV_SCAN_AWAITS_LOOK: event.kind = SV_SCAN_EVENT_LOOKED; break;
    case SV_SCAN_AWAITS_PIPE:
        event.kind =
            mood == HOSTILE ? SV_SCAN_EVENT_PIPE_FAILED : SV_SCAN_EVENT_PIPE_OPENED;
        break;
    case SV_SCAN_AWAITS_PEEK:
        event.kind = SV_SCAN_EVENT_PEEKED;
        event.input_left = mood == HOSTILE;
        break;
    case SV_SCAN_AWAITS_START_MAIN:
    case SV_SCAN_AWAITS_START_LOG:
        event.kind = SV_SCAN_EVENT_STARTED;
        event.side = from->plan.awaits == SV_SCAN_AWAITS_START_MAIN ? MAIN : LOG;
        break;
    case SV_SCAN_AWAITS_NOTHING:
    case SV_SCAN_AWAITS_COUNT: break;
    }
    return step(from, event, 0);
}

/*
 * Lets time pass and does what was asked for: who was told dies, answers come. Returns
 * the state when nothing more will happen, or after many steps.
 */
static struct state settle(struct state state, enum mood mood)
{
    for (unsigned int steps = 0; steps < MANY_STEPS && !state.plan.forgotten; steps++) {
        int64_t deadline_ms = sv_scanplan_deadline(&state.plan);
        struct sv_scan_event died = {.kind = SV_SCAN_EVENT_DIED,
                                     .side = state.world.sides[MAIN].told ? MAIN : LOG,
                                     .exited_well = mood != HOSTILE,
                                     .unfinished = mood == HOSTILE};
        if (state.plan.awaits != SV_SCAN_AWAITS_NOTHING)
            state = answer(&state, mood);
        else if (state.world.sides[died.side].alive && state.world.sides[died.side].told)
            state = step(&state, died, 0);
        else if (deadline_ms != SV_SCAN_NEVER)
            state = step(&state, make(SV_SCAN_EVENT_TIME), deadline_ms);
        else
            break;
    }
    return state;
}

/* A directory that is being made in place gets its logger. */
static void reach_logger(struct state const *from)
{
    struct state later;

    if (!from->world.watching || from->plan.place != SV_SCAN_PLACE_HERE) return;
    later = step(from, make(SV_SCAN_EVENT_CLEARED), 0);
    later = step(&later, make(SV_SCAN_EVENT_LOG_APPEARED), 0);
    later = settle(later, HELPFUL_WITH_LOG);
    expect(later.world.sides[MAIN].alive && later.world.sides[LOG].alive
               && later.world.writer,
           "a log/ that appears in time is used (%s)", describe(&from->plan));
}

static void reach(struct state const *from)
{
    struct state up = *from, gone, shut, stuck;

    up = step(&up, make(SV_SCAN_EVENT_FOUND), 0);
    up = settle(step(&up, make(SV_SCAN_EVENT_CLEARED), 0), HELPFUL);
    expect(up.plan.shutdown || up.plan.forgotten
               || (up.world.sides[MAIN].alive
                   && up.plan.course == SV_SCAN_COURSE_KEEPING),
           "what is present can be brought to running (%s)", describe(&from->plan));
    expect(up.plan.shutdown || up.world.sides[LOG].alive == up.world.reader,
           "with its logger if it has one (%s)", describe(&from->plan));
    expect(sv_scanplan_deadline(&up.plan) == SV_SCAN_NEVER, "and then there is rest");

    gone = settle(step(from, make(SV_SCAN_EVENT_GONE), 0), HELPFUL);
    expect(gone.plan.forgotten || gone.plan.place == SV_SCAN_PLACE_GONE,
           "what has gone is forgotten (%s)", describe(&from->plan));
    shut = settle(step(from, make(SV_SCAN_EVENT_SHUTDOWN), 0), HELPFUL);
    expect(shut.plan.forgotten, "at shutdown everything is forgotten (%s)",
           describe(&from->plan));
    stuck = settle(step(from, make(SV_SCAN_EVENT_SHUTDOWN), 0), HOSTILE);
    expect(stuck.plan.forgotten, "however badly its logger ends (%s)",
           describe(&from->plan));
}

int main(void)
{
    unsigned int at;

    states = malloc(MOST_STATES * sizeof *states);
    slots = calloc(SLOTS, sizeof *slots);
    if (!states || !slots) return 111;

    struct state first = first_state();
    add(&first);
    for (at = 0; at < state_count; at++) {
        struct state from = states[at];
        if (from.world.forgotten)
            try_impossible(&from, make(SV_SCAN_EVENT_FOUND));
        else
            try_all(&from);
    }
    ok(1, "%u states times every event keep the invariants", state_count);
    for (at = 0; at < state_count; at++) {
        reach(&states[at]);
        reach_logger(&states[at]);
    }
    ok(1, "from each of them to running, and to the end");
    for (at = 0; at < SV_SCAN_EVENT_COUNT; at++)
        expect(seen_events[at], "the event %s was tried", event_words[at]);
    for (at = 0; at < SV_SCAN_ACTION_COUNT; at++)
        expect(seen_actions[at], "the action %s was seen", action_words[at]);
    ok(1, "every event and every action was seen");
    free(states);
    free(slots);
    return done();
}
