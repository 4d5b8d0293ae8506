/* ISC license. */

/*
 * scanplan (pure): what svscan decides about one entry, that is: one service directory.
 *
 * svscan steps the plan of an entry with each event that concerns it and performs the
 * actions that come back. Time comes in with the event, in ms of CLOCK_MONOTONIC. An
 * entry has two sides, each a supervise: MAIN, and LOG if there is a directory log/.
 * Between them is a pipe that svscan holds until the entry is forgotten, so that either
 * side may die and come back.
 *
 * Variables, each on its own:
 *
 *   place    HERE      the scan directory has a name for it
 *            LOST      a moment ago it lost its name: perhaps it is being renamed
 *            GONE      it has none
 *   course   KEEPING   its supervise processes are kept alive
 *            RENEWING  likewise, but MAIN is being ended so that it can get its logger
 *            LEAVING   all of it is being ended, MAIN first; afterwards it is forgotten,
 *                      or begins anew if it is HERE again
 *   log      UNSEEN    to be looked for before MAIN is started
 *            NONE      there was none when MAIN was started
 *            PIPED     the pipe is open
 *   sides    IDLE      there is no supervise and none is to be started
 *            WAITING   there is none; it is started as soon as start_ms allows
 *            ALIVE     there is one
 *            TOLD      there is one, and it has been told to end
 *   awaits   the answer to the action that was asked for last, or NOTHING
 *
 * Events and what they do; "leave" = course LEAVING, and the watch for log/ ends:
 *
 *   event         KEEPING                      RENEWING           LEAVING
 *   FOUND         place HERE                   place HERE         place HERE
 *   GONE          place LOST, from HERE        place LOST, same   place GONE
 *   CLEARED       it need not wait any more    the same           the same
 *   LOG_APPEARED  log NONE: UNSEEN if MAIN is  nothing            nothing
 *                 not ALIVE, RENEWING if it is
 *                 and young, else WARN_LOG
 *                 (once)
 *   DIED MAIN     WAITING; log UNSEEN unless   resumed, else      resumed, else IDLE
 *                 PIPED                        KEEPING, WAITING,
 *                                              log UNSEEN
 *   DIED LOG      WAITING                      cannot happen      WAITING until MAIN is
 *                                                                 IDLE; then resumed,
 *                                                                 else IDLE; drained if
 *                                                                 it was TOLD and ended
 *                                                                 well
 *   TIME          nothing by itself
 *   SHUTDOWN      leave, never begin anew      the same           never begin anew
 *   STOP_FAILED   TOLD: ALIVE again            the same           the same
 *   an answer     to what was asked for; a failure is tried again SV_SCAN_PACE_MS later,
 *                 and so is what STOP_FAILED is about
 *
 * "Resumed": a supervise that was killed while it was bringing its service down may have
 * left it running (`unfinished`): then another one is started, which takes that service
 * over, and is told to end as well: WAITING. So is one that was killed shortly before, in
 * KEEPING, and was WAITING for its next start. It is done SV_SCAN_RESUMES times at most
 * for each side, a start that fails included; then WARN_LEFT: leaving is bounded.
 *
 * STARTED answers also when there was one that lives already, left by another svscan
 * (`taken_over`): that is no start, so it counts neither as one nor as young.
 *
 * After each event, what time decides: LOST for SV_SCAN_LOST_MS: place GONE, leave. Young
 * for long enough: the watch ends. Then, unless an answer is awaited, the first that
 * applies of:
 *
 *   KEEPING, HERE, not waiting for another entry:
 *     MAIN is due, log UNSEEN       LOOK, the first time after WATCH
 *                                                        -> LOOKED, LOOK_FAILED
 *     a log/ was seen               OPEN_PIPE            -> PIPE_OPENED, PIPE_FAILED
 *     LOG is due                    START_LOG            -> STARTED, START_FAILED
 *     MAIN is due                   START_MAIN           -> STARTED, START_FAILED
 *   RENEWING:
 *     MAIN is due                   START_MAIN           -> STARTED, START_FAILED
 *     MAIN is ALIVE and settled     STOP_MAIN            (-> STOP_FAILED)
 *   LEAVING:
 *     MAIN is not IDLE, LOG is due  START_LOG            -> STARTED, START_FAILED
 *     MAIN is due                   START_MAIN           -> STARTED, START_FAILED
 *     MAIN is ALIVE and settled     STOP_MAIN            (-> STOP_FAILED)
 *     MAIN is IDLE                  RELEASE, once
 *       LOG is ALIVE and settled    STOP_LOG             (-> STOP_FAILED)
 *       LOG is due                  START_LOG            -> STARTED, START_FAILED
 *       LOG is IDLE, not drained    PEEK                 -> PEEKED
 *       LOG is IDLE, drained        CLOSE_PIPE; then FORGET, or it begins anew
 *
 * "Due": WAITING and start_ms has come. Both sides are started at most once in
 * SV_SCAN_PACE_MS, except that MAIN comes back at once when it was TOLD in RENEWING, and
 * that a side that died and left what it looked after (`unfinished`) comes back after
 * SV_SCAN_HURRY_MS.
 * "Settled": it lives for SV_SCAN_SETTLE_MS, so that its handlers are in place: a signal
 * before that would just kill it. "Young": for SV_SCAN_YOUNG_MS after the first LOOK, as
 * long as no log/ was found: a directory that is being made in place gets its logger
 * although log/ came after the directory itself.
 *
 * When a logger is gone and lines are left in the pipe (PEEKED), it is started again to
 * take them, but not more than SV_SCAN_DRAINS times: leaving is bounded.
 *
 * An answer that nothing awaits, DIED of a side that is not there: cannot happen, and
 * changes nothing. svscan answers each action before it feeds any other event; the plan
 * does not rely on it: other events are taken note of, and acted on after the answer.
 */

