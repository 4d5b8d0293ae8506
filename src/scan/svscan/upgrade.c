/* ISC license. */

/*
 * The upgrade in place: svscan has every supervise execute itself anew, and does so
 * itself, in the same process. What it must know the new image finds as an svscan does
 * that comes after one that was killed; only that the supervise processes are still its
 * children, the lock its own, and the pipes are open all the time.
 *
 * First the new file is run with --check in a process of its own. It says with exit code
 * 0 that it can be executed here. Until then, and if it does not, all goes on as before.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <skalibs/types.h>

#include <sv/clock.h>
#include <sv/handover.h>
#include <sv/message.h>
#include <sv/pipeback.h>
#include <sv/spawn.h>

#include "svscan.h"

#define CHECK_MS 10000

static void refuse(struct svscan const *svscan, char const *path, char const *reason)
{
    sv_warnu("upgrade the svscan of ", svscan->dir_name, ": ", path, ": ", reason,
             "; going on as before");
}

void svscan_begin_upgrade(struct svscan *svscan)
{
    char path[PATH_MAX];
    char const *const argv[] = {"svscan", "--check", 0};
    struct sv_spawn const how = {.file = path,
                                 .argv = argv,
                                 .dir = -1,
                                 .files = svscan->launch.limits_files
                                              ? &svscan->launch.files
                                              : 0,
                                 .keep_below = svscan->launch.keep_below};

    if (svscan->checker || svscan->upgrade_wanted || svscan->leaving) return;
    if (!sv_handover_path(path, sizeof path)) {
        refuse(svscan, "/proc/self/exe", sv_errortext(errno));
        return;
    }
    pid_t pid = sv_spawn(&how);
    if (pid <= 0) {
        refuse(svscan, path, sv_errortext(errno));
        return;
    }
    svscan->checker = pid;
    svscan->check_over_ms = sv_clock_monotonic_ms() + CHECK_MS;
}

int svscan_checker_ended(struct svscan *svscan, pid_t pid, int wait_status)
{
    char path[PATH_MAX];

    if (!svscan->checker || pid != svscan->checker) return 0;
    svscan->checker = 0;
    svscan->check_over_ms = SV_SCAN_NEVER;
    if (WIFEXITED(wait_status) && !WEXITSTATUS(wait_status))
        svscan->upgrade_wanted = 1;
    else
        refuse(svscan, sv_handover_path(path, sizeof path) ? path : "the new program",
               "it does not pass its own check");
    return 1;
}

/* What is being ended is remembered in memory only: that must be over. */
static int is_ending(struct svscan *svscan)
{
    struct entry *entry;

    table_walk(&svscan->table);
    while ((entry = table_next(&svscan->table)))
        if (entry->plan.course != SV_SCAN_COURSE_KEEPING
            || entry->plan.place != SV_SCAN_PLACE_HERE)
            return 1;
    return 0;
}

static void tell_all(struct svscan *svscan)
{
    struct entry *entry;

    table_walk(&svscan->table);
    while ((entry = table_next(&svscan->table)))
        for (unsigned int side = 0; side < SV_SCAN_SIDE_COUNT; side++)
            if (entry->halves[side].pid)
                (void)svscan_signal(&entry->halves[side], SIGUSR2); /* or it has ended */
}

/* From now on pipes stay open when another program is executed, or no longer. */
static void set_pipes(struct svscan *svscan, int flags)
{
    struct entry *entry;

    table_walk(&svscan->table);
    while ((entry = table_next(&svscan->table))) {
        if (entry->reader >= 0)
            (void)fcntl(entry->reader, F_SETFD, flags); /* it is open */
        if (entry->writer >= 0) (void)fcntl(entry->writer, F_SETFD, flags);
    }
}

static void execute(struct svscan *svscan)
{
    char path[PATH_MAX];
    char const *const argv[] = {"svscan", svscan->dir_name, svscan->log_name, 0};
    /* the last one says that there is something handed over at all */
    int const fds[] = {svscan->lock, svscan->control, svscan->control_writer,
                       svscan->launch.idle_fd};

    if (!sv_handover_path(path, sizeof path)) {
        refuse(svscan, "/proc/self/exe", sv_errortext(errno));
        return;
    }
    launch_lower_limit(&svscan->launch);
    svscan_own_hush(svscan); /* the new image begins as we did */
    set_pipes(svscan, 0);
    sv_handover_execute(path, argv, fds, sizeof fds / sizeof *fds);
    int error_number = errno;
    if (svscan->own) (void)svscan_own_speak(svscan); /* if not, as without a log */
    refuse(svscan, path, sv_errortext(error_number));
    set_pipes(svscan, FD_CLOEXEC);
    launch_raise_limit(&svscan->launch);
}

void svscan_upgrade_if_due(struct svscan *svscan)
{
    if (svscan->check_over_ms <= sv_clock_monotonic_ms()) {
        svscan->check_over_ms = SV_SCAN_NEVER;
        if (svscan->checker) (void)kill(svscan->checker, SIGKILL); /* or it has ended */
    }
    if (!svscan->upgrade_wanted || svscan->leaving || is_ending(svscan)) return;
    svscan->upgrade_wanted = 0;
    tell_all(svscan);
    execute(svscan);
}

/* The new image -----------------------------------------------------------------------
 */

static void keep(struct svscan *svscan, int fd)
{
    struct kept *larger = 0;
    uint64_t inode = sv_pipeback_inode(fd);

    if (!inode) return;
    if (fcntl(fd, F_SETFD, FD_CLOEXEC) >= 0)
        larger = realloc(svscan->kept, (svscan->kept_count + 1) * sizeof *larger);
    if (!larger) {
        (void)close(fd); /* the supervise processes have it too */
        return;
    }
    svscan->kept = larger;
    svscan->kept[svscan->kept_count++] =
        (struct kept){fd, (fcntl(fd, F_GETFL) & O_ACCMODE) == O_WRONLY, inode};
}

void svscan_keep_pipes(struct svscan *svscan)
{
    struct dirent const *found;
    DIR *dir = opendir("/proc/self/fd");
    unsigned int fd;

    if (!dir) return;
    while ((found = readdir(dir)))
        if (uint0_scan(found->d_name, &fd) && fd > 2) keep(svscan, (int)fd);
    (void)closedir(dir); /* only read from */
}

int svscan_kept_pipe(struct svscan *svscan, uint64_t inode, int *ends)
{
    struct kept *found[2] = {0, 0};

    for (unsigned int i = 0; i < svscan->kept_count; i++)
        if (svscan->kept[i].fd >= 0 && svscan->kept[i].inode == inode)
            found[svscan->kept[i].is_writer] = &svscan->kept[i];
    if (!found[0] || !found[1]) return 0;
    for (unsigned int i = 0; i < 2; i++) {
        ends[i] = found[i]->fd;
        found[i]->fd = -1;
    }
    return 1;
}

void svscan_end_upgrade(struct svscan *svscan)
{
    for (unsigned int i = 0; i < svscan->kept_count; i++)
        if (svscan->kept[i].fd >= 0)
            (void)close(svscan->kept[i].fd); /* nobody's any more */
    free(svscan->kept);
    svscan->kept = 0;
    svscan->kept_count = 0;
    if (svscan->handed_count) svscan_reap(svscan); /* who has ended meanwhile */
    svscan->handed_count = 0;
}

int svscan_check(struct svscan *svscan)
{
    if (!launch_find(&svscan->launch)) sv_dieusys(111, "find supervise");
    return 0;
}
