/* ISC license. */

/*
 * svcheck beside the run of a service that has a check: it says when the run is ready,
 * and when it is not healthy any more. It is a process of its own, and ends by itself
 * with the run; if it is killed there is another one.
 */

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <skalibs/types.h>

#include <sv/clock.h>
#include <sv/handover.h>
#include <sv/message.h>
#include <sv/servicedir.h>
#include <sv/spawn.h>

#include "beside.h"

#define RETRY_MS 1000

/* The settings have just been read, or we are about to start something. */
int service_checks(struct service const *service)
{
    struct sv_servicedir_absent const *absent = &service->absent;

    return (sv_servicedir_may_have(absent, SV_SERVICEDIR_CHECK)
            && sv_servicedir_is_executable(service->dir, "check"))
           || (sv_servicedir_may_have(absent, SV_SERVICEDIR_PROBE)
               && sv_servicedir_has(service->dir, "probe") > 0);
}

int service_says_ready(struct service const *service)
{
    struct sv_settings const *settings = &service->settings;

    if (settings->notification_fd) return service->ready >= 0;
    if (*settings->notify_socket) return *service->page->notify_name != 0;
    return service->ready >= 0 && service_checks(service);
}

/* Whether the checks are to say when it is ready. */
static int decides_ready(struct service const *service)
{
    struct sv_settings const *settings = &service->settings;

    return !settings->notification_fd && !*settings->notify_socket
           && service->machine.phase == SV_PHASE_STARTING;
}

static int is_wanted(struct service const *service)
{
    struct sv_machine const *machine = &service->machine;
    int for_health = service->settings.health_failures && machine->phase == SV_PHASE_UP;

    return service->ready >= 0 && (decides_ready(service) || for_health)
           && service_checks(service);
}

/* supervise and svcheck are installed beside each other. */
static int find_program(char *path)
{
    if (!sv_handover_path(path, PATH_MAX)) return 0;
    char *slash = strrchr(path, '/');
    char *name = slash ? slash + 1 : path;
    if (name + sizeof SERVICE_CHECKER > path + PATH_MAX) {
        errno = ENAMETOOLONG;
        return 0;
    }
    memcpy(name, SERVICE_CHECKER, sizeof SERVICE_CHECKER);
    return 1;
}

static pid_t start(struct service *service)
{
    char path[PATH_MAX], pid[UINT_FMT], start[UINT64_FMT];
    char const *argv[9];
    unsigned int count = 0;

    if (!find_program(path)) return -1;
    struct sv_spawn_fd fd = {.from = service_ready_writer(service), .to = 1};
    struct sv_spawn const how = {.file = path,
                                 .argv = argv,
                                 .dir = -1,
                                 .fds = &fd,
                                 .fd_count = 1,
                                 .new_session = 1};
    if (fd.from < 0) return -1;
    pid[uint_fmt(pid, (unsigned int)service->machine.pid)] = 0;
    start[uint64_fmt(start, service->status.pid_start)] = 0;
    argv[count++] = SERVICE_CHECKER;
    if (decides_ready(service)) argv[count++] = "--ready";
    if (service->settings.health_failures) argv[count++] = "--health";
    if (*service->instance) argv[count++] = "--argument";
    if (*service->instance) argv[count++] = service->instance;
    argv[count++] = pid;
    argv[count++] = start;
    argv[count] = 0;
    pid_t checker = sv_spawn(&how);
    int error_number = errno;
    (void)close(fd.from); /* nothing was written by us */
    errno = error_number;
    return checker;
}

void service_tend_check(struct service *service)
{
    int64_t now_ms = sv_clock_monotonic_ms();

    service->check_due_ms = SV_NEVER;
    if (service->check_pid || !is_wanted(service)) return;
    if (service->machine.pid != service->checked_pid) service->check_retry_ms = now_ms;
    if (service->check_retry_ms > now_ms) {
        service->check_due_ms = service->check_retry_ms;
        return;
    }
    service->check_retry_ms = service->check_due_ms = now_ms + RETRY_MS;
    service->checked_pid = service->machine.pid;
    service->check_pid = start(service);
    if (service->check_pid > 0) {
        service->check_due_ms = SV_NEVER;
        trouble_over(&service->check_trouble);
        return;
    }
    service->check_pid = 0;
    if (trouble_is_new(&service->check_trouble))
        sv_warnu("start " SERVICE_CHECKER " for ", service->dir_name, ": ",
                 sv_errortext(errno), ", trying again every second");
}

int service_check_ended(struct service *service, int pid)
{
    if (!service->check_pid || pid != service->check_pid) return 0;
    service->check_pid = 0;
    return 1;
}
