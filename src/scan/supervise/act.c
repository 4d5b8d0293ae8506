/* ISC license. */

/*
 * Feeds events to the machine and performs what it answers. An answer may lead to another
 * event (the process has been started), which is fed before anything else can happen.
 */

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

#include <skalibs/types.h>

#include <sv/clock.h>
#include <sv/message.h>
#include <sv/process.h>
#include <sv/proctree.h>
#include <sv/servicedir.h>
#include <sv/spawn.h>

#include "service.h"

#define COMPLAIN_MS 1000

#define SWEEPS 3 /* what forks while it is killed is found by the next one */

int trouble_is_new(struct trouble *trouble)
{
    int is_new = trouble->error_number != errno;

    trouble->error_number = errno;
    return is_new;
}

void trouble_over(struct trouble *trouble)
{
    trouble->error_number = 0;
}

/* Reads the option files; a file that cannot be used is reported once. */
static void load_settings(struct service *service)
{
    uint32_t bad = sv_servicedir_settings(service->dir, &service->settings);
    uint32_t news = bad & ~service->bad_settings;

    service->settings.fails_on_100 = service->fails_on_100 != 0;
    service->bad_settings = bad;
    for (unsigned int which = 0; which < SV_SETTING_COUNT; which++)
        if (news >> which & 1)
            sv_warn(service->dir_name, "/", sv_setting_file((enum sv_setting)which),
                    " is not used: it should hold ",
                    sv_setting_holds((enum sv_setting)which));
}

static void signal_process(int pid, uint32_t signals)
{
    for (int number = 1; number < 32; number++)
        if (signals >> number & 1) (void)kill(pid, number); /* a zombie is as good */
}

/* As kill-mode says. The tree without /proc is the group. */
static void signal_by_kill_mode(struct service *service, int pid, uint32_t signals)
{
    switch (service->settings.kill_mode) {
    case SV_KILL_PROCESS: signal_process(pid, signals); break;
    case SV_KILL_GROUP: signal_process(-pid, signals); break;
    case SV_KILL_TREE:
        if (sv_proctree_signal(signals) < 0) signal_process(-pid, signals);
        break;
    }
}

static void send_signals(struct service *service, struct sv_actions const *actions)
{
    int pid = service->machine.pid;

    signal_process(pid, actions->signals);
    signal_process(-pid, actions->group_signals);
    if (actions->stop_signals) signal_by_kill_mode(service, pid, actions->stop_signals);
}

/* The run is over: nothing of it may be in the way of the next one. */
static void sweep(struct service *service)
{
    for (unsigned int i = 0; i < SWEEPS; i++)
        signal_by_kill_mode(service, service->run_pid, (uint32_t)1 << SIGKILL);
}

/*
 * What cannot be executed may just be on its way into the directory: it is complained
 * about when it still cannot be a moment later. A script that is not there at all is no
 * trouble.
 */
static void note_start_failed(struct service *service, struct sv_event const *event)
{
    int is_missing = !event->run_exists && event->error_number == ENOENT;

    errno = event->error_number;
    if (event->exec_failed) {
        if (!is_missing && trouble_is_new(&service->start_trouble))
            service->complain_ms = event->now_ms + COMPLAIN_MS;
    } else if (trouble_is_new(&service->start_trouble)) {
        sv_warnusys("fork for ", service->dir_name, ", trying again later");
    }
}

void service_complain(struct service *service)
{
    service->complain_ms = SV_NEVER;
    if (!sv_machine_watches_run(&service->machine)) return; /* it has been mended */
    errno = service->start_trouble.error_number;
    if (errno == ENOENT)
        sv_warnu("start ", service->dir_name,
                 "/run: its interpreter: file does not exist");
    else
        sv_warnusys("start ", service->dir_name, "/run");
}

static void start_run(struct service *service, struct sv_event *answer)
{
    static char const *const argv[] = {"./run", 0};
    struct sv_spawn how = {.file = "./run", .argv = argv, .dir = -1, .new_session = 1};

    service_look_at_run(service);
    pid_t pid = sv_spawn(&how);
    *answer = (struct sv_event){.kind = SV_EVENT_STARTED};
    answer->now_ms = sv_clock_monotonic_ms();
    if (pid > 0) {
        trouble_over(&service->start_trouble);
        answer->pid = service->run_pid = pid;
        return;
    }
    answer->kind = SV_EVENT_START_FAILED;
    answer->error_number = errno;
    answer->exec_failed = pid == 0;
    answer->run_exists = pid == 0 && sv_servicedir_is_executable(service->dir, "run");
    note_start_failed(service, answer);
}

