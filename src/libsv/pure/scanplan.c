/* ISC license. */

/*
 * The table in scanplan.h, written out: first what each event does to the variables,
 * then, in conclude(), what is to be done now that they are so.
 */

#include <sv/scanplan.h>

struct step {
    struct sv_scanplan *plan;
    struct sv_scan_half *main; /* its halves */
    struct sv_scan_half *log;
    struct sv_scan_half *half; /* the one that the event is about, if it is about one */
    struct sv_scan_event const *event;
    struct sv_scan_actions *actions;
};

void sv_scanplan_init(struct sv_scanplan *plan)
{
    *plan = (struct sv_scanplan){
        .place = SV_SCAN_PLACE_GONE,
        .course = SV_SCAN_COURSE_KEEPING,
        .log = SV_SCAN_LOG_UNSEEN,
        .sides = {[SV_SCAN_SIDE_MAIN] = {.state = SV_SCAN_STATE_WAITING,
                                         .start_ms = INT64_MIN},
                  [SV_SCAN_SIDE_LOG] = {.start_ms = INT64_MIN}},
        .young_ms = SV_SCAN_NEVER,
        .fresh = 1,
    };
}

static void act(struct step const *step, enum sv_scan_action action)
{
    step->actions->list[step->actions->count++] = action;
}

/* Asks for something that is answered: nothing else is asked for until then. */
static void ask(struct step const *step, enum sv_scan_action action,
                enum sv_scan_awaits awaits)
{
    step->plan->awaits = awaits;
    act(step, action);
}

static int half_is_alive(struct sv_scan_half const *half)
{
    return half->state == SV_SCAN_STATE_ALIVE || half->state == SV_SCAN_STATE_TOLD;
}

static int is_due(struct step const *step, struct sv_scan_half const *half)
{
    return half->state == SV_SCAN_STATE_WAITING && half->start_ms <= step->event->now_ms;
}

static void stop_watching(struct step const *step)
{
    if (step->plan->young_ms == SV_SCAN_NEVER) return;
    step->plan->young_ms = SV_SCAN_NEVER;
    act(step, SV_SCAN_ACTION_UNWATCH);
}

static void stop_waiting(struct sv_scan_half *half)
{
    if (half->state == SV_SCAN_STATE_WAITING) half->state = SV_SCAN_STATE_IDLE;
}

static void leave(struct step const *step)
{
    if (step->plan->course == SV_SCAN_COURSE_LEAVING) return;
    step->plan->course = SV_SCAN_COURSE_LEAVING;
    stop_watching(step);
    stop_waiting(step->main);
    /* while there is somebody to write there is somebody to read */
    if (!half_is_alive(step->main)) stop_waiting(step->log);
}

/* Events ----------------------------------------------------------------------------- */

static void lose_name(struct step const *step)
{
    struct sv_scanplan *plan = step->plan;

    if (plan->place != SV_SCAN_PLACE_HERE) return;
    plan->place = SV_SCAN_PLACE_LOST;
    plan->lost_ms = step->event->now_ms + SV_SCAN_LOST_MS;
    if (plan->course == SV_SCAN_COURSE_LEAVING) plan->place = SV_SCAN_PLACE_GONE;
}

static void log_appeared(struct step const *step)
{
    struct sv_scanplan *plan = step->plan;

    if (plan->course != SV_SCAN_COURSE_KEEPING || plan->log != SV_SCAN_LOG_NONE) return;
    if (!half_is_alive(step->main) && plan->awaits != SV_SCAN_AWAITS_START_MAIN) {
        plan->log = SV_SCAN_LOG_UNSEEN;
    } else if (plan->young_ms != SV_SCAN_NEVER) {
        plan->course = SV_SCAN_COURSE_RENEWING;
        stop_watching(step);
    } else if (!plan->warned) {
        plan->warned = 1;
        act(step, SV_SCAN_ACTION_WARN_LOG);
    }
}

