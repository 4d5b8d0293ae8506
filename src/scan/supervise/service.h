/* ISC license. */

/*
 * What the parts of supervise share: the one service it keeps.
 *
 *     startup.c    start-up, which may die
 *     supervise.c  the loop: gathers events
 *     act.c        feeds them to the machine
 *     perform.c    performs what it answers
 *     start.c      starts run, finish, and encore's start and stop
 *     tree.c       finds and kills what belongs to the service
 *     record.c     notes what happened, and stores it where it outlives us
 *     write.c      writes it down for readers: .status, status, .journal, .death_tally
 *     resume.c     takes over from a supervise that was killed
 *     upgrade.c    executes supervise anew, in the same process
 *     runwatch.c   waits for a run script to appear
 *     ready.c      supervise/.ready, by which a run says that it is ready
 *     notify.c     the socket by which it says that, and more
 *     checker.c    svcheck beside the run
 *     needs.c      waits for what the service needs
 *     needs_report.c  says what is wrong with that
 *     scripts.c    runs control scripts
 *     tell.c       runs encore's notify script
 *     logger.c     keeps the supervise of a logger that is a file (logger.h)
 *     logger_leave.c  ends it, when all else is over
 */

#ifndef SV_SUPERVISE_SERVICE_H
#define SV_SUPERVISE_SERVICE_H

#include <stdint.h>

#include <sv/control.h>
#include <sv/handover.h>
#include <sv/journal.h>
#include <sv/machine.h>
#include <sv/needs.h>
#include <sv/proctree.h>
#include <sv/recovery.h>
#include <sv/servicedir.h>
#include <sv/setting.h>
#include <sv/status.h>
#include <sv/tally.h>

#include "logger.h"

#define SV_NAME_MAX 264 /* of the service, as finish gets it: NAME/log */

/* A trouble that has been told of, so that it is not told again until it has gone. */
struct trouble {
    int error_number; /* 0: none */
};

/*
 * Where what is large and hardly ever touched lies: behind everything else, as the linker
 * sorts by name, so that no page is in memory for a part of it and a part of what is used
 * all the time.
 */
#define SV_LARGE __attribute__((section(".bss.zz.large")))

#define SV_TOLD 4 /* notify scripts that are known of, should there be so many */

struct service {
    char const *dir_name; /* as the user gave it, for messages */
    char const *instance; /* which one of a template (instance.h); "": of none. Null
                             before start-up */
    char name[SV_NAME_MAX];

    int dir;        /* the service directory, which is our working directory */
    int state_dir;  /* its supervise/ */
    int lock;       /* held on supervise/lock */
    int control;    /* read here */
    int fifos[4];   /* both ends of control and ok; control is one of them */
    int signals;    /* selfpipe */
    int watch;      /* inotify, -1 unless a run script is waited for */
    int journal;    /* -1 if it cannot be had */
    int is_encore;  /* encore's personality */
    int is_logger;  /* what is kept is the script log of a service, and nothing else */
    int reads_pipe; /* standard input is a pipe: this may be a logger */
    int leaving;    /* the machine has said LEAVE */

    struct sv_recovery *page; /* what the next supervise finds, should we be killed */
    int is_mapped;            /* ... if it is a file, and not just memory */
    struct sv_recovery_doing doing;

    int ready;              /* .ready, of this run; -1: none */
    int notify;             /* its notify socket; -1: none */
    int has_said;           /* there may be a file with what it says */
    int hears_the_rest;     /* of a run that has ended */
    int ended_pid;          /* whose end is about to be fed; 0: nobody's */
    struct timespec born;   /* what the last child has written as its birth; or 0 */
    int check_pid;          /* svcheck that we have started; 0: none */
    int checked_pid;        /* the process it was started for */
    int64_t check_retry_ms; /* it is not started again before */
    int64_t check_due_ms;   /* ... and then it is; else SV_NEVER */

    int scan_dir;                /* where the names in `needs` are found; -1: nowhere */
    int needs_fds[SV_NEEDS_MAX]; /* directories that are watched, for what it needs */
    unsigned int needs_count;
    unsigned int needs_known : 1; /* `needs` has been read for this run */
    unsigned int needs_seen : 1;  /* something has happened in one of them */
    uint32_t needs_told;          /* sum of what has been said to be wrong; 0: nothing */
    int64_t needs_ms;             /* look again then; else SV_NEVER */

    int cgroup;  /* the service's own, -1: none, or not looked for yet */
    int own_run; /* pid of the last run that we have started; 0: none */

    int adopted;         /* pidfd of the child if it is not a child of ours; else -1 */
    int adopted_is_over; /* it has ended; how, somebody may still tell us ... */
    int64_t over_ms;     /* ... until then */
    int64_t adopted_ms;  /* look again then; else SV_NEVER */

