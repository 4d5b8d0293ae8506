/* ISC license. */

/*
 * The logger that is a file: where `log` is executable, run's output goes to it through a
 * pipe that we hold, as svscan does for a log directory.
 *
 * It has a supervise of its own, this program executed with --logger, whose state is in
 * supervise/.log: so a logger is taken over, restarted and seen to as any other service,
 * whoever is killed. To people it is part of this one: L sends it commands, its record
 * stands behind ours in supervise/status.
 */

#ifndef SV_SUPERVISE_LOGGER_H
#define SV_SUPERVISE_LOGGER_H

#include <stdint.h>

#include <sv/control.h>
#include <sv/recovery.h>
#include <sv/status.h>

struct service;

struct service_logger {
    int dir;                /* where that has its state; -1: there is no such logger */
    int pipe[2];            /* to it, from the service; -1: none */
    int fifo[2];            /* its control, to read and to write */
    int watch;              /* tells of what it writes down; -1: nothing does */
    int pid;                /* of its supervise; 0: there is none */
    int held;               /* pidfd of that if it is not our child; else -1 */
    int64_t born_ms;        /* when we have started it */
    int64_t retry_ms;       /* it is to be started, or looked for, then; else SV_NEVER */
    int has_changed;        /* it may have written something down */
    int input_ends;         /* it has been told so */
    uint64_t awaited_bytes; /* it has taken so many when it has obeyed */
    int64_t awaited_ms;     /* and no longer than that is it waited for; 0: it is not */
    int looked;             /* whether one is left from the supervise before us */
    unsigned char status[SV_STATUS_ENCORE]; /* its record */
};

/*
 * Has what is needed to keep the logger, if `log` is an executable file: at start-up.
 * And: has it kept, before anything writes to it. Nothing if that is so already. Returns
 * 1; 0 if it should be and cannot: that was said.
 */
extern int service_logger_open(struct service *service);
extern int service_logger_begin(struct service *service);

/* At the end of each round: starts what is due, and reads what it has written down. */
extern void service_logger_tend(struct service *service);

/* `pid` has ended: returns 1 if it was its supervise. That which is held has ended. */
extern int service_logger_ended(struct service *service, int pid);
extern void service_logger_held_ended(struct service *service);

/*
 * Passes a command on. What stands behind it is for later: until the logger has obeyed,
 * service_logger_is_awaited(). So who starts a logger and then its service finds the
 * logger up.
 */
extern void service_logger_command(struct service *service,
                                   struct sv_command const *command);
extern int service_logger_is_awaited(struct service *service);

/*
 * Its page. Returns 1; 0 if there is none, or nobody has ever had it. And: signals its
 * supervise, if there is one.
 */
extern int service_logger_page(struct service const *service, struct sv_recovery *page);
extern void service_logger_signal(struct service_logger const *logger, int number);

/* When all else is over: lets it read to the end, and waits until it has left. */
extern void service_logger_leave(struct service *service);

#endif
