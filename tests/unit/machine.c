/* ISC license. */

/*
 * The machine, by story: what an operator would see. (machine_explore looks at every
 * state.)
 */

#include <signal.h>

#include <sv/machine.h>

#include "tap.h"

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

static void time_passes(int64_t milliseconds)
{
    now_ms += milliseconds;
    step((struct sv_event){.kind = SV_EVENT_TIME});
}

static void executed(int pid)
{
    step((struct sv_event){.kind = SV_EVENT_STARTED, .pid = pid});
}

static void begin(void)
{
    sv_setting_defaults(&settings);
    sv_machine_init(&machine);
    now_ms = 1000;
    step((struct sv_event){.kind = SV_EVENT_BEGIN});
}

static void begin_up(void)
{
    begin();
    executed(10);
}

/* It lived for `milliseconds`, then ended with this wait status. */
static void dies_after(int64_t milliseconds, int wait_status)
{
    now_ms += milliseconds;
    step((struct sv_event){.kind = SV_EVENT_DIED, .wait_status = wait_status});
}

#define EXIT(code) ((code) << 8)
#define BIT(number) ((uint32_t)1 << (number))

static void test_begin(void)
{
    begin();
    ok(asks_for(SV_ACTION_START_RUN), "without a down file it is started");
    executed(10);
    ok(machine.phase == SV_PHASE_UP && machine.pid == 10, "executed means up");
    is_int(actions.cause.kind, SV_CAUSE_SUPERVISE,
           "and the cause is that supervise began");
    is_int(sv_machine_deadline(&machine), SV_NEVER, "an up service needs no wakeup");

    sv_machine_init(&machine);
    step((struct sv_event){.kind = SV_EVENT_BEGIN, .has_down = 1});
    ok(!actions.count && machine.phase == SV_PHASE_DOWN
           && machine.wanted == SV_WANTED_DOWN,
       "with a down file it is not");
    command('u');
    ok(asks_for(SV_ACTION_START_RUN), "until somebody says u");
    executed(11);
    ok(actions.cause.kind == SV_CAUSE_COMMAND && actions.cause.detail == 'u'
           && actions.cause.uid == 77,
       "who is then the cause");
}

static void test_backoff(void)
{
    begin_up();
    dies_after(1000, EXIT(1));
    ok(asks_for(SV_ACTION_START_RUN), "after a second of life it is restarted at once");
    executed(11);
    dies_after(10, EXIT(1));
    ok(asks_for(SV_ACTION_START_RUN), "so it is after the first quick death");
    executed(12);
    is_int(actions.cause.kind, SV_CAUSE_EXIT, "and the cause of that start is the death");

    int64_t started_ms = now_ms;
    int64_t delay_ms = 1000;
    dies_after(10, EXIT(1));
    for (int i = 0; i < 8; i++) {
        is_int(machine.phase, SV_PHASE_BACKOFF, "quick death %d: backoff", i + 2);
        is_int(machine.start_ms - started_ms, delay_ms,
               "next start %lld ms after the last one", (long long)delay_ms);
        is_int(sv_machine_deadline(&machine), machine.start_ms,
               "which is the next wakeup");
        time_passes(machine.start_ms - now_ms - 1);
        ok(!actions.count, "not a millisecond early");
        time_passes(1);
        ok(asks_for(SV_ACTION_START_RUN), "but then");
        started_ms = now_ms;
        executed(20 + i);
        dies_after(999, SIGSEGV);
        delay_ms = delay_ms * 2 > 60000 ? 60000 : delay_ms * 2;
    }
    command('u');
    ok(asks_for(SV_ACTION_START_RUN), "u starts it whatever the delay");
    executed(30);
    dies_after(5, EXIT(1));
    ok(asks_for(SV_ACTION_START_RUN), "and forgets the deaths before");
    executed(31);
    dies_after(5000, EXIT(1));
    executed(32);
    is_int(machine.quick_deaths, 0, "so does a run that stayed up");
}

