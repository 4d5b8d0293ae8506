/* ISC license. */

/*
 * The machine, by story: readiness, what a run says about itself, the watchdog, and what
 * the service needs. (machine.c has the other stories.)
 */

#include <signal.h>

#include <sv/machine.h>

#include "tap.h"

#define EXIT(code) ((code) << 8)
#define BIT(number) ((uint32_t)1 << (number))
#define STOPPED_BY(number) (BIT(number) | BIT(SIGCONT))

static struct sv_machine machine;
static struct sv_settings settings;
static struct sv_actions actions;
static int64_t now_ms;

static void step(struct sv_event event)
{
    event.now_ms = now_ms;
    sv_machine_step(&machine, &event, &settings, &actions);
}

static int asks_for(enum sv_action_kind kind)
{
    for (unsigned int i = 0; i < actions.count; i++)
        if (actions.list[i] == kind) return 1;
    return 0;
}

static void command(unsigned char letter)
{
    struct sv_command what = {.kind = sv_control_find(letter), .uid = 77};

    step((struct sv_event){.kind = SV_EVENT_COMMAND, .command = what});
}

static void tells(enum sv_event_kind kind)
{
    step((struct sv_event){.kind = kind});
}

static void ready(void)
{
    step((struct sv_event){.kind = SV_EVENT_READY, .cause = SV_CAUSE_READY});
}

static void alive(int64_t value_ms)
{
    step((struct sv_event){.kind = SV_EVENT_ALIVE, .value_ms = value_ms});
}

static void extend(int64_t value_ms)
{
    step((struct sv_event){.kind = SV_EVENT_EXTEND, .value_ms = value_ms});
}

static void names_main(int pid)
{
    step((struct sv_event){.kind = SV_EVENT_MAIN, .pid = pid});
}

static void is_condemned(enum sv_cause_kind cause)
{
    step((struct sv_event){.kind = SV_EVENT_CONDEMNED, .cause = cause});
}

static void needs_lost(enum sv_cause_kind cause)
{
    step((struct sv_event){.kind = SV_EVENT_NEEDS_LOST, .cause = cause});
}

static void time_passes(int64_t milliseconds)
{
    now_ms += milliseconds;
    step((struct sv_event){.kind = SV_EVENT_TIME});
}

static void executed(int pid)
{
    step((struct sv_event){.kind = SV_EVENT_STARTED, .pid = pid, .says_ready = 1});
}

static void dies(int wait_status)
{
    step((struct sv_event){.kind = SV_EVENT_DIED, .wait_status = wait_status});
}

/* Has asked for a start; the settings are the defaults. */
static void begin(void)
{
    sv_setting_defaults(&settings);
    sv_machine_init(&machine);
    now_ms = 1000;
    tells(SV_EVENT_BEGIN);
}

static void begin_starting(void)
{
    begin();
    executed(10);
    now_ms += 100; /* it has settled */
}

static void begin_ready(void)
{
    begin_starting();
    ready();
}

/* What the last step did: it was the transition to that phase for that cause. */
#define IS_CHANGE(want_phase, want_cause, ...) \
    ok(actions.changed &&machine.phase == SV_PHASE_##want_phase \
           && actions.cause.kind == SV_CAUSE_##want_cause, \
       __VA_ARGS__)

#define IS_NOTHING(...) ok(!actions.changed && !actions.count, __VA_ARGS__)

static void test_readiness(void)
{
    begin();
    executed(10);
    IS_CHANGE(STARTING, SUPERVISE, "what is going to say so is not up before");
    is_int(sv_machine_deadline(&machine), SV_NEVER, "it may take its time");
    now_ms += 5;
    ready();
    IS_CHANGE(UP, READY, "it says so");
    is_int(actions.count, 0, "and that is all");
    ready();
    IS_NOTHING("it may say so twice");
    is_int(sv_machine_deadline(&machine), SV_NEVER, "ready it needs no wakeup");

    begin_starting();
    step((struct sv_event){.kind = SV_EVENT_READY, .cause = SV_CAUSE_CHECKED});
    IS_CHANGE(UP, CHECKED, "a check may say so, too");

    begin_starting();
    dies(EXIT(0));
    ok(asks_for(SV_ACTION_START_RUN), "one that ends before is started again");
    step((struct sv_event){.kind = SV_EVENT_STARTED, .pid = 11});
    is_int(machine.phase, SV_PHASE_UP, "one that never says so is up at once");

    begin_starting();
    command('d');
    IS_CHANGE(STOPPING, COMMAND, "before it is ready it can be stopped");
    ready();
    IS_NOTHING("then it is too late to be ready");
    dies(EXIT(0));
    is_int(machine.phase, SV_PHASE_DOWN, "it is down");
    ready();
    IS_NOTHING("and nothing more can come");
}

