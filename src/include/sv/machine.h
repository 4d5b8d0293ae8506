/* ISC license. */

/*
 * machine (pure): what supervise decides.
 *
 * supervise gathers events, steps the machine with each, and performs the actions that
 * come back. Time comes in with the event (milliseconds of CLOCK_MONOTONIC), so do the
 * settings of the service directory, read a moment ago. Nothing here knows a descriptor
 * or a clock.
 *
 * Three variables:
 *
 *   wanted  what the operator, or the lack of a `down` file, asked for: DOWN, UP, or
 *           ONCE (run it, but do not start it again)
 *   child   which process of ours is there: NONE, RUN (the service), FINISH (its script);
 *           START, STOP (encore's scripts: once before the first run, and once after the
 *           last)
 *   phase   what people are told, bound to the other two:
 *
 *     child   possible phases
 *     NONE    DOWN      nothing to do
 *             WAITING   to be started, as soon as what it needs is ready
 *             BACKOFF   to be started at start_ms; START_RUN was asked for if that is now
 *             NO_RUN    there is no executable run script; started when one appears
 *             FAILED    gave up; wanted is DOWN; an operator's u or o starts it
 *             FINISHING START_FINISH has been asked for
 *             CLEANING  START_STOP has been asked for
 *             STARTED   the start script succeeded, and there is no run: nothing more is
 *                       to be done; like UP for all who look
 *     RUN     STARTING  executed, and it will say when it is ready
 *             UP        ready; or executed, if it never says that it is
 *             STOPPING  it was asked to end (d, x by signal, r), condemned, or says that
 *                       it ends
 *     FINISH  FINISHING the finish script runs
 *     START   PREPARING the start script runs, and then run will
 *             STOPPING  it was asked to end
 *     STOP    CLEANING  the stop script runs, and then it is down
 *
 * A child START is treated as a RUN by d, D, x, TERMINATE and TIME, START and STOP are by
 * commands that are plain signals; by all else as a FINISH; STOP is killed after
 * timeout-kill. "DOWN" means CLEANING and
 * START_STOP first, if there is a stop script that has not run since the last start; but
 * not when supervise leaves without having been told d. u, U, o and Q out of DOWN or
 * FAILED, or while it is being brought down, mean that the start script runs first.
 *
 * Events and what they do ("start" = BACKOFF with start_ms = now; "settle" = wait until
 * the process had SV_SETTLE_MS, then send; "leave" = leave when down; "-" = nothing;
 * "!" = cannot happen):
 *
 *   event          child NONE               RUN                         FINISH
 *   BEGIN          start, DOWN with `down`  !                           !
 *   COMMAND u U    start unless FINISHING   wanted UP                   wanted UP
 *                  or STARTED
 *           o Q    the same                 wanted ONCE                 wanted ONCE
 *           O      DOWN unless FINISHING    wanted ONCE                 wanted ONCE
 *           d D    DOWN unless FINISHING    settle: down-signal, CONT;  wanted DOWN
 *                                           STOPPING, timeout-kill runs
 *           r      -                        the same, wanted stays      -
 *           x      leave                    leave                       leave
 *           R      -                        settle: reload-signal       -
 *           p c    -                        settle: STOP, CONT; paused  -
 *           T      KILL_TREE                KILL_TREE                   KILL_TREE
 *           other  -                        settle: the signal          -
 *           if it `has_script`: the same, but no signal is sent, and timeout-kill does
 *           not run; when that has ended, the command comes again: `handled`, then no
 *           signal is sent but a CONT with d, D and r, or not, then all is as without
 *           U also removes `down`; D and Q also create it
 *   TERMINATE      as d and x, scripts      as d and x                  as d and x
 *                  included
 *   DRAIN          start if it was to, or   wanted ONCE, leave; TERM    wanted ONCE,
 *                  is DOWN and input is     only after a while          leave
 *                  left; leave
 *   STARTED        RUN, UP; STARTING if     !                           !
 *                  it will say when it is
 *                  ready
 *   START_FAILED   BACKOFF, NO_RUN, FAILED  !                           !
 *   WAITS          WAITING                  !                           !
 *   NEEDS_MET      start in WAITING         -                           -
 *   NEEDS_LOST     STARTED: DOWN, starts    STOPPING as d, starts again -
 *                  again when they are met  when they are met
 *   READY          !                        STARTING: UP; not           !
 *                                           reloading any more
 *   RELOADS        !                        reloading                   !
 *   STOPS          !                        STOPPING, nothing is sent;  !
 *                                           timeout-kill runs
 *   ALIVE          !                        another watchdog deadline   !
 *   EXTEND         !                        later deadlines             !
 *   MAIN           !                        the run goes on in pid      !
 *   CONDEMNED      !                        condemned, unless paused    !
 *   DIED           !                        FINISHING, START_FINISH     !
 *                                           if it is there, else judged;
 *                                           moved, if `expect` allows that
 *   SCRIPT_STARTED BACKOFF: START, PREPARING; CLEANING: STOP            !
 *   SCRIPT_FAILED  BACKOFF: FAILED, or, if that may pass, later; CLEANING: DOWN
 *   SCRIPT_DIED    (START: start if it succeeded, else FAILED, and DOWN if it was told to
 *                  end; STOP: DOWN, or start if that is wanted again)
 *   NO_RUN         STARTED                  !                           !
 *   FINISH_STARTED FINISH                   !                           !
 *   FINISH_FAILED  judged                   !                           !
 *   FINISH_DIED    !                        !                           judged
 *   RUN_CHANGED    start in NO_RUN and      -                           -
 *                  after a failed exec
 *   TIME           start when due           what settled is sent; KILL  KILL after
 *                                           after timeout-kill          timeout-finish
 *   RESUME         FINISHING: START_FINISH, the same                    the same
 *                  or judged; else the same
 *
 * "Condemned" (unhealthy, or not ready within timeout-ready, or its watchdog was not fed
 * in time): it is ended as by d, or by the watchdog's signal, KILL follows after
 * timeout-kill (SV_CONDEMNED_MS if that is never), and whatever its exit code, it has
 * failed.
 *
 * "Moved" (it exited with 0, or nobody saw how, a process it has started lives on, and so
 * far it did not do that more often than `expect` says): the run goes on in that process.
 *
 * "Judged" (the run is over, finish too): exit 125 of finish, 100 of run (encore), more
 * deaths than restart-limit, a failure under `restart never`: FAILED. Not wanted up, a
 * success that needs no restart: DOWN. Otherwise, or if u, o or r came while it was
 * ending: start, at the time that backoff.h allows.
 *
 * After every step with child NONE, in BACKOFF and start_ms reached: START_RUN. After
 * every step with child NONE, `leaving`, not FINISHING and not about to start: LEAVE.
 *
 * RESUME comes to a machine that a killed supervise has left, in place of BEGIN. What it
 * had asked for and not been answered is asked for again; whether its child is still
 * there is said by DIED or FINISH_DIED afterwards.
 *
 * An event that cannot happen is ignored. What makes it impossible: supervise feeds the
 * answer to an action before any other event, and only reports the child that there is.
 */

