/* ISC license. */

/*
 * Connecting, within the time. A socket of the network is asked again when it is ready;
 * one of the file system answers at once, since a full queue is an answer too.
 */

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <skalibs/types.h>

#include <sv/clock.h>
#include <sv/errortext.h>

#include "prober_parts.h"

#define FLAGS (SOCK_NONBLOCK | SOCK_CLOEXEC)

union place {
    struct sockaddr any;
    struct sockaddr_in four;
    struct sockaddr_in6 six;
    struct sockaddr_un local;
};

static socklen_t fill(union place *place, struct sv_address const *address)
{
    memset(place, 0, sizeof *place);
    if (address->six) {
        place->six.sin6_family = AF_INET6;
        place->six.sin6_port = htons(address->port);
        memcpy(&place->six.sin6_addr, address->ip, sizeof place->six.sin6_addr);
        return sizeof place->six;
    }
    place->four.sin_family = AF_INET;
    place->four.sin_port = htons(address->port);
    memcpy(&place->four.sin_addr, address->ip, sizeof place->four.sin_addr);
    return sizeof place->four;
}

static enum sv_prober_result refuse(int fd, enum sv_prober_result result)
{
    (void)close(fd); /* nothing was sent on it */
    return result;
}

/* A port that nobody listens on may be the one that we were given ourselves. */
static int is_itself(int fd)
{
    union place here, there;
    socklen_t here_length = sizeof here, there_length = sizeof there;

    memset(&here, 0, sizeof here);
    memset(&there, 0, sizeof there);
    return !getsockname(fd, &here.any, &here_length)
           && !getpeername(fd, &there.any, &there_length) && here_length == there_length
           && !memcmp(&here, &there, here_length);
}

static enum sv_prober_result finish(struct sv_prober const *prober, int fd,
                                    char const *port)
{
    int error_number = 0;
    socklen_t length = sizeof error_number;

    enum sv_prober_result result =
        sv_prober_wait(prober, fd, IOPAUSE_WRITE, "nobody answers at the port");
    if (result != SV_PROBER_GOOD) return result;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error_number, &length) < 0)
        error_number = errno;
    if (!error_number) return SV_PROBER_GOOD;
    errno = error_number;
    return sv_prober_unable(prober, "connect to port ", port);
}

static enum sv_prober_result connect_network(struct sv_prober const *prober,
                                             struct sv_address const *address, int *fd)
{
    enum sv_prober_result result = SV_PROBER_GOOD;
    union place place;
    socklen_t length = fill(&place, address);
    char port[UINT32_FMT];

    port[uint32_fmt(port, address->port)] = 0;
    *fd = socket(place.any.sa_family, SOCK_STREAM | FLAGS, 0);
    if (*fd < 0) return sv_prober_unable(prober, "make a socket", "");
    if (connect(*fd, &place.any, length) < 0)
        result = errno == EINPROGRESS || errno == EINTR
                     ? finish(prober, *fd, port)
                     : sv_prober_unable(prober, "connect to port ", port);
    if (result == SV_PROBER_GOOD && is_itself(*fd))
        result = SAY(prober, SV_PROBER_BAD, "nobody listens at port ", port);
    return result == SV_PROBER_GOOD ? result : refuse(*fd, result);
}

/* Of whatever type: that of another one is refused, the right one is tried then. */
static enum sv_prober_result connect_local(struct sv_prober const *prober,
                                           struct sv_probe const *probe, int *fd)
{
    static int const types[] = {SOCK_STREAM, SOCK_SEQPACKET, SOCK_DGRAM};
    union place place = {.local = {.sun_family = AF_UNIX}};
    char path[SV_PROBE_SOCKET];
    size_t count = probe->kind == SV_PROBE_HTTP ? 1 : sizeof types / sizeof *types;
    int is_abstract = *probe->path == '@';

    memcpy(path, probe->path, probe->path_length);
    path[probe->path_length] = 0;
    memcpy(place.local.sun_path, path, probe->path_length + !is_abstract);
    if (is_abstract) *place.local.sun_path = 0;
    socklen_t length = (socklen_t)(offsetof(struct sockaddr_un, sun_path)
                                   + probe->path_length + !is_abstract);
    for (size_t i = 0;; i++) {
        *fd = socket(AF_UNIX, types[i] | FLAGS, 0);
        if (*fd < 0) return sv_prober_unable(prober, "make a socket", "");
        if (!connect(*fd, &place.any, length)) return SV_PROBER_GOOD;
        if (errno == EAGAIN)
            return refuse(*fd,
                          SAY(prober, SV_PROBER_BAD, "the queue of ", path, " is full"));
        if (errno != EPROTOTYPE || i + 1 == count)
            return refuse(*fd, sv_prober_unable(prober, "connect to ", path));
        (void)close(*fd); /* of the wrong type */
    }
}

enum sv_prober_result sv_prober_connect(struct sv_prober const *prober,
                                        struct sv_probe const *probe, int *fd)
{
    static struct sv_address const loopback = {.six = 1, .ip = {[15] = 1}};

    if (probe->kind == SV_PROBE_UNIX || (probe->kind == SV_PROBE_HTTP && probe->path))
        return connect_local(prober, probe, fd);
    enum sv_prober_result result = connect_network(prober, &probe->address, fd);
    if (result != SV_PROBER_BAD || !probe->is_either) return result;
    struct sv_address other = loopback;
    other.port = probe->address.port;
    /* of the two reasons the first one is told: there may be no IPv6 here at all */
    char reason[SV_PROBER_REASON];
    struct sv_prober again = *prober;
    again.reason = reason;
    enum sv_prober_result second = connect_network(&again, &other, fd);
    if (second == SV_PROBER_GOOD) *prober->reason = 0;
    return second == SV_PROBER_GOOD || second == SV_PROBER_STOPPED ? second : result;
}
