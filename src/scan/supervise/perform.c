/* ISC license. */

/*
 * Performs what the machine answers. What it starts: start.c.
 */

#include <signal.h>

#include <sv/child.h>
#include <sv/message.h>
#include <sv/servicedir.h>

#include "beside.h"

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

/*
 * The same, all at once: it is stopped until it has got them, or it could end at the
 * first before there is the second. What comes last to a handler runs first: CONT, then
 * TERM, as daemontools' services are used to. A CONT must be among them.
 */
static void signal_child_at_once(struct service const *service, uint32_t signals)
{
    signal_child(service, (uint32_t)1 << SIGSTOP);
    signal_child(service, signals);
}

/* The main process, with what is sent to have it end. */
static void stop_child(struct service const *service, uint32_t signals)
{
    if (signals >> SIGCONT & 1)
        signal_child_at_once(service, signals);
    else
        signal_child(service, signals);
}

/* Its process group. Returns 0 if it has none to itself: the main process is all. */
static int signal_group(struct service const *service, uint32_t signals)
{
    pid_t group = service_tree_group(service);

    if (group) signal_process(-group, signals);
    return group != 0;
}

/* As kill-mode says. The tree without /proc is the group. */
static void signal_by_kill_mode(struct service *service, uint32_t signals)
{
    switch (service->settings.kill_mode) {
    case SV_KILL_PROCESS: stop_child(service, signals); break;
    case SV_KILL_GROUP:
        if (!signal_group(service, signals)) stop_child(service, signals);
        break;
    case SV_KILL_TREE:
        if (!(signals & KILL ? service_tree_kill(service, 0)
                             : service_tree_signal(service, signals))
            && !signal_group(service, signals))
            stop_child(service, signals);
        if (signals & KILL) signal_child(service, KILL); /* come what may */
        break;
    }
}

static void send_signals(struct service *service)
{
    struct sv_recovery_doing const *doing = &service->doing;

    if (!service_child_is_there(service)) return; /* its pid may be another's by now */
    signal_child(service, doing->signals);
    if (doing->group_signals && !signal_group(service, doing->group_signals))
        signal_child(service, doing->group_signals);
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

/* A logger has its service's. */
static void change_down_file(struct service *service, int present)
{
    if (service->is_logger) return;
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
    case SV_ACTION_START_FINISH: service_start_finish(service, answer); return 1;
    case SV_ACTION_START_RUN: service_start_run(service, answer); return 1;
    case SV_ACTION_START_STOP: service_start_stop(service, answer); return 1;
    case SV_ACTION_LEAVE:
        service->leaving = 1;
        service->doing.has_left = service->logger.dir < 0;
        service_tree_leave(service);
        return 0;
    }
    return 0;
}
