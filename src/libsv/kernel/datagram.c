/* ISC license. */

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <sv/datagram.h>

static int connect_four(int fd, struct sv_address const *address)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(address->port)};

    memcpy(&to.sin_addr, address->ip, sizeof to.sin_addr);
    return connect(fd, (struct sockaddr const *)&to, sizeof to);
}

static int connect_six(int fd, struct sv_address const *address)
{
    struct sockaddr_in6 to = {.sin6_family = AF_INET6, .sin6_port = htons(address->port)};

    memcpy(&to.sin6_addr, address->ip, sizeof to.sin6_addr);
    return connect(fd, (struct sockaddr const *)&to, sizeof to);
}

int sv_datagram_open(struct sv_address const *address)
{
    int fd = socket(address->six ? AF_INET6 : AF_INET,
                    SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0) return -1;
    /* for a datagram socket this only notes the address: it cannot be interrupted */
    if ((address->six ? connect_six : connect_four)(fd, address) < 0) {
        int error = errno;
        (void)close(fd); /* nothing was written */
        errno = error;
        return -1;
    }
    return fd;
}

/* Whether the kernel took it. */
static int send_once(int fd, char const *data, size_t length)
{
    ssize_t sent;

    do sent = send(fd, data, length, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent >= 0;
}

/*
 * An error may be the answer to an earlier datagram, ECONNREFUSED above all; it is told
 * once, and this datagram was not sent then. So the second attempt speaks for this one.
 */
int sv_datagram_send(int fd, char const *data, size_t length)
{
    return send_once(fd, data, length)
           || (errno != EAGAIN && send_once(fd, data, length));
}
