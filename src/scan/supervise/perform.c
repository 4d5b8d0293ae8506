/* ISC license. */

/*
 * Performs what the machine answers. What a new process and the kernel know about it they
 * store in the page, so that it cannot be forgotten.
 */

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include <skalibs/types.h>

#include <sv/child.h>
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
#define KILL ((uint32_t)1 << SIGKILL)

/* To a process, or to a group (< 0); 0: to nobody. */
static void signal_process(int pid, uint32_t signals)
{
    if (!pid) return;
    for (int number = 1; number < 32; number++)
        if (signals >> number & 1) (void)kill(pid, number); /* a zombie is as good */
}

/* To the main process: through its pidfd if it is not our child. */
static void signal_child(struct service const *service, uint32_t signals)
{
    if (service->adopted < 0) {
        signal_process(service->machine.pid, signals);
        return;
    }
    for (int number = 1; number < 32; number++)
        if (signals >> number & 1)
            (void)sv_child_signal(service->adopted, number); /* gone is as good */
}

/* As kill-mode says. The tree without /proc is the group. */
static void signal_by_kill_mode(struct service *service, uint32_t signals)
{
    switch (service->settings.kill_mode) {
    case SV_KILL_PROCESS: signal_child(service, signals); break;
    case SV_KILL_GROUP: signal_process(-service_tree_group(service), signals); break;
    case SV_KILL_TREE:
        if (!(signals & KILL ? service_tree_kill(service, 0)
                             : service_tree_signal(service, signals)))
            signal_process(-service_tree_group(service), signals);
        if (signals & KILL) signal_child(service, KILL); /* come what may */
        break;
    }
}

static void send_signals(struct service *service)
{
    struct sv_recovery_doing const *doing = &service->doing;

    if (!service_child_is_there(service)) return; /* its pid may be another's by now */
    signal_child(service, doing->signals);
    if (doing->group_signals)
        signal_process(-service_tree_group(service), doing->group_signals);
    if (doing->stop_signals) signal_by_kill_mode(service, doing->stop_signals);
    service->stops |= doing->stop_signals != 0;
}

/* The group of a run that is over may be another's by now. */
static void kill_tree(struct service *service)
{
    if (!service_tree_kill(service, 0) && service->machine.pid)
        signal_process(-service_tree_group(service), KILL);
}

/* The run is over: nothing of it may be in the way of the next one. */
static void sweep(struct service *service)
{
    int is_tree = service->settings.kill_mode == SV_KILL_TREE;

    if (!service->doing.run_pid) return; /* cannot happen: there was a run */
    if (service->settings.kill_mode == SV_KILL_PROCESS) return;
    if (is_tree && service_tree_kill(service, 1)) return;
    signal_process(-service_tree_group(service), KILL);
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

/* As sv_spawn(). */
static pid_t give_birth(struct service *service, struct sv_spawn *how,
                        enum sv_child child)
{
    how->dir = -1;
    how->new_session = 1;
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

    if (how->fd_count && how->fds[0].from != service->notify)
        (void)close(how->fds[0].from); /* nothing was written by us */
    errno = error_number;
}

static void start_run(struct service *service, struct sv_event *answer)
{
    struct sv_spawn_fd fds[SAYING];
    char const *const argv[] = {"./run", service_argument(service), 0};
    struct sv_spawn how = {.file = "./run", .argv = argv};

    if (!service->machine.draining && !service_needs_are_met(service)) {
        *answer =
            (struct sv_event){.kind = SV_EVENT_WAITS, .now_ms = sv_clock_monotonic_ms()};
        return;
    }
    service_look_at_run(service);
    prepare_saying(service, &how, fds);
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
    answer->run_exists = pid == 0 && sv_servicedir_is_executable(service->dir, "run");
    note_start_failed(service, answer);
}

/* finish: exit code or 256, signal or 0, name of the service, process group of run, and
 * the instance if it is one. */
static void start_finish(struct service *service, struct sv_event *answer)
{
    struct sv_status const *status = &service->status;
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

static void change_down_file(struct service *service, int present)
{
    if (present && !sv_servicedir_touch(service->dir, "down"))
        sv_warnusys("create ", service->dir_name, "/down");
    if (!present && !sv_servicedir_remove(service->dir, "down"))
        sv_warnusys("remove ", service->dir_name, "/down");
}

int service_perform(struct service *service, enum sv_action_kind action,
                    struct sv_event *answer)
{
    switch (action) {
    case SV_ACTION_MAKE_DOWN: change_down_file(service, 1); return 0;
    case SV_ACTION_REMOVE_DOWN: change_down_file(service, 0); return 0;
    case SV_ACTION_SIGNAL: send_signals(service); return 0;
    case SV_ACTION_KILL_TREE: kill_tree(service); return 0;
    case SV_ACTION_SWEEP: sweep(service); return 0;
    case SV_ACTION_START_FINISH: start_finish(service, answer); return 1;
    case SV_ACTION_START_RUN: start_run(service, answer); return 1;
    case SV_ACTION_LEAVE:
        service->leaving = service->doing.has_left = 1;
        service_tree_leave(service);
        return 0;
    }
    return 0;
}
