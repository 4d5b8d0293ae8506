/* ISC license. */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <skalibs/djbunix.h>
#include <skalibs/types.h>

#include <sv/notifysocket.h>

#define PREFIX "@upkeep-"
#define RANDOM_BYTES 16

/* The same everywhere; an older C library does not know them. */
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438
#endif
#ifndef GRND_INSECURE
#define GRND_INSECURE 4 /* does not wait for the kernel to have gathered entropy */
#endif

/* What getdents64 writes, one after the other; see getdents(2). */
struct entry {
    uint64_t inode;
    int64_t offset;
    unsigned short length;
    unsigned char type;
    char name[];
};

static int give_up(int fd)
{
    int error_number = errno;

    (void)close(fd); /* nothing was written to it */
    errno = error_number;
    return -1;
}

static int new_name(char *name, size_t size)
{
    unsigned char bytes[RANDOM_BYTES];
    size_t length = sizeof PREFIX - 1;

    if (size < sizeof PREFIX + 2 * RANDOM_BYTES) return errno = ENAMETOOLONG, 0;
    if (getrandom(bytes, sizeof bytes, GRND_INSECURE) != sizeof bytes) return 0;
    memcpy(name, PREFIX, length);
    for (size_t i = 0; i < sizeof bytes; i++) {
        name[length++] = "0123456789abcdef"[bytes[i] >> 4];
        name[length++] = "0123456789abcdef"[bytes[i] & 15];
    }
    name[length] = 0;
    return 1;
}

/*
 * The address that a value of NOTIFY_SOCKET means, and its length: an abstract name is as
 * long as it is written, a path has its NUL. Returns 0 with errno.
 */
static int name_to_address(char const *name, struct sockaddr_un *address,
                           socklen_t *length)
{
    size_t bytes = strlen(name) + (*name != '@');

    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (*name != '@' && *name != '/') return errno = EINVAL, 0;
    if (bytes > sizeof address->sun_path) return errno = ENAMETOOLONG, 0;
    memcpy(address->sun_path, name, bytes);
    if (*name == '@') address->sun_path[0] = 0;
    *length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + bytes);
    return 1;
}

/* What an earlier supervise has left there; whatever is no socket stays. */
static int remove_socket(char const *path)
{
    struct stat about;

    if (lstat(path, &about) < 0) return errno == ENOENT;
    if (!S_ISSOCK(about.st_mode)) return errno = EADDRINUSE, 0;
    return !unlink(path) || errno == ENOENT;
}

/* Makes `fd` the socket of that name. */
static int bind_name(int fd, char const *name)
{
    struct sockaddr_un address;
    socklen_t length;
    int one = 1;

    if (!name_to_address(name, &address, &length)) return 0;
    if (setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &one, sizeof one) < 0) return 0;
    if (*name == '/' && !remove_socket(name)) return 0;
    if (bind(fd, (struct sockaddr const *)&address, length) < 0) return 0;
    return *name == '@' || chmod(name, 0666) == 0;
}

int sv_notifysocket_open(char const *where, char *name, size_t size)
{
    size_t length = strlen(where);

    if (!strcmp(where, "@")) {
        if (!new_name(name, size)) return -1;
    } else {
        if (*where != '/') return errno = EINVAL, -1;
        if (length >= size) return errno = ENAMETOOLONG, -1;
        memcpy(name, where, length + 1);
    }
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    return bind_name(fd, name) ? fd : give_up(fd);
}

#define MOST_FDS 253   /* that the kernel sends with one message: SCM_MAX_FD */
#define OTHER_ROOM 512 /* for what else the service may have asked the kernel to send */

#ifndef SCM_PIDFD
#define SCM_PIDFD 4 /* Linux 6.5 */
#endif

/*
 * Room for credentials and all descriptors: one that there is no room for would be closed
 * all the same, by the kernel and in our time, and that may take long (see drop()).
 */
union control {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(struct ucred)) + CMSG_SPACE(MOST_FDS * sizeof(int))
               + OTHER_ROOM];
};

/* The kernel puts credentials first, so this is what there is room for without the rest.
 */
