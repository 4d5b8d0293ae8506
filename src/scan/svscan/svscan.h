/* ISC license. */

/*
 * What the parts of svscan share: the scan directory it looks after, which is its working
 * directory.
 *
 *     svscan.c   start-up and the loop: gathers events
 *     scan.c     from names in the scan directory to events of entries
 *     perform.c  feeds events to the plan of an entry and performs what it answers
 *     order.c    who is told when to end, when everything is ended
 *     takeover.c takes over what an svscan before us has left: supervises and pipes
 *     trace.c    what a supervise has left of itself in its directory
 *     held.c     supervises that are not our children
 *     relay.c    ends, and telling them to whom they concern
 *     table.c    the entries, and finding them; lookup.c  a hash table
 *     launch.c   starts a supervise
 *     own.c      svscan's own log
 *     state.c    SCANDIR/.svscan: the lock and the control FIFO
 *     trouble.c  what has been warned about
 */

#ifndef SV_SVSCAN_SVSCAN_H
#define SV_SVSCAN_SVSCAN_H

#include <stdint.h>

#include <sv/handover.h>
#include <sv/scanplan.h>
#include <sv/status.h>
#include <sv/watch.h>

#include "launch.h"
#include "table.h"
#include "trouble.h"

/* How a process ended that was none of our supervises. */
struct end {
    pid_t pid; /* 0: none */
    int wait_status;
    uint64_t ticks; /* when it was reaped (process.h) */
};

#define ENDS 64

/* An end of a pipe that the image before had. */
struct kept {
    int fd; /* -1: it has been asked for */
    int is_writer;
    uint64_t inode;
};

struct svscan {
    char const *dir_name; /* as the user gave it, for messages */
    char const *log_name; /* its log directory, as given; null: none was */
    struct entry *own;    /* the entry of that; null: none (yet) */
    struct table table;
    struct launch launch;

    struct sv_watch watch; /* of the scan directory and of young service directories */
    int watch_id;          /* of the scan directory, -1: it is not watched */
    int signals;           /* selfpipe */
    int control;           /* read here; -1: there is none */
    int held;              /* epoll: who has ended that is not our child; -1: nobody */
    unsigned char life[SV_BOOT_ID]; /* sv_process_life() */

    struct end ends[ENDS]; /* the last ones */
    unsigned int end_count;

    int64_t due_ms;    /* no plan wants TIME before; else SV_SCAN_NEVER */
    int64_t rescan_ms; /* something has to be looked at again then; else SV_SCAN_NEVER */
    int64_t check_ms;  /* supervises that cannot be held are looked at; else NEVER */
    uint64_t scans;    /* so far */
    int scan_wanted;   /* at the end of this round */
    int handed[SV_HANDOVER_MAX]; /* what the image before has left open: lock, control */
    unsigned int handed_count;   /* 0: this image was not executed in place of another */
    int lock;                    /* -1: not had */
    int control_writer;          /* the other end of control */
    struct kept *kept;           /* ends of pipes that the image before had, ... */
    unsigned int kept_count;     /* ... until every entry has found its own */
    pid_t checker;               /* checks the new svscan; 0: none */
    int64_t check_over_ms;       /* it has had its time then; else SV_SCAN_NEVER */
    int upgrade_wanted;          /* as soon as nothing is being ended */

    int leaving;         /* everything is being ended; exit when nothing is left */
    struct order *order; /* in which that is done; null: at once */
    int abandoning;      /* exit now */

    struct troubles troubles;
};

/* perform.c */

/*
 * Feeds an event to the entry, performs the actions, and so on until nothing is left to
 * be answered. The entry may be gone afterwards.
 */
extern void svscan_feed(struct svscan *svscan, struct entry *entry,
                        struct sv_scan_event const *event);

/* The same with an event of this kind and nothing in it. */
extern void svscan_tell(struct svscan *svscan, struct entry *entry,
                        enum sv_scan_event_kind kind);

/* LOG_APPEARED, if there is a log/ in its directory. */
extern void svscan_log_appeared(struct svscan *svscan, struct entry *entry);

/* Says that log/ came too late for the MAIN that runs, and what to do. */
extern void svscan_warn_log(struct svscan const *svscan, struct entry const *entry);

/* TIME for all that are due, and due_ms anew. */
extern void svscan_pass_time(struct svscan *svscan);

/* own.c */

/*
 * What svscan says is logged as what a service says is: there is an entry whose LOG is
 * the logger in the log directory and whose MAIN is svscan itself. Its plan knows nothing
 * of that: it has MAIN started when the logger has been, which is when standard output
 * and error become the pipe, and stopped before the logger is, when they become again
 * what they were.
 */

/*
 * If there is to be such an entry and is none: makes it, if the log directory is there.
 */
extern void svscan_own_open(struct svscan *svscan);