    struct service_logger logger;
    int told[SV_TOLD]; /* pids of notify scripts; 0: none */

    int script; /* pidfd of a control script that is not a child of ours; else -1 */
    int script_is_over; /* when we took over it had ended already ... */
    int script_status;  /* ... like that */
    int last_script;    /* pid of the last one; 0: none */

    struct sv_machine machine;
    struct sv_control decoder;
    struct sv_status status; /* what .status says, or will at the end of the round */
    struct sv_tally *tally;
    struct sv_settings settings;
    struct sv_servicedir_absent absent; /* option files that there are not */
    uint32_t bad_settings;              /* those that have been reported */

    int handed[SV_HANDOVER_MAX]; /* what the image before has left open, the lock first */
    unsigned int handed_count;   /* 0: this image was not executed in place of another */
    int checker;                 /* the process that checks the new supervise; 0: none */
    int64_t check_ms;            /* it has had its time then; else SV_NEVER */
    int upgrading;               /* execute the new one at the end of the round */

    uint64_t journal_serial; /* the last transition that is in the journal */
    uint64_t child_start;    /* start time of the process that becomes the child */
    int tally_changed;
    int status_changed;
    int status_file; /* supervise/status, open so that it is known who wrote it; or -1 */
    int64_t
        write_ms; /* what has been noted is written then, if not before; else SV_NEVER */
    int write_waits;   /* not at the end of this round */
    int64_t linger_ms; /* the end of the run is written to `status` then; 0: with all */
    int stops;       /* the run has been told to end, by one of the commands just read */
    int64_t deaf_ms; /* signals and commands cannot be read: not before then */
    int64_t complain_ms; /* say that run cannot be executed, if it still cannot; or
                            SV_NEVER */
    struct timespec run_changed; /* ctime of run before the last try; 0: there was none */
    int64_t
        watch_retry_ms; /* look for run then, if it cannot be watched; else SV_NEVER */

    struct trouble status_trouble;
    struct trouble journal_trouble;
    struct trouble tally_trouble;
    struct trouble start_trouble;
    struct trouble finish_trouble;
    struct trouble watch_trouble;
    struct trouble settings_trouble;
    struct trouble read_trouble;
    struct trouble page_trouble;
    struct trouble adopt_trouble;
    struct trouble ready_trouble;
    struct trouble check_trouble;
    struct trouble notify_trouble;
    struct trouble message_trouble;
    struct trouble needs_trouble;
    struct trouble script_trouble;
    struct trouble logger_trouble;
    struct trouble notice_trouble;
};

/*
 * Gets all that there must be, or dies. Returns 1 if a supervise that was killed has left
 * all it knew: then it is to be taken over.
 */
extern int service_start_up(struct service *service);

/*
 * Feeds an event of `kind` with nothing but the time in it, or a whole one, and all that
 * follows from it.
 */
extern void service_event(struct service *service, enum sv_event_kind kind);
extern void service_feed(struct service *service, struct sv_event const *event);

/*
 * The service's main process or its finish script has ended; other children do not count.
 * Nobody knows how: `unseen`.
 */
extern void service_child_ended(struct service *service, int pid, int wait_status,
                                int unseen);

/* How many deaths are remembered: restart-limit may need more than max-death-tally. */
extern uint32_t service_tally_size(struct service const *service);

/* Reads the option files; a file that cannot be used is reported once. */
extern void service_load_settings(struct service *service);

/*
 * Performs one action. Returns 1 if *answer has to be fed.
 */
extern int service_perform(struct service *service, enum sv_action_kind action,
                           struct sv_event *answer);

/* start.c: each fills the answer that is to be fed. */
extern void service_start_run(struct service *service, struct sv_event *answer);
extern void service_start_finish(struct service *service, struct sv_event *answer);
extern void service_start_stop(struct service *service, struct sv_event *answer);

/* The name of the script that is kept running. */
static inline char const *service_run_name(struct service const *service)
{
    return service->is_logger ? "log" : "run";
}

/* When the process that has just been made started. */
extern uint64_t service_start_of(struct sv_spawn_birth const *birth);

/* The cgroup that run and finish are to be started in, 0 if in ours. */
extern int service_tree_cgroup(struct service *service);

/* A run has been started: what was known of the last one is not true of it. */
extern void service_tree_forget(struct service *service, pid_t run_pid);

/*
 * Signals everything that belongs to the service, or kills it; `is_over` if the run has
 * just ended. Returns 1; 0 if it could not be found.
 */
extern int service_tree_signal(struct service *service, uint32_t signals);
extern int service_tree_kill(struct service *service, int is_over);

