/* ISC license. */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <skalibs/djbunix.h>
#include <skalibs/types.h>

#include <sv/pipeback.h>

#define PIPEFS_MAGIC 0x50495045 /* linux/magic.h */

/* Closes `fd` without touching errno. Returns -1. */
static int give_up(int fd)
{
    int error_number = errno;

    (void)close(fd); /* nothing was written to it */
    errno = error_number;
    return -1;
}

/* Opens descriptor `fd` of process `pid` (0: of our own) anew. -1 with errno. */
static int reopen(pid_t pid, int fd, int flags)
{
    char path[sizeof "/proc/self/fd/" + PID_FMT + UINT_FMT] = "/proc/";
    size_t length = strlen(path);

    if (pid) {
        length += pid_fmt(path + length, pid);
    } else {
        memcpy(path + length, "self", 4);
        length += 4;
    }
    memcpy(path + length, "/fd/", 4);
    length += 4;
    length += uint_fmt(path + length, (unsigned int)fd);
    path[length] = 0;
    return open2(path, flags | O_CLOEXEC);
}

uint64_t sv_pipeback_inode(int fd)
{
    struct stat about;
    struct statfs where;

    if (fstat(fd, &about) < 0 || !S_ISFIFO(about.st_mode)) return 0;
    return !fstatfs(fd, &where) && where.f_type == PIPEFS_MAGIC ? about.st_ino : 0;
}

/*
 * A place that means what the descriptor leads to, and nothing else from then on; it is
 * not opened for that. -2 if there is no such thing; -1 with errno.
 */
static int hold(pid_t pid, int fd)
{
    int place = reopen(pid, fd, O_PATH);

    if (place >= 0 || (errno != ENOENT && errno != ESRCH)) return place;
    return -2;
}

int sv_pipeback_look(pid_t pid, int fd, uint64_t *inode)
{
    int place = hold(pid, fd);

    if (place < 0) return place == -2 ? 0 : -1;
    *inode = sv_pipeback_inode(place);
    (void)close(place); /* only a place */
    return *inode != 0;
}

/* Opening does not wait, whoever has the other end; what comes after it does. */
static int open_end(int place, int mode)
{
    int fd = reopen(0, place, mode | O_NONBLOCK | O_NOCTTY);

    if (fd < 0) return -1;
    return fcntl(fd, F_SETFL, 0) < 0 ? give_up(fd) : fd;
}

int sv_pipeback_open(pid_t pid, int fd, uint64_t inode, int *ends)
{
    int place = hold(pid, fd);

    if (place < 0) return place == -2 ? 0 : -1;
    if (!inode || sv_pipeback_inode(place) != inode) return (void)give_up(place), 0;
    ends[0] = open_end(place, O_RDONLY); /* first: a writer needs a reader */
    if (ends[0] < 0) return give_up(place);
    ends[1] = open_end(place, O_WRONLY);
    (void)give_up(place);
    return ends[1] < 0 ? give_up(ends[0]) : 1;
}