static void test_timeout_ready(void)
{
    begin();
    settings.timeout_ready_ms = 3000;
    executed(10);
    is_int(sv_machine_deadline(&machine), now_ms + 3000, "a time is set");
    time_passes(2999);
    IS_NOTHING("and waited for");
    time_passes(1);
    IS_CHANGE(STOPPING, READY_TIMEOUT, "who is not ready then is ended");
    is_int(actions.stop_signals, STOPPED_BY(SIGTERM), "by the down-signal");
    is_int(sv_machine_deadline(&machine), now_ms + SV_CONDEMNED_MS,
           "for which there is a limit even if timeout-kill has none");
    ready();
    IS_NOTHING("it cannot become ready any more");
    time_passes(SV_CONDEMNED_MS);
    is_int(actions.stop_signals, BIT(SIGKILL), "at the limit it is killed");
    IS_CHANGE(STOPPING, KILL_TIMEOUT, "as is said");
    dies(SIGKILL);
    ok(asks_for(SV_ACTION_START_RUN), "and started again");
    is_int(actions.cause.kind, SV_CAUSE_READY_TIMEOUT, "why it ended is not forgotten");
    executed(11);
    is_int(actions.cause.kind, SV_CAUSE_READY_TIMEOUT, "and why it started");

    begin();
    settings.timeout_ready_ms = 3000;
    settings.timeout_kill_ms = 700;
    executed(10);
    time_passes(3000);
    is_int(sv_machine_deadline(&machine), now_ms + 700,
           "timeout-kill is obeyed if there");

    begin();
    settings.timeout_ready_ms = 20;
    executed(10);
    time_passes(20);
    IS_CHANGE(STOPPING, READY_TIMEOUT, "a short time ends in time");
    ok(!actions.count && sv_machine_deadline(&machine) == now_ms + 30,
       "but signals wait until it has settled");
    time_passes(30);
    is_int(actions.stop_signals, STOPPED_BY(SIGTERM), "then they are sent");
    is_int(sv_machine_deadline(&machine), now_ms + SV_CONDEMNED_MS, "and limited");

    begin();
    settings.timeout_ready_ms = 3000;
    executed(10);
    time_passes(2999);
    ready();
    is_int(sv_machine_deadline(&machine), SV_NEVER, "who is ready in time is left alone");
}

static void test_paused(void)
{
    begin();
    settings.timeout_ready_ms = 3000;
    executed(10);
    time_passes(2000);
    command('p');
    is_int(sv_machine_deadline(&machine), SV_NEVER, "paused it cannot get ready");
    time_passes(100000);
    IS_NOTHING("and is not ended for that");
    command('c');
    is_int(sv_machine_deadline(&machine), now_ms + 3000,
           "continued it has the whole time");
    command('p');
    ready();
    IS_CHANGE(UP, READY, "what it had said before counts");
    command('c');
    is_int(sv_machine_deadline(&machine), SV_NEVER, "ready it is not waited for");
}

/* What becomes of a run that was condemned and then ended with that status. */
static void condemn_and_end(enum sv_restart restart, int wait_status)
{
    begin_ready();
    settings.restart = restart;
    now_ms += 2000;
    is_condemned(SV_CAUSE_HEALTH);
    IS_CHANGE(STOPPING, HEALTH, "an unhealthy run is ended");
    is_int(actions.stop_signals, STOPPED_BY(SIGTERM), "by the down-signal");
    dies(wait_status);
    is_int(actions.cause.kind, SV_CAUSE_HEALTH, "its end has that cause");
}

