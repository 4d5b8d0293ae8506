/* ISC license. */

/*
 * The plan of an entry, told as stories. That nothing else can happen is shown by
 * scanplan_explore.
 */

#include <sv/scanplan.h>

#include "tap.h"

#define MAIN SV_SCAN_SIDE_MAIN
#define LOG SV_SCAN_SIDE_LOG

/* Flags besides 0 and 1: DIED that left something, STARTED that lived already. */
#define LEFT 2
#define OLD 3

#define WORD(name, word) word,
static char const *const action_words[] = {SV_SCAN_ACTIONS(WORD)};
#undef WORD

static struct sv_scanplan plan;
static int64_t now_ms;
static char last_actions[256];

static void begin(void)
{
    sv_scanplan_init(&plan);
    now_ms = 1000000;
}

/* One event, `later_ms` after the one before; last_actions holds the words of the
 * actions. */
static void tell(enum sv_scan_event_kind kind, enum sv_scan_side side, int flag,
                 int64_t later_ms)
{
    struct sv_scan_event event = {.kind = kind,
                                  .side = side,
                                  .now_ms = now_ms += later_ms};
    struct sv_scan_actions actions;

    event.has_log = event.input_left = event.exited_well = event.waits = flag == 1;
    event.unfinished = flag == LEFT;
    event.taken_over = flag == OLD;
    sv_scanplan_step(&plan, &event, &actions);
    last_actions[0] = 0;
    for (unsigned int i = 0; i < actions.count; i++) {
        if (i) strcat(last_actions, " ");
        strcat(last_actions, action_words[actions.list[i]]);
    }
}

static void is_done(char const *actions, char const *what)
{
    is_str(last_actions, actions, "%s", what);
}

static void with_logger(void)
{
    begin();
    tell(SV_SCAN_EVENT_FOUND, MAIN, 0, 0);
    is_done("watch look", "a new entry: the watch comes before the look");
    tell(SV_SCAN_EVENT_LOOKED, MAIN, 1, 0);
    is_done("unwatch open-pipe", "log/ is there: nothing to watch for, a pipe");
    tell(SV_SCAN_EVENT_PIPE_OPENED, MAIN, 0, 0);
    is_done("start-log", "the logger first");
    tell(SV_SCAN_EVENT_STARTED, LOG, 0, 0);
    is_done("start-main", "then the service");
    tell(SV_SCAN_EVENT_STARTED, MAIN, 0, 0);
    is_done("", "and that is all");
    is_int(sv_scanplan_deadline(&plan), SV_SCAN_NEVER, "at rest nothing is due");
}

static void removal(void)
{
    with_logger();
    tell(SV_SCAN_EVENT_GONE, MAIN, 0, 100);
    is_done("", "a name that goes may come back");
    tell(SV_SCAN_EVENT_FOUND, MAIN, 0, 49);
    tell(SV_SCAN_EVENT_TIME, MAIN, 0, 1000);
    is_done("", "a rename changes nothing");
    tell(SV_SCAN_EVENT_GONE, MAIN, 0, 0);
    tell(SV_SCAN_EVENT_TIME, MAIN, 0, 50);
    is_done("stop-main", "removed: the service first");
    tell(SV_SCAN_EVENT_DIED, MAIN, 1, 10);
    is_done("release stop-log", "then its logger");
    tell(SV_SCAN_EVENT_DIED, LOG, 1, 10);
    is_done("close-pipe forget", "then nothing is left of it");
}

static void shutdown_with_a_killed_logger(void)
{
    with_logger();
    tell(SV_SCAN_EVENT_SHUTDOWN, MAIN, 0, 10);
    is_done("", "a supervise of 10 ms is not told yet");
    tell(SV_SCAN_EVENT_TIME, MAIN, 0, 40);
    is_done("stop-main", "one of 50 ms is");
    tell(SV_SCAN_EVENT_DIED, MAIN, 1, 10);
    tell(SV_SCAN_EVENT_DIED, LOG, 0, 10);
    is_done("peek", "a logger that was killed: is anything left?");
    tell(SV_SCAN_EVENT_PEEKED, MAIN, 1, 0);
    tell(SV_SCAN_EVENT_TIME, MAIN, 0, 930);
    is_done("start-log", "it is: another logger takes it");
}

static void made_in_place(void)
{
    begin();
    tell(SV_SCAN_EVENT_FOUND, MAIN, 0, 0);
    tell(SV_SCAN_EVENT_LOOKED, MAIN, 0, 0);
    is_done("start-main", "without log/ no logger");
    tell(SV_SCAN_EVENT_STARTED, MAIN, 0, 0);
    tell(SV_SCAN_EVENT_LOG_APPEARED, MAIN, 0, 60);
    is_done("unwatch stop-main", "log/ a moment later: the service is ended");
    tell(SV_SCAN_EVENT_DIED, MAIN, 1, 5);
    is_done("look", "and comes back at once");
    tell(SV_SCAN_EVENT_LOOKED, MAIN, 1, 0);
    is_done("open-pipe", "with its logger");
}

static void replacement_and_a_late_log(void)
{
    begin();
    tell(SV_SCAN_EVENT_FOUND, MAIN, 1, 0);
    is_done("", "another of that name is still ending: wait");
    tell(SV_SCAN_EVENT_CLEARED, MAIN, 0, 300);
    is_done("watch look", "now it is gone");
    tell(SV_SCAN_EVENT_LOOKED, MAIN, 0, 0);
    tell(SV_SCAN_EVENT_STARTED, MAIN, 0, 0);
    tell(SV_SCAN_EVENT_TIME, MAIN, 0, 5000);
    is_done("unwatch", "after 5 seconds log/ is not waited for any more");
    tell(SV_SCAN_EVENT_LOG_APPEARED, MAIN, 0, 1);
    is_done("warn-log", "a log/ that comes later is told of");
    tell(SV_SCAN_EVENT_LOG_APPEARED, MAIN, 0, 1);
    is_done("", "once");
    tell(SV_SCAN_EVENT_DIED, MAIN, 0, 1);
    is_done("look", "when supervise has ended it counts");
}

