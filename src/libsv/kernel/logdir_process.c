/* ISC license. */

/*
 * The processor of a log directory: `/bin/sh -c COMMAND` in the directory, with previous
 * as its standard input, processed as its standard output, state on descriptor 4 and
 * newstate on 5.
 */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <sv/spawn.h>

#include "logdir_parts.h"

#define ABOVE 6 /* our own descriptors are kept clear of those the processor gets */

enum { PREVIOUS, PROCESSED, STATE, NEWSTATE, FILES };

/*
 * Opens a file of the directory above the numbers that are given away. One to be written
 * is a new one: whatever a former run has left behind may still be writing to the old
 * one.
 */
static int open_above(struct sv_logdir const *directory, char const *name, int flags)
{
    if (flags & O_EXCL && unlinkat(directory->fd, name, 0) < 0 && errno != ENOENT)
        return -1;
    int fd = sv_logdir_file(directory, name, flags);
    if (fd < 0 || fd >= ABOVE) return fd;
    int above = fcntl(fd, F_DUPFD_CLOEXEC, ABOVE);
    int error = errno;
    sv_logdir_shut(&fd);
    errno = error;
    return above;
}

/* Nothing the processor gets may be non-blocking: not every program can do with that. */
static int open_files(struct sv_logdir *directory, int fds[FILES])
{
    static struct {
        char const *name;
        char const *verb;
        int flags;
    } const files[FILES] = {
        [PREVIOUS] = {"previous", "read ", O_RDONLY},
        [PROCESSED] = {"processed", "create ", O_WRONLY | O_CREAT | O_EXCL},
        [STATE] = {"state", "read ", O_RDONLY | O_CREAT},
        [NEWSTATE] = {"newstate", "create ", O_WRONLY | O_CREAT | O_EXCL},
    };

    for (unsigned int i = 0; i < FILES; i++) {
        fds[i] = open_above(directory, files[i].name, files[i].flags);
        if (fds[i] < 0 || fcntl(fds[i], F_SETFL, 0) < 0)
            return sv_logdir_fail(directory, files[i].verb, files[i].name, "");
    }
    return 1;
}

static int start(struct sv_logdir *directory, int const fds[FILES])
{
    char const *const argv[] = {"sh", "-c", directory->processor, 0};
    struct sv_spawn_fd const given[] = {{fds[PREVIOUS], 0},
                                        {fds[PROCESSED], 1},
                                        {fds[STATE], 4},
                                        {fds[NEWSTATE], 5}};
    static int const handled[] = {SIGTERM, SIGALRM, SIGCHLD, SIGHUP, SIGIO, SIGVTALRM, 0};
    struct sv_spawn const how = {
        .file = "/bin/sh",
        .argv = argv,
        .dir = directory->fd,
        .fds = given,
        .fd_count = sizeof given / sizeof *given,
        .handled = handled,
    };
    pid_t pid = sv_spawn(&how);

    if (pid < 0) return sv_logdir_fail(directory, "fork for processor in ", 0, "");
    if (!pid) return sv_logdir_fail(directory, "run /bin/sh in ", 0, "");
    directory->pid = pid;
    return 1;
}

int sv_logdir_process(struct sv_logdir *directory)
{
    int fds[FILES] = {-1, -1, -1, -1};
    int started = open_files(directory, fds) && start(directory, fds);

    for (unsigned int i = 0; i < FILES; i++) sv_logdir_shut(&fds[i]);
    return started;
}