static void test_condemned(void)
{
    condemn_and_end(SV_RESTART_ALWAYS, EXIT(0));
    ok(asks_for(SV_ACTION_START_RUN), "always: it is started again");
    condemn_and_end(SV_RESTART_ON_FAILURE, EXIT(0));
    ok(asks_for(SV_ACTION_START_RUN), "on-failure: too, though it exits with 0");
    condemn_and_end(SV_RESTART_NEVER, EXIT(0));
    is_int(machine.phase, SV_PHASE_FAILED, "never: it has failed");
    is_int(machine.wanted, SV_WANTED_DOWN, "for good");

    begin_ready();
    settings.restart = SV_RESTART_ON_FAILURE;
    is_condemned(SV_CAUSE_HEALTH);
    is_condemned(SV_CAUSE_WATCHDOG);
    IS_NOTHING("nobody is condemned twice");
    dies(EXIT(0));
    executed(11);
    now_ms += 2000;
    dies(EXIT(0));
    is_int(machine.phase, SV_PHASE_DOWN, "the next run is judged by what it does itself");

    begin_ready();
    is_condemned(SV_CAUSE_HEALTH);
    command('d');
    IS_CHANGE(STOPPING, COMMAND, "an operator may still say d");
    dies(EXIT(0));
    ok(machine.phase == SV_PHASE_DOWN && !actions.count, "and it is down");

    begin_ready();
    command('d');
    is_condemned(SV_CAUSE_HEALTH);
    IS_NOTHING("what is stopped anyway is not condemned");
    is_int(sv_machine_deadline(&machine), SV_NEVER, "nor limited");

    begin_ready();
    command('p');
    is_condemned(SV_CAUSE_HEALTH);
    IS_NOTHING("who is paused cannot be well, and is not condemned for that");
    command('c');
    is_condemned(SV_CAUSE_HEALTH);
    IS_CHANGE(STOPPING, HEALTH, "but may be when it goes on");
}

/* A run that is condemned at once, again and again. */
static void test_condemned_quickly(void)
{
    begin_starting();
    is_condemned(SV_CAUSE_HEALTH);
    dies(EXIT(0));
    ok(asks_for(SV_ACTION_START_RUN), "the first quick one is started again at once");
    executed(11);
    now_ms += 100;
    is_condemned(SV_CAUSE_HEALTH);
    dies(EXIT(0));
    ok(machine.phase == SV_PHASE_BACKOFF && machine.start_ms == now_ms + 900,
       "the second waits as after any quick death");

    begin_starting();
    is_condemned(SV_CAUSE_HEALTH);
    step((struct sv_event){.kind = SV_EVENT_DIED, .over_limit = 1});
    is_int(machine.phase, SV_PHASE_FAILED, "restart-limit counts it");
    is_int(actions.cause.kind, SV_CAUSE_LIMIT, "and is the cause then");

    begin_starting();
    command('o');
    is_condemned(SV_CAUSE_HEALTH);
    dies(SIGTERM);
    is_int(machine.phase, SV_PHASE_DOWN, "what was wanted once has had its run");
}

static void test_watchdog(void)
{
    begin();
    settings.watchdog_ms = 2000;
    executed(10);
    is_int(sv_machine_deadline(&machine), SV_NEVER, "no watchdog before it is ready");
    time_passes(500);
    ready();
    is_int(sv_machine_deadline(&machine), now_ms + 2000, "then it counts");
    time_passes(1999);
    IS_NOTHING("it is waited for");
    alive(0);
    ok(!actions.changed && sv_machine_deadline(&machine) == now_ms + 2000,
       "who feeds it has as long again");
    settings.watchdog_ms = 100;
    alive(0);
    is_int(sv_machine_deadline(&machine), now_ms + 2000,
           "the file counts for the next run");
    time_passes(2000);
    IS_CHANGE(STOPPING, WATCHDOG, "who does not is ended");
    is_int(actions.stop_signals, STOPPED_BY(SIGABRT), "by the watchdog's signal");
    is_int(sv_machine_deadline(&machine), now_ms + SV_CONDEMNED_MS, "within a time");
    alive(0);
    is_int(sv_machine_deadline(&machine), now_ms + SV_CONDEMNED_MS,
           "to feed it is too late");
    dies(SIGABRT);
    ok(asks_for(SV_ACTION_START_RUN) && actions.cause.kind == SV_CAUSE_WATCHDOG,
       "and it is started again, with the cause");
    step((struct sv_event){.kind = SV_EVENT_STARTED, .pid = 11});
    is_int(sv_machine_deadline(&machine), now_ms + 100,
           "what says nothing about readiness is watched from the start");

    begin_ready();
    settings.watchdog_signal = SIGQUIT;
    alive(300);
    time_passes(300);
    is_int(actions.stop_signals, STOPPED_BY(SIGQUIT), "which signal is a setting");
}