#ifndef SV_MACHINE_H
#define SV_MACHINE_H

#include <stdint.h>

#include <sv/control.h>
#include <sv/setting.h>

/* Signals wait until a process had this long to install its handlers. */
#define SV_SETTLE_MS 50

/* A run shorter than this is a quick death. */
#define SV_QUICK_MS 1000

/* A condemned run is killed after this if timeout-kill says never. */
#define SV_CONDEMNED_MS 5000

/* A logger whose input has ended is given this long, again and again while bytes are left
 * ... */
#define SV_DRAIN_MS 5000
/* ... but not longer than this altogether. */
#define SV_DRAIN_LIMIT_MS 60000

/* No deadline. */
#define SV_NEVER INT64_MAX

/* clang-format off */
#define SV_WANTEDS(X) \
    X(DOWN, "down") \
    X(UP,   "up") \
    X(ONCE, "once")
/* clang-format on */

/* clang-format off */
#define SV_CHILDREN(X) \
    X(NONE,   "none") \
    X(RUN,    "run") \
    X(FINISH, "finish") \
    X(START,  "start") \
    X(STOP,   "stop")
/* clang-format on */

/* clang-format off */
#define SV_PHASES(X) \
    X(DOWN,      "down") \
    X(WAITING,   "waiting") \
    X(STARTING,  "starting") \
    X(UP,        "up") \
    X(STOPPING,  "stopping") \
    X(FINISHING, "finishing") \
    X(BACKOFF,   "backoff") \
    X(FAILED,    "failed") \
    X(NO_RUN,    "no run script") \
    X(PREPARING, "preparing") \
    X(STARTED,   "started") \
    X(CLEANING,  "cleaning up")