static void looked(struct step const *step)
{
    struct sv_scanplan *plan = step->plan;

    if (plan->awaits != SV_SCAN_AWAITS_LOOK) return;
    plan->awaits = SV_SCAN_AWAITS_NOTHING;
    if (plan->course == SV_SCAN_COURSE_LEAVING) return;
    if (step->event->kind == SV_SCAN_EVENT_LOOK_FAILED) {
        step->main->start_ms = step->event->now_ms + SV_SCAN_PACE_MS;
    } else if (step->event->has_log) {
        stop_watching(step);
        ask(step, SV_SCAN_ACTION_OPEN_PIPE, SV_SCAN_AWAITS_PIPE);
    } else {
        plan->log = SV_SCAN_LOG_NONE;
    }
}

static void pipe_answered(struct step const *step)
{
    struct sv_scanplan *plan = step->plan;

    if (plan->awaits != SV_SCAN_AWAITS_PIPE) return;
    plan->awaits = SV_SCAN_AWAITS_NOTHING;
    if (step->event->kind == SV_SCAN_EVENT_PIPE_FAILED) {
        step->main->start_ms = step->event->now_ms + SV_SCAN_PACE_MS;
        return;
    }
    plan->log = SV_SCAN_LOG_PIPED;
    if (plan->course == SV_SCAN_COURSE_KEEPING) step->log->state = SV_SCAN_STATE_WAITING;
}

/* MAIN has died or could not be started; its start_ms says when it may be next. */
static void main_is_gone(struct step const *step)
{
    struct sv_scanplan *plan = step->plan;
    int renewing = plan->course == SV_SCAN_COURSE_RENEWING;
    int was_told = step->main->state == SV_SCAN_STATE_TOLD;

    if (plan->course == SV_SCAN_COURSE_LEAVING) {
        step->main->state = SV_SCAN_STATE_IDLE;
        stop_waiting(step->log);
        return;
    }
    step->main->state = SV_SCAN_STATE_WAITING;
    if (renewing) plan->course = SV_SCAN_COURSE_KEEPING;
    if (renewing && was_told) step->main->start_ms = step->event->now_ms;
    if (plan->log == SV_SCAN_LOG_NONE) plan->log = SV_SCAN_LOG_UNSEEN;
}

static void log_is_gone(struct step const *step)
{
    struct sv_scanplan *plan = step->plan;
    int was_told = step->log->state == SV_SCAN_STATE_TOLD;

    step->log->state = SV_SCAN_STATE_WAITING;
    if (plan->course != SV_SCAN_COURSE_LEAVING || half_is_alive(step->main)) return;
    step->log->state = SV_SCAN_STATE_IDLE;
    if (was_told && step->event->exited_well) plan->drained = 1;
}

static void is_gone(struct step const *step)
{
    step->event->side == SV_SCAN_SIDE_MAIN ? main_is_gone(step) : log_is_gone(step);
}

static void start_answered(struct step const *step)
{
    struct sv_scanplan *plan = step->plan;
    int is_main = step->event->side == SV_SCAN_SIDE_MAIN;

    if (plan->awaits != (is_main ? SV_SCAN_AWAITS_START_MAIN : SV_SCAN_AWAITS_START_LOG))
        return;
    plan->awaits = SV_SCAN_AWAITS_NOTHING;
    step->half->start_ms = step->event->now_ms + SV_SCAN_PACE_MS;
    step->half->tell_ms = step->event->now_ms + SV_SCAN_SETTLE_MS;
    if (step->event->kind == SV_SCAN_EVENT_STARTED)
        step->half->state = SV_SCAN_STATE_ALIVE;
    else
        is_gone(step);
}

static void stop_failed(struct step const *step)
{
    if (step->half->state != SV_SCAN_STATE_TOLD) return;
    step->half->state = SV_SCAN_STATE_ALIVE;
    step->half->tell_ms = step->event->now_ms + SV_SCAN_PACE_MS;
}

static void peeked(struct step const *step)
{
    struct sv_scanplan *plan = step->plan;

    if (plan->awaits != SV_SCAN_AWAITS_PEEK) return;
    plan->awaits = SV_SCAN_AWAITS_NOTHING;
    if (step->event->input_left && plan->drains < SV_SCAN_DRAINS) {
        plan->drains++;
        step->log->state = SV_SCAN_STATE_WAITING;
    } else {
        plan->drained = 1;
    }
}

