/* ISC license. */

/*
 * What the parts of the machine share: a step in progress and what may be done to it.
 * Private to machine.c and the files beside it.
 */

#ifndef SV_MACHINE_STEP_H
#define SV_MACHINE_STEP_H

#include <sv/machine.h>

struct sv_step {
    struct sv_machine *machine;
    struct sv_event const *event;
    struct sv_settings const *settings;
    struct sv_actions *actions;
};

/* Asks for an action. SV_ACTIONS_MAX is enough: no event leads to more. */
extern void sv_step_act(struct sv_step const *step, enum sv_action_kind kind);

/* This step is a transition, and this is why. The first cause given stays. */
extern void sv_step_because(struct sv_step const *step, enum sv_cause_kind kind,
                            uint32_t detail);
extern void sv_step_because_of(struct sv_step const *step, struct sv_cause const *cause);

/* From here on: no child, in `phase`, nothing pending, no deadline. */
extern void sv_step_rest(struct sv_step const *step, enum sv_phase phase);

/* From here on: BACKOFF, to be started at `when_ms`, for the cause of this step. */
extern void sv_step_start_at(struct sv_step const *step, int64_t when_ms);

/* From here on: DOWN, but first the stop script, if it is to run. */
extern void sv_step_go_down(struct sv_step const *step);

/* Gave up: FAILED. */
extern void sv_step_fail(struct sv_step const *step);

/* machine_command.c: does what the command of this event says. */
extern void sv_step_obey(struct sv_step const *step);

/* machine_stop.c: signals and everything that ends a run. */

/* Sends a signal to the run, or puts it among the pending ones. */
extern void sv_step_send(struct sv_step const *step, int signal_number, int to_group);

/* The run is asked to end: down-signal and CONT, to what kill-mode says. */
extern void sv_step_stop_child(struct sv_step const *step);

extern void sv_step_want_down(struct sv_step const *step);
extern void sv_step_drain(struct sv_step const *step);
extern void sv_step_child_time(struct sv_step const *step);

/* The run is about to end: from now on timeout-kill counts. */
extern void sv_step_limit_stop(struct sv_step const *step);

/* Likewise by `signal_number`: the run has failed, for the cause of this step. */
extern void sv_step_condemn(struct sv_step const *step, int signal_number);

/* machine_ready.c: what a run, or a check of it, says about itself. */

/* Any of those events; there is a run. */
extern void sv_step_told(struct sv_step const *step);

/* The watchdog's time begins, again or not at all. */
extern void sv_step_feed_watchdog(struct sv_step const *step);

/* The run has been paused, or goes on: nothing is expected of it in the meantime. */
extern void sv_step_pause_deadlines(struct sv_step const *step);

/* ready_ms or watchdog_ms has come. */
extern void sv_step_unready_time(struct sv_step const *step);

/* machine_run.c: how a run begins and ends. */
extern void sv_step_started(struct sv_step const *step);
extern void sv_step_start_failed(struct sv_step const *step);
extern void sv_step_died(struct sv_step const *step);
extern void sv_step_finish_or_judge(struct sv_step const *step);
extern void sv_step_finish_started(struct sv_step const *step);
extern void sv_step_finish_failed(struct sv_step const *step);
extern void sv_step_finish_died(struct sv_step const *step);

/* machine_script.c: encore's scripts start and stop. */
extern void sv_step_script_started(struct sv_step const *step);
extern void sv_step_script_failed(struct sv_step const *step);
extern void sv_step_script_died(struct sv_step const *step);

/* What is STARTED has lost what it needs. */
extern void sv_step_unstart(struct sv_step const *step);

/* The next try of a start, for which there was no process. */
extern void sv_step_retry_later(struct sv_step const *step);

/* No child, and not judging one: what u, o, d and the like may act upon at once. */
static inline int sv_step_is_idle(struct sv_step const *step)
{
    return step->machine->child == SV_CHILD_NONE
           && step->machine->phase != SV_PHASE_FINISHING
           && step->machine->phase != SV_PHASE_CLEANING;
}

/* What can be brought down: the service itself, or what prepares it. */
static inline int sv_step_can_end(struct sv_step const *step)
{
    return step->machine->child == SV_CHILD_RUN || step->machine->child == SV_CHILD_START;
}

static inline int sv_step_has_pending(struct sv_machine const *machine)
{
    return (machine->pending | machine->pending_group | machine->pending_stop) != 0;
}

#endif