#ifndef SV_SCANPLAN_H
#define SV_SCANPLAN_H

#include <stdint.h>

/* Starts of one side are this far apart, and so are tries of what failed. */
#define SV_SCAN_PACE_MS 1000

/* A service is not left alone for longer, however often its supervise is killed. */
#define SV_SCAN_HURRY_MS 50

/* An entry without a name is brought down after this; a rename takes less. */
#define SV_SCAN_LOST_MS 50

/* daemontools' scan period: what is made within it was always seen as a whole. */
#define SV_SCAN_YOUNG_MS 5000

/* A supervise is told to end only when it had this long to install its handlers. */
#define SV_SCAN_SETTLE_MS 50

/* How often a logger is started only to take what is left in the pipe. */
#define SV_SCAN_DRAINS 3

/* How often a side is started again only to be ended. */
#define SV_SCAN_RESUMES 5

/* No deadline. */
#define SV_SCAN_NEVER INT64_MAX

/* clang-format off */
/*    name  word for messages */
#define SV_SCAN_SIDES(X) \
    X(MAIN, "main") \
    X(LOG,  "log")
/* clang-format on */

/* clang-format off */
#define SV_SCAN_PLACES(X) \
    X(HERE, "here") \
    X(LOST, "lost") \
    X(GONE, "gone")
/* clang-format on */

/* clang-format off */
#define SV_SCAN_COURSES(X) \
    X(KEEPING,  "keeping") \
    X(RENEWING, "renewing") \
    X(LEAVING,  "leaving")
/* clang-format on */

/* clang-format off */
#define SV_SCAN_LOGS(X) \
    X(UNSEEN, "unseen") \
    X(NONE,   "none") \
    X(PIPED,  "piped")
/* clang-format on */

/* clang-format off */
#define SV_SCAN_STATES(X) \
    X(IDLE,    "idle") \
    X(WAITING, "waiting") \
    X(ALIVE,   "alive") \
    X(TOLD,    "told")
/* clang-format on */

/* clang-format off */
#define SV_SCAN_AWAITS(X) \
    X(NOTHING,    "nothing") \
    X(LOOK,       "look") \
    X(PIPE,       "pipe") \
    X(PEEK,       "peek") \
    X(START_MAIN, "start-main") \
    X(START_LOG,  "start-log")
