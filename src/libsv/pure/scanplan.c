/* ISC license. */

/*
 * The table in scanplan.h, written out: here what each event does to the variables;
 * scanplan_conclude.c has what is to be done now that they are so.
 */

#include "scanplan_step.h"

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

static void stop_watching(struct sv_scan_step const *step)
{
    if (step->plan->young_ms == SV_SCAN_NEVER) return;
    step->plan->young_ms = SV_SCAN_NEVER;
    sv_scan_step_act(step, SV_SCAN_ACTION_UNWATCH);
}

/* It is to end: it need not be started for that, unless the last one left something. */
static void stop_waiting(struct sv_scan_half *half)
{
    if (half->state == SV_SCAN_STATE_WAITING && !half->unfinished)
        half->state = SV_SCAN_STATE_IDLE;
}

/*
 * The half is to end, and there is no supervise: WAITING for one more if that is needed
 * to end what the last one left; else IDLE.
 */
static void resume(struct sv_scan_step const *step, struct sv_scan_half *half)
{
    int is_main = half == step->main;

    half->state = SV_SCAN_STATE_IDLE;
    if (!half->unfinished) {
        step->plan->resumes = 0;
        return;
    }
    if (step->plan->resumes < SV_SCAN_RESUMES) {
        step->plan->resumes++;
        half->state = SV_SCAN_STATE_WAITING;
        return;
    }
    half->unfinished = step->plan->resumes = 0;
    sv_scan_step_act(step, is_main ? SV_SCAN_ACTION_WARN_LEFT_MAIN
                                   : SV_SCAN_ACTION_WARN_LEFT_LOG);
}

static void leave(struct sv_scan_step const *step)
{
    if (step->plan->course == SV_SCAN_COURSE_LEAVING) return;
    step->plan->course = SV_SCAN_COURSE_LEAVING;
    step->plan->resumes = 0;
    stop_watching(step);
    stop_waiting(step->main);
    /* while there is somebody to write there is somebody to read */
    if (step->main->state == SV_SCAN_STATE_IDLE) stop_waiting(step->log);
}

/* Events ----------------------------------------------------------------------------- */

static void lose_name(struct sv_scan_step const *step)
{
    struct sv_scanplan *plan = step->plan;

    if (plan->place != SV_SCAN_PLACE_HERE) return;
    plan->place = SV_SCAN_PLACE_LOST;
    plan->lost_ms = step->event->now_ms + SV_SCAN_LOST_MS;
    if (plan->course == SV_SCAN_COURSE_LEAVING) plan->place = SV_SCAN_PLACE_GONE;
}

static void log_appeared(struct sv_scan_step const *step)
{
    struct sv_scanplan *plan = step->plan;

    if (plan->course != SV_SCAN_COURSE_KEEPING || plan->log != SV_SCAN_LOG_NONE) return;
    if (!sv_scan_step_is_alive(step->main) && plan->awaits != SV_SCAN_AWAITS_START_MAIN) {
        plan->log = SV_SCAN_LOG_UNSEEN;
    } else if (plan->young_ms != SV_SCAN_NEVER) {
        plan->course = SV_SCAN_COURSE_RENEWING;
        stop_watching(step);
    } else if (!plan->warned) {
        plan->warned = 1;
        sv_scan_step_act(step, SV_SCAN_ACTION_WARN_LOG);
    }
}

static void looked(struct sv_scan_step const *step)
{
    struct sv_scanplan *plan = step->plan;

    if (plan->awaits != SV_SCAN_AWAITS_LOOK) return;
    plan->awaits = SV_SCAN_AWAITS_NOTHING;
    if (plan->course == SV_SCAN_COURSE_LEAVING) return;
    if (step->event->kind == SV_SCAN_EVENT_LOOK_FAILED) {
        step->main->start_ms = step->event->now_ms + SV_SCAN_PACE_MS;
    } else if (step->event->has_log) {
        stop_watching(step);
        sv_scan_step_ask(step, SV_SCAN_ACTION_OPEN_PIPE, SV_SCAN_AWAITS_PIPE);
    } else {
        plan->log = SV_SCAN_LOG_NONE;
    }
}