/* clang-format on */

/* clang-format off */
/*    name            word for the journal */
#define SV_EVENTS(X) \
    X(BEGIN,          "supervise") \
    X(COMMAND,        "command") \
    X(TERMINATE,      "terminate") \
    X(DRAIN,          "drain") \
    X(STARTED,        "start") \
    X(START_FAILED,   "start-failed") \
    X(DIED,           "exit") \
    X(FINISH_STARTED, "finish") \
    X(FINISH_FAILED,  "finish-failed") \
    X(FINISH_DIED,    "finish-exit") \
    X(RUN_CHANGED,    "run-changed") \
    X(TIME,           "time") \
    X(RESUME,         "resume") \
    X(READY,          "ready") \
    X(RELOADS,        "reloads") \
    X(STOPS,          "stops") \
    X(ALIVE,          "alive")        /* never a transition */ \
    X(EXTEND,         "extend")       /* never a transition */ \
    X(MAIN,           "main") \
    X(CONDEMNED,      "condemned") \
    X(WAITS,          "waits") \
    X(NEEDS_MET,      "needs-met") \
    X(NEEDS_LOST,     "needs-lost") \
    X(SCRIPT_STARTED, "script") \
    X(SCRIPT_FAILED,  "script-failed") \
    X(SCRIPT_DIED,    "script-exit") \
    X(NO_RUN,         "no-run")
/* clang-format on */

/* clang-format off */
/*    name         for people; the detail is ... */
#define SV_CAUSES(X) \
    X(NONE,           "") \
    X(SUPERVISE,      "supervise started") \
    X(COMMAND,        "command")                       /* the letter */ \
    X(SIGNAL,         "signal to supervise")           /* 0 */ \
    X(INPUT_ENDS,     "end of input")                  /* 0 */ \
    X(EXECUTED,       "executed")                      /* 0 */ \
    X(EXIT,           "exit code")                     /* the code */ \
    X(KILLED,         "killed by signal")              /* the signal */ \
    X(EXEC,           "unable to execute")             /* errno */ \
    X(FORK,           "unable to create a process")    /* errno */ \
    X(LIMIT,          "more deaths than restart-limit allows") \
    X(GAVE_UP,        "exit code says do not restart") /* 125 from finish or 100 from run */ \
    X(SETTLED,        "settled")                       /* 0 */ \
    X(KILL_TIMEOUT,   "timeout-kill over")             /* 0 */ \
    X(FINISH_TIMEOUT, "timeout-finish over")           /* 0 */ \
    X(DRAIN_TIMEOUT,  "logger did not end")            /* 0 */ \
    X(RUN_APPEARED,   "run script changed")            /* 0 */ \
    X(RESUMED,        "supervise was replaced")        /* 0 */ \
    X(MOVED,          "went into the background")      /* the pid that exited */ \
    X(UNSEEN,         "ended unseen")                  /* 0 */ \
    X(READY,          "said that it is ready")         /* 0 */ \
    X(CHECKED,        "check succeeded")               /* 0 */ \
    X(RELOADS,        "said that it reloads")          /* 0 */ \
    X(STOPS,          "said that it stops")            /* 0 */ \
    X(MAIN,           "named its main process")        /* the pid before */ \
    X(READY_TIMEOUT,  "not ready within timeout-ready") /* 0 */ \
    X(WATCHDOG,       "watchdog not fed in time")      /* 0 */ \
    X(TRIGGERED,      "triggered its watchdog")        /* 0 */ \
    X(HEALTH,         "health check failed")           /* 0 */ \
    X(NEEDS,          "waits for what it needs")       /* 0 */ \
    X(NEEDS_MET,      "what it needs is ready")        /* 0 */ \
    X(NEEDS_LOST,     "what it needs was lost")        /* 0 */ \
    X(NEEDS_AGAIN,    "what it needs is ready anew")   /* 0 */ \
    X(PREPARED,       "start script succeeded")        /* 0 */ \
    X(START_EXIT,     "start script failed with exit code") /* the code */ \
    X(START_KILLED,   "start script killed by signal") /* the signal */