/* finish: exit code or 256, signal or 0, name of the service, process group of run. */
static void start_finish(struct service *service, struct sv_event *answer)
{
    struct sv_status const *status = &service->status;
    int killed = status->ending == SV_ENDING_SIGNAL;
    char code[UINT_FMT], signal_number[UINT_FMT], group[UINT_FMT];
    char const *const argv[] = {"./finish", code, signal_number, service->name, group, 0};
    struct sv_spawn how = {.file = "./finish", .argv = argv, .dir = -1, .new_session = 1};

    code[uint_fmt(code, killed ? 256 : status->ending_value)] = 0;
    signal_number[uint_fmt(signal_number, killed ? status->ending_value : 0)] = 0;
    group[uint_fmt(group, (unsigned int)service->run_pid)] = 0;

    pid_t pid = sv_spawn(&how);
    *answer = (struct sv_event){.kind = SV_EVENT_FINISH_STARTED,
                                .now_ms = sv_clock_monotonic_ms(),
                                .pid = pid};
    if (pid > 0) {
        trouble_over(&service->finish_trouble);
        return;
    }
    answer->kind = SV_EVENT_FINISH_FAILED;
    answer->error_number = errno;
    answer->exec_failed = pid == 0;
    if (trouble_is_new(&service->finish_trouble))
        sv_warnusys("start ", service->dir_name, "/finish");
}

static void change_down_file(struct service *service, int present)
{
    if (present && !sv_servicedir_touch(service->dir, "down"))
        sv_warnusys("create ", service->dir_name, "/down");
    if (!present && !sv_servicedir_remove(service->dir, "down"))
        sv_warnusys("remove ", service->dir_name, "/down");
}

/* Returns 1 if *answer has to be fed. */
static int perform(struct service *service, struct sv_actions const *actions,
                   enum sv_action_kind action, struct sv_event *answer)
{
    switch (action) {
    case SV_ACTION_MAKE_DOWN: change_down_file(service, 1); return 0;
    case SV_ACTION_REMOVE_DOWN: change_down_file(service, 0); return 0;
    case SV_ACTION_SIGNAL: send_signals(service, actions); return 0;
    case SV_ACTION_SWEEP: sweep(service); return 0;
    case SV_ACTION_START_FINISH: start_finish(service, answer); return 1;
    case SV_ACTION_START_RUN: start_run(service, answer); return 1;
    case SV_ACTION_LEAVE: service->leaving = 1; return 0;
    }
    return 0;
}

/* Feeds *event and all that follows from it, with the settings as they were just read. */
static void feed(struct service *service, struct sv_event const *event)
{
    struct sv_event next = *event;
    int more = 1;

    while (more) {
        struct sv_actions actions;
        more = 0;
        sv_machine_step(&service->machine, &next, &service->settings, &actions);
        if (actions.changed) service_record(service, &next, &actions.cause);
        for (unsigned int i = 0; i < actions.count; i++)
            more |= perform(service, &actions, actions.list[i], &next);
    }
}

/* Whoever brings it up again forgives what it did before. */
static int forgives(struct sv_event const *event)
{
    enum sv_command_kind kind = event->command.kind;

    return event->kind == SV_EVENT_COMMAND
           && (kind == SV_COMMAND_UP || kind == SV_COMMAND_UP_ALWAYS
               || kind == SV_COMMAND_ONCE || kind == SV_COMMAND_ONCE_ALWAYS);
}

void service_feed(struct service *service, struct sv_event const *event)
{
    if (forgives(event)) service->forgiven_ms = event->now_ms;
    load_settings(service);
    feed(service, event);
}

void service_event(struct service *service, enum sv_event_kind kind)
{
    struct sv_event event = {.kind = kind, .now_ms = sv_clock_monotonic_ms()};
    int input = 0;

    if (kind == SV_EVENT_TIME && service->machine.draining)
        event.input_left = !ioctl(0, FIONREAD, &input) && input > 0;
    if (kind == SV_EVENT_BEGIN)
        event.has_down = sv_servicedir_has(service->dir, "down") > 0;
    service_feed(service, &event);
}

/* Remembers the death and tells whether it was one too many. */
static int is_over_limit(struct service *service, int64_t now_ms, int wait_status)
{
    struct sv_settings const *settings = &service->settings;
    struct sv_death death = {.monotonic_ms = now_ms};
    uint32_t keep = settings->max_death_tally;

    if (settings->limit_seconds && keep <= settings->limit_deaths)
        keep = settings->limit_deaths + 1; /* or the limit could never be exceeded */
    sv_clock_wall(&death.when);
    death.code = WIFEXITED(wait_status) ? (unsigned char)WEXITSTATUS(wait_status) : 0;
    death.signal_number =
        WIFSIGNALED(wait_status) ? (unsigned char)WTERMSIG(wait_status) : 0;
    sv_tally_add(&service->tally, &death, keep);
    service->tally_changed = 1;
    int64_t since_ms = now_ms - INT64_C(1000) * settings->limit_seconds;
    if (since_ms < service->forgiven_ms) since_ms = service->forgiven_ms;
    return settings->limit_seconds
           && sv_tally_since(&service->tally, since_ms) > settings->limit_deaths;
}

void service_child_ended(struct service *service, int pid, int wait_status)
{
    struct sv_event event = {.now_ms = sv_clock_monotonic_ms(),
                             .wait_status = wait_status};

    if (pid != service->machine.pid) return;
    load_settings(service);
    event.kind = SV_EVENT_FINISH_DIED;
    if (service->machine.child == SV_CHILD_RUN) {
        event.kind = SV_EVENT_DIED;
        event.has_finish = sv_servicedir_is_executable(service->dir, "finish");
        event.over_limit = is_over_limit(service, event.now_ms, wait_status);
    }
    feed(service, &event);
}