/* clang-format on */

/* clang-format off */
/*    name          what happened */
#define SV_SCAN_EVENTS(X) \
    X(FOUND,        "found")        /* the scan directory has a name for it; `waits` */ \
    X(GONE,         "gone")         /* its last name has gone */ \
    X(CLEARED,      "cleared")      /* the entry that it waited for is out of the way */ \
    X(LOOKED,       "looked")       /* `has_log` */ \
    X(LOOK_FAILED,  "look-failed")  /* whether there is a log/ cannot be told now */ \
    X(PIPE_OPENED,  "pipe-opened") \
    X(PIPE_FAILED,  "pipe-failed") \
    X(STARTED,      "started")      /* `side`, `taken_over` */ \
    X(START_FAILED, "start-failed") /* `side` */ \
    X(DIED,         "died")         /* `side`, `exited_well`, `unfinished` */ \
    X(PEEKED,       "peeked")       /* `input_left` */ \
    X(STOP_FAILED,  "stop-failed")  /* `side`: it could not be told */ \
    X(LOG_APPEARED, "log-appeared") /* there is a log/ now */ \
    X(TIME,         "time") \
    X(SHUTDOWN,     "shutdown")
/* clang-format on */

/* clang-format off */
/*    name             what svscan does */
#define SV_SCAN_ACTIONS(X) \
    X(WATCH,           "watch")      /* from now on tell when a log/ appears */ \
    X(UNWATCH,         "unwatch")    /* no longer */ \
    X(WARN_LOG,        "warn-log")   /* a log/ came too late: name the remedy */ \
    X(WARN_LEFT_MAIN,  "warn-left-main") /* given up: the service may still run ... */ \
    X(WARN_LEFT_LOG,   "warn-left-log")  /* ... or its logger */ \
    X(RELEASE,         "release")    /* whoever waits for this entry may start */ \
    X(CLOSE_PIPE,      "close-pipe") /* both ends, or what is left of them */ \
    X(FORGET,          "forget")     /* the last action ever */ \
    X(STOP_MAIN,       "stop-main")  /* TERM: bring the service down and end */ \
    X(STOP_LOG,        "stop-log")   /* HUP: end when all is read; close the writing end */ \
    X(LOOK,            "look")       /* is there a log/? */ \
    X(OPEN_PIPE,       "open-pipe")  /* the one that is there, if there is one */ \
    X(PEEK,            "peek")       /* is there anything left in the pipe? */ \
    X(START_MAIN,      "start-main") /* or take over the one that lives */ \
    X(START_LOG,       "start-log")
/* clang-format on */

#define SV_SCAN_ENUM_SIDE(name, word) SV_SCAN_SIDE_##name,
#define SV_SCAN_ENUM_PLACE(name, word) SV_SCAN_PLACE_##name,
#define SV_SCAN_ENUM_COURSE(name, word) SV_SCAN_COURSE_##name,
#define SV_SCAN_ENUM_LOG(name, word) SV_SCAN_LOG_##name,
#define SV_SCAN_ENUM_STATE(name, word) SV_SCAN_STATE_##name,
#define SV_SCAN_ENUM_AWAITS(name, word) SV_SCAN_AWAITS_##name,
#define SV_SCAN_ENUM_EVENT(name, word) SV_SCAN_EVENT_##name,
#define SV_SCAN_ENUM_ACTION(name, word) SV_SCAN_ACTION_##name,
enum sv_scan_side { SV_SCAN_SIDES(SV_SCAN_ENUM_SIDE) SV_SCAN_SIDE_COUNT };
enum sv_scan_place { SV_SCAN_PLACES(SV_SCAN_ENUM_PLACE) SV_SCAN_PLACE_COUNT };
enum sv_scan_course { SV_SCAN_COURSES(SV_SCAN_ENUM_COURSE) SV_SCAN_COURSE_COUNT };
enum sv_scan_log { SV_SCAN_LOGS(SV_SCAN_ENUM_LOG) SV_SCAN_LOG_COUNT };
enum sv_scan_state { SV_SCAN_STATES(SV_SCAN_ENUM_STATE) SV_SCAN_STATE_COUNT };
enum sv_scan_awaits { SV_SCAN_AWAITS(SV_SCAN_ENUM_AWAITS) SV_SCAN_AWAITS_COUNT };
enum sv_scan_event_kind { SV_SCAN_EVENTS(SV_SCAN_ENUM_EVENT) SV_SCAN_EVENT_COUNT };
enum sv_scan_action { SV_SCAN_ACTIONS(SV_SCAN_ENUM_ACTION) SV_SCAN_ACTION_COUNT };
#undef SV_SCAN_ENUM_SIDE
#undef SV_SCAN_ENUM_PLACE
#undef SV_SCAN_ENUM_COURSE
#undef SV_SCAN_ENUM_LOG
#undef SV_SCAN_ENUM_STATE
#undef SV_SCAN_ENUM_AWAITS
#undef SV_SCAN_ENUM_EVENT
#undef SV_SCAN_ENUM_ACTION

