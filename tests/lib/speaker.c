/* ISC license. */

/*
 * speaker: a service that says what it is told to say. tests/lib/Speaker.pm compiles it
 * and gives the orders.
 *
 * As ./run it notes in the file `log.txt` of its directory, a line each: `start PID`,
 * when it reads orders; `got PID SIGNAL` for each of TERM, HUP and ABRT, of which TERM
 * ends it (exit code 0), unless there is a file `stubborn`, and ABRT kills it; `done PID
 * ORDER` for each order that was carried out, and `failed PID ORDER` for each that was
 * not. The orders are the lines of the FIFO `orders`:
 *
 *     env NAME        notes `env PID NAME=VALUE`
 *     say TEXT        sends TEXT to the notify socket, its `|` as newlines
 *     long N          sends N bytes there
 *     barrier         sends BARRIER=1 and waits until that is answered
 *     option N VALUE  sets that option of the socket, by the descriptor that is kept
 *     shut            shuts the socket down, by that descriptor
 *     linger          sends a connection whose last descriptor takes long to be closed
 *     write N TEXT    writes TEXT to descriptor N, its `|` as newlines
 *     close N         closes it
 *     child           starts a child that has none of our descriptors: `child PID CHILD`
 *     kin FIFO        starts one that has, in a session of its own, and that takes orders
 *                     from FIFO; it notes `start PID` like us
 *     heir            starts one that goes on with the orders in our place; we idle
 *     exit N          exits
 *
 * speaker NAME TEXT sends TEXT to the notify socket NAME, as a stranger does.
 */

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define KEPT 31           /* the run's duplicate of the notify socket */
#define LINGER_SECONDS 20 /* for failure only, too */
#define PATIENCE_MS 20000 /* for failure only */

/* One write: no line is ever torn. */
static void note(char const *what, char const *more)
{
    char line[2048];
    int fd = open("log.txt", O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
    int length = snprintf(line, sizeof line, "%s %ld%s%s\n", what, (long)getpid(),
                          *more ? " " : "", more);

    if (fd < 0 || write(fd, line, (size_t)length) != length) _exit(99);
    (void)close(fd);
}

static void caught(int number)
{
    char text[8];

    (void)snprintf(text, sizeof text, "%d", number);
    note("got", text);
    if (number == SIGABRT) {
        signal(number, SIG_DFL);
        raise(number);
    }
    if (number == SIGTERM && access("stubborn", F_OK) < 0) _exit(0);
}

static void idle(void)
{
    for (;;) pause();
}

/* Each `|` is a newline. Returns the length. */
static size_t unfold(char *text)
{
    for (char *at = text; *at; at++)
        if (*at == '|') *at = '\n';
    return strlen(text);
}

/* Sends the bytes, and a descriptor unless it is negative. */
static int send_to(char const *name, char const *bytes, size_t length, int fd)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t size = name ? strlen(name) + (*name != '@') : 0;
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof fd)] = {0};
    struct iovec what = {(void *)(size_t)bytes, length};
    struct msghdr header = {.msg_name = &address, .msg_iov = &what, .msg_iovlen = 1};

    if (!size || size > sizeof address.sun_path) return 0;
    memcpy(address.sun_path, name, size);
    if (*name == '@') address.sun_path[0] = 0;
    header.msg_namelen = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size);
    if (fd >= 0) {
        header.msg_control = control;
        header.msg_controllen = sizeof control;
        struct cmsghdr *rights = CMSG_FIRSTHDR(&header);
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN(sizeof fd);
        memcpy(CMSG_DATA(rights), &fd, sizeof fd);
    }
    int to = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    int sent = sendmsg(to, &header, MSG_NOSIGNAL) == (ssize_t)length;
    (void)close(to);
    return sent;
}

static int say(char const *bytes, size_t length, int fd)
{
    return send_to(getenv("NOTIFY_SOCKET"), bytes, length, fd);
}

static int wait_at_barrier(void)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) < 0 || !say("BARRIER=1", 9, ends[1])) return 0;
    (void)close(ends[1]);
    struct pollfd answer = {.fd = ends[0]};
    int answered = poll(&answer, 1, PATIENCE_MS) == 1 && answer.revents & POLLHUP;
    (void)close(ends[0]);
    return answered;
}

static int set_option(char const *words)
{
    int value = atoi(words + strcspn(words, " "));

    return !setsockopt(KEPT, SOL_SOCKET, atoi(words), &value, sizeof value);
}