static void test_watchdog_changes(void)
{
    begin_ready();
    alive(0);
    is_int(sv_machine_deadline(&machine), SV_NEVER, "without a watchdog it may be fed");
    alive(700);
    is_int(sv_machine_deadline(&machine), now_ms + 700, "a run may set one for itself");
    time_passes(600);
    alive(0);
    is_int(sv_machine_deadline(&machine), now_ms + 700, "and feed it");
    alive(SV_NEVER);
    is_int(sv_machine_deadline(&machine), SV_NEVER, "and send it away");
    alive(0);
    is_int(sv_machine_deadline(&machine), SV_NEVER, "for good");

    begin_starting();
    alive(700);
    is_int(sv_machine_deadline(&machine), SV_NEVER, "set before it is ready");
    ready();
    is_int(sv_machine_deadline(&machine), now_ms + 700, "it counts from then on");
    dies(EXIT(1));
    executed(11);
    ready();
    is_int(sv_machine_deadline(&machine), SV_NEVER, "and not for the next run");

    begin_ready();
    alive(700);
    time_passes(600);
    command('p');
    is_int(sv_machine_deadline(&machine), SV_NEVER, "who is paused cannot feed it");
    alive(0);
    is_int(sv_machine_deadline(&machine), SV_NEVER, "even if it had said something");
    time_passes(100000);
    IS_NOTHING("and is not ended for that");
    command('c');
    is_int(sv_machine_deadline(&machine), now_ms + 700,
           "continued it has the whole time");

    begin_ready();
    alive(700);
    command('d');
    is_int(sv_machine_deadline(&machine), SV_NEVER, "nor who is stopped");
}

static void test_trigger(void)
{
    begin_ready();
    is_condemned(SV_CAUSE_TRIGGERED);
    IS_CHANGE(STOPPING, TRIGGERED, "who is not well may say so");
    is_int(actions.stop_signals, STOPPED_BY(SIGABRT),
           "and is ended by the watchdog's signal");
    dies(EXIT(0));
    ok(asks_for(SV_ACTION_START_RUN) && actions.cause.kind == SV_CAUSE_TRIGGERED,
       "and started again");

    begin_starting();
    is_condemned(SV_CAUSE_TRIGGERED);
    IS_CHANGE(STOPPING, TRIGGERED, "even before it is ready");
}

static void test_reloading(void)
{
    begin_ready();
    tells(SV_EVENT_RELOADS);
    IS_CHANGE(UP, RELOADS, "it says that it reloads");
    ok(machine.reloading && !actions.count, "which is known");
    tells(SV_EVENT_RELOADS);
    IS_NOTHING("once");
    ready();
    IS_CHANGE(UP, READY, "it is ready again");
    ok(!machine.reloading, "and does not reload any more");
    tells(SV_EVENT_RELOADS);
    command('d');
    ok(!machine.reloading && machine.phase == SV_PHASE_STOPPING,
       "who stops does not reload");
    tells(SV_EVENT_RELOADS);
    IS_NOTHING("nor begins to");

    begin_ready();
    tells(SV_EVENT_RELOADS);
    dies(EXIT(1));
    executed(11);
    ok(!machine.reloading, "nor does the next run");

    begin_starting();
    tells(SV_EVENT_RELOADS);
    IS_NOTHING("who is not ready yet has nothing to reload");

    begin_ready();
    alive(700);
    tells(SV_EVENT_RELOADS);
    time_passes(700);
    IS_CHANGE(STOPPING, WATCHDOG, "the watchdog wants to be fed meanwhile");
}

