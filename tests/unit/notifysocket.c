/* ISC license. */

/* Messages through real sockets, from real children; and a socket that outlives us. */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sv/notifysocket.h>

#include "tap.h"

#define PATIENCE_MS 10000 /* for failure only */
#define SIZE 64           /* of the longest message here */

/* Where messages go: a page that is shared, as supervise's is. */
struct page {
    char bytes[SIZE];
    char behind;
    volatile pid_t pid;
    volatile uint32_t length;
};

static struct page *page;
static int barrier;
static char directory[] = "/tmp/notifysocket.XXXXXX";

/* The next message: what sv_notifysocket_read() returns. */
static int next(int fd)
{
    memset(page->bytes, 0, SIZE);
    page->behind = '!';
    page->pid = 0;
    page->length = 0;
    barrier = 4711;
    return sv_notifysocket_read(fd, page->bytes, SIZE, &page->pid, &page->length,
                                &barrier);
}

static int connect_to(char const *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(name) + (*name != '@');
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    memcpy(address.sun_path, name, length);
    if (*name == '@') address.sun_path[0] = 0;
    length += offsetof(struct sockaddr_un, sun_path);
    if (connect(fd, (struct sockaddr *)&address, (socklen_t)length) < 0) {
        close(fd);
        return -1;
    }
    return fd;
}

/* Sends bytes, and descriptors with them. Returns whether they were taken. */
static int tell(int fd, char const *bytes, size_t length, int const *fds, size_t count)
{
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(8 * sizeof(int))];
    struct iovec what = {(void *)(uintptr_t)bytes, length};
    struct msghdr header = {.msg_iov = &what, .msg_iovlen = 1};

    if (count) {
        header.msg_control = control;
        header.msg_controllen = CMSG_SPACE(count * sizeof(int));
        memset(control, 0, sizeof control);
        struct cmsghdr *rights = CMSG_FIRSTHDR(&header);
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN(count * sizeof(int));
        memcpy(CMSG_DATA(rights), fds, count * sizeof(int));
    }
    return sendmsg(fd, &header, MSG_NOSIGNAL) == (ssize_t)length;
}

static int say(char const *name, char const *text)
{
    int fd = connect_to(name);
    int taken = fd >= 0 && tell(fd, text, strlen(text), 0, 0);

    if (fd >= 0) close(fd);
    return taken;
}

