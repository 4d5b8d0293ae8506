/* ISC license. */

/*
 * Feeds events to the machine and has its answers performed. An answer may lead to
 * another event (the process has been started), which is fed before anything else can
 * happen.
 *
 * Each decision is stored in the page before any of it is performed, and once more when
 * all of it has been: a supervise that takes over repeats what may not have been done.
 */

#include <errno.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

#include <sv/clock.h>
#include <sv/message.h>
#include <sv/servicedir.h>

#include "beside.h"

#define GIVES_UP 100   /* exit code: encore's "do not restart" */
#define LINGER_MS 1000 /* encore is deaf that long after a start */

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

/* The options are the service's. There is nothing for its logger but the script. */
static void load_none(struct service *service)
{
    sv_setting_defaults(&service->settings);
    service->settings.fails_on_100 = 1;
    service->absent.files = UINT64_MAX;
}

void service_load_settings(struct service *service)
{
    if (service->is_logger) {
        load_none(service);
        return;
    }
    uint32_t before = service->bad_settings;
    enum sv_setting failed = SV_SETTING_COUNT;
    int is_read =
        sv_servicedir_settings(service->dir, &service->absent, &service->settings,
                               &service->bad_settings, &failed);

    if (is_read)
        trouble_over(&service->settings_trouble);
    else if (trouble_is_new(&service->settings_trouble))
        sv_warnu("read ", service->dir_name, "/", sv_setting_file(failed), ": ",
                 sv_errortext(errno), "; the options stay as they were");
    service->settings.fails_on_100 = service->is_encore != 0;
    service->settings.has_stop =
        service->is_encore && sv_servicedir_may_have(&service->absent, SV_SERVICEDIR_STOP)
        && sv_servicedir_is_executable(service->dir, "stop");
    uint32_t news = service->bad_settings & ~before;
    for (unsigned int which = 0; which < SV_SETTING_COUNT; which++)
        if (news >> which & 1)
            sv_warn(service->dir_name, "/", sv_setting_file((enum sv_setting)which),
                    " is not used: it should hold ",
                    sv_setting_holds((enum sv_setting)which));
}

/* Notes what is to be done, before any of it is. */
static void plan(struct sv_recovery_doing *doing, struct sv_actions const *actions)
{
    doing->actions = 0;
    for (unsigned int i = 0; i < actions->count; i++)
        doing->actions |= (uint32_t)1 << actions->list[i];
    doing->signals = actions->signals;
    doing->group_signals = actions->group_signals;
    doing->stop_signals = actions->stop_signals;
}

static int is_answer(enum sv_event_kind kind)
{
    return kind == SV_EVENT_STARTED || kind == SV_EVENT_START_FAILED
           || kind == SV_EVENT_WAITS || kind == SV_EVENT_NO_RUN
           || kind == SV_EVENT_SCRIPT_STARTED || kind == SV_EVENT_SCRIPT_FAILED
           || kind == SV_EVENT_FINISH_STARTED || kind == SV_EVENT_FINISH_FAILED;
}

/* Feeds *event and all that follows from it, with the settings as they were just read. */
static void feed(struct service *service, struct sv_event const *event)
{
    struct sv_event next = *event;
    int more = 1;

    while (more) {
        struct sv_machine before = service->machine;
        struct sv_actions actions;
        more = 0;
        sv_machine_step(&service->machine, &next, &service->settings, &actions);
        if (actions.changed) service_record(service, &next, &actions.cause);
        plan(&service->doing, &actions);
        service_store(service);
        if (is_answer(next.kind)) sv_recovery_end_birth(service->page);
        if (actions.changed) service_tell(service, &next, &before);
        for (unsigned int i = 0; i < actions.count; i++)
            more |= service_perform(service, actions.list[i], &next);
    }
    if (!service->doing.actions) return;
    service->doing.actions = 0;
    service_store(service);
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
    if (service->leaving) return; /* that was the last action ever */
    if (forgives(event)) service->doing.forgiven_ms = event->now_ms;
    service_load_settings(service);
    feed(service, event);
}

/* Where that cannot be told now it is tried, and execve() tells. */
static unsigned int has_finish(struct service const *service)
{
    if (!sv_servicedir_may_have(&service->absent, SV_SERVICEDIR_FINISH)) return 0;
    return sv_servicedir_is_executable(service->dir, "finish")
           || (errno != ENOENT && errno != EACCES && errno != EPERM && errno != EISDIR
               && errno != ENOTDIR && errno != ELOOP);
}