static void test_settle(void)
{
    begin_up();
    now_ms += 10;
    command('t');
    ok(!actions.count && actions.changed, "a signal in the first 50 ms waits");
    is_int(sv_machine_deadline(&machine), now_ms + 40, "until the process has settled");
    command('p');
    command('c');
    time_passes(40);
    is_int(actions.signals, BIT(SIGTERM) | BIT(SIGCONT),
           "then TERM and the last of STOP and CONT");
    is_int(sv_machine_deadline(&machine), SV_NEVER, "and nothing more is due");
    command('h');
    is_int(actions.signals, BIT(SIGHUP), "later signals go at once");

    begin_up();
    command('d');
    command('x');
    ok(machine.phase == SV_PHASE_STOPPING && machine.leaving,
       "the rest of dx is not delayed");
    dies_after(3, EXIT(1));
    ok(asks_for(SV_ACTION_LEAVE),
       "and if it ends by itself first, that is the end of it");
}

static void test_down(void)
{
    begin_up();
    settings.timeout_kill_ms = 3000;
    settings.down_signal = SIGINT;
    now_ms += 100;
    command('p');
    ok(machine.paused, "paused");
    command('d');
    is_int(actions.stop_signals, BIT(SIGINT) | BIT(SIGCONT),
           "d sends down-signal and CONT");
    ok(!machine.paused && machine.phase == SV_PHASE_STOPPING, "and unpauses");
    time_passes(2999);
    ok(!actions.count, "timeout-kill is waited for");
    time_passes(1);
    is_int(actions.stop_signals, BIT(SIGKILL), "then comes KILL");
    is_int(actions.cause.kind, SV_CAUSE_KILL_TIMEOUT, "with its cause");
    is_int(sv_machine_deadline(&machine), SV_NEVER, "once");
    dies_after(0, SIGKILL);
    ok(machine.phase == SV_PHASE_DOWN && !actions.count, "down stays down");
    command('t');
    ok(actions.changed && !actions.count,
       "a signal for nobody is noted, and that is all");

    begin_up();
    now_ms += 100;
    command('d');
    command('u');
    dies_after(5, EXIT(0));
    ok(asks_for(SV_ACTION_START_RUN), "d and u back to back end with a new run");

    begin_up();
    now_ms += 100;
    command('o');
    dies_after(5, EXIT(0));
    ok(machine.phase == SV_PHASE_DOWN && machine.wanted == SV_WANTED_ONCE,
       "once is once");
}

static void test_finish(void)
{
    begin_up();
    now_ms += 2000;
    step((
        struct sv_event){.kind = SV_EVENT_DIED, .wait_status = EXIT(3), .has_finish = 1});
    ok(asks_for(SV_ACTION_START_FINISH) && !asks_for(SV_ACTION_START_RUN),
       "finish comes first");
    step((struct sv_event){.kind = SV_EVENT_FINISH_STARTED, .pid = 50});
    is_int(machine.kill_ms, now_ms + 5000, "it has 5 seconds");
    command('u');
    ok(!actions.count, "meanwhile u only says what is wanted");
    time_passes(5000);
    is_int(actions.signals, BIT(SIGKILL), "then it is killed");
    step((struct sv_event){.kind = SV_EVENT_FINISH_DIED, .wait_status = SIGKILL});
    ok(asks_for(SV_ACTION_START_RUN), "and run is started");

    executed(12);
    now_ms += 2000;
    step((
        struct sv_event){.kind = SV_EVENT_DIED, .wait_status = EXIT(3), .has_finish = 1});
    step((struct sv_event){.kind = SV_EVENT_FINISH_STARTED, .pid = 51});
    step((struct sv_event){.kind = SV_EVENT_FINISH_DIED, .wait_status = EXIT(125)});
    ok(machine.phase == SV_PHASE_FAILED && machine.wanted == SV_WANTED_DOWN,
       "125 means failed");
    ok(actions.cause.kind == SV_CAUSE_GAVE_UP && actions.cause.detail == 125,
       "and says so");
    command('u');
    ok(asks_for(SV_ACTION_START_RUN), "an operator may try again");

    executed(13);
    now_ms += 2000;
    step((
        struct sv_event){.kind = SV_EVENT_DIED, .wait_status = EXIT(3), .has_finish = 1});
    step((struct sv_event){.kind = SV_EVENT_FINISH_FAILED, .error_number = 8});
    ok(asks_for(SV_ACTION_START_RUN), "a finish that cannot be executed is no obstacle");
}