static int open_descriptors(void)
{
    int count = 0;

    for (int fd = 0; fd < 256; fd++) count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

/* Whether the reading end sees that all others are closed. */
static int is_closed(int reading_end)
{
    struct pollfd watched = {.fd = reading_end, .events = POLLIN};

    return poll(&watched, 1, 0) == 1 && watched.revents & POLLHUP;
}

static void check_messages(int fd, char const *name, char const *what)
{
    ok(fcntl(fd, F_GETFD) & FD_CLOEXEC, "%s: it is closed on exec", what);
    ok(fcntl(fd, F_GETFL) & O_NONBLOCK, "%s: it does not block", what);
    is_int(next(fd), 0, "%s: there is nothing to begin with", what);
    is_int(page->length, 0, "%s: nor is anything stored", what);
    is_int(barrier, -1, "%s: nor a descriptor there", what);

    pid_t pid = fork();
    if (!pid) _exit(!say(name, "READY=1"));
    int status = 1;
    waitpid(pid, &status, 0);
    is_int(status, 0, "%s: a child says something", what);
    ok(say(name, "STOPPING=1"), "%s: and so do we", what);

    is_int(next(fd), 1, "%s: the first message comes", what);
    is_mem(page->bytes, page->length, "READY=1", 7, "%s: as it was sent", what);
    is_int(page->pid, pid, "%s: from the child, though it is gone", what);
    is_int(barrier, -1, "%s: no descriptor came with it", what);
    is_int(next(fd), 1, "%s: the second follows", what);
    is_mem(page->bytes, page->length, "STOPPING=1", 10, "%s: as it was sent", what);
    is_int(page->pid, getpid(), "%s: from us", what);
    is_int(next(fd), 0, "%s: there is no third", what);
}

static void check_lengths(int fd, char const *name)
{
    char longest[SIZE + 1];
    int to = connect_to(name);

    memset(longest, 'x', sizeof longest);
    ok(tell(to, longest, SIZE, 0, 0) && tell(to, longest, SIZE + 1, 0, 0)
           && tell(to, "", 0, 0, 0) && tell(to, "A\0B", 3, 0, 0),
       "messages of all lengths are sent");
    is_int(next(fd), 1, "the longest comes");
    is_mem(page->bytes, page->length, longest, SIZE, "whole");
    errno = 0;
    is_int(next(fd), -1, "one that is longer does not");
    is_int(errno, EMSGSIZE, "and it is said why");
    is_int(page->length, 0, "a part of it is no message");
    is_int(page->behind, '!', "and nothing is written behind");
    is_int(next(fd), 0, "an empty one is none");
    is_int(next(fd), 1, "the next is not kept away by them");
    is_mem(page->bytes, page->length, "A\0B", 3, "whatever its bytes");
    is_int(next(fd), 0, "all is read");
    close(to);
}

static void check_barrier(int fd, char const *name)
{
    int to = connect_to(name), ends[2];

    if (pipe2(ends, O_CLOEXEC) < 0) exit(111);
    ok(tell(to, "BARRIER=1", 9, &ends[1], 1), "a descriptor is sent");
    close(ends[1]);
    ok(!is_closed(ends[0]), "it lives in the message");
    is_int(next(fd), 1, "the message comes");
    ok(barrier >= 0 && !is_closed(ends[0]), "with the descriptor, still open");
    ok(fcntl(barrier, F_GETFD) & FD_CLOEXEC, "not for those whom we execute");
    sv_notifysocket_answer(&barrier);
    ok(is_closed(ends[0]), "the answer closes it");
    is_int(barrier, -1, "and it is gone");
    sv_notifysocket_answer(&barrier);
    is_int(barrier, -1, "no answer to nothing");
    close(ends[0]);
    close(to);
}

/* Descriptors that nobody wants must not pile up. */
static void check_many(int fd, char const *name)
{
    int to = connect_to(name), ends[2], fds[8];
    char longer[SIZE + 1];

    if (pipe2(ends, O_CLOEXEC) < 0) exit(111);
    memset(longer, 'x', sizeof longer);
    for (size_t i = 0; i < 8; i++) fds[i] = ends[1];
    int before = open_descriptors();
    for (size_t count = 1; count <= 8; count++) {
        ok(tell(to, "X=1", 3, fds, count), "%zu descriptors are sent", count);
        is_int(next(fd), 1, "the message comes");
        is_int(open_descriptors(), before + 1, "with one of them");
        sv_notifysocket_answer(&barrier);
    }
    ok(tell(to, longer, sizeof longer, fds, 8), "too long a message has some, too");
    is_int(next(fd), -1, "it is dropped");
    is_int(barrier, -1, "with them");
    ok(tell(to, "", 0, fds, 8), "an empty message has some");
    is_int(next(fd), 0, "it is dropped");
    is_int(barrier, -1, "with them, too");
    is_int(open_descriptors(), before, "none of them stays");
    close(ends[1]);
    ok(is_closed(ends[0]), "nowhere");
    close(ends[0]);
    close(to);
}

static void check_blocking(int fd, char const *name)
{
    int flags = fcntl(fd, F_GETFL);

    fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);
    is_int(next(fd), 0, "whoever makes it wait, we do not");
    fcntl(fd, F_SETFL, flags);
    ok(say(name, "after"), "then something comes");
    is_int(next(fd), 1, "and is read");
    errno = 0;
    is_int(next(-1), -1, "without a socket there is an error");
    is_int(errno, EBADF, "of the usual kind");
}

/* A child that holds `fd` as `number` and does nothing until it is killed. */
static pid_t hold(int fd, int number)
{
    int ready[2];
    char byte;

    if (pipe2(ready, O_CLOEXEC) < 0) exit(111);
    pid_t pid = fork();
    if (!pid) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (number != fd) dup2(fd, number), close(fd);
        (void)!write(ready[1], "", 1);
        for (;;) pause();
    }
    (void)!read(ready[0], &byte, 1);
    close(ready[0]);
    close(ready[1]);
    return pid;
}

static void end(pid_t pid)
{
    kill(pid, SIGKILL);
    waitpid(pid, 0, 0);
}

