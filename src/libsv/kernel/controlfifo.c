/* ISC license. */

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <skalibs/allreadwrite.h>
#include <skalibs/iopause.h>

#include <sv/clock.h>
#include <sv/controlfifo.h>
#include <sv/openat.h>

/* Closes `fd` without touching errno. Returns -1. */
static int give_up(int fd)
{
    int error_number = errno;

    (void)close(fd); /* nothing was written */
    errno = error_number;
    return -1;
}

/* A FIFO with a second name may be another service's. */
static int check_fifo(int fd, int otherwise)
{
    struct stat about;

    if (fstat(fd, &about) < 0) return 0;
    if (S_ISFIFO(about.st_mode) && about.st_nlink == 1) return 1;
    errno = S_ISFIFO(about.st_mode) ? EMLINK : otherwise;
    return 0;
}

int sv_controlfifo_make(int dir, char const *name, int *writer)
{
    int const flags = O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC;

    int made = mkfifoat(dir, name, 0600);
    if (made < 0 && errno != EEXIST && errno != EROFS) return -1;
    int reader = sv_openat(dir, name, O_RDONLY | flags, 0);
    if (reader < 0) {
        if (made < 0 && errno == ENOENT) errno = EROFS; /* that is why there is none */
        return -1;
    }
    if (!check_fifo(reader, EEXIST)) return give_up(reader);
    *writer = sv_openat(dir, name, O_WRONLY | flags, 0);
    return *writer < 0 ? give_up(reader) : reader;
}

int sv_controlfifo_listening(int dir, char const *name)
{
    int fd = sv_openat(dir, name, O_WRONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC, 0);

    if (fd < 0) return errno == ENXIO || errno == ENOENT ? 0 : -1;
    (void)close(fd); /* nothing was written */
    return 1;
}

int sv_controlfifo_open(int dir, char const *name)
{
    int fd = sv_openat(dir, name, O_WRONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC, 0);

    if (fd < 0) return -1;
    return check_fifo(fd, EINVAL) ? fd : give_up(fd);
}

int sv_controlfifo_write(int fd, void const *bytes, size_t length, int64_t deadline_ms)
{
    iopause_fd writable = {.fd = fd, .events = IOPAUSE_WRITE};

    while (fd_write(fd, bytes, length) < 0) {
        if (errno != EAGAIN) return 0;
        if (sv_clock_wait(&writable, 1, deadline_ms) < 0) return 0;
        if (sv_clock_monotonic_ms() >= deadline_ms) {
            errno = EAGAIN;
            return 0;
        }
    }
    return 1; /* up to PIPE_BUF bytes are never written in part */
}
