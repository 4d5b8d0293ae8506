/* ISC license. */

/*
 * The second half of the table in scanplan.h: what is to be done now that the variables
 * are as they are, and when the next thing is.
 */

#include "scanplan_step.h"

static int is_due(struct sv_scan_step const *step, struct sv_scan_half const *half)
{
    return half->state == SV_SCAN_STATE_WAITING && half->start_ms <= step->event->now_ms;
}

static void keep(struct sv_scan_step const *step)
{
    struct sv_scanplan *plan = step->plan;
    int main_is_due = is_due(step, step->main);

    if (plan->place != SV_SCAN_PLACE_HERE || plan->waits) return;
    if (main_is_due && plan->log == SV_SCAN_LOG_UNSEEN) {
        if (plan->fresh) {
            plan->young_ms = step->event->now_ms + SV_SCAN_YOUNG_MS;
            sv_scan_step_act(step, SV_SCAN_ACTION_WATCH);
        }
        plan->fresh = 0;
        sv_scan_step_ask(step, SV_SCAN_ACTION_LOOK, SV_SCAN_AWAITS_LOOK);
    } else if (is_due(step, step->log)) {
        sv_scan_step_ask(step, SV_SCAN_ACTION_START_LOG, SV_SCAN_AWAITS_START_LOG);
    } else if (main_is_due) {
        sv_scan_step_ask(step, SV_SCAN_ACTION_START_MAIN, SV_SCAN_AWAITS_START_MAIN);
    }
}

/* Tells a side that lives to end, once it has settled. */
static void tell(struct sv_scan_step const *step, struct sv_scan_half *half,
                 enum sv_scan_action action)
{
    if (half->state != SV_SCAN_STATE_ALIVE || half->tell_ms > step->event->now_ms) return;
    half->state = SV_SCAN_STATE_TOLD;
    sv_scan_step_act(step, action);
}

/* The end of LEAVING: FORGET, or a new beginning that knows when the last starts were. */
static void finish(struct sv_scan_step const *step)
{
    struct sv_scanplan *plan = step->plan;
    struct sv_scanplan before = *plan;

    if (plan->log == SV_SCAN_LOG_PIPED) sv_scan_step_act(step, SV_SCAN_ACTION_CLOSE_PIPE);
    plan->log = SV_SCAN_LOG_UNSEEN;
    if (before.place != SV_SCAN_PLACE_HERE || before.shutdown) {
        plan->forgotten = 1;
        sv_scan_step_act(step, SV_SCAN_ACTION_FORGET);
        return;
    }
    sv_scanplan_init(plan);
    plan->place = before.place;
    plan->waits = before.waits;
    step->main->start_ms = before.sides[SV_SCAN_SIDE_MAIN].start_ms;
    step->log->start_ms = before.sides[SV_SCAN_SIDE_LOG].start_ms;
}

/* MAIN has gone; what about its logger? */
static void end_log(struct sv_scan_step const *step)
{
    struct sv_scanplan *plan = step->plan;

    if (sv_scan_step_is_alive(step->log)) {
        tell(step, step->log, SV_SCAN_ACTION_STOP_LOG);
    } else if (is_due(step, step->log)) {
        sv_scan_step_ask(step, SV_SCAN_ACTION_START_LOG, SV_SCAN_AWAITS_START_LOG);
    } else if (step->log->state == SV_SCAN_STATE_IDLE) {
        if (plan->log == SV_SCAN_LOG_PIPED && !plan->drained)
            sv_scan_step_ask(step, SV_SCAN_ACTION_PEEK, SV_SCAN_AWAITS_PEEK);
        else
            finish(step);
    }
}

static void end_main(struct sv_scan_step const *step)
{
    if (is_due(step, step->main))
        sv_scan_step_ask(step, SV_SCAN_ACTION_START_MAIN, SV_SCAN_AWAITS_START_MAIN);
    else
        tell(step, step->main, SV_SCAN_ACTION_STOP_MAIN);
}

static void end(struct sv_scan_step const *step)
{
    struct sv_scanplan *plan = step->plan;

    if (step->main->state != SV_SCAN_STATE_IDLE) {
        if (is_due(step, step->log))
            sv_scan_step_ask(step, SV_SCAN_ACTION_START_LOG, SV_SCAN_AWAITS_START_LOG);
        else
            end_main(step);
        return;
    }
    if (!plan->released) sv_scan_step_act(step, SV_SCAN_ACTION_RELEASE);
    plan->released = 1;
    end_log(step);
}

void sv_scan_step_conclude(struct sv_scan_step const *step)
{
    struct sv_scanplan *plan = step->plan;

    if (plan->awaits != SV_SCAN_AWAITS_NOTHING) return;
    if (plan->course == SV_SCAN_COURSE_LEAVING) end(step);
    if (plan->course == SV_SCAN_COURSE_RENEWING) end_main(step);
    if (plan->course == SV_SCAN_COURSE_KEEPING) keep(step); /* also if it began anew */
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
    deadline_ms =
        earlier(deadline_ms, half_deadline(of_main, keeps || ends_main, ends_main));
    return earlier(deadline_ms,
                   half_deadline(&plan->sides[SV_SCAN_SIDE_LOG], keeps || leaving,
                                 leaving && of_main->state == SV_SCAN_STATE_IDLE));
}

int sv_scanplan_is_alive(struct sv_scanplan const *plan, enum sv_scan_side side)
{
    return sv_scan_step_is_alive(&plan->sides[side]);
}