/* The other sockets are there to be mistaken for it. */
static void check_taking(char const *where, char const *what)
{
    char name[SV_NOTIFYSOCKET_NAME], other_name[SV_NOTIFYSOCKET_NAME];
    int other = sv_notifysocket_open("@", other_name, sizeof other_name);
    int fd = sv_notifysocket_open(where, name, sizeof name);
    pid_t pid = hold(fd, 9);

    close(fd);
    ok(say(name, "while nobody listens"), "%s: the child keeps the socket", what);
    int before = open_descriptors();
    int taken = sv_notifysocket_take(pid, 9, name);
    if (taken < 0 && errno == EPERM) {
        skip("we may not take descriptors from another process here");
    } else {
        ok(taken >= 0, "%s: it is taken back", what);
        ok(fcntl(taken, F_GETFD) & FD_CLOEXEC, "%s: closed on exec", what);
        is_int(next(taken), 1, "%s: what was said meanwhile comes", what);
        is_mem(page->bytes, page->length, "while nobody listens", 20, "%s: whole", what);
        is_int(page->pid, getpid(), "%s: it is known from whom", what);
        close(taken);
        int const numbers[] = {-1, 0, 250, other};
        for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
            taken = sv_notifysocket_take(pid, numbers[i], name);
            ok(taken >= 0 && say(name, "x") && next(taken) == 1, "%s: found anywhere",
               what);
            close(taken);
        }
        is_int(open_descriptors(), before, "%s: nothing else is kept", what);
        errno = 0;
        is_int(sv_notifysocket_take(pid, 9, "@upkeep-"), -1, "%s: no other name", what);
        is_int(errno, ENOENT, "%s: and it is said why", what);
    }
    end(pid);
    errno = 0;
    is_int(sv_notifysocket_take(pid, 9, name), -1, "%s: from nobody it is not", what);
    is_int(errno, ESRCH, "%s: and it is said why", what);
    ok(!say(name, "hello"), "%s: the socket is gone with the child", what);
    close(other);
}

static void check_places(void)
{
    char path[sizeof directory + 128], name[SV_NOTIFYSOCKET_NAME];
    struct stat about;

    sprintf(path, "%s/socket", directory);
    umask(077);
    int first = sv_notifysocket_open(path, name, sizeof name);
    ok(first >= 0, "a socket has a path");
    is_str(name, path, "and that is its name");
    ok(!stat(path, &about) && (about.st_mode & 07777) == 0666, "anybody may write to it");
    int second = sv_notifysocket_open(path, name, sizeof name);
    ok(second >= 0, "the next one takes its place");
    ok(say(path, "x") && next(second) == 1, "and gets what is said");
    is_int(next(first), 0, "not so the old one");
    close(first);
    close(second);
    unlink(path);
    close(open(path, O_CREAT | O_WRONLY, 0600));
    errno = 0;
    is_int(sv_notifysocket_open(path, name, sizeof name), -1, "a file is not replaced");
    is_int(errno, EADDRINUSE, "and it is said why");
    ok(!stat(path, &about) && S_ISREG(about.st_mode), "it stays");
    unlink(path);
    is_int(sv_notifysocket_open("relative", name, sizeof name), -1, "nor is it anywhere");
    is_int(errno, EINVAL, "but at an absolute path");
    is_int(sv_notifysocket_open("@", name, 8), -1, "a short name is no name");
    is_int(errno, ENAMETOOLONG, "as is said");
    memset(path, 'x', sizeof path - 1);
    memcpy(path, directory, sizeof directory - 1);
    path[sizeof directory - 1] = '/';
    path[108] = 0;
    int before = open_descriptors();
    errno = 0;
    is_int(sv_notifysocket_open(path, name, sizeof name), -1, "nor is a long path one");
    is_int(errno, ENAMETOOLONG, "as is said");
    path[107] = 0;
    int longest = sv_notifysocket_open(path, name, sizeof name);
    ok(longest >= 0 && say(name, "x") && next(longest) == 1, "the longest is");
    close(longest);
    unlink(path);
    is_int(open_descriptors(), before, "nothing is left of them");
    sprintf(path, "%s/no/socket", directory);
    is_int(sv_notifysocket_open(path, name, sizeof name), -1, "nor in what is not there");
    is_int(errno, ENOENT, "as is said");
}

int main(void)
{
    char name[SV_NOTIFYSOCKET_NAME], path[sizeof directory + 8];
    char other[SV_NOTIFYSOCKET_NAME];

    page =
        mmap(0, sizeof *page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED || !mkdtemp(directory)) return 111;
    sprintf(path, "%s/s", directory);
    int abstract = sv_notifysocket_open("@", name, sizeof name);
    ok(abstract >= 0, "there is an abstract socket");
    is_int(strspn(name + 8, "0123456789abcdef"), 32, "with a random name");
    ok(!strncmp(name, "@upkeep-", 8) && strlen(name) == 40, "that is ours");
    int second = sv_notifysocket_open("@", other, sizeof other);
    ok(second >= 0 && strcmp(name, other), "the next has another");
    close(second);
    check_messages(abstract, name, "abstract");
    check_lengths(abstract, name);
    check_barrier(abstract, name);
    check_many(abstract, name);
    check_blocking(abstract, name);
    close(abstract);
    ok(!say(name, "hello"), "closed it is gone");
    int named = sv_notifysocket_open(path, name, sizeof name);
    check_messages(named, name, "path");
    close(named);
    check_taking("@", "abstract");
    check_taking(path, "path");
    unlink(path);
    check_places();
    rmdir(directory);
    return done();
}