static void take(struct step const *step)
{
    struct sv_scanplan *plan = step->plan;

    switch (step->event->kind) {
    case SV_SCAN_EVENT_FOUND:
        plan->place = SV_SCAN_PLACE_HERE;
        plan->waits = step->event->waits;
        break;
    case SV_SCAN_EVENT_GONE: lose_name(step); break;
    case SV_SCAN_EVENT_CLEARED: plan->waits = 0; break;
    case SV_SCAN_EVENT_LOOKED:
    case SV_SCAN_EVENT_LOOK_FAILED: looked(step); break;
    case SV_SCAN_EVENT_PIPE_OPENED:
    case SV_SCAN_EVENT_PIPE_FAILED: pipe_answered(step); break;
    case SV_SCAN_EVENT_STARTED:
    case SV_SCAN_EVENT_START_FAILED: start_answered(step); break;
    case SV_SCAN_EVENT_DIED:
        if (half_is_alive(step->half)) is_gone(step);
        break;
    case SV_SCAN_EVENT_PEEKED: peeked(step); break;
    case SV_SCAN_EVENT_STOP_FAILED: stop_failed(step); break;
    case SV_SCAN_EVENT_LOG_APPEARED: log_appeared(step); break;
    case SV_SCAN_EVENT_TIME: break; /* what is due is done after every event */
    case SV_SCAN_EVENT_SHUTDOWN:
        plan->shutdown = 1;
        leave(step);
        break;
    case SV_SCAN_EVENT_COUNT: break; /* cannot happen: no event */
    }
}

/* What is to be done now ------------------------------------------------------------- */

/* What time alone decides. */
static void grow_older(struct step const *step)
{
    struct sv_scanplan *plan = step->plan;

    if (plan->young_ms <= step->event->now_ms) stop_watching(step);
    if (plan->place != SV_SCAN_PLACE_LOST || plan->lost_ms > step->event->now_ms) return;
    plan->place = SV_SCAN_PLACE_GONE;
    leave(step);
}

static void keep(struct step const *step)
{
    struct sv_scanplan *plan = step->plan;
    int main_is_due = is_due(step, step->main);

    if (plan->place != SV_SCAN_PLACE_HERE || plan->waits) return;
    if (main_is_due && plan->log == SV_SCAN_LOG_UNSEEN) {
        if (plan->fresh) {
            plan->young_ms = step->event->now_ms + SV_SCAN_YOUNG_MS;
            act(step, SV_SCAN_ACTION_WATCH);
        }
        plan->fresh = 0;
        ask(step, SV_SCAN_ACTION_LOOK, SV_SCAN_AWAITS_LOOK);
    } else if (is_due(step, step->log)) {
        ask(step, SV_SCAN_ACTION_START_LOG, SV_SCAN_AWAITS_START_LOG);
    } else if (main_is_due) {
        ask(step, SV_SCAN_ACTION_START_MAIN, SV_SCAN_AWAITS_START_MAIN);
    }
}

/* Tells a side that lives to end, once it has settled. */
static void tell(struct step const *step, struct sv_scan_half *half,
                 enum sv_scan_action action)
{
    if (half->state != SV_SCAN_STATE_ALIVE || half->tell_ms > step->event->now_ms) return;
    half->state = SV_SCAN_STATE_TOLD;
    act(step, action);
}

/* The end of LEAVING: FORGET, or a new beginning that knows when the last starts were. */
static void finish(struct step const *step)
{
    struct sv_scanplan *plan = step->plan;
    struct sv_scanplan before = *plan;

    if (plan->log == SV_SCAN_LOG_PIPED) act(step, SV_SCAN_ACTION_CLOSE_PIPE);
    plan->log = SV_SCAN_LOG_UNSEEN;
    if (before.place != SV_SCAN_PLACE_HERE || before.shutdown) {
        plan->forgotten = 1;
        act(step, SV_SCAN_ACTION_FORGET);
        return;
    }
    sv_scanplan_init(plan);
    plan->place = before.place;
    plan->waits = before.waits;
    step->main->start_ms = before.sides[SV_SCAN_SIDE_MAIN].start_ms;
    step->log->start_ms = before.sides[SV_SCAN_SIDE_LOG].start_ms;
}

