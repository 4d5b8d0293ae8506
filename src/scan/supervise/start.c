/* ISC license. */

/*
 * Starts run, finish, and encore's start and stop. What a new process and the kernel know
 * about it they store in the page, so that it cannot be forgotten.
 */

#include <errno.h>
#include <unistd.h>

#include <skalibs/types.h>

#include <sv/clock.h>
#include <sv/message.h>
#include <sv/process.h>
#include <sv/servicedir.h>
#include <sv/spawn.h>

#include "beside.h"

#define COMPLAIN_MS 1000
#define SAYING 3     /* descriptors that a run may get */
#define HELD_MOST 31 /* of those that a run does not use itself */
#define HELD 29      /* of the duplicate of notification-fd that keeps the FIFO */

/* encore's no-setsid: in our session, and so in our process group. */
static int service_has_session(struct service const *service)
{
    return !service->is_encore
           || !sv_servicedir_may_have(&service->absent, SV_SERVICEDIR_NO_SETSID)
           || sv_servicedir_has(service->dir, "no-setsid") <= 0;
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
        sv_warnu("start ", service->dir_name, "/", service_run_name(service),
                 ": its interpreter: file does not exist");
    else
        sv_warnusys("start ", service->dir_name, "/", service_run_name(service));
}

/*
 * When the process that has just been made started: the clock has ticked between the two
 * readings around clone() once in a while, then the kernel is asked.
 */
uint64_t service_start_of(struct sv_spawn_birth const *birth)
{
    uint64_t first = sv_process_ticks(birth->first_ns);
    uint64_t last = sv_process_ticks(birth->last_ns), start;

    if (first == last || sv_process_start_time(birth->pid, &start) <= 0) return last;
    return start >= first && start <= last ? start : last; /* or it is another one */
}

struct birth {
    struct service *service;
    struct sv_event event;
};

/*
 * In the new process, before it becomes a script: whoever is asked about the service by
 * it, or because of it, finds it up, however slow we are.
 */
static void announce_itself(void *data)
{
    struct birth *birth = data;

    birth->event.pid = getpid();
    service_write_birth(birth->service, &birth->event);
}

/*
 * Without a session of its own it is among others. Whoever takes over, perhaps from
 * elsewhere, must know where that is, before there is anybody.
 */
static void note_place(struct service *service, int has_session)
{
    service->doing.shared_group = has_session ? 0 : getpgrp();
    service->doing.shared_session = has_session ? 0 : getsid(0);
    service_store(service);
}

/* As sv_spawn(). */
static pid_t give_birth(struct service *service, struct sv_spawn *how,
                        enum sv_child child)
{
    struct birth birth = {.service = service,
                          .event = {.kind = SV_EVENT_SCRIPT_STARTED,
                                    .now_ms = sv_clock_monotonic_ms()}};

    if (child == SV_CHILD_RUN) birth.event.kind = SV_EVENT_STARTED;
    if (child == SV_CHILD_FINISH) birth.event.kind = SV_EVENT_FINISH_STARTED;
    birth.event.says_ready = child == SV_CHILD_RUN && service_says_ready(service) != 0;
    how->first = announce_itself;
    how->data = &birth;
    service->born.tv_sec = 0;
    how->dir = -1;
    how->new_session = service_has_session(service) != 0;
    note_place(service, how->new_session);
    how->cgroup = service_tree_cgroup(service);
    how->birth = &service->page->birth.spawned;
    sv_recovery_begin_birth(service->page, child, sv_clock_monotonic_ms());
    pid_t pid = sv_spawn(how);
    if (pid > 0) service->child_start = service_start_of(how->birth);
    return pid;
}

/* What the run needs to say that it is ready; fds[SAYING]. */
static void prepare_saying(struct service *service, struct sv_spawn *how,
                           struct sv_spawn_fd *fds)
{
    unsigned int number = service->settings.notification_fd;
    struct rlimit files;

    service_ready_begin(service);
    service_notify_begin(service);
    how->fds = fds;
    how->environment = service_notify_environment(service);
    int writer = number ? service_ready_writer(service) : -1;
    int may_hold = !getrlimit(RLIMIT_NOFILE, &files) && files.rlim_cur > HELD_MOST;
    if (writer >= 0)
        fds[how->fd_count++] = (struct sv_spawn_fd){.from = writer, .to = (int)number};
    if (writer >= 0 && may_hold) {
        /* many close theirs when they have written, and we may not be there then */
        fds[how->fd_count++] =
            (struct sv_spawn_fd){.from = writer, .to = number == HELD ? HELD - 1 : HELD};
    }
    if (service->notify >= 0 && may_hold)
        fds[how->fd_count++] = (struct sv_spawn_fd){.from = service->notify,
                                                    .to = service_notify_number(service)};
}

/* What only the run is to have is closed. errno stays. */
static void end_saying(struct service const *service, struct sv_spawn const *how)
{
    int error_number = errno;

    if (how->fd_count && how->fds[0].from != service->notify
        && how->fds[0].from != service->logger.pipe[1])
        (void)close(how->fds[0].from); /* nothing was written by us */
    errno = error_number;
}

