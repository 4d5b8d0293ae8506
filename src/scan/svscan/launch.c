/* ISC license. */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <skalibs/djbunix.h>

#include <sv/spawn.h>

#include "launch.h"

#define FIRST_FREE 3 /* after standard input, output and error */
#define DEFAULT_PATH "/bin:/usr/bin"
#define NAME "supervise"

/*
 * Makes launch->supervise DIRECTORY/supervise, if it is executable. Returns 1; 0 with
 * errno.
 */
static int try_directory(struct launch *launch, char const *directory, size_t length)
{
    struct stat about;
    size_t prefix = 0;

    if (!length
        || directory[0] != '/') { /* a relative one must hold for children elsewhere */
        if (!getcwd(launch->supervise, sizeof launch->supervise)) return 0;
        prefix = strlen(launch->supervise);
    }
    if (prefix + length + sizeof "//" NAME > sizeof launch->supervise) {
        errno = ENAMETOOLONG;
        return 0;
    }
    if (prefix && length) launch->supervise[prefix++] = '/';
    memcpy(launch->supervise + prefix, directory, length);
    memcpy(launch->supervise + prefix + length, "/" NAME, sizeof "/" NAME);
    if (stat(launch->supervise, &about) < 0 || access(launch->supervise, X_OK) < 0)
        return 0;
    if (S_ISREG(about.st_mode)) return 1;
    errno = EACCES;
    return 0;
}

static int try_beside_ourselves(struct launch *launch)
{
    char self[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self);

    while (length > 0 && self[length - 1] != '/') length--;
    if (length > 1) length--; /* not the only slash */
    return length > 0 && try_directory(launch, self, (size_t)length);
}

int launch_find(struct launch *launch)
{
    char const *path = getenv("PATH");
    int error_number = ENOENT;

    if (try_beside_ourselves(launch)) return 1;
    if (!path) path = DEFAULT_PATH;
    for (;;) {
        size_t length = strcspn(path, ":");
        if (try_directory(launch, path, length)) return 1;
        if (errno != ENOENT && errno != ENOTDIR) error_number = errno;
        if (!path[length]) break;
        path += length + 1;
    }
    errno = error_number;
    return 0;
}

void launch_raise_limit(struct launch *launch)
{
    struct rlimit most;

    launch->limits_files = !getrlimit(RLIMIT_NOFILE, &launch->files);
    if (!launch->limits_files) return;
    most = launch->files;
    most.rlim_cur = most.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &most); /* if not: fewer services with loggers */
}

void launch_lower_limit(struct launch const *launch)
{
    if (launch->limits_files)
        (void)setrlimit(RLIMIT_NOFILE, &launch->files); /* lower is allowed */
}

/* As dup3(), and no signal interrupts it. */
static int put_at(int from, int to)
{
    int fd;

    do fd = dup3(from, to, O_CLOEXEC);
    while (fd < 0 && errno == EINTR);
    return fd;
}

/* The lowest free descriptor, holding what idle_fd holds. -1 with errno. */
static int reserve(struct launch *launch)
{
    return fcntl(launch->idle_fd, F_DUPFD_CLOEXEC, FIRST_FREE);
}

/* Returns 1; 0 with errno. */
static int keep_first(struct launch *launch, int has_log)
{
    for (int i = 0; i < 2; i++) {
        launch->first_fds[i] = has_log ? fcntl(i + 1, F_DUPFD_CLOEXEC, FIRST_FREE) : -1;
        if (has_log && launch->first_fds[i] < 0) return 0;
    }
    return 1;
}

int launch_prepare(struct launch *launch, int has_handed, int has_log)
{
    /*
     * a kernel or a sandbox without it: then children get copies of what is close-on-exec
     */
    int keeps = !syscall(SYS_close_range, has_handed ? ~0u : FIRST_FREE, ~0u, 0);

    launch_raise_limit(launch);
    launch->idle_fd = open2("/", O_PATH | O_CLOEXEC);
    launch->stream_fd = launch->idle_fd < 0 ? -1 : reserve(launch);
    int kept = launch->stream_fd >= 0 && keep_first(launch, has_log);
    launch->dir_fd = kept ? reserve(launch) : -1;
    launch->keep_below = keeps ? (unsigned int)launch->dir_fd + 1 : 0;
    return launch->dir_fd >= 0;
}

/*
 * Opens the directory as dir_fd, in the place of what was there: so there is room for it
 * even when no descriptor is left. Returns 1; 0 with errno.
 */
static int place_directory(struct launch *launch, struct launch_order const *order)
{
    struct stat about;

    (void)close(launch->dir_fd); /* a place, nothing was written */
    int fd = open2(order->dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return 0;
    if (fd != launch->dir_fd) {
        int placed = put_at(fd, launch->dir_fd);
        (void)close(fd);
        if (placed < 0) return 0;
    }
    if (fstat(launch->dir_fd, &about) < 0) return 0;
    if (about.st_dev == order->device && about.st_ino == order->inode)
        return !faccessat(launch->dir_fd, order->name, F_OK, 0);
    errno = ENOENT;
    return 0;
}

static pid_t start(struct launch *launch, struct launch_order const *order)
{
    char const *const plain[] = {NAME, order->name, 0};
    char const *const one_of_many[] = {NAME, "--instance", order->instance, order->name,
                                       0};
    struct sv_spawn_fd const fds[] = {{.from = launch->stream_fd, .to = order->to},
                                      {.from = launch->first_fds[0], .to = 1},
                                      {.from = launch->first_fds[1], .to = 2}};
    struct sv_spawn const how = {
        .file = launch->supervise,
        .argv = *order->instance ? one_of_many : plain,
        .dir = order->dir || order->place >= 0 ? launch->dir_fd : -1,
        .fds = fds,
        .fd_count = order->is_own ? 3 : order->from >= 0,
        .files = launch->limits_files ? &launch->files : 0,
        .keep_below = launch->keep_below,
    };
    pid_t pid = sv_spawn(&how);

    return pid ? pid : -1;
}

pid_t launch_supervise(struct launch *launch, struct launch_order const *order)
{
    pid_t pid = -1;
    int placed = order->from < 0 || put_at(order->from, launch->stream_fd) >= 0;

    if (placed && order->place >= 0)
        placed = put_at(order->place, launch->dir_fd) >= 0
                 && !faccessat(launch->dir_fd, order->name, F_OK, 0);
    else if (placed && order->dir)
        placed = place_directory(launch, order);
    if (placed) pid = start(launch, order);
    int error_number = errno;
    /*
     * nothing of a service may stay here: an end of its pipe would keep its logger
     * waiting
     */
    (void)put_at(launch->idle_fd, launch->stream_fd); /* both are open: it cannot fail */
    (void)put_at(launch->idle_fd, launch->dir_fd);
    errno = error_number;
    return pid;
}