static void what_cannot_be_told(void)
{
    with_logger();
    tell(SV_SCAN_EVENT_SHUTDOWN, MAIN, 0, 60);
    is_done("stop-main", "at shutdown the service is told to end");
    tell(SV_SCAN_EVENT_STOP_FAILED, MAIN, 0, 0);
    is_done("", "which fails");
    is_int(sv_scanplan_deadline(&plan), now_ms + 1000,
           "and is tried again a second later");
    tell(SV_SCAN_EVENT_TIME, MAIN, 0, 1000);
    is_done("stop-main", "as often as it takes");
}

static void killed_while_it_ends(void)
{
    with_logger();
    tell(SV_SCAN_EVENT_SHUTDOWN, MAIN, 0, 60);
    tell(SV_SCAN_EVENT_DIED, MAIN, LEFT, 10);
    is_done("start-main",
            "killed during the stop: another one for the service that is left");
    tell(SV_SCAN_EVENT_STARTED, MAIN, 0, 0);
    is_done("", "and given time to settle");
    tell(SV_SCAN_EVENT_TIME, MAIN, 0, 50);
    is_done("stop-main", "then told to end as well");
    tell(SV_SCAN_EVENT_DIED, MAIN, 1, 10);
    is_done("release stop-log", "which it does");
    tell(SV_SCAN_EVENT_DIED, LOG, LEFT, 10);
    is_done("start-log", "the same for the logger");
    tell(SV_SCAN_EVENT_START_FAILED, LOG, 0, 0);
    for (int tries = 1; tries < SV_SCAN_RESUMES - 1; tries++) {
        tell(SV_SCAN_EVENT_TIME, MAIN, 0, 1000);
        tell(SV_SCAN_EVENT_START_FAILED, LOG, 0, 0);
        is_done("", "which may fail");
    }
    tell(SV_SCAN_EVENT_TIME, MAIN, 0, 1000);
    tell(SV_SCAN_EVENT_START_FAILED, LOG, 0, 0);
    is_done("warn-left-log peek", "after some tries it is given up, and told of");
    tell(SV_SCAN_EVENT_PEEKED, LOG, 0, 0);
    is_done("close-pipe forget", "so that there is an end");
}

static void killed_before(void)
{
    with_logger();
    tell(SV_SCAN_EVENT_DIED, MAIN, LEFT, 10);
    is_done("", "a supervise of 10 ms is killed");
    tell(SV_SCAN_EVENT_TIME, MAIN, 0, 40);
    is_done("start-main", "what it left is looked after again a moment later");
    tell(SV_SCAN_EVENT_STARTED, MAIN, 0, 0);
    tell(SV_SCAN_EVENT_DIED, MAIN, LEFT, 10);
    tell(SV_SCAN_EVENT_SHUTDOWN, MAIN, 0, 10);
    is_done("", "killed just before a shutdown: what it left is not forgotten");
    tell(SV_SCAN_EVENT_TIME, MAIN, 0, 30);
    is_done("start-main", "it is taken over, to be ended");
    with_logger();
    tell(SV_SCAN_EVENT_DIED, MAIN, 0, 10);
    tell(SV_SCAN_EVENT_SHUTDOWN, MAIN, 0, 10);
    is_done("release", "if it left nothing there is nothing to end");
}

static void killed_while_it_is_renewed(void)
{
    begin();
    tell(SV_SCAN_EVENT_FOUND, MAIN, 0, 0);
    tell(SV_SCAN_EVENT_LOOKED, MAIN, 0, 0);
    tell(SV_SCAN_EVENT_STARTED, MAIN, 0, 0);
    tell(SV_SCAN_EVENT_LOG_APPEARED, MAIN, 0, 60);
    is_done("unwatch stop-main", "a service that is to get its logger is ended");
    tell(SV_SCAN_EVENT_DIED, MAIN, LEFT, 0);
    is_done("start-main", "killed meanwhile, it is taken over as it was");
    tell(SV_SCAN_EVENT_STARTED, MAIN, 0, 0);
    tell(SV_SCAN_EVENT_TIME, MAIN, 0, 50);
    is_done("stop-main", "and ended");
    tell(SV_SCAN_EVENT_DIED, MAIN, 1, 1);
    is_done("look", "then it gets its logger");
}

static void taken_over(void)
{
    begin();
    tell(SV_SCAN_EVENT_FOUND, MAIN, 0, 0);
    tell(SV_SCAN_EVENT_LOOKED, MAIN, 0, 0);
    tell(SV_SCAN_EVENT_STARTED, MAIN, OLD, 0);
    tell(SV_SCAN_EVENT_DIED, MAIN, 0, 1);
    is_done("look", "a supervise that lived already and dies is replaced at once");
    tell(SV_SCAN_EVENT_LOOKED, MAIN, 0, 0);
    is_done("start-main", "as one that lived for long");
    tell(SV_SCAN_EVENT_STARTED, MAIN, OLD, 0);
    tell(SV_SCAN_EVENT_SHUTDOWN, MAIN, 0, 0);
    is_done("unwatch stop-main", "and need not settle");
}

int main(void)
{
    removal();
    shutdown_with_a_killed_logger();
    made_in_place();
    replacement_and_a_late_log();
    what_cannot_be_told();
    killed_while_it_ends();
    killed_before();
    killed_while_it_is_renewed();
    taken_over();
    return done();
}