#define CREDENTIALS_ONLY CMSG_SPACE(sizeof(struct ucred))

/*
 * The service has the same open file, and might have made it wait: hence MSG_DONTWAIT.
 * Returns the length of the message, which may be more than was stored; -1 with errno.
 */
static ssize_t receive(int fd, struct iovec *where, union control *control, size_t room,
                       struct msghdr *header, int flags)
{
    ssize_t got;

    do {
        *header = (struct msghdr){.msg_iov = where,
                                  .msg_iovlen = 1,
                                  .msg_control = control->bytes,
                                  .msg_controllen = room};
        got = recvmsg(fd, header, flags | MSG_TRUNC | MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    } while (got < 0 && errno == EINTR);
    return got;
}

static pid_t sender_of(struct msghdr *header)
{
    struct ucred sender = {.pid = 0};

    for (struct cmsghdr *one = CMSG_FIRSTHDR(header); one; one = CMSG_NXTHDR(header, one))
        if (one->cmsg_level == SOL_SOCKET && one->cmsg_type == SCM_CREDENTIALS
            && one->cmsg_len >= CMSG_LEN(sizeof sender))
            memcpy(&sender, CMSG_DATA(one), sizeof sender);
    return sender.pid;
}

/*
 * Closes a descriptor that the service has sent. It may be a connection that lingers, and
 * the last descriptor of it: then close() would wait.
 */
static void drop(int fd)
{
    struct linger const never = {.l_onoff = 0};

    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &never, sizeof never); /* or it is none */
    (void)close(fd); /* whatever it is, we have no use for it */
}

/*
 * The first of the descriptors that came, if one is to be kept, -1 if none did; all
 * others are closed. The options of the socket are the service's as well as ours: it may
 * have asked for a pidfd with each message, or for no credentials, which leaves their
 * room to descriptors.
 */
static int take_descriptors(struct msghdr *header, int keeps_first)
{
    int kept = -1, fd;

    for (struct cmsghdr *one = CMSG_FIRSTHDR(header); one;
         one = CMSG_NXTHDR(header, one)) {
        int is_sent = one->cmsg_type == SCM_RIGHTS;
        if (one->cmsg_level != SOL_SOCKET || (!is_sent && one->cmsg_type != SCM_PIDFD))
            continue;
        size_t count = (one->cmsg_len - CMSG_LEN(0)) / sizeof fd;
        for (size_t i = 0; i < count; i++) {
            memcpy(&fd, CMSG_DATA(one) + i * sizeof fd, sizeof fd);
            if (keeps_first && is_sent && kept < 0)
                kept = fd;
            else if (fd >= 0)
                drop(fd);
        }
    }
    return kept;
}

static int would_block(void)
{
    return errno == EAGAIN || errno == EWOULDBLOCK;
}

/*
 * Takes the message that we have looked at off the socket. Returns 0 with errno. The
 * service might have taken it away from us: that is no error, we know what it says.
 */
static int consume(int fd, int *barrier)
{
    char byte;
    struct iovec nowhere = {&byte, sizeof byte};
    union control control;
    struct msghdr header;

    if (receive(fd, &nowhere, &control, sizeof control.bytes, &header, 0) < 0)
        return would_block();
    *barrier = take_descriptors(&header, 1);
    return 1;
}

static int is_readable(int fd)
{
    struct pollfd one = {.fd = fd, .events = POLLIN};

    return poll(&one, 1, 0) > 0;
}

/*
 * Looks at the next message. The service may have made the socket one that is readable
 * for ever, and nothing can be read (shutdown(), SO_PEEK_OFF): that is told from a
 * message that has come between two looks. As receive().
 */
static ssize_t peek(int fd, struct iovec *where, union control *control,
                    struct msghdr *header)
{
    ssize_t got = receive(fd, where, control, CREDENTIALS_ONLY, header, MSG_PEEK);

    if (got >= 0 || !would_block() || !is_readable(fd)) return got;
    got = receive(fd, where, control, CREDENTIALS_ONLY, header, MSG_PEEK);
    if (got < 0 && would_block()) errno = EIO;
    return got;
}

