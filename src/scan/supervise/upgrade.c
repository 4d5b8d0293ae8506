/* ISC license. */

/*
 * The upgrade in place: supervise executes its own file, which may be another version by
 * now, in the same process. The new image finds everything in the page, as one that takes
 * over does, and the service is still its child.
 *
 * First the new file is run with --check in a process of its own. It says with exit code
 * 0 that it can be executed here and understands the page. Until then, and if it does
 * not, everything goes on as before.
 */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <skalibs/types.h>

#include <sv/clock.h>
#include <sv/handover.h>
#include <sv/message.h>
#include <sv/openat.h>
#include <sv/process.h>
#include <sv/recoveryfile.h>
#include <sv/spawn.h>
#include <sv/statedir.h>

#include "service.h"

#define CHECK_MS 10000
#define ARGUMENTS 8 /* at most, with the null behind them */

static void refuse(struct service const *service, char const *path, char const *reason)
{
    sv_warnu("upgrade supervise ", service->dir_name, ": ", path, ": ", reason,
             "; going on as before");
}

/* What we were told by our own arguments, and perhaps what is to be done. */
static void make_arguments(struct service const *service, char const **argv,
                           char const *what, char const *directory)
{
    unsigned int count = 0;

    argv[count++] = "supervise";
    if (what) argv[count++] = what;
    if (service->is_logger) argv[count++] = "--logger";
    if (*service->instance) {
        argv[count++] = "--instance";
        argv[count++] = service->instance;
    }
    argv[count++] = directory;
    argv[count] = 0;
}

void service_begin_upgrade(struct service *service)
{
    static struct sv_command const upgrade = {.kind = SV_COMMAND_UPGRADE,
                                              .uid = SV_CONTROL_UID_UNKNOWN};
    char path[PATH_MAX];
    char const *argv[ARGUMENTS];
    struct sv_spawn const how = {.file = path, .argv = argv, .dir = -1};

    make_arguments(service, argv, "--check", ".");
    if (service->checker) return; /* it is on its way */
    if (service->logger.dir >= 0) service_logger_command(service, &upgrade);
    if (!service->is_mapped) {
        refuse(service, "supervise/" SV_RECOVERY_FILE, "it cannot be written");
        return;
    }
    if (!sv_handover_path(path, sizeof path)) {
        refuse(service, "/proc/self/exe", sv_errortext(errno));
        return;
    }
    service->checker = sv_spawn(&how);
    service->check_ms = sv_clock_monotonic_ms() + CHECK_MS;
    if (service->checker > 0) return;
    service->checker = 0;
    service->check_ms = SV_NEVER;
    refuse(service, path, sv_errortext(errno));
}

void service_check_timeout(struct service *service)
{
    service->check_ms = SV_NEVER;
    if (service->checker) (void)kill(service->checker, SIGKILL); /* or it has ended */
}

int service_checker_ended(struct service *service, int pid, int wait_status)
{
    char path[PATH_MAX];

    if (!service->checker || pid != service->checker) return 0;
    service->checker = 0;
    service->check_ms = SV_NEVER;
    if (!sv_handover_path(path, sizeof path))
        refuse(service, "/proc/self/exe", sv_errortext(errno));
    else if (WIFEXITED(wait_status) && !WEXITSTATUS(wait_status))
        service->upgrading = 1; /* at the end of the round, when all is written */
    else
        refuse(service, path, "it does not pass its own check");
    return 1;
}

void service_upgrade(struct service *service)
{
    char path[PATH_MAX];
    int const fds[] = {service->lock,          service->fifos[0],
                       service->fifos[1],      service->fifos[2],
                       service->fifos[3],      service->notify,
                       service->scan_dir,      service->logger.pipe[0],
                       service->logger.pipe[1]};
    char const *argv[ARGUMENTS];

    service->upgrading = 0;
    service_write(service);
    if (!sv_handover_path(path, sizeof path)) {
        refuse(service, "/proc/self/exe", sv_errortext(errno));
        return;
    }
    make_arguments(service, argv, 0, service->dir_name);
    sv_handover_execute(path, argv, fds, sizeof fds / sizeof *fds);
    refuse(service, path, sv_errortext(errno));
}

/* What --check does, in the service directory. */
int service_check(struct service const *service)
{
    unsigned char life[SV_BOOT_ID];
    struct sv_recovery page;
    struct sv_status status;
    struct sv_machine machine;
    struct sv_control decoder;
    struct sv_recovery_doing doing;

    char const *instance = service->instance ? service->instance : "";
    if (chdir(service->dir_name) < 0) sv_dieusys(111, "chdir to ", service->dir_name);
    int dir = sv_statedir_open(instance, 0);
    if (dir >= 0 && service->is_logger)
        dir = sv_openat(dir, ".log", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    if (dir < 0) sv_dieusys(111, "check ", service->dir_name);
    if (sv_process_life(life) < 0) sv_dieusys(111, "read the boot id");
    int found = sv_recoveryfile_peek(&page, dir, life);
    if (found < 0) sv_dieusys(111, "read " SV_RECOVERY_FILE);
    if (!found || !sv_recovery_load(&page, &status, &machine, &decoder, &doing))
        sv_dieu(111, "understand " SV_RECOVERY_FILE);
    return 0;
}