static void test_policy(void)
{
    begin_up();
    settings.restart = SV_RESTART_ON_FAILURE;
    dies_after(2000, EXIT(0));
    ok(machine.phase == SV_PHASE_DOWN && machine.wanted == SV_WANTED_DOWN,
       "on-failure: a success is the end");
    command('u');
    executed(11);
    dies_after(2000, EXIT(1));
    ok(asks_for(SV_ACTION_START_RUN), "on-failure: a failure is not");
    executed(12);
    settings.success[1 / 8] |= 1 << 1;
    dies_after(2000, EXIT(1));
    is_int(machine.phase, SV_PHASE_DOWN,
           "on-failure: unless success-codes calls it a success");
    command('u');
    executed(13);
    now_ms += 100;
    command('r');
    is_int(actions.stop_signals, BIT(SIGTERM) | BIT(SIGCONT), "r stops it");
    dies_after(10, EXIT(0));
    ok(asks_for(SV_ACTION_START_RUN), "and starts it again, whatever the policy");

    begin_up();
    settings.restart = SV_RESTART_NEVER;
    dies_after(2000, EXIT(1));
    is_int(machine.phase, SV_PHASE_FAILED, "never: a failure is for people to look at");

    begin_up();
    now_ms += 2000;
    step((
        struct sv_event){.kind = SV_EVENT_DIED, .wait_status = EXIT(1), .over_limit = 1});
    ok(machine.phase == SV_PHASE_FAILED && actions.cause.kind == SV_CAUSE_LIMIT,
       "more deaths than restart-limit: failed");
    begin_up();
    now_ms += 2000;
    command('k');
    step((
        struct sv_event){.kind = SV_EVENT_DIED, .wait_status = SIGKILL, .over_limit = 1});
    ok(asks_for(SV_ACTION_START_RUN), "a death by an operator's signal is none of these");

    begin_up();
    dies_after(2000, EXIT(100));
    ok(asks_for(SV_ACTION_START_RUN), "exit 100 is like any other for djb");
    begin_up();
    settings.fails_on_100 = 1;
    dies_after(2000, EXIT(100));
    is_int(machine.phase, SV_PHASE_FAILED, "and final for encore");
}

static void test_failed_starts(void)
{
    struct sv_event failure = {.kind = SV_EVENT_START_FAILED, .error_number = 11};

    begin();
    step(failure);
    ok(machine.phase == SV_PHASE_BACKOFF && actions.cause.kind == SV_CAUSE_FORK,
       "no process to be had: later");
    is_int(machine.start_ms - now_ms, 1000, "in a second");
    time_passes(1000);
    step(failure);
    is_int(machine.start_ms - now_ms, 2000, "then in two");
    ok(!sv_machine_watches_run(&machine), "no file could mend it");

    begin();
    failure.exec_failed = 1;
    step(failure);
    is_int(machine.phase, SV_PHASE_NO_RUN, "no run script: that is a state of its own");
    ok(sv_machine_watches_run(&machine) && sv_machine_deadline(&machine) == SV_NEVER,
       "left by a change in the directory only");
    step((struct sv_event){.kind = SV_EVENT_RUN_CHANGED});
    ok(asks_for(SV_ACTION_START_RUN), "which starts it");
    failure.run_exists = 1;
    step(failure);
    ok(machine.phase == SV_PHASE_BACKOFF && sv_machine_watches_run(&machine),
       "a run script that cannot be executed is tried again later, or when it changes");
    ok(actions.cause.kind == SV_CAUSE_EXEC && actions.cause.detail == 11,
       "the errno is kept");

    begin();
    settings.delay_shortest_ms = settings.delay_longest_ms = 0;
    step(failure);
    ok(!actions.count && machine.start_ms > now_ms, "no delay is no reason to spin");
}