/* clang-format on */

#define SV_MACHINE_ENUM_WANTED(name, word) SV_WANTED_##name,
#define SV_MACHINE_ENUM_CHILD(name, word) SV_CHILD_##name,
#define SV_MACHINE_ENUM_PHASE(name, word) SV_PHASE_##name,
#define SV_MACHINE_ENUM_EVENT(name, word) SV_EVENT_##name,
#define SV_MACHINE_ENUM_CAUSE(name, word) SV_CAUSE_##name,
enum sv_wanted { SV_WANTEDS(SV_MACHINE_ENUM_WANTED) SV_WANTED_COUNT };
enum sv_child { SV_CHILDREN(SV_MACHINE_ENUM_CHILD) SV_CHILD_COUNT };
enum sv_phase { SV_PHASES(SV_MACHINE_ENUM_PHASE) SV_PHASE_COUNT };
enum sv_event_kind { SV_EVENTS(SV_MACHINE_ENUM_EVENT) SV_EVENT_COUNT };
enum sv_cause_kind { SV_CAUSES(SV_MACHINE_ENUM_CAUSE) SV_CAUSE_COUNT };
#undef SV_MACHINE_ENUM_WANTED
#undef SV_MACHINE_ENUM_CHILD
#undef SV_MACHINE_ENUM_PHASE
#undef SV_MACHINE_ENUM_EVENT
#undef SV_MACHINE_ENUM_CAUSE

struct sv_cause {
    enum sv_cause_kind kind;
    uint32_t detail; /* see SV_CAUSES */
    uint32_t uid;    /* who asked, SV_CONTROL_UID_UNKNOWN if nobody or not known */
};

struct sv_event {
    enum sv_event_kind kind;
    int64_t now_ms;               /* CLOCK_MONOTONIC */
    struct sv_command command;    /* COMMAND; TERMINATE: has_script and handled */
    int pid;                      /* STARTED, FINISH_STARTED, SCRIPT_STARTED, MAIN */
    int64_t value_ms;             /* ALIVE: the watchdog's time from now on, 0: as it was,
                                     SV_NEVER: none; EXTEND: how long from now */
    enum sv_cause_kind cause;     /* READY, CONDEMNED, NEEDS_LOST: why */
    int wait_status;              /* DIED, ..._DIED: as waitpid() gave it */
    int heir;                     /* DIED: a process that it has left behind, 0: none */
    int error_number;             /* START_FAILED, ..._FAILED: errno */
    unsigned int exec_failed : 1; /* START_FAILED, SCRIPT_FAILED: the process was there,
                                     execve() refused */
    unsigned int run_exists : 1;  /* START_FAILED: run is there and executable */
    unsigned int unseen : 1;      /* DIED, ..._DIED: nobody knows wait_status; it is 0 */
    unsigned int has_finish : 1;  /* DIED, RESUME: there is an executable finish */
    unsigned int has_down : 1;    /* BEGIN: there is a `down` file */
    unsigned int
        over_limit : 1; /* DIED: this death is one more than restart-limit allows */
    unsigned int input_left : 1; /* TIME, DRAIN, ..._DIED: there are bytes to read on
                                    standard input */
    unsigned int
        says_ready : 1; /* STARTED: it, or a check, is going to say when it is ready */
};

enum sv_action_kind {
    SV_ACTION_MAKE_DOWN,    /* create the file down */
    SV_ACTION_REMOVE_DOWN,  /* remove it */
    SV_ACTION_SIGNAL,       /* send what signals, group_signals and stop_signals say */
    SV_ACTION_KILL_TREE,    /* KILL everything that the service has started and left */
    SV_ACTION_SWEEP,        /* the run is over: KILL what kill-mode says it left behind */
    SV_ACTION_START_FINISH, /* answer with FINISH_STARTED or FINISH_FAILED */
    SV_ACTION_START_RUN,    /* if (first) and there is a start script, that, answered with
                               SCRIPT_STARTED or SCRIPT_FAILED; else run, answered with
                               STARTED or START_FAILED, WAITS, or, if (prepared) and
                               there is none, NO_RUN */
    SV_ACTION_LEAVE,        /* the last action ever: exit 0 */
    SV_ACTION_START_STOP    /* answer with SCRIPT_STARTED or SCRIPT_FAILED */
};

