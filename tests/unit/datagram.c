/* ISC license. */

/* Datagrams to a receiver on this host: whole lines, and a receiver that goes away. */

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <sv/datagram.h>

#include "tap.h"

#define PATIENCE_MS 10000 /* for failure only */

static char received[70000];

/*
 * A receiver on IPv4's own host at `port`, 0 for any. Writes where it is to *address; -1
 * if that cannot be had.
 */
static int receive_four(struct sv_address *address, uint16_t port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};
    socklen_t length = sizeof at;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) < 0
        || getsockname(fd, (struct sockaddr *)&at, &length) < 0)
        return -1;
    *address = (struct sv_address){.ip = {127, 0, 0, 1}, .port = ntohs(at.sin_port)};
    return fd;
}

/* The same for IPv6. */
static int receive_six(struct sv_address *address)
{
    struct sockaddr_in6 at = {.sin6_family = AF_INET6,
                              .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    socklen_t length = sizeof at;
    int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) < 0
        || getsockname(fd, (struct sockaddr *)&at, &length) < 0)
        return -1;
    *address =
        (struct sv_address){.six = 1, .ip = {[15] = 1}, .port = ntohs(at.sin6_port)};
    return fd;
}

/* The next datagram, in `received`; its length, -1 if none comes. */
static ssize_t next(int fd)
{
    struct pollfd ready = {.fd = fd, .events = POLLIN};

    if (poll(&ready, 1, PATIENCE_MS) != 1) return -1;
    return recv(fd, received, sizeof received, 0);
}

static int waiting(int fd)
{
    struct pollfd ready = {.fd = fd, .events = POLLIN};

    return poll(&ready, 1, 0);
}

static void is_next(int receiver, char const *want, char const *what)
{
    ssize_t length = next(receiver);

    if (!ok(length >= 0, "%s: a datagram arrives", what)) return;
    is_mem(received, (size_t)length, want, strlen(want), "%s: with these bytes", what);
}

static void check_sending(int receiver, struct sv_address const *address,
                          char const *what)
{
    int fd = sv_datagram_open(address);

    if (!ok(fd >= 0, "%s: there is a socket", what)) return;
    ok(fcntl(fd, F_GETFD) & FD_CLOEXEC, "%s: it is closed on exec", what);
    ok(fcntl(fd, F_GETFL) & O_NONBLOCK, "%s: it does not block", what);
    is_int(sv_datagram_send(fd, "one\n", 4), 1, "%s: a line is sent", what);
    is_int(sv_datagram_send(fd, "two\n", 4), 1, "%s: and another", what);
    is_next(receiver, "one\n", what);
    is_next(receiver, "two\n", what);
    is_int(sv_datagram_send(fd, "", 0), 1, "%s: no bytes at all are sent, too", what);
    is_int(next(receiver), 0, "%s: and arrive", what);
    close(fd);
}

static void check_long_lines(int receiver, struct sv_address const *address)
{
    static char line[70000];
    int fd = sv_datagram_open(address);

    memset(line, 'x', sizeof line);
    is_int(sv_datagram_send(fd, line, 65507), 1, "the longest datagram is sent");
    ssize_t length = next(receiver);
    ok(length == 65507 && !memcmp(received, line, 65507), "and arrives whole");
    errno = 0;
    is_int(sv_datagram_send(fd, line, 65508), 0, "a byte more is not");
    is_int(errno, EMSGSIZE, "and it is said why");
    ok(!waiting(receiver), "nor is a part of it");
    is_int(sv_datagram_send(fd, "short\n", 6), 1, "the next line is sent again");
    is_next(receiver, "short\n", "after a long one");
    close(fd);
}

/* On its own host a sender is told at once that nobody was there, at its next call. */
static void check_absence(int receiver, struct sv_address address)
{
    int fd = sv_datagram_open(&address);

    close(receiver);
    for (int i = 0; i < 5; i++)
        is_int(sv_datagram_send(fd, "nobody\n", 7), 1, "with nobody there %d is sent", i);
    receiver = receive_four(&address, address.port);
    if (receiver < 0)
        skip("the receiver's port was taken meanwhile");
    else {
        is_int(sv_datagram_send(fd, "back\n", 5), 1, "nor is an old refusal an error");
        is_next(receiver, "back\n", "when the receiver is back, the next line");
        close(receiver);
    }
    close(fd);
}

static void check_refusal(void)
{
    struct sv_address everybody = {.ip = {255, 255, 255, 255}, .port = 514};

    errno = 0;
    is_int(sv_datagram_open(&everybody), -1, "there is no socket to everybody");
    ok(errno == EACCES || errno == ENETUNREACH, "and it is said why");
    is_int(sv_datagram_send(-1, "x", 1), 0, "without a socket nothing is sent");
    is_int(errno, EBADF, "and it is said why");
}

int main(void)
{
    struct sv_address four, six;
    int receiver_four = receive_four(&four, 0), receiver_six = receive_six(&six);

    if (receiver_four < 0)
        skip("no IPv4 here");
    else {
        check_sending(receiver_four, &four, "IPv4");
        check_long_lines(receiver_four, &four);
        check_absence(receiver_four, four);
    }
    if (receiver_six < 0)
        skip("no IPv6 here");
    else
        check_sending(receiver_six, &six, "IPv6");
    check_refusal();
    return done();
}