static void test_reasons(void)
{
    begin_up();
    now_ms += 100;
    command('d');
    dies_after(5, SIGTERM);
    ok(actions.cause.kind == SV_CAUSE_COMMAND && actions.cause.detail == 'd'
           && actions.cause.uid == 77,
       "down because of d, not because of the signal");
    command('u');
    executed(11);
    now_ms += 2000;
    command('t');
    dies_after(5, SIGTERM);
    ok(actions.cause.kind == SV_CAUSE_COMMAND && actions.cause.detail == 't',
       "so with t, if that is what it died of");
    executed(12);
    now_ms += 2000;
    command('h');
    dies_after(5, SIGSEGV);
    is_int(actions.cause.kind, SV_CAUSE_KILLED, "a crash is a crash");

    begin_up();
    settings.fails_on_100 = 1;
    now_ms += 2000;
    step((struct sv_event){.kind = SV_EVENT_DIED,
                           .wait_status = EXIT(100),
                           .has_finish = 1});
    step((struct sv_event){.kind = SV_EVENT_FINISH_STARTED, .pid = 50});
    step((struct sv_event){.kind = SV_EVENT_FINISH_DIED, .wait_status = EXIT(0)});
    ok(machine.phase == SV_PHASE_FAILED && actions.cause.kind == SV_CAUSE_GAVE_UP
           && actions.cause.detail == 100,
       "failed because of 100, whatever finish said after it");

    begin_up();
    now_ms += 100;
    command('d');
    command('o');
    dies_after(5, SIGTERM);
    ok(asks_for(SV_ACTION_START_RUN), "o while it is ending: one more run");
    executed(13);
    dies_after(2000, EXIT(0));
    is_int(machine.phase, SV_PHASE_DOWN, "and only one");
    command('u');
    executed(14);
    now_ms += 100;
    command('d');
    command('r');
    dies_after(5, SIGTERM);
    is_int(machine.phase, SV_PHASE_DOWN, "r does not bring up what is to be down");
}

static void test_drain(void)
{
    struct sv_event due = {.kind = SV_EVENT_TIME, .input_left = 1};

    begin_up();
    now_ms += 100;
    step((struct sv_event){.kind = SV_EVENT_DRAIN});
    ok(!actions.count, "a logger whose input ends is not signalled");
    dies_after(50, EXIT(0));
    ok(asks_for(SV_ACTION_LEAVE), "it ends by itself, and supervise leaves");

    begin_up();
    step((struct sv_event){.kind = SV_EVENT_DRAIN});
    dies_after(50, SIGKILL);
    ok(asks_for(SV_ACTION_START_RUN), "if it crashes it must read on");

    begin_up();
    step((struct sv_event){.kind = SV_EVENT_DRAIN});
    now_ms += 50;
    step((
        struct sv_event){.kind = SV_EVENT_DIED, .wait_status = EXIT(0), .input_left = 1});
    ok(asks_for(SV_ACTION_START_RUN), "so it must if it has not read all");

    begin_up();
    step((struct sv_event){.kind = SV_EVENT_DRAIN});
    now_ms += 5000;
    step(due);
    ok(!actions.count, "while there is something to read it may take its time");
    due.input_left = 0;
    now_ms += 5000;
    step(due);
    is_int(actions.stop_signals, BIT(SIGTERM) | BIT(SIGCONT), "when there is not, TERM");
    is_int(actions.cause.kind, SV_CAUSE_DRAIN_TIMEOUT, "with its cause");

    begin_up();
    step((struct sv_event){.kind = SV_EVENT_DRAIN});
    due.input_left = 1;
    for (int i = 0; i < 12; i++) {
        now_ms += 5000;
        step(due);
    }
    ok(asks_for(SV_ACTION_SIGNAL), "and after a minute in any case");
}