#define SV_ACTIONS_MAX 4

/* What a step asks for, in this order, and what is to be written down about it. */
struct sv_actions {
    unsigned int count;
    enum sv_action_kind list[SV_ACTIONS_MAX];
    uint32_t signals;       /* SIGNAL: bit N set = signal N to the process */
    uint32_t group_signals; /* SIGNAL: the same to its process group */
    uint32_t stop_signals;  /* SIGNAL: the same to whatever kill-mode says */
    int changed;            /* a transition: journal and status want it */
    struct sv_cause cause;  /* defined if (changed) */
};

struct sv_machine {
    enum sv_wanted wanted;
    enum sv_child child;
    enum sv_phase phase;
    int pid;                   /* of the child; 0 means NONE */
    unsigned int paused : 1;   /* defined if (child == RUN) */
    unsigned int leaving : 1;  /* exit as soon as it is down */
    unsigned int draining : 1; /* a logger whose input has ended; implies leaving */
    unsigned int asked : 1; /* an operator signalled this run: its death is not quick */
    unsigned int
        exec_failed : 1;        /* the last start ended in execve(); BACKOFF or NO_RUN */
    unsigned int gave_up : 1;   /* run said 100, or the limit was reached; until judged */
    unsigned int again : 1;     /* an operator wants another run after this one */
    unsigned int succeeded : 1; /* the last run ended with a success code; until judged */
    unsigned int condemned : 1; /* RUN: has failed, however it ends */
    unsigned int reloading : 1; /* RUN: it says that it reloads */
    unsigned int first : 1;     /* the start script comes before the next run */
    unsigned int prepared : 1;  /* it has succeeded since it was down */
    unsigned int unstopped : 1; /* the stop script has not run since */
    unsigned int forks_left;    /* RUN: so often it may still move; else 0 */
    unsigned int quick_deaths;  /* in a row, failed starts included */
    uint32_t pending;           /* signals waiting for the settle time, to the process */
    uint32_t pending_group;     /* to its group */
    uint32_t pending_stop;      /* to what kill-mode says */
    int64_t started_ms;         /* last start, or STARTED; defined after the first */
    int64_t start_ms;           /* BACKOFF, NO_RUN: next start, SV_NEVER: none */
    int64_t settled_ms;         /* RUN: signals wait until then */
    int64_t kill_ms;            /* RUN, FINISH: KILL then, or SV_NEVER */
    int64_t ready_ms;           /* STARTING: condemned then, or SV_NEVER */
    int64_t watchdog_ms;        /* UP: condemned then, or SV_NEVER */
    int64_t watchdog_every_ms;  /* RUN: the watchdog's time, or SV_NEVER */
    int64_t drain_ms;       /* RUN: TERM then if nothing is left to read, or SV_NEVER */
    int64_t drain_limit_ms; /* defined if (draining): TERM then in any case */
    struct sv_cause reason; /* BACKOFF: why it is to be started; UP and asked: who asked;
                               STOPPING: why; FINISHING and gave_up: why */
};

/* A machine before BEGIN: DOWN, wanted DOWN, no child, no deadline. */
extern void sv_machine_init(struct sv_machine *machine);

/*
 * One event. `settings` are those of the service directory now; they are looked at for
 * every event but STARTED, FINISH_STARTED. Fills *actions completely. Cannot fail.
 */
extern void sv_machine_step(struct sv_machine *machine, struct sv_event const *event,
                            struct sv_settings const *settings,
                            struct sv_actions *actions);

/* When TIME is due, SV_NEVER if not at all. At rest it is SV_NEVER. */
extern int64_t sv_machine_deadline(struct sv_machine const *machine);

/* Whether RUN_CHANGED would do something, so that supervise must watch the directory. */
extern int sv_machine_watches_run(struct sv_machine const *machine);

/* The words of the lists above. */
extern char const *sv_machine_wanted_word(enum sv_wanted wanted);
extern char const *sv_machine_phase_word(enum sv_phase phase);
extern char const *sv_machine_event_word(enum sv_event_kind event);
extern char const *sv_machine_cause_word(enum sv_cause_kind cause);

#endif