static void pipe_answered(struct sv_scan_step const *step)
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
static void main_is_gone(struct sv_scan_step const *step)
{
    struct sv_scanplan *plan = step->plan;
    int renewing = plan->course == SV_SCAN_COURSE_RENEWING;
    int was_told = step->main->state == SV_SCAN_STATE_TOLD;

    if (plan->course != SV_SCAN_COURSE_KEEPING) {
        resume(step, step->main);
        if (step->main->state == SV_SCAN_STATE_WAITING) return;
    }
    if (plan->course == SV_SCAN_COURSE_LEAVING) {
        if (step->main->state == SV_SCAN_STATE_IDLE) stop_waiting(step->log);
        return;
    }
    step->main->state = SV_SCAN_STATE_WAITING;
    if (renewing) plan->course = SV_SCAN_COURSE_KEEPING;
    if (renewing && was_told) step->main->start_ms = step->event->now_ms;
    if (plan->log == SV_SCAN_LOG_NONE) plan->log = SV_SCAN_LOG_UNSEEN;
}

static void log_is_gone(struct sv_scan_step const *step)
{
    struct sv_scanplan *plan = step->plan;
    int was_told = step->log->state == SV_SCAN_STATE_TOLD;

    step->log->state = SV_SCAN_STATE_WAITING;
    if (plan->course != SV_SCAN_COURSE_LEAVING || step->main->state != SV_SCAN_STATE_IDLE)
        return;
    resume(step, step->log);
    if (was_told && step->event->exited_well) plan->drained = 1;
}

static void is_gone(struct sv_scan_step const *step)
{
    step->event->side == SV_SCAN_SIDE_MAIN ? main_is_gone(step) : log_is_gone(step);
}

/* What has been left alone is looked after again sooner. */
static void hurry(struct sv_scan_step const *step, struct sv_scan_half *half)
{
    int64_t now_ms = step->event->now_ms;

    if (!half->unfinished || half->start_ms <= now_ms) return;
    half->start_ms -= SV_SCAN_PACE_MS - SV_SCAN_HURRY_MS;
    if (half->start_ms < now_ms) half->start_ms = now_ms;
}

static void died(struct sv_scan_step const *step)
{
    if (!sv_scan_step_is_alive(step->half)) return;
    step->half->unfinished = step->event->unfinished;
    is_gone(step);
    if (step->half->state == SV_SCAN_STATE_WAITING) hurry(step, step->half);
}

static void start_answered(struct sv_scan_step const *step)
{
    struct sv_scanplan *plan = step->plan;
    int is_main = step->event->side == SV_SCAN_SIDE_MAIN;

    if (plan->awaits != (is_main ? SV_SCAN_AWAITS_START_MAIN : SV_SCAN_AWAITS_START_LOG))
        return;
    plan->awaits = SV_SCAN_AWAITS_NOTHING;
    int is_started = step->event->kind == SV_SCAN_EVENT_STARTED;
    step->half->tell_ms = step->event->now_ms;
    if (!is_started || !step->event->taken_over) {
        step->half->start_ms = step->event->now_ms + SV_SCAN_PACE_MS;
        step->half->tell_ms += SV_SCAN_SETTLE_MS;
    }
    if (is_started)
        step->half->state = SV_SCAN_STATE_ALIVE;
    else
        is_gone(step);
}

static void stop_failed(struct sv_scan_step const *step)
{
    if (step->half->state != SV_SCAN_STATE_TOLD) return;
    step->half->state = SV_SCAN_STATE_ALIVE;
    step->half->tell_ms = step->event->now_ms + SV_SCAN_PACE_MS;
}

static void peeked(struct sv_scan_step const *step)
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

static void take(struct sv_scan_step const *step)
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
    case SV_SCAN_EVENT_DIED: died(step); break;
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

/* What time alone decides. */
static void grow_older(struct sv_scan_step const *step)
{
    struct sv_scanplan *plan = step->plan;

    if (plan->young_ms <= step->event->now_ms) stop_watching(step);
    if (plan->place != SV_SCAN_PLACE_LOST || plan->lost_ms > step->event->now_ms) return;
    plan->place = SV_SCAN_PLACE_GONE;
    leave(step);
}

void sv_scanplan_step(struct sv_scanplan *plan, struct sv_scan_event const *event,
                      struct sv_scan_actions *actions)
{
    struct sv_scan_step step = {.plan = plan,
                                .main = &plan->sides[SV_SCAN_SIDE_MAIN],
                                .log = &plan->sides[SV_SCAN_SIDE_LOG],
                                .half = &plan->sides[event->side],
                                .event = event,
                                .actions = actions};

    *actions = (struct sv_scan_actions){.count = 0};
    if (plan->forgotten) return;
    take(&step);
    grow_older(&step);
    sv_scan_step_conclude(&step);
}