/* Whether the name is that by which the entry is known: then it is no service. */
extern int svscan_own_has(struct svscan const *svscan, char const *text);

/* START_MAIN of it: from now on all that is said goes there. Returns 1; 0 with errno. */
extern int svscan_own_speak(struct svscan *svscan);

/* STOP_MAIN of it: no longer. Twice is as once. */
extern void svscan_own_hush(struct svscan *svscan);

/*
 * What is said between these two is about the logger, and goes to where svscan's messages
 * went before there was one.
 */
extern void svscan_own_step_aside(void);
extern void svscan_own_come_back(void);

/*
 * Looks for the pipe `inode` in all processes that are there: their standard output or
 * error is it. Returns 1; 0 if nobody has it, or nobody who may be asked.
 */
extern int svscan_own_find_pipe(uint64_t inode, int *ends);

/* Another directory may have got its name since: notes that that is the one. */
extern void svscan_own_look_again(struct svscan *svscan);

/* When everything else has ended: SHUTDOWN for it. Twice is as once. */
extern void svscan_own_end(struct svscan *svscan);

/* order.c */

/*
 * SHUTDOWN for all entries that nobody needs who is still there: at the beginning, and
 * again at the end of each round, for those that have become so.
 */
extern void svscan_order_begin(struct svscan *svscan);
extern void svscan_order_go_on(struct svscan *svscan);

/* There is no MAIN of the entry any more, and there will be none. Twice is as once. */
extern void svscan_order_gone(struct svscan *svscan, struct entry const *entry);

/* takeover.c */

/*
 * If a supervise that we did not start looks after that side: takes it over. Returns 1 or
 * 0.
 */
extern int svscan_take_over(struct svscan *svscan, struct half *half);

/*
 * Opens the pipe that is between the sides of the entry already. Returns 1; 0 if there is
 * none that can be had; -1 with errno if it may be had later.
 */
extern int svscan_take_pipe(struct svscan *svscan, struct entry *entry);

/* MAIN has been started, with our pipe: a logger that reads another one is ended. */
extern void svscan_join_logger(struct entry *entry);

/* The entry loses its last name: keeps its directory, until it has a name again. */
extern void svscan_keep_place(struct entry *entry);
extern void svscan_drop_place(struct entry *entry);

/* held.c */

/*
 * From now on the process, not our child, is that of the half, and its end will be
 * noticed. Returns 1; 0 if there is no such process any more.
 */
extern int svscan_hold(struct svscan *svscan, struct half *half, pid_t pid,
                       uint64_t start);

/* The half has no process any more, its own child or not. */
extern void svscan_let_go(struct svscan *svscan, struct half *half);

/* Somebody has ended; it is time to look whether somebody has. */
extern void svscan_read_held(struct svscan *svscan);
extern void svscan_check_held(struct svscan *svscan);

/*
 * Signals the supervise of the half, which has one. Returns 1, also if it has just ended;
 * 0 with errno.
 */
extern int svscan_signal(struct half const *half, int number);

/* upgrade.c */

/* Checks the program that is to be executed; says why not, or has it executed later. */
extern void svscan_begin_upgrade(struct svscan *svscan);

/* `pid` has ended: returns 1 if it was the checker. */
extern int svscan_checker_ended(struct svscan *svscan, pid_t pid, int wait_status);

/* At the end of each round. Executes it if the time has come; returns if that fails. */
extern void svscan_upgrade_if_due(struct svscan *svscan);

/*
 * An image that was executed anew: notes which pipes it has; gives the ends of the one
 * with that inode (returns 1; 0 if there is none); closes those nobody has asked for.
 */
extern void svscan_keep_pipes(struct svscan *svscan);
extern int svscan_kept_pipe(struct svscan *svscan, uint64_t inode, int *ends);
extern void svscan_end_upgrade(struct svscan *svscan);

/* svscan --check: whether this program could go on here. Returns 0, or dies. */
extern int svscan_check(struct svscan *svscan);

/* relay.c */

/* Reaps all children that have ended. */
extern void svscan_reap(struct svscan *svscan);

/* The supervise of the half has ended; null: it was not our child. */
extern void svscan_ended(struct svscan *svscan, struct half *half,
                         int const *wait_status);

/* scan.c */

/* Watches the scan directory, if that is possible; looks through all of it. */
extern void svscan_watch(struct svscan *svscan);
extern void svscan_scan(struct svscan *svscan);

/* Events are there to be read. */
extern void svscan_read_watch(struct svscan *svscan);

/* state.c */

/*
 * Takes the lock of the scan directory, or dies if another svscan has it; opens the
 * control FIFO. If that cannot be done at all, warns.
 */
extern void svscan_open_state(struct svscan *svscan);

/* Obeys the commands that are there to be read. */
extern void svscan_read_control(struct svscan *svscan);

/* svscan.c */

/* Brings everything down. */
extern void svscan_leave(struct svscan *svscan);

#endif
