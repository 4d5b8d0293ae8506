/* ISC license. */

/*
 * What the parts of the plan share: a step in progress and what may be done to it.
 * Private to scanplan.c and scanplan_conclude.c.
 */

#ifndef SV_SCANPLAN_STEP_H
#define SV_SCANPLAN_STEP_H

#include <sv/scanplan.h>

struct sv_scan_step {
    struct sv_scanplan *plan;
    struct sv_scan_half *main; /* its halves */
    struct sv_scan_half *log;
    struct sv_scan_half *half; /* the one that the event is about, if it is about one */
    struct sv_scan_event const *event;
    struct sv_scan_actions *actions;
};

static inline void sv_scan_step_act(struct sv_scan_step const *step,
                                    enum sv_scan_action action)
{
    step->actions->list[step->actions->count++] = action;
}

/* Asks for something that is answered: nothing else is asked for until then. */
static inline void sv_scan_step_ask(struct sv_scan_step const *step,
                                    enum sv_scan_action action,
                                    enum sv_scan_awaits awaits)
{
    step->plan->awaits = awaits;
    sv_scan_step_act(step, action);
}

static inline int sv_scan_step_is_alive(struct sv_scan_half const *half)
{
    return half->state == SV_SCAN_STATE_ALIVE || half->state == SV_SCAN_STATE_TOLD;
}

/* What is to be done after the event, but for what time alone decides. */
extern void sv_scan_step_conclude(struct sv_scan_step const *step);

#endif
