/* ISC license. */

/*
 * A program as a probe: in a session of its own, nothing to read, and what it prints goes
 * where we complain: our standard output may be a channel.
 */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <skalibs/types.h>

#include <sv/errortext.h>
#include <sv/openat.h>
#include <sv/servicedir.h>
#include <sv/spawn.h>

#include "prober_parts.h"

/* Spelled out for C libraries with older headers. */
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

#define DEFAULT_PATH "/usr/bin:/bin"

/* Writes a path to the program called `name` to path[PATH_MAX]. Returns 1; 0 with errno.
 */
static int find(char *path, char const *name)
{
    char const *at = getenv("PATH");
    size_t length = strlen(name);

    if (strchr(name, '/'))
        at = 0;
    else if (!at)
        at = DEFAULT_PATH;
    for (errno = ENOENT; at;) {
        size_t part = strcspn(at, ":");
        if (part + length + 2 <= PATH_MAX) {
            memcpy(path, part ? at : ".", part + !part);
            path[part + !part] = '/';
            memcpy(path + part + !part + 1, name, length + 1);
            if (sv_servicedir_is_executable(AT_FDCWD, path)) return 1;
        }
        at = at[part] ? at + part + 1 : 0;
        if (!at) return 0;
    }
    errno = ENAMETOOLONG;
    if (length >= PATH_MAX) return 0;
    memcpy(path, name, length + 1);
    return 1;
}

/* Returns as sv_spawn. */
static pid_t start(char const *path, char const *const *argv)
{
    int nothing = sv_openat(AT_FDCWD, "/dev/null", O_RDWR | O_CLOEXEC, 0);
    struct sv_spawn_fd const fds[] = {{nothing, 0}, {2, 1}};
    struct sv_spawn const how = {.file = path,
                                 .argv = argv,
                                 .dir = -1,
                                 .fds = fds,
                                 .fd_count = sizeof fds / sizeof *fds,
                                 .new_session = 1};

    if (nothing < 0) return -1;
    pid_t pid = sv_spawn(&how);
    int error_number = errno;
    (void)close(nothing); /* it has no content */
    errno = error_number;
    return pid;
}

static enum sv_prober_result judge(struct sv_prober const *prober, char const *name,
                                   int wait_status)
{
    char number[UINT32_FMT];
    int has_exited = WIFEXITED(wait_status);

    if (!wait_status) return SV_PROBER_GOOD;
    number[uint32_fmt(number, (uint32_t)(has_exited ? WEXITSTATUS(wait_status)
                                                    : WTERMSIG(wait_status)))] = 0;
    return SAY(prober, SV_PROBER_BAD, name,
               has_exited ? " has exited " : " was killed by signal ", number);
}

/* Its end, if that is in time; the group goes while the leader's pid still is its own. */
static enum sv_prober_result await(struct sv_prober const *prober, char const *name,
                                   pid_t pid)
{
    int wait_status;
    int fd = (int)syscall(SYS_pidfd_open, pid, 0);
    enum sv_prober_result result =
        fd < 0 ? SAY(prober, SV_PROBER_TROUBLE, "unable to watch ", name, ": ",
                     sv_errortext(errno))
               : sv_prober_wait(prober, fd, IOPAUSE_READ, name);

    if (fd >= 0) (void)close(fd); /* a handle */
    (void)kill(-pid, SIGKILL);    /* itself too, if it runs; perhaps nothing does */
    while (waitpid(pid, &wait_status, 0) < 0)
        if (errno != EINTR) return sv_prober_unable(prober, "wait for ", name);
    return result == SV_PROBER_GOOD ? judge(prober, name, wait_status) : result;
}

enum sv_prober_result sv_prober_command(struct sv_prober const *prober,
                                        char const *const *argv)
{
    char path[PATH_MAX];

    *prober->reason = 0;
    pid_t pid = find(path, argv[0]) ? start(path, argv) : 0;
    if (pid <= 0)
        return SAY(prober, SV_PROBER_TROUBLE, "unable to run ", argv[0], ": ",
                   sv_errortext(errno));
    return await(prober, argv[0], pid);
}