static void test_stopping(void)
{
    begin_ready();
    alive(700);
    tells(SV_EVENT_STOPS);
    IS_CHANGE(STOPPING, STOPS, "it says that it ends");
    ok(!actions.count, "nothing is sent for that");
    is_int(sv_machine_deadline(&machine), SV_NEVER, "and no watchdog counts");
    tells(SV_EVENT_STOPS);
    ready();
    IS_NOTHING("it does not get ready again");
    now_ms += 2000;
    dies(EXIT(0));
    is_int(actions.cause.kind, SV_CAUSE_EXIT, "how it ended is what it did itself");
    ok(asks_for(SV_ACTION_START_RUN), "and it is started again: nobody wanted it down");

    begin_ready();
    settings.restart = SV_RESTART_ON_FAILURE;
    tells(SV_EVENT_STOPS);
    dies(EXIT(0));
    is_int(machine.phase, SV_PHASE_DOWN, "to end well is a success");

    begin_ready();
    settings.timeout_kill_ms = 400;
    tells(SV_EVENT_STOPS);
    command('d');
    IS_CHANGE(STOPPING, COMMAND, "an operator may want that, too");
    is_int(actions.stop_signals, STOPPED_BY(SIGTERM), "and the signal is sent");
    is_int(sv_machine_deadline(&machine), now_ms + 400, "with its limit");
    dies(EXIT(0));
    ok(machine.phase == SV_PHASE_DOWN && actions.cause.kind == SV_CAUSE_COMMAND,
       "then that is the cause");

    begin_ready();
    settings.timeout_kill_ms = 400;
    tells(SV_EVENT_STOPS);
    is_int(sv_machine_deadline(&machine), now_ms + 400, "timeout-kill counts from there");
    extend(900);
    time_passes(900);
    is_int(actions.stop_signals, BIT(SIGKILL), "who says it and does not end is killed");
    IS_CHANGE(STOPPING, KILL_TIMEOUT, "as is said");
    dies(SIGKILL);
    is_int(actions.cause.kind, SV_CAUSE_KILLED, "and as its end shows");

    begin();
    settings.timeout_ready_ms = 900;
    executed(10);
    tells(SV_EVENT_STOPS);
    IS_CHANGE(STOPPING, STOPS, "it may give up before it is ready");
    is_int(sv_machine_deadline(&machine), SV_NEVER, "nor is that waited for any more");
}

static void test_main(void)
{
    begin_starting();
    names_main(20);
    IS_CHANGE(STARTING, MAIN, "another process is the main one");
    ok(actions.cause.detail == 10 && machine.pid == 20 && !actions.count,
       "it is known whose place it took");
    names_main(20);
    IS_NOTHING("once");
    names_main(0);
    names_main(-1);
    ok(!actions.changed && machine.pid == 20, "nobody is not the main process");
    ready();
    is_int(machine.phase, SV_PHASE_UP, "the run goes on");
    names_main(21);
    IS_CHANGE(UP, MAIN, "also when it is ready");
    ok(actions.cause.detail == 20 && machine.pid == 21, "as before");
    command('d');
    names_main(22);
    IS_CHANGE(STOPPING, MAIN, "and when it stops");
    dies(EXIT(0));
    ok(machine.phase == SV_PHASE_DOWN && !machine.pid, "its end is the end of the run");
    names_main(23);
    ok(!actions.changed && !machine.pid, "then there is no main process");
}

static void test_extend(void)
{
    begin();
    settings.timeout_ready_ms = 1000;
    executed(10);
    extend(500);
    is_int(sv_machine_deadline(&machine), now_ms + 1000, "nothing becomes shorter");
    time_passes(600);
    extend(500);
    IS_NOTHING("more time is no transition");
    is_int(sv_machine_deadline(&machine), now_ms + 500, "but it is there");
    time_passes(499);
    extend(5000);
    time_passes(4999);
    IS_NOTHING("again and again");
    time_passes(1);
    IS_CHANGE(STOPPING, READY_TIMEOUT, "until no more is asked for");
    is_int(machine.kill_ms, now_ms + SV_CONDEMNED_MS, "its end is limited");
    extend(9000);
    is_int(sv_machine_deadline(&machine), now_ms + 9000, "and that may be put off, too");
    time_passes(9000);
    is_int(actions.stop_signals, BIT(SIGKILL), "but comes");
    extend(1);
    is_int(sv_machine_deadline(&machine), SV_NEVER, "once");

    begin_starting();
    extend(1000);
    is_int(sv_machine_deadline(&machine), SV_NEVER, "who has no limit gets none");
    ready();
    alive(300);
    extend(9000);
    is_int(sv_machine_deadline(&machine), now_ms + 300, "the watchdog is another matter");
    extend(18446744073709552);
    is_int(sv_machine_deadline(&machine), now_ms + 300, "however much is asked for");
    command('d');
    extend(1000);
    is_int(sv_machine_deadline(&machine), SV_NEVER, "a stop without a limit stays so");
}