/* A connection to ourselves with bytes under way that nobody reads. -1: none. */
static int connect_to_nobody(void)
{
    static char bytes[65536];
    struct linger const linger = {.l_onoff = 1, .l_linger = LINGER_SECONDS};
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    if (bind(listener, (struct sockaddr *)&address, size) < 0 || listen(listener, 1) < 0
        || getsockname(listener, (struct sockaddr *)&address, &size) < 0
        || connect(fd, (struct sockaddr *)&address, size) < 0
        || setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger) < 0)
        return -1;
    while (send(fd, bytes, sizeof bytes, MSG_DONTWAIT) > 0) continue;
    return fd;
}

/* With supervise stopped, so that its descriptor is the last. */
static int send_lingering(void)
{
    int fd = connect_to_nobody();

    if (fd < 0 || kill(getppid(), SIGSTOP) < 0) return 0;
    int sent = say("BARRIER=1", 9, fd);
    (void)close(fd);
    return !kill(getppid(), SIGCONT) && sent;
}

static int say_much(size_t length)
{
    char *bytes = malloc(length + 1);

    if (!bytes) return 0;
    memset(bytes, 'x', length);
    memcpy(bytes, "READY=1\n", length < 8 ? length : 8);
    int sent = say(bytes, length, -1);
    free(bytes);
    return sent;
}

static int write_to(int fd, char *text)
{
    text += strspn(text, " ");
    size_t length = unfold(text);
    return write(fd, text, length) == (ssize_t)length;
}

/* Which was inherited is of no interest to it. */
static int start_child(void)
{
    char text[32];
    pid_t pid = fork();

    if (!pid) {
        for (int fd = 3; fd < 64; fd++) (void)close(fd);
        signal(SIGTERM, SIG_DFL);
        idle();
    }
    (void)snprintf(text, sizeof text, "%ld", (long)pid);
    note("child", text);
    return pid > 0;
}

static FILE *orders;

static int take_orders(char const *fifo)
{
    int fd = open(fifo, O_RDWR | O_CLOEXEC); /* it has no end */

    orders = fd < 0 ? 0 : fdopen(fd, "r");
    return orders != 0;
}

static int start_kin(char const *fifo)
{
    pid_t pid = fork();

    if (pid) return pid > 0;
    (void)setsid();
    if (!take_orders(fifo)) _exit(99);
    note("start", "");
    return 1;
}

static int start_heir(void)
{
    pid_t pid = fork();

    if (pid) idle();
    note("start", "");
    return pid == 0;
}

static int note_variable(char const *name)
{
    char text[1024];
    char const *value = getenv(name);

    (void)snprintf(text, sizeof text, "%s=%s", name, value ? value : "(none)");
    note("env", text);
    return 1;
}

/* Returns whether it could be carried out. */
static int obey(char *order)
{
    char *more = order + strcspn(order, " ");

    more += strspn(more, " ");
    if (!strncmp(order, "env ", 4)) return note_variable(more);
    if (!strncmp(order, "say ", 4)) return say(more, unfold(more), -1);
    if (!strncmp(order, "long ", 5)) return say_much((size_t)atoi(more));
    if (!strcmp(order, "barrier")) return wait_at_barrier();
    if (!strncmp(order, "option ", 7)) return set_option(more);
    if (!strcmp(order, "shut")) return !shutdown(KEPT, SHUT_RDWR);
    if (!strcmp(order, "linger")) return send_lingering();
    if (!strncmp(order, "write ", 6))
        return write_to(atoi(more), more + strcspn(more, " "));
    if (!strncmp(order, "close ", 6)) return !close(atoi(more));
    if (!strcmp(order, "child")) return start_child();
    if (!strncmp(order, "kin ", 4)) return start_kin(more);
    if (!strcmp(order, "heir")) return start_heir();
    if (!strncmp(order, "exit ", 5)) _exit(atoi(more));
    return 0;
}

int main(int argc, char **argv)
{
    static int const signals[] = {SIGTERM, SIGHUP, SIGABRT};
    char line[1024], copy[1024];

    if (argc == 3) return !send_to(argv[1], argv[2], unfold(argv[2]), -1);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        sigaction(signals[i],
                  &(struct sigaction){.sa_handler = caught, .sa_flags = SA_RESTART}, 0);
    if (!take_orders("orders")) return 99;
    setvbuf(orders, 0, _IONBF, 0); /* an heir finds there what we have not taken */
    note("start", "");
    while (fgets(line, sizeof line, orders)) {
        line[strcspn(line, "\n")] = 0;
        memcpy(copy, line, sizeof copy);
        note(obey(line) ? "done" : "failed", copy);
    }
    return 98;
}