int sv_notifysocket_read(int fd, void *bytes, size_t size, volatile pid_t *pid,
                         volatile uint32_t *length, int *barrier)
{
    struct iovec where = {bytes, size};
    union control control;
    struct msghdr header;

    *barrier = -1;
    ssize_t got = peek(fd, &where, &control, &header);
    if (got < 0) return would_block() ? 0 : -1;
    (void)take_descriptors(&header, 0);
    if (got && (size_t)got <= size) {
        *pid = sender_of(&header);
        *length = (uint32_t)got;
    }
    if (!consume(fd, barrier)) return -1;
    if (got && (size_t)got <= size) return 1;
    sv_notifysocket_answer(barrier);
    if (!got) return 0;
    errno = EMSGSIZE;
    return -1;
}

void sv_notifysocket_answer(int *barrier)
{
    if (*barrier >= 0) drop(*barrier); /* that is all that is wanted of it */
    *barrier = -1;
}

/* Whether `fd` is the socket with that address. */
static int is_named(int fd, struct sockaddr_un const *address, socklen_t length)
{
    struct sockaddr_un own;
    socklen_t own_length = sizeof own;
    int type;
    socklen_t type_length = sizeof type;

    return !getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &type_length) && type == SOCK_DGRAM
           && !getsockname(fd, (struct sockaddr *)&own, &own_length)
           && own_length == length && !memcmp(&own, address, length);
}

struct search {
    int pidfd;
    struct sockaddr_un address;
    socklen_t length;
};

/* Descriptor `number` of that process, if it is the socket. -1 with errno. */
static int take_number(struct search const *search, int number)
{
    int fd = (int)syscall(SYS_pidfd_getfd, search->pidfd, number, 0);

    if (fd < 0 || is_named(fd, &search->address, search->length)) return fd;
    (void)close(fd); /* something else */
    errno = ENOENT;
    return -1;
}

/* Whether the link that stands for a descriptor of another process is to a socket. */
static int leads_to_socket(int dir, char const *name)
{
    struct stat about;

    return !fstatat(dir, name, &about, 0) && S_ISSOCK(about.st_mode);
}

/* Looks at all descriptors in /proc/PID/fd, which is `dir`. */
static int take_any(struct search const *search, int dir)
{
    _Alignas(struct entry) char entries[4096];
    unsigned int number;
    long got;

    while ((got = syscall(SYS_getdents64, dir, entries, sizeof entries)) > 0) {
        for (long at = 0; at < got;) {
            struct entry const *entry =
                (struct entry const *)(void const *)(entries + at);
            at += entry->length;
            if (!uint0_scan(entry->name, &number) || !leads_to_socket(dir, entry->name))
                continue;
            int fd = take_number(search, (int)number);
            if (fd >= 0 || (errno != ENOENT && errno != EBADF)) return fd;
        }
    }
    if (!got) errno = ENOENT;
    return -1;
}

static int search_process(struct search const *search, pid_t holder)
{
    char path[sizeof "/proc//fd" + PID_FMT] = "/proc/";
    size_t length = strlen(path);

    length += pid_fmt(path + length, holder);
    memcpy(path + length, "/fd", sizeof "/fd");
    int dir = open2(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0) return errno = errno == ENOENT ? ESRCH : errno, -1;
    int fd = take_any(search, dir);
    int error_number = errno;
    (void)close(dir); /* opened for reading */
    errno = error_number;
    return fd;
}

int sv_notifysocket_take(pid_t holder, int number, char const *name)
{
    struct search search;

    if (!name_to_address(name, &search.address, &search.length)) return -1;
    search.pidfd = (int)syscall(SYS_pidfd_open, holder, 0);
    if (search.pidfd < 0) return -1;
    errno = ENOENT;
    int fd = number < 0 ? -1 : take_number(&search, number);
    if (fd < 0 && (errno == ENOENT || errno == EBADF))
        fd = search_process(&search, holder);
    int error_number = errno;
    (void)close(search.pidfd); /* only a name of it */
    errno = error_number;
    return fd;
}