static void test_waiting(void)
{
    begin();
    tells(SV_EVENT_WAITS);
    IS_CHANGE(WAITING, NEEDS, "what it needs is not ready: it waits");
    ok(!actions.count && !machine.pid && sv_machine_deadline(&machine) == SV_NEVER,
       "without doing anything");
    ok(!sv_machine_watches_run(&machine), "whatever is changed in its directory");
    tells(SV_EVENT_RUN_CHANGED);
    time_passes(100000);
    IS_NOTHING("and however long");
    tells(SV_EVENT_NEEDS_MET);
    ok(asks_for(SV_ACTION_START_RUN), "then it is started");
    executed(10);
    IS_CHANGE(STARTING, NEEDS_MET, "for that cause");
    tells(SV_EVENT_NEEDS_MET);
    IS_NOTHING("once");
    tells(SV_EVENT_WAITS);
    IS_NOTHING("and what runs does not wait");

    begin();
    tells(SV_EVENT_WAITS);
    command('u');
    ok(asks_for(SV_ACTION_START_RUN), "u means to look again");
    tells(SV_EVENT_WAITS);
    is_int(machine.phase, SV_PHASE_WAITING, "and perhaps to wait again");
    command('d');
    IS_CHANGE(DOWN, COMMAND, "d ends the waiting");
    tells(SV_EVENT_NEEDS_MET);
    IS_NOTHING("whatever happens then");
    command('o');
    tells(SV_EVENT_WAITS);
    tells(SV_EVENT_NEEDS_MET);
    ok(asks_for(SV_ACTION_START_RUN) && machine.wanted == SV_WANTED_ONCE,
       "what is wanted once waits, too");

    begin();
    tells(SV_EVENT_WAITS);
    command('x');
    ok(asks_for(SV_ACTION_LEAVE), "supervise may leave meanwhile");
    begin();
    tells(SV_EVENT_WAITS);
    tells(SV_EVENT_TERMINATE);
    ok(asks_for(SV_ACTION_LEAVE) && machine.phase == SV_PHASE_DOWN, "or be told to");
    begin();
    tells(SV_EVENT_WAITS);
    tells(SV_EVENT_RESUME);
    ok(machine.phase == SV_PHASE_WAITING && !actions.count, "the next one waits on");
}

static void test_losses(void)
{
    begin_ready();
    now_ms += 2000;
    needs_lost(SV_CAUSE_NEEDS_LOST);
    IS_CHANGE(STOPPING, NEEDS_LOST, "what it needs is lost: it is stopped");
    is_int(actions.stop_signals, STOPPED_BY(SIGTERM), "by the down-signal");
    is_int(machine.wanted, SV_WANTED_UP, "but still wanted");
    needs_lost(SV_CAUSE_NEEDS_LOST);
    IS_NOTHING("once");
    dies(EXIT(0));
    ok(asks_for(SV_ACTION_START_RUN), "then it is to be started again");
    tells(SV_EVENT_WAITS);
    is_int(machine.phase, SV_PHASE_WAITING, "and waits");
    tells(SV_EVENT_NEEDS_MET);
    ok(asks_for(SV_ACTION_START_RUN), "until what was lost is back");

    begin_ready();
    settings.restart = SV_RESTART_NEVER;
    needs_lost(SV_CAUSE_NEEDS_AGAIN);
    IS_CHANGE(STOPPING, NEEDS_AGAIN, "a restart of what it needs stops it, too");
    dies(EXIT(0));
    ok(asks_for(SV_ACTION_START_RUN), "and brings it back, whatever its policy");
    is_int(machine.quick_deaths, 0, "it is not to blame");

    begin_ready();
    needs_lost(SV_CAUSE_NEEDS_LOST);
    command('d');
    dies(EXIT(0));
    ok(machine.phase == SV_PHASE_DOWN && !actions.count, "d in between counts");

    begin_ready();
    command('o');
    needs_lost(SV_CAUSE_NEEDS_LOST);
    dies(EXIT(0));
    ok(machine.phase == SV_PHASE_DOWN && !actions.count,
       "what was wanted once stays down");

    begin_starting();
    needs_lost(SV_CAUSE_NEEDS_LOST);
    IS_CHANGE(STOPPING, NEEDS_LOST, "one that is starting is stopped as well");

    begin_ready();
    command('d');
    needs_lost(SV_CAUSE_NEEDS_LOST);
    IS_NOTHING("one that is being stopped is not concerned");
    dies(EXIT(0));
    needs_lost(SV_CAUSE_NEEDS_LOST);
    IS_NOTHING("nor is one that is down");
}

int main(void)
{
    test_readiness();
    test_timeout_ready();
    test_paused();
    test_condemned();
    test_condemned_quickly();
    test_watchdog();
    test_watchdog_changes();
    test_trigger();
    test_reloading();
    test_stopping();
    test_main();
    test_extend();
    test_waiting();
    test_losses();
    return done();
}