struct sv_scan_event {
    enum sv_scan_event_kind kind;
    int64_t now_ms;               /* CLOCK_MONOTONIC */
    enum sv_scan_side side;       /* STARTED, START_FAILED, DIED, STOP_FAILED */
    unsigned int waits : 1;       /* FOUND: another entry of that name is still ending */
    unsigned int has_log : 1;     /* LOOKED */
    unsigned int taken_over : 1;  /* STARTED: it lived already */
    unsigned int input_left : 1;  /* PEEKED */
    unsigned int exited_well : 1; /* DIED: because it was told to */
    unsigned int unfinished : 1;  /* DIED: what it looked after may still run */
};

/*
 * The longest list: warned, released, the pipe is closed, another begins with watch and
 * look.
 */
#define SV_SCAN_ACTIONS_MAX 6

/*
 * What a step asks for, in this order. Only the last can be one that is answered, or one
 * that can fail: STOP_MAIN, STOP_LOG.
 */
struct sv_scan_actions {
    unsigned int count;
    enum sv_scan_action list[SV_SCAN_ACTIONS_MAX];
};

struct sv_scan_half {
    enum sv_scan_state state;
    int64_t start_ms; /* WAITING: not before; otherwise not before for the next time */
    int64_t tell_ms;  /* ALIVE: settled then */
    unsigned int unfinished : 1; /* not alive: whether the last one was */
};

struct sv_scanplan {
    enum sv_scan_place place;
    enum sv_scan_course course;
    enum sv_scan_log log;
    enum sv_scan_awaits awaits;
    struct sv_scan_half sides[SV_SCAN_SIDE_COUNT];
    int64_t lost_ms;            /* LOST: it is GONE then */
    int64_t young_ms;           /* watched: until then; otherwise SV_SCAN_NEVER */
    unsigned int drains;        /* starts only to take what is left; LEAVING */
    unsigned int resumes;       /* starts only to end; of the side that is being ended */
    unsigned int waits : 1;     /* for another entry with the same name */
    unsigned int fresh : 1;     /* not looked for log/ yet */
    unsigned int warned : 1;    /* of a log/ that came too late */
    unsigned int released : 1;  /* LEAVING: whoever waits has been told */
    unsigned int drained : 1;   /* LEAVING: nothing is left to be read */
    unsigned int shutdown : 1;  /* it never begins anew */
    unsigned int forgotten : 1; /* nothing happens any more */
};

/* The plan of an entry that was never heard of. Its first event must be FOUND. */
extern void sv_scanplan_init(struct sv_scanplan *plan);

/* One event. Fills *actions completely. Cannot fail. */
extern void sv_scanplan_step(struct sv_scanplan *plan, struct sv_scan_event const *event,
                             struct sv_scan_actions *actions);

/*
 * When TIME is due, SV_SCAN_NEVER if not at all, as it is at rest.
 */
extern int64_t sv_scanplan_deadline(struct sv_scanplan const *plan);

/* Whether there is a supervise on that side. */
extern int sv_scanplan_is_alive(struct sv_scanplan const *plan, enum sv_scan_side side);

#endif