/* MAIN has gone; what about its logger? */
static void end_log(struct step const *step)
{
    struct sv_scanplan *plan = step->plan;

    if (half_is_alive(step->log)) {
        tell(step, step->log, SV_SCAN_ACTION_STOP_LOG);
    } else if (is_due(step, step->log)) {
        ask(step, SV_SCAN_ACTION_START_LOG, SV_SCAN_AWAITS_START_LOG);
    } else if (step->log->state == SV_SCAN_STATE_IDLE) {
        if (plan->log == SV_SCAN_LOG_PIPED && !plan->drained)
            ask(step, SV_SCAN_ACTION_PEEK, SV_SCAN_AWAITS_PEEK);
        else
            finish(step);
    }
}

static void end(struct step const *step)
{
    struct sv_scanplan *plan = step->plan;

    if (half_is_alive(step->main)) {
        if (is_due(step, step->log))
            ask(step, SV_SCAN_ACTION_START_LOG, SV_SCAN_AWAITS_START_LOG);
        else
            tell(step, step->main, SV_SCAN_ACTION_STOP_MAIN);
        return;
    }
    if (!plan->released) act(step, SV_SCAN_ACTION_RELEASE);
    plan->released = 1;
    end_log(step);
}

static void conclude(struct step const *step)
{
    struct sv_scanplan *plan = step->plan;

    if (plan->awaits != SV_SCAN_AWAITS_NOTHING) return;
    if (plan->course == SV_SCAN_COURSE_LEAVING) end(step);
    if (plan->course == SV_SCAN_COURSE_RENEWING)
        tell(step, step->main, SV_SCAN_ACTION_STOP_MAIN);
    if (plan->course == SV_SCAN_COURSE_KEEPING) keep(step); /* also if it began anew */
}

void sv_scanplan_step(struct sv_scanplan *plan, struct sv_scan_event const *event,
                      struct sv_scan_actions *actions)
{
    struct step step = {.plan = plan,
                        .main = &plan->sides[SV_SCAN_SIDE_MAIN],
                        .log = &plan->sides[SV_SCAN_SIDE_LOG],
                        .half = &plan->sides[event->side],
                        .event = event,
                        .actions = actions};

    *actions = (struct sv_scan_actions){.count = 0};
    if (plan->forgotten) return;
    take(&step);
    grow_older(&step);
    conclude(&step);
}

/* Deadlines -------------------------------------------------------------------------- */

static int64_t earlier(int64_t left_ms, int64_t right_ms)
{
    return left_ms < right_ms ? left_ms : right_ms;
}

/* When the half wants something: WAITING to be started, ALIVE to be told if `ends`. */
static int64_t half_deadline(struct sv_scan_half const *half, int starts, int ends)
{
    if (starts && half->state == SV_SCAN_STATE_WAITING) return half->start_ms;
    if (ends && half->state == SV_SCAN_STATE_ALIVE) return half->tell_ms;
    return SV_SCAN_NEVER;
}

int64_t sv_scanplan_deadline(struct sv_scanplan const *plan)
{
    struct sv_scan_half const *of_main = &plan->sides[SV_SCAN_SIDE_MAIN];
    int leaving = plan->course == SV_SCAN_COURSE_LEAVING;
    int keeps = plan->course == SV_SCAN_COURSE_KEEPING
                && plan->place == SV_SCAN_PLACE_HERE && !plan->waits;
    int ends_main = plan->course != SV_SCAN_COURSE_KEEPING;
    int64_t deadline_ms = plan->young_ms;

    if (plan->forgotten || plan->awaits != SV_SCAN_AWAITS_NOTHING) return SV_SCAN_NEVER;
    if (plan->place == SV_SCAN_PLACE_LOST && !leaving)
        deadline_ms = earlier(deadline_ms, plan->lost_ms);
    deadline_ms = earlier(deadline_ms, half_deadline(of_main, keeps, ends_main));
    return earlier(deadline_ms,
                   half_deadline(&plan->sides[SV_SCAN_SIDE_LOG], keeps || leaving,
                                 leaving && !half_is_alive(of_main)));
}

int sv_scanplan_is_alive(struct sv_scanplan const *plan, enum sv_scan_side side)
{
    return half_is_alive(&plan->sides[side]);
}
