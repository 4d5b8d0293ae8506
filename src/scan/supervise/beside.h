/* ISC license. */

/*
 * What supervise does beside starting and ending its service: it listens to what that
 * says about itself (ready.c, notify.c), has it checked (checker.c), waits for what it
 * needs (needs.c, needs_report.c), and runs scripts about it (scripts.c, tell.c).
 */

#ifndef SV_SUPERVISE_BESIDE_H
#define SV_SUPERVISE_BESIDE_H

#include "service.h"

/* ready.c */

/* A run is about to be started: it gets its own FIFO, if it needs one. */
extern void service_ready_begin(struct service *service);

/* A descriptor of it for the run, or the checker, blocking; -1: there is none. */
extern int service_ready_writer(struct service *service);

/* There is something to read; takes what stands in the page and has not been taken. */
extern void service_ready_read(struct service *service);
extern void service_ready_take(struct service *service);

/* Finds the FIFO of the run that goes on, if there is one. */
extern void service_ready_resume(struct service *service);

/* checker.c */

#define SERVICE_CHECKER "svcheck" /* the program */

/* Whether there is a check: a script, or a probe. */
extern int service_checks(struct service const *service);

/* Whether the run that is being started, or a check, is going to say that it is ready. */
extern int service_says_ready(struct service const *service);

/* Starts svcheck if there is to be one and there is none. */
extern void service_tend_check(struct service *service);

/* `pid` has ended: returns 1 if it was svcheck. */
extern int service_check_ended(struct service *service, int pid);

/* notify.c */

/* A run is about to be started: makes its socket, if it is to have one. */
extern void service_notify_begin(struct service *service);

/*
 * The environment of the run: ours, with what it must know about the socket and the
 * watchdog; null if that is all of ours.
 */
extern char const *const *service_notify_environment(struct service *service);

/* The number under which the run gets its socket. */
extern int service_notify_number(struct service const *service);

/* There is something to read; what stands in the page and was not taken; takes it back.
 */
extern void service_notify_read(struct service *service);
extern void service_notify_resume(struct service *service);

/* scripts.c */

/*
 * A command, or SIGTERM, has come. Returns 1 if there are control scripts for it: all
 * about it is seen to, in time; until doing.control_step is 0, no other command may be
 * taken. 0 if it is to be fed as it is.
 */
extern int service_scripts_begin(struct service *service,
                                 struct sv_command const *command);
extern int service_scripts_terminate(struct service *service);

/*
 * `pid` has ended: returns 1 if it was the script. The one that is not our child has
 * ended. The script has had its time, which is over at the deadline.
 */
extern int service_script_ended(struct service *service, int pid, int wait_status);
extern void service_adopted_script_ended(struct service *service);
extern void service_script_timeout(struct service *service);
extern int64_t service_script_deadline(struct service const *service);

/*
 * When all else is over: waits for the scripts, which have their time; one that runs
 * since before SIGTERM came is killed.
 */
extern void service_scripts_leave(struct service *service);

/*
 * Takes over the script that runs, or was to. Before anything else: looks whether its end
 * is known.
 */
extern void service_scripts_look(struct service *service);
extern void service_scripts_resume(struct service *service);

/* tell.c */

/*
 * Runs encore's notify script, if there is one, about a transition that `event` led to;
 * `before` is the machine before it. `pid` has ended: forgets it.
 */
extern void service_tell(struct service *service, struct sv_event const *event,
                         struct sv_machine const *before);
extern void service_told_ended(struct service *service, int pid);

/* needs.c */

/* Whether all is ready that the service needs; if not, it is watched from now on. */
extern int service_needs_are_met(struct service *service);

/* At the end of each round, and when something has happened in a watched directory. */
extern void service_tend_needs(struct service *service);

/* needs_report.c: says what is wrong with what it needs, if that is news. */
extern void service_needs_report(struct service *service);

#endif