/* Standard output leads to the logger that we keep, if we do. */
static void prepare_output(struct service const *service, struct sv_spawn *how,
                           struct sv_spawn_fd *fds)
{
    if (service->logger.pipe[1] < 0) return;
    how->fds = fds;
    fds[how->fd_count++] = (struct sv_spawn_fd){.from = service->logger.pipe[1], .to = 1};
}

/* Scripts ---------------------------------------------------------------------------- */

static void start_script(struct service *service, enum sv_child child, char const *file,
                         struct sv_event *answer)
{
    struct sv_spawn_fd fds[1];
    char const *const argv[] = {file, service_argument(service), 0};
    struct sv_spawn how = {.file = file, .argv = argv};

    prepare_output(service, &how, fds);
    pid_t pid = give_birth(service, &how, child);
    *answer = (struct sv_event){.kind = SV_EVENT_SCRIPT_STARTED,
                                .now_ms = sv_clock_monotonic_ms(),
                                .pid = pid};
    if (pid > 0) {
        trouble_over(&service->script_trouble);
        return;
    }
    answer->kind = SV_EVENT_SCRIPT_FAILED;
    answer->error_number = errno;
    answer->exec_failed = pid == 0;
    if (trouble_is_new(&service->script_trouble))
        sv_warnusys("start ", service->dir_name, file + 1);
}

void service_start_stop(struct service *service, struct sv_event *answer)
{
    start_script(service, SV_CHILD_STOP, "./stop", answer);
}

/* Whether encore's start script comes first. */
static int has_start(struct service const *service)
{
    return service->is_encore && !service->is_logger
           && sv_servicedir_may_have(&service->absent, SV_SERVICEDIR_START)
           && sv_servicedir_is_executable(service->dir, "start");
}

static int has_no_run(struct service const *service)
{
    return !sv_servicedir_is_executable(service->dir, service_run_name(service))
           && errno == ENOENT;
}

/* The run ---------------------------------------------------------------------------- */

static void start_run(struct service *service, struct sv_event *answer)
{
    char const *file = service->is_logger ? "./log" : "./run";
    struct sv_spawn_fd fds[SAYING + 1];
    char const *const argv[] = {file, service_argument(service), 0};
    struct sv_spawn how = {.file = file, .argv = argv};

    service_look_at_run(service);
    prepare_saying(service, &how, fds);
    prepare_output(service, &how, fds);
    pid_t pid = give_birth(service, &how, SV_CHILD_RUN);
    end_saying(service, &how);
    *answer = (struct sv_event){.kind = SV_EVENT_STARTED};
    answer->says_ready = service_says_ready(service) != 0;
    answer->now_ms = sv_clock_monotonic_ms();
    if (pid > 0) {
        trouble_over(&service->start_trouble);
        answer->pid = service->doing.run_pid = pid;
        service->doing.run_start = service->child_start;
        service_tree_forget(service, pid);
        return;
    }
    answer->kind = SV_EVENT_START_FAILED;
    answer->error_number = errno;
    answer->exec_failed = pid == 0;
    answer->run_exists =
        pid == 0 && sv_servicedir_is_executable(service->dir, service_run_name(service));
    note_start_failed(service, answer);
}

void service_start_run(struct service *service, struct sv_event *answer)
{
    struct sv_machine const *machine = &service->machine;
    struct sv_event const none = {.now_ms = sv_clock_monotonic_ms()};

    *answer = none;
    if (!service_logger_begin(service)) {
        answer->kind = SV_EVENT_START_FAILED;
        answer->error_number = service->logger_trouble.error_number;
    } else if (!machine->draining && !service_needs_are_met(service)) {
        answer->kind = SV_EVENT_WAITS;
    } else if (machine->first && has_start(service)) {
        start_script(service, SV_CHILD_START, "./start", answer);
    } else if (machine->prepared && has_no_run(service)) {
        service_look_at_run(service);
        answer->kind = SV_EVENT_NO_RUN;
    } else {
        start_run(service, answer);
    }
}

/* finish: exit code or 256, signal or 0, name of the service, process group of run, and
 * the instance if it is one. */
void service_start_finish(struct service *service, struct sv_event *answer)
{
    struct sv_status const *status = &service->status;
    struct sv_spawn_fd fds[1];
    int exited = status->ending == SV_ENDING_EXIT;
    int killed = status->ending == SV_ENDING_SIGNAL;
    char code[UINT_FMT], signal_number[UINT_FMT], group[UINT_FMT];
    char const *const argv[] = {
        "./finish", code, signal_number, service->name, group, service_argument(service),
        0};
    struct sv_spawn how = {.file = "./finish", .argv = argv};

    code[uint_fmt(code, exited ? status->ending_value : 256)] = 0;
    signal_number[uint_fmt(signal_number, killed ? status->ending_value : 0)] = 0;
    group[uint_fmt(group, (unsigned int)service_tree_group(service))] = 0;

    prepare_output(service, &how, fds);
    pid_t pid = give_birth(service, &how, SV_CHILD_FINISH);
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
    if (errno == ENOENT && !sv_servicedir_has(service->dir, "finish"))
        return; /* it was not known whether there is one */
    errno = answer->error_number;
    if (trouble_is_new(&service->finish_trouble))
        sv_warnusys("start ", service->dir_name, "/finish");
}
