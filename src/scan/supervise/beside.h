/* ISC license. */

/*
 * What supervise does beside starting and ending its service: it listens to what that
 * says about itself (ready.c, notify.c), has it checked (checker.c), and waits for what
 * it needs (needs.c, needs_report.c).
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

/* needs.c */

/* Whether all is ready that the service needs; if not, it is watched from now on. */
extern int service_needs_are_met(struct service *service);

/* At the end of each round, and when something has happened in a watched directory. */
extern void service_tend_needs(struct service *service);

/* needs_report.c: says what is wrong with what it needs, if that is news. */
extern void service_needs_report(struct service *service);

#endif
