/* ISC license. */

#include <signal.h>

#include <sv/await.h>
#include <sv/control.h>

#include "tap.h"

#define TOKEN 77
#define UID 1000

static uint64_t serial;

/* An entry: an event and what came of it. */
static struct sv_journal_entry entry(enum sv_event_kind event, enum sv_phase phase,
                                     enum sv_wanted wanted, enum sv_cause_kind cause)
{
    return (struct sv_journal_entry){.serial = ++serial,
                                     .event = (uint8_t)event,
                                     .phase = (uint8_t)phase,
                                     .wanted = (uint8_t)wanted,
                                     .cause = (uint8_t)cause,
                                     .cause_uid = SV_CONTROL_UID_UNKNOWN};
}

#define FEED(event, phase, wanted, cause) \
    do { \
        struct sv_journal_entry fed = entry(SV_EVENT_##event, SV_PHASE_##phase, \
                                            SV_WANTED_##wanted, SV_CAUSE_##cause); \
        sv_await_entry(&await, &fed); \
    } while (0)

static void command(struct sv_await *await, char letter, uint32_t token,
                    enum sv_phase phase, enum sv_wanted wanted)
{
    struct sv_journal_entry fed =
        entry(SV_EVENT_COMMAND, phase, wanted, SV_CAUSE_COMMAND);

    fed.cause_detail = (unsigned char)letter;
    fed.cause_uid = UID;
    fed.token = token;
    sv_await_entry(await, &fed);
}

static void died(struct sv_await *await, enum sv_ending ending, uint32_t value,
                 enum sv_phase phase, enum sv_wanted wanted, enum sv_cause_kind cause)
{
    struct sv_journal_entry fed = entry(SV_EVENT_DIED, phase, wanted, cause);

    fed.ending = (uint8_t)ending;
    fed.ending_value = value;
    fed.cause_detail = value;
    sv_await_entry(await, &fed);
}

#define EXITS(code, phase, wanted) \
    died(&await, SV_ENDING_EXIT, code, SV_PHASE_##phase, SV_WANTED_##wanted, \
         SV_CAUSE_EXIT)

static char const *text_of(struct sv_await const *await)
{
    static char text[SV_AWAIT_TEXT];

    sv_await_text(text, await, 1000);
    return text;
}

static struct sv_await begun(enum sv_goal goal, unsigned int commands)
{
    struct sv_await await;

    sv_await_begin(&await, goal, commands ? TOKEN : 0, commands);
    return await;
}

/* With a base: nothing of ours is sent. */
static struct sv_await based(enum sv_goal goal, enum sv_phase phase,
                             enum sv_wanted wanted)
{
    struct sv_await await = begun(goal, 0);
    struct sv_status base = {.serial = serial,
                             .phase = (uint8_t)phase,
                             .wanted = (uint8_t)wanted};

    base.next_start_ms = base.kill_ms = (uint64_t)SV_NEVER;
    sv_await_base(&await, &base, 1);
    return await;
}

/* In which phases a goal is reached at the first look, a letter for each. */
static char const *phases_of(enum sv_goal goal)
{
    static char const letters[] = "dwsUSfbFnpOc"; /* in the order of SV_PHASES */
    static char found[SV_PHASE_COUNT + 1];
    size_t length = 0;

    for (unsigned int phase = 0; phase < SV_PHASE_COUNT; phase++) {
        struct sv_await await = based(goal, (enum sv_phase)phase, SV_WANTED_UP);
        if (sv_await_judge(&await) == SV_AWAIT_REACHED) found[length++] = letters[phase];
    }
    found[length] = 0;
    return found;
}

static void goals(void)
{
    is_str(phases_of(SV_GOAL_UP), "sUO", "up: executed and not being stopped");
    is_str(phases_of(SV_GOAL_READY), "UO", "ready");
    is_str(phases_of(SV_GOAL_DOWN), "dwfbFnc", "down: run does not run");
    is_str(phases_of(SV_GOAL_FINISHED), "dwbFn", "finished: nor does finish");
    is_str(phases_of(SV_GOAL_RERUN), "", "a rerun needs a new run");
    is_str(phases_of(SV_GOAL_RESTARTED), "", "so does a restart");
    is_str(phases_of(SV_GOAL_FAILED), "F", "failed");
    for (unsigned int goal = 0; goal < SV_GOAL_COUNT; goal++)
        expect(sv_await_find(sv_await_goal_word((enum sv_goal)goal)) == goal,
               "a goal is found by its word");
    ok(sv_await_find("sideways") == SV_GOAL_COUNT, "others are not");
}

static void commands(void)
{
    struct sv_await await = begun(SV_GOAL_RESTARTED, 1);

    FEED(STARTED, UP, UP, EXIT);
    EXITS(1, BACKOFF, UP);
    FEED(STARTED, UP, UP, EXIT);
    is_int(sv_await_judge(&await), SV_AWAIT_ON,
           "what comes before our command is nothing");
    command(&await, 't', TOKEN + 1, SV_PHASE_UP, SV_WANTED_UP);
    FEED(STARTED, UP, UP, EXIT);
    is_int(sv_await_judge(&await), SV_AWAIT_ON, "nor is what others have asked for");
    is_str(text_of(&await), "supervise has not taken the command", "and so it is said");
    command(&await, 't', TOKEN, SV_PHASE_UP, SV_WANTED_UP);
    is_int(sv_await_judge(&await), SV_AWAIT_ON, "our command is not the end");
    EXITS(0, BACKOFF, UP);
    is_int(sv_await_judge(&await), SV_AWAIT_ON, "nor is the death");
    FEED(STARTED, STARTING, UP, EXIT);
    is_int(sv_await_judge(&await), SV_AWAIT_ON, "a run that is to be ready is not yet");
    FEED(READY, UP, UP, READY);
    is_int(sv_await_judge(&await), SV_AWAIT_REACHED, "when it is, it has restarted");
    EXITS(0, FAILED, DOWN);
    is_int(sv_await_judge(&await), SV_AWAIT_REACHED,
           "and what comes then does not matter");

    await = begun(SV_GOAL_DOWN, 2);
    command(&await, 'd', TOKEN, SV_PHASE_DOWN, SV_WANTED_DOWN);
    is_int(sv_await_judge(&await), SV_AWAIT_ON, "of two commands the last one counts");
    command(&await, 'u', TOKEN, SV_PHASE_BACKOFF, SV_WANTED_UP);
    is_int(sv_await_judge(&await), SV_AWAIT_ON, "what is just being started is not down");
    FEED(STARTED, UP, UP, COMMAND);
    EXITS(0, BACKOFF, UP);
    is_int(sv_await_judge(&await), SV_AWAIT_REACHED, "but when it has died it is");

    await = begun(SV_GOAL_FINISHED, 1);
    command(&await, 'o', TOKEN, SV_PHASE_BACKOFF, SV_WANTED_ONCE);
    FEED(WAITS, WAITING, ONCE, NEEDS);
    is_int(sv_await_judge(&await), SV_AWAIT_ON, "nor is what waits before its first run");
    FEED(STARTED, UP, ONCE, NEEDS_MET);
    EXITS(0, FINISHING, ONCE);
    is_int(sv_await_judge(&await), SV_AWAIT_ON, "finish belongs to it");
    FEED(FINISH_DIED, DOWN, ONCE, EXIT);
    is_int(sv_await_judge(&await), SV_AWAIT_REACHED, "when that is over all is");

    await = begun(SV_GOAL_DOWN, 2);
    command(&await, 'x', TOKEN, SV_PHASE_DOWN, SV_WANTED_DOWN);
    is_int(sv_await_judge(&await), SV_AWAIT_REACHED,
           "behind an exit that is obeyed at once nothing is taken");
    await = begun(SV_GOAL_UP, 2);
    command(&await, 'x', TOKEN, SV_PHASE_UP, SV_WANTED_UP);
    is_int(sv_await_judge(&await), SV_AWAIT_ON,
           "one that has to wait is followed by others");
}

static void out_of_reach(void)
{
    struct sv_await await = begun(SV_GOAL_UP, 1);

    command(&await, 'u', TOKEN, SV_PHASE_STOPPING, SV_WANTED_UP);
    is_int(sv_await_judge(&await), SV_AWAIT_ON,
           "what is to be started when it has ended");
    command(&await, 'd', 0, SV_PHASE_STOPPING, SV_WANTED_DOWN);
    is_int(sv_await_judge(&await), SV_AWAIT_NEVER, "somebody takes that back");
    is_str(text_of(&await), "stopping: svc -d by uid 1000", "and is named");
    command(&await, 'u', 0, SV_PHASE_STOPPING, SV_WANTED_UP);
    is_int(sv_await_judge(&await), SV_AWAIT_ON,
           "and may think better of it before it was looked");

    await = begun(SV_GOAL_READY, 1);
    command(&await, 'u', TOKEN, SV_PHASE_BACKOFF, SV_WANTED_UP);
    for (int i = 0; i < 3; i++) {
        FEED(STARTED, STARTING, UP, COMMAND);
        EXITS(1, BACKOFF, UP);
    }
    is_int(sv_await_judge(&await), SV_AWAIT_ON, "who dies is tried again");
    struct sv_status now = {.phase = SV_PHASE_BACKOFF,
                            .next_start_ms = 5040,
                            .kill_ms = (uint64_t)SV_NEVER};
    sv_await_status(&await, &now, 8, 0);
    is_str(text_of(&await), "died 3 times with exit code 1, next try in 4.0 s",
           "how often it died, and when the next try is");
    died(&await, SV_ENDING_SIGNAL, SIGSEGV, SV_PHASE_FAILED, SV_WANTED_DOWN,
         SV_CAUSE_LIMIT);
    is_int(sv_await_judge(&await), SV_AWAIT_NEVER, "until supervise gives up");
    is_str(text_of(&await),
           "died 4 times, last: killed by SIGSEGV, failed: more deaths than "
           "restart-limit allows",
           "and why");

    await = begun(SV_GOAL_RESTARTED, 1);
    command(&await, 't', TOKEN, SV_PHASE_UP, SV_WANTED_ONCE);
    EXITS(0, FINISHING, ONCE);
    is_int(sv_await_judge(&await), SV_AWAIT_ON,
           "whether it is started again is seen after finish");
    FEED(FINISH_DIED, DOWN, ONCE, EXIT);
    is_int(sv_await_judge(&await), SV_AWAIT_NEVER, "it is not");
    is_str(text_of(&await), "died with exit code 0, down", "the exit code is said once");

    await = begun(SV_GOAL_DOWN, 1);
    command(&await, 'd', TOKEN, SV_PHASE_STOPPING, SV_WANTED_DOWN);
    now = (struct sv_status){.phase = SV_PHASE_STOPPING,
                             .next_start_ms = (uint64_t)SV_NEVER,
                             .kill_ms = 3550};
    sv_await_status(&await, &now, 8, 0);
    is_str(text_of(&await), "stopping: svc -d by uid 1000, SIGKILL in 2.5 s",
           "when it will be killed");
    command(&await, 'u', 0, SV_PHASE_STOPPING, SV_WANTED_UP);
    is_int(sv_await_judge(&await), SV_AWAIT_ON,
           "who is to be down will be, even if only for a moment");
    EXITS(0, BACKOFF, UP);
    is_int(sv_await_judge(&await), SV_AWAIT_REACHED, "and that counts");

    await = begun(SV_GOAL_FAILED, 1);
    command(&await, 'd', TOKEN, SV_PHASE_DOWN, SV_WANTED_DOWN);
    is_int(sv_await_judge(&await), SV_AWAIT_NEVER, "who is down does not fail");
}

static void the_patient(void)
{
    struct sv_await await = based(SV_GOAL_UP, SV_PHASE_DOWN, SV_WANTED_DOWN);

    is_int(sv_await_judge(&await), SV_AWAIT_NEVER,
           "who is down does not come up by itself");
    await.patient = 1;
    is_int(sv_await_judge(&await), SV_AWAIT_ON,
           "the patient wait for somebody to start it");
    FEED(TERMINATE, DOWN, DOWN, SIGNAL);
    FEED(BEGIN, DOWN, DOWN, SUPERVISE);
    is_int(sv_await_judge(&await), SV_AWAIT_ON, "and for another supervise");
    FEED(STARTED, STARTING, UP, COMMAND);
    is_int(sv_await_judge(&await), SV_AWAIT_REACHED, "until it is up");

    await = based(SV_GOAL_READY, SV_PHASE_STARTING, SV_WANTED_UP);
    await.patient = 1;
    command(&await, 'd', 0, SV_PHASE_STOPPING, SV_WANTED_DOWN);
    is_int(sv_await_judge(&await), SV_AWAIT_NEVER,
           "who brings it down meanwhile ends even that");
    await = based(SV_GOAL_READY, SV_PHASE_STARTING, SV_WANTED_UP);
    await.patient = 1;
    FEED(TERMINATE, STOPPING, DOWN, SIGNAL);
    died(&await, SV_ENDING_SIGNAL, SIGTERM, SV_PHASE_DOWN, SV_WANTED_DOWN,
         SV_CAUSE_SIGNAL);
    is_int(sv_await_judge(&await), SV_AWAIT_ON, "a supervise that leaves may come back");

    await = based(SV_GOAL_UP, SV_PHASE_FAILED, SV_WANTED_DOWN);
    await.patient = 1;
    is_int(sv_await_judge(&await), SV_AWAIT_NEVER, "who has failed is not waited for");
    await.prepared = 1;
    is_int(sv_await_judge(&await), SV_AWAIT_ON,
           "unless that is just going to be changed");
    command(&await, 'u', 0, SV_PHASE_BACKOFF, SV_WANTED_UP);
    EXITS(100, FAILED, DOWN);
    is_int(sv_await_judge(&await), SV_AWAIT_NEVER, "and then it has failed again");
}

static void without_supervise(void)
{
    struct sv_await await = begun(SV_GOAL_DOWN, 0);
    struct sv_status base = {.phase = SV_PHASE_UP, .pid = 5};

    sv_await_base(&await, &base, 0);
    is_int(sv_await_judge(&await), SV_AWAIT_ON,
           "what ran when supervise went may still run");
    base.phase = SV_PHASE_DOWN;
    sv_await_base(&await, &base, 0);
    is_int(sv_await_judge(&await), SV_AWAIT_REACHED, "what was down then is");
    await = begun(SV_GOAL_UP, 0);
    base.phase = SV_PHASE_UP;
    sv_await_base(&await, &base, 0);
    is_int(sv_await_judge(&await), SV_AWAIT_ON, "nothing is up without a supervise");
    is_str(text_of(&await), "supervise has not been there", "which is what is missing");
    FEED(RESUME, UP, UP, RESUMED);
    is_int(sv_await_judge(&await), SV_AWAIT_REACHED, "until it has come back");
}

/* Entries were missed, or there is no journal at all. */
static void blind(void)
{
    struct sv_status base = {
        .serial = 10, .phase = SV_PHASE_UP, .pid = 5, .starts = 3, .control_bytes = 100};
    struct sv_status now = base;

    for (int is_blind = 0; is_blind < 2; is_blind++) {
        struct sv_await await = begun(SV_GOAL_RESTARTED, 1);
        sv_await_base(&await, &base, 1);
        if (!is_blind) sv_await_missed(&await);
        now = base;
        now.control_bytes = 107;
        now.starts = 4;
        sv_await_status(&await, &now, 8, is_blind);
        is_int(sv_await_judge(&await), SV_AWAIT_ON, "our command has not been read yet");
        now.control_bytes = 108;
        sv_await_status(&await, &now, 8, is_blind);
        is_int(sv_await_judge(&await), SV_AWAIT_REACHED,
               "it has, and the service has been started since");
    }
    struct sv_await await = begun(SV_GOAL_DOWN, 1);
    sv_await_base(&await, &base, 1);
    now.starts = 3;
    sv_await_status(&await, &now, 8, 1);
    is_int(sv_await_judge(&await), SV_AWAIT_ON, "the same run is still there");
    now.starts = 4;
    sv_await_status(&await, &now, 8, 1);
    is_int(sv_await_judge(&await), SV_AWAIT_REACHED, "another one: so it has been down");

    await = begun(SV_GOAL_FINISHED, 1);
    sv_await_base(&await, &base, 1);
    now.starts = 3;
    now.phase = SV_PHASE_FINISHING;
    now.pid = 0;
    sv_await_status(&await, &now, 8, 1);
    is_int(sv_await_judge(&await), SV_AWAIT_ON, "its finish runs");
    now.phase = SV_PHASE_DOWN;
    sv_await_status(&await, &now, 8, 1);
    is_int(sv_await_judge(&await), SV_AWAIT_REACHED, "finish is over");

    await = begun(SV_GOAL_UP, 1);
    sv_await_base(&await, &base, 1);
    now.phase = SV_PHASE_FAILED;
    now.ending = SV_ENDING_EXIT;
    now.ending_value = 7;
    now.cause = SV_CAUSE_GAVE_UP;
    now.serial = 300;
    sv_await_status(&await, &now, 8, 1);
    is_int(sv_await_judge(&await), SV_AWAIT_NEVER, "it has failed");
    is_str(text_of(&await),
           "died with exit code 7, failed: exit code says do not restart", "and why");
}

static void family(void)
{
    struct sv_status_family up = {.since = {100, 5},
                                  .pid = 9,
                                  .want = 'u',
                                  .state = SV_ENCORE_RUNNING,
                                  .run_state = 1,
                                  .size = SV_STATUS_ENCORE};
    struct sv_status_family down = {.since = {101, 0},
                                    .want = 'd',
                                    .size = SV_STATUS_ENCORE};
    struct sv_status_family again = up, finishing = down;
    struct sv_await await = begun(SV_GOAL_DOWN, 1);

    again.since.tv_nsec++;
    finishing.run_state = 2;
    sv_await_base_family(&await, &up, 1);
    is_int(sv_await_judge(&await), SV_AWAIT_ON, "another suite's service runs");
    is_str(text_of(&await), "runs", "which is all that is known");
    sv_await_family(&await, &again);
    is_int(sv_await_judge(&await), SV_AWAIT_REACHED,
           "a run of another time: it was down");

    await = begun(SV_GOAL_FINISHED, 0);
    sv_await_base_family(&await, &up, 1);
    sv_await_family(&await, &finishing);
    is_int(sv_await_judge(&await), SV_AWAIT_ON, "runit says when finish runs");
    sv_await_family(&await, &down);
    is_int(sv_await_judge(&await), SV_AWAIT_REACHED, "and when it is over");

    await = begun(SV_GOAL_RESTARTED, 0);
    sv_await_base_family(&await, &up, 1);
    sv_await_family(&await, &down);
    is_int(sv_await_judge(&await), SV_AWAIT_ON, "down is half of a restart");
    sv_await_family(&await, &again);
    is_int(sv_await_judge(&await), SV_AWAIT_REACHED, "up is the other half");

    await = begun(SV_GOAL_UP, 0);
    sv_await_base_family(&await, &up, 0);
    is_int(sv_await_judge(&await), SV_AWAIT_ON,
           "without a supervise it need not be true");
    down.state = SV_ENCORE_FAILED;
    sv_await_family(&await, &down);
    is_int(sv_await_judge(&await), SV_AWAIT_NEVER, "encore says that it has failed");
    ok(!sv_await_family_shows(SV_GOAL_FAILED, SV_STATUS_DJB),
       "daemontools does not say that");
}

/* Whatever is in a journal, texts fit, and what is reached stays reached. */
static void anything(void)
{
    uint32_t seed = 1;

    for (unsigned int round = 0; round < 20000; round++) {
        struct sv_await await = begun((enum sv_goal)(round % SV_GOAL_COUNT), round % 3);
        int was_reached = 0;
        for (unsigned int i = 0; i < 12; i++) {
            struct sv_journal_entry any;
            unsigned char numbers[7];
            for (unsigned int k = 0; k < sizeof numbers; k++) {
                seed = seed * 1664525 + 1013904223;
                numbers[k] = (unsigned char)(seed >> 24);
            }
            any = entry((enum sv_event_kind)(numbers[0] % SV_EVENT_COUNT),
                        (enum sv_phase)(numbers[1] % SV_PHASE_COUNT),
                        (enum sv_wanted)(numbers[2] % SV_WANTED_COUNT),
                        (enum sv_cause_kind)(numbers[3] % SV_CAUSE_COUNT));
            any.ending = numbers[4] % SV_ENDING_COUNT;
            any.ending_value = any.cause_detail = numbers[5];
            any.cause_uid = seed;
            any.token = numbers[6] % 2 ? TOKEN : 0;
            sv_await_entry(&await, &any);
            int is_reached = sv_await_judge(&await) == SV_AWAIT_REACHED;
            expect(is_reached >= was_reached, "a goal is lost again");
            expect(strlen(text_of(&await)) > 2
                       && strlen(text_of(&await)) < SV_AWAIT_TEXT - 1,
                   "a text does not fit");
            was_reached = is_reached;
        }
    }
    ok(1, "what a journal may hold, it can be told");
}

int main(void)
{
    goals();
    commands();
    out_of_reach();
    the_patient();
    without_supervise();
    blind();
    family();
    anything();
    return done();
}