/* What run gets as $1 and finish as $5; null: they get no such argument. */
static inline char const *service_argument(struct service const *service)
{
    return *service->instance ? service->instance : 0;
}

/* The process group of the run. */
extern pid_t service_tree_group(struct service const *service);

/* Whether the child is there, so that its pid is its own. */
extern int service_child_is_there(struct service const *service);

/* Looks at a main process that may be followed by another, before it can be gone. */
extern void service_tree_note(struct service const *service);

/*
 * Who goes on after the main process, which has ended; only who is known to belong to the
 * service, if it needs_proof. As sv_heir_chosen().
 */
extern pid_t service_tree_heir(struct service const *service, int needs_proof,
                               uint64_t *start);

/* Removes the cgroup of a service that rests, if nobody is in it; or when we leave. */
extern void service_tree_tidy(struct service *service);
extern void service_tree_leave(struct service *service);

/*
 * The children that are ours, and nothing of the service's: fills own[], with 0 where
 * there are fewer.
 */
extern void service_own_children(struct service const *service,
                                 pid_t own[SV_PROCTREE_SKIP]);

/*
 * Feeds the commands that stand in the page and have not been taken, but none behind one
 * that has control scripts before these are over.
 */
extern void service_take_input(struct service *service);

/* Reads what has been written to the control FIFO, if there is anything, and feeds it. */
extern void service_take_commands(struct service *service);

/* Notes for service_write() that there is more time, which is no transition. */
extern void service_record_deadlines(struct service *service);

/* Notes a transition for service_write(). */
extern void service_record(struct service *service, struct sv_event const *event,
                           struct sv_cause const *cause);

/*
 * Checks the program that is to be executed; in the end service->upgrading is set, or it
 * was said why not. The checker has had its time. `pid` has ended: returns 1 if it was
 * the checker.
 */
extern void service_begin_upgrade(struct service *service);
extern void service_check_timeout(struct service *service);
extern int service_checker_ended(struct service *service, int pid, int wait_status);

/* Executes it. Returns only if that fails, and says so. */
extern void service_upgrade(struct service *service);

/*
 * supervise --check, in a service directory: whether this program could go on from the
 * page there. Returns 0, or dies.
 */
extern int service_check(struct service const *service);

/* Stores all that a supervise must not forget. */
extern void service_store(struct service *service);

/*
 * Opens what write.c writes to. What the page does not tell of an earlier supervise's
 * counts, .status does.
 */
extern void service_open_records(struct service *service);

/* The page cannot be a file: says so, once. errno says why. */
extern void service_warn_page(struct service *service);

/*
 * Opens the page. Returns 1 if it is that of a supervise that was killed: its status and
 * machine are then ours. The lock must be held.
 */
extern int service_open_page(struct service *service);

/* What goes on when a service begins anew. */
extern void service_continue_counts(struct sv_status *status,
                                    struct sv_status const *earlier);

/* In place of BEGIN, when service_open_page returned 1. */
extern void service_resume(struct service *service);

/*
 * The adopted child has ended; adopted_ms has come; somebody may have told us how it
 * ended.
 */
extern void service_adopted_ended(struct service *service);
extern void service_look_at_adopted(struct service *service);
extern void service_look_for_relayed(struct service *service);

/*
 * What .status will say when the child of `birth` has been noted. And: writes the status
 * file that all of the family have as if it had been, which service_write() does again.
 */
extern void service_foresee(struct service const *service, struct sv_event const *birth,
                            struct sv_status *status);
extern void service_write_birth(struct service *service, struct sv_event const *birth);

/* Writes down all that has been noted. What fails is tried again every second. */
extern void service_write(struct service *service);

/* The journal only. */
extern void service_write_journal(struct service *service);

/* It is time to say that run cannot be executed. */
extern void service_complain(struct service *service);

/* Remembers run as it is before it is tried. */
extern void service_look_at_run(struct service *service);

/* Watches for the run script as long as the machine wants that. */
extern void service_watch_run(struct service *service);

/* Ends that if it is not wanted any more: when all else has been done, as it takes time.
 */
extern void service_end_watch_run(struct service *service);

/* The watch is ready to read, or its retry is due: was it about run? */
extern void service_run_watch_ready(struct service *service);

/* Nobody watches the child by a pidfd any more: it has been reaped, or replaced. */
extern void service_let_go(struct service *service);

/* Holds the child if it is not a child of ours. Returns 0 if it is there no more. */
extern int service_hold(struct service *service);

/*
 * Whether a trouble with this errno is news. Remembers it; errno stays. trouble_over()
 * when the thing has worked.
 */
extern int trouble_is_new(struct trouble *trouble);
extern void trouble_over(struct trouble *trouble);

#endif