static void test_kill_mode(void)
{
    begin_up();
    dies_after(2000, EXIT(0));
    ok(!asks_for(SV_ACTION_SWEEP),
       "kill-mode process: what is left behind is left alone");
    executed(11);
    settings.kill_mode = SV_KILL_TREE;
    dies_after(2000, EXIT(0));
    ok(actions.count == 2 && actions.list[0] == SV_ACTION_SWEEP
           && actions.list[1] == SV_ACTION_START_RUN,
       "group and tree: it is killed before the next run");
}

static void test_down_file(void)
{
    begin_up();
    now_ms += 100;
    command('D');
    ok(asks_for(SV_ACTION_MAKE_DOWN) && machine.phase == SV_PHASE_STOPPING,
       "D: for good");
    dies_after(1, SIGTERM);
    command('U');
    ok(asks_for(SV_ACTION_REMOVE_DOWN) && asks_for(SV_ACTION_START_RUN),
       "U: the opposite");
    executed(12);
    dies_after(1, SIGTERM);
    step((struct sv_event){.kind = SV_EVENT_TERMINATE});
    ok(asks_for(SV_ACTION_LEAVE), "TERM to supervise while it waits: it leaves");
}

/* A command with a control script: when that begins, and when it has ended. */
static void scripted(unsigned char letter, int begins, int handled)
{
    struct sv_command what = {.kind = sv_control_find(letter), .uid = 77};

    what.has_script = begins != 0;
    what.handled = handled != 0;
    step((struct sv_event){.kind = SV_EVENT_COMMAND, .command = what});
}

static void test_scripts(void)
{
    begin_up();
    settings.timeout_kill_ms = 3000;
    now_ms += 100;
    command('p');
    scripted('d', 1, 0);
    ok(machine.phase == SV_PHASE_STOPPING && machine.wanted == SV_WANTED_DOWN,
       "d: while its script runs it is to end");
    ok(!actions.count && machine.paused, "but nothing is sent");
    is_int(sv_machine_deadline(&machine), SV_NEVER, "and timeout-kill does not run");
    now_ms += 5000;
    scripted('d', 0, 1);
    is_int(actions.stop_signals, BIT(SIGCONT), "it has seen to it: CONT only");
    ok(!machine.paused, "as that unpauses");
    is_int(sv_machine_deadline(&machine), now_ms + 3000, "from now on timeout-kill runs");

    begin_up();
    now_ms += 100;
    scripted('d', 1, 0);
    scripted('d', 0, 0);
    is_int(actions.stop_signals, BIT(SIGTERM) | BIT(SIGCONT), "it has not: as without");
    begin_up();
    now_ms += 100;
    scripted('d', 1, 0);
    dies_after(5, EXIT(0));
    ok(machine.phase == SV_PHASE_DOWN, "d: what the script ends stays down");
    begin_up();
    now_ms += 100;
    scripted('t', 1, 0);
    ok(actions.changed && !actions.count, "t: nothing is sent while it runs");
    dies_after(5, EXIT(0));
    ok(asks_for(SV_ACTION_START_RUN) && !machine.quick_deaths,
       "what it ends dies because it was asked to");

    begin_up();
    now_ms += 100;
    scripted('p', 1, 0);
    ok(!machine.paused && !actions.count, "p: not paused while it runs");
    scripted('p', 0, 1);
    ok(machine.paused && !actions.count, "but when it has seen to it");
    struct sv_event event = {.kind = SV_EVENT_TERMINATE};
    event.command.has_script = 1;
    step(event);
    ok(machine.leaving && machine.phase == SV_PHASE_STOPPING && !actions.count,
       "supervise is to leave: the same");
    event.command.has_script = 0;
    step(event);
    is_int(actions.stop_signals, BIT(SIGTERM) | BIT(SIGCONT),
           "and afterwards as without");
}

int main(void)
{
    test_begin();
    test_backoff();
    test_settle();
    test_down();
    test_finish();
    test_policy();
    test_failed_starts();
    test_reasons();
    test_drain();
    test_kill_mode();
    test_down_file();
    test_scripts();
    return done();
}
