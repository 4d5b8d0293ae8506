/* ISC license. */

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include <sv/stream.h>

/* After a failed read or write: 1 if it may be tried again, now that it would not wait.
 */
static int try_again(int fd, short events)
{
    struct pollfd wanted = {.fd = fd, .events = events};

    if (errno == EINTR) return 1;
    if (errno != EAGAIN && errno != EWOULDBLOCK) return 0;
    return poll(&wanted, 1, -1) >= 0 || errno == EINTR;
}

ssize_t sv_stream_read(int fd, char *buffer, size_t size)
{
    ssize_t length;

    do length = read(fd, buffer, size);
    while (length < 0 && try_again(fd, POLLIN));
    return length;
}

int sv_stream_write(int fd, char const *bytes, size_t length)
{
    while (length) {
        ssize_t written = write(fd, bytes, length);
        if (written < 0 && !try_again(fd, POLLOUT)) return 0;
        if (written <= 0) continue;
        bytes += written;
        length -= (size_t)written;
    }
    return 1;
}