void service_event(struct service *service, enum sv_event_kind kind)
{
    struct sv_event event = {.kind = kind, .now_ms = sv_clock_monotonic_ms()};
    int input = 0;

    if (kind == SV_EVENT_DRAIN || (kind == SV_EVENT_TIME && service->machine.draining))
        event.input_left = !ioctl(0, FIONREAD, &input) && input > 0;
    if (kind == SV_EVENT_BEGIN)
        event.has_down = sv_servicedir_has(service->dir, "down") > 0;
    if (kind == SV_EVENT_RESUME) event.has_finish = has_finish(service);
    service_feed(service, &event);
}

uint32_t service_tally_size(struct service const *service)
{
    struct sv_settings const *settings = &service->settings;

    return settings->limit_seconds && settings->max_death_tally <= settings->limit_deaths
               ? settings->limit_deaths + 1
               : settings->max_death_tally;
}

/* Remembers the death and tells whether it was one too many. */
static int is_over_limit(struct service *service, int64_t now_ms, int wait_status)
{
    struct sv_settings const *settings = &service->settings;
    struct sv_death death = {.monotonic_ms = now_ms};

    sv_clock_wall(&death.when);
    death.code = WIFEXITED(wait_status) ? (unsigned char)WEXITSTATUS(wait_status) : 0;
    death.signal_number =
        WIFSIGNALED(wait_status) ? (unsigned char)WTERMSIG(wait_status) : 0;
    sv_tally_add(service->tally, &death, service_tally_size(service));
    service->tally_changed = 1;
    int64_t since_ms = now_ms - INT64_C(1000) * settings->limit_seconds;
    if (since_ms < service->doing.forgiven_ms) since_ms = service->doing.forgiven_ms;
    return settings->limit_seconds
           && sv_tally_since(service->tally, since_ms) > settings->limit_deaths;
}

/* A process that the run has left, if `expect` says that one may take its place. */
static int find_heir(struct service *service, int wait_status, int unseen)
{
    if (!service->machine.forks_left || wait_status) return 0;
    return service_tree_heir(service, unseen, &service->child_start);
}

/*
 * What a run has said before it ended comes before its end: that it was ready, or, above
 * all, that it goes on in another process.
 */
static void hear_the_rest(struct service *service)
{
    if (service->hears_the_rest) return; /* an end that became known meanwhile */
    service->hears_the_rest = 1;
    if (service->ready >= 0) service_ready_read(service);
    if (service->notify >= 0) service_notify_read(service);
    service->hears_the_rest = 0;
}

/*
 * Who waits in encore's way, asking again and again whether it is up, has to see that it
 * was: to the readers of `status`, what gives up with exit code 100 in its first second
 * has ended when that is over, or something else happens. Our own record says it at once.
 */
static void linger(struct service *service, struct sv_event const *event,
                   int64_t started_ms)
{
    if (event->kind == SV_EVENT_DIED && service->machine.phase == SV_PHASE_FAILED
        && service->settings.fails_on_100 && WIFEXITED(event->wait_status)
        && WEXITSTATUS(event->wait_status) == GIVES_UP)
        service->linger_ms = started_ms + LINGER_MS;
}

void service_child_ended(struct service *service, int pid, int wait_status, int unseen)
{
    struct sv_event event = {.now_ms = sv_clock_monotonic_ms(),
                             .wait_status = wait_status,
                             .unseen = unseen != 0};
    int input = 0;

    /* what was asked for before it ended is decided before its end, too */
    if (pid && pid == service->machine.pid) {
        service->ended_pid = pid;
        service_take_commands(service);
        service->ended_pid = 0;
    }
    if (pid && pid == service->machine.pid && service->machine.child == SV_CHILD_RUN)
        hear_the_rest(service);
    if (!pid || pid != service->machine.pid) {
        service_tree_tidy(service); /* the last of what was killed, perhaps */
        return;
    }
    service_let_go(service);
    service_load_settings(service);
    event.kind = service->machine.child == SV_CHILD_FINISH ? SV_EVENT_FINISH_DIED
                                                           : SV_EVENT_SCRIPT_DIED;
    if (service->machine.child == SV_CHILD_RUN) {
        event.kind = SV_EVENT_DIED;
        event.has_finish = has_finish(service);
        event.heir = find_heir(service, wait_status, unseen);
        event.over_limit =
            !event.heir && is_over_limit(service, event.now_ms, wait_status);
    }
    /* what has seen the end of a pipe that was opened anew meanwhile has not read all */
    if (service->machine.draining)
        event.input_left = !ioctl(0, FIONREAD, &input) && input > 0;
    int64_t started_ms = service->machine.started_ms;
    feed(service, &event);
    linger(service, &event, started_ms);
    service_tree_tidy(service);
}
