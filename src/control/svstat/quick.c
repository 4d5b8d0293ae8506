/* ISC license. */

/*
 * The usual case in few system calls, for who asks about thousands of services: five
 * where reading.c has eight, on shorter paths. It begins at the directory that the
 * services have in common, which is opened once, and lets the kernel see to it that no
 * symbolic link is on the way, so that the state directory need not be opened. Our own
 * supervise holds the record that it has written; of any other suite's `ok` is asked.
 * Whatever is not usual, be it a failure, is left to reading.c.
 */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <skalibs/allreadwrite.h>

#include <sv/clock.h>
#include <sv/statefile.h>

#include "svstat.h"

/* Linux 5.6 and later; spelled out for C libraries with older headers. */
#ifndef SYS_openat2
#define SYS_openat2 437
#endif
#define NO_SYMLINKS 0x04 /* RESOLVE_NO_SYMLINKS */

struct how {
    uint64_t flags;
    uint64_t mode;
    uint64_t resolve;
};

#define PLACE (O_PATH | O_DIRECTORY | O_CLOEXEC)
#define NAME_ROOM 16 /* for "/status" */

/* How the services below one directory are reached. */
enum way {
    WAY_DIRECT,       /* at first */
    WAY_INTO_SERVICE, /* one was a symbolic link, as in daemontools' habit: open it */
    WAY_NONE          /* its state directory was one too, or the kernel is too old */
};

static struct {
    int fd;        /* O_PATH, or AT_FDCWD; -1: not open */
    size_t length; /* of path */
    char path[PATH_MAX];
    enum way way;
} parent = {.fd = -1};

/* The state directory's name in each service directory; null if that is not how it is. */
static char const *state_name(void)
{
    static char const *name;

    if (!name) name = getenv("SUPERVISEDIR");
    if (!name || !*name) name = "supervise";
    return strchr(name, '/') ? 0 : name;
}

/* Makes the first `length` bytes of `path` the parent. Returns 0 if that cannot be done.
 */
static int choose_parent(char const *path, size_t length)
{
    if (parent.fd != -1 && length == parent.length && !memcmp(path, parent.path, length))
        return 1;
    if (parent.fd >= 0) (void)close(parent.fd); /* only a place */
    parent.fd = -1;
    if (length >= sizeof parent.path) return 0;
    memcpy(parent.path, path, length);
    parent.path[length] = 0;
    parent.length = length;
    parent.way = WAY_DIRECT;
    parent.fd = length ? open(parent.path, PLACE) : AT_FDCWD;
    return parent.fd != -1;
}

/* Whether there is `path`: 1 or 0; -1 with errno if that takes a closer look. To ask for
 * what only a link has is cheaper than to ask for what every file has. */
static int exists(int dir, char const *path)
{
    char target[1];

    if (readlinkat(dir, path, target, sizeof target) >= 0) {
        errno = EINVAL;
        return -1;
    }
    return errno == EINVAL ? 1 : errno == ENOENT ? 0 : -1;
}

static int open_plain(int dir, char const *path, int flags)
{
    struct how how = {.flags = (uint64_t)flags | O_NONBLOCK | O_CLOEXEC,
                      .resolve = NO_SYMLINKS};

    return (int)syscall(SYS_openat2, dir, path, &how, sizeof how);
}

static int is_listening(int dir, char const *path)
{
    int fd = open_plain(dir, path, O_WRONLY);

    if (fd >= 0) (void)close(fd); /* nothing was written */
    return fd >= 0;
}

/*
 * Reads the service whose directory is the first `length` bytes of `path`, seen from
 * `dir`. Returns 0 with errno if it is not as usual.
 */
static int read_service(struct reading *reading, int dir, char *path, size_t length)
{
    unsigned char packed[SVSTAT_PACKED];
    size_t file = length + strlen(state_name());

    strcpy(path + length, state_name());
    strcpy(path + file, "/" SV_STATUS_FILE);
    int fd = open_plain(dir, path, O_RDONLY);
    if (fd < 0) return 0;
    ssize_t got = fd_read(fd, (char *)packed, sizeof packed);
    reading->supervised = sv_statefile_is_held(fd) != 0;
    (void)close(fd); /* opened for reading */
    errno = EINVAL;
    if (got <= 0 || !svstat_unpack(reading, packed, (size_t)got)) return 0;

    strcpy(path + file, "/ok");
    if (!reading->supervised && !is_listening(dir, path)) return 0;
    reading->supervised = 1;

    strcpy(path + length, "down");
    int has_down = exists(dir, path);
    reading->has_down = has_down > 0;
    return has_down >= 0;
}

/* The same by the parent's way, or by the next one that leads there. */
static int find_way(struct reading *reading, char *path, size_t length)
{
    if (parent.way == WAY_DIRECT) {
        if (read_service(reading, parent.fd, path, length)) return 1;
        if (errno == ELOOP) parent.way = WAY_INTO_SERVICE;
        if (errno == ENOSYS || errno == EPERM) parent.way = WAY_NONE;
    }
    if (parent.way != WAY_INTO_SERVICE) return 0;
    path[length] = 0;
    int dir = openat(parent.fd, path, PLACE);
    if (dir < 0) return 0;
    int is_read = read_service(reading, dir, path, 0);
    if (!is_read && errno == ELOOP) parent.way = WAY_NONE;
    (void)close(dir); /* only a place */
    return is_read;
}

int svstat_read_quickly(struct reading *reading, char const *service)
{
    char path[PATH_MAX];
    size_t length = strlen(service), end = length;

    while (end && service[end - 1] == '/') end--;
    size_t name = end;
    while (name && service[name - 1] != '/') name--;
    if (name == end || !state_name() || strchr(service, '@')
        || length - name + 1 + strlen(state_name()) + NAME_ROOM > sizeof path)
        return 0;
    if (!choose_parent(service, name)) return 0;
    memcpy(path, service + name, length - name);
    path[length - name] = '/';

    memset(reading, 0, sizeof *reading);
    reading->service = service;
    reading->log = "";
    sv_clock_wall(&reading->now);
    return find_way(reading, path, length - name + 1);
}
