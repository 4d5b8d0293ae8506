/* ISC license. */

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include <sv/message.h>

#include "svtail.h"

/* More than this goes out without being copied, if nothing waits before it. */
#define WORTH_NO_COPY 16384

static char buffer[65536];
static size_t pending;

/* Somebody may have made our output non-blocking. */
static void await_output(void)
{
    struct pollfd fd = {.fd = 1, .events = POLLOUT};

    if (poll(&fd, 1, -1) < 0 && errno != EINTR) sv_dieusys(111, "write output");
}

static void write_all(char const *bytes, size_t length)
{
    while (length) {
        ssize_t written = write(1, bytes, length);
        if (written >= 0) {
            bytes += written;
            length -= (size_t)written;
        } else if (errno == EAGAIN) {
            await_output();
        } else if (errno == EPIPE) {
            _exit(0);
        } else if (errno != EINTR) {
            sv_dieusys(111, "write output");
        }
    }
}

void out_flush(void)
{
    size_t length = pending;

    pending = 0;
    write_all(buffer, length);
}

void out_bytes(char const *bytes, size_t length)
{
    if (length > sizeof buffer - pending) out_flush();
    if (length >= WORTH_NO_COPY && !pending) {
        write_all(bytes, length);
        return;
    }
    while (length > sizeof buffer - pending) { /* only if it was not worth it before */
        size_t part = sizeof buffer - pending;
        memcpy(buffer + pending, bytes, part);
        pending += part;
        bytes += part;
        length -= part;
        out_flush();
    }
    memcpy(buffer + pending, bytes, length);
    pending += length;
}
