/* ISC license. */

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <skalibs/allreadwrite.h>

#include <sv/clock.h>
#include <sv/openat.h>
#include <sv/spawn.h>

/* Linux 5.9 and later; spelled out for C libraries with older headers. */
#ifndef SYS_close_range
#define SYS_close_range 436
#endif
#ifndef CLOSE_RANGE_UNSHARE
#define CLOSE_RANGE_UNSHARE 2u
#endif

/*
 * The child borrows our memory until it executes: it may not return, and what it writes
 * we read. Its stack begins below ours, where nothing is while we wait, out of reach of
 * our return addresses and of what clone() keeps for itself. That close to it, starting a
 * child leaves no pages behind that waiting for the next one does not need.
 */
#define BELOW_US 1024

struct attempt {
    struct sv_spawn const *how;
    struct sv_spawn_birth *birth;
};

static int own_descriptors(struct sv_spawn const *how)
{
    if (!how->keep_below) return 1;
    return !syscall(SYS_close_range, how->keep_below, ~0u, CLOSE_RANGE_UNSHARE);
}

/*
 * Where the descriptor can be found when those before it have been placed: it is put
 * beyond all of them if one of them takes its number. -1 with errno.
 */
static int set_aside(struct sv_spawn const *how, unsigned int which)
{
    int from = how->fds[which].from, beyond = 0, is_taken = 0;

    for (unsigned int i = 0; i < how->fd_count; i++) {
        if (how->fds[i].to >= beyond) beyond = how->fds[i].to + 1;
        is_taken |= i < which && how->fds[i].to == from;
    }
    return is_taken ? fcntl(from, F_DUPFD_CLOEXEC, beyond) : from;
}

static int place_descriptors(struct sv_spawn const *how)
{
    int sources[SV_SPAWN_FDS];

    for (unsigned int i = 0; i < how->fd_count; i++) {
        sources[i] = set_aside(how, i);
        if (sources[i] < 0) return 0;
    }
    for (unsigned int i = 0; i < how->fd_count; i++) {
        int from = sources[i], to = how->fds[i].to;
        /* a descriptor on itself would stay close-on-exec: go through another number */
        int source = from == to ? dup(from) : from;
        if (source < 0 || dup2(source, to) < 0) return 0;
        if (source != from) (void)close(source); /* a duplicate */
    }
    return 1;
}

/*
 * Before it runs, so that nothing of it is ever outside. Not being in it is no reason not
 * to run. CLONE_INTO_CGROUP would save the 10 ms that the kernel may take for this; but
 * Linux 6.18 kills at once what is born that way into a cgroup whose cgroup.kill has ever
 * been used.
 */
static void join_cgroup(struct sv_spawn const *how)
{
    if (!how->cgroup) return;
    int fd = sv_openat(how->cgroup, "cgroup.procs", O_WRONLY | O_CLOEXEC, 0);
    if (fd < 0) return;
    (void)fd_write(fd, "0", 1); /* "0" is the writer */
    (void)close(fd);            /* written at once or not at all */
}

static int prepare(struct sv_spawn const *how)
{
    sigset_t none;

    join_cgroup(how);
    if (!own_descriptors(how)) return 0;
    if (how->new_session) (void)setsid(); /* a new child leads no group: cannot fail */
    if (how->dir >= 0 && fchdir(how->dir) < 0) return 0;
    if (!place_descriptors(how)) return 0;
    if (how->files && setrlimit(RLIMIT_NOFILE, how->files) < 0) return 0;
    if (signal(SIGPIPE, SIG_DFL) == SIG_ERR) return 0;
    for (int const *number = how->handled; number && *number; number++)
        if (signal(*number, SIG_DFL) == SIG_ERR) return 0;
    sigemptyset(&none);
    return !sigprocmask(SIG_SETMASK, &none, 0);
}

__attribute__((no_sanitize("address", "undefined"))) static int become(void *data)
{
    struct attempt *attempt = data;
    struct sv_spawn const *how = attempt->how;

    if (!attempt->birth->pid) /* the kernel does not say if it could not store it */
        attempt->birth->pid = getpid();
    attempt->birth->last_ns = sv_clock_boottime_ns();
    if (how->first) how->first(how->data);
    if (prepare(how))
        (void)execve(how->file,
                     (char *const *)how->argv, /* if it returns it has failed */
                     (char *const *)(how->environment ? how->environment
                                                      : (char const *const *)environ));
    attempt->birth->error_number = errno;
    _exit(127);
}

__attribute__((noinline, no_sanitize("address", "undefined"))) pid_t sv_spawn(
    struct sv_spawn const *how)
{
    uintptr_t stack = ((uintptr_t)__builtin_frame_address(0) - BELOW_US) & ~(uintptr_t)63;
    struct sv_spawn_birth unseen = {.pid = 0};
    struct attempt attempt = {how, how->birth ? how->birth : &unseen};
    int flags = CLONE_VM | CLONE_VFORK | CLONE_PARENT_SETTID | SIGCHLD
                | (how->keep_below ? CLONE_FILES : 0);
    sigset_t all, before;

    /* a handler of ours must not run in the child: it would work on our memory */
    sigfillset(&all);
    (void)sigprocmask(SIG_SETMASK, &all,
                      &before); /* cannot fail: the arguments are right */
    attempt.birth->first_ns = sv_clock_boottime_ns();
    pid_t pid = clone(become, (void *)stack, flags, &attempt, &attempt.birth->pid);
    int error_number = pid < 0 ? errno : attempt.birth->error_number;
    (void)sigprocmask(SIG_SETMASK, &before, 0);

    if (pid > 0 && error_number) {
        while (waitpid(pid, 0, 0) < 0 && errno == EINTR) continue;
        pid = 0;
    }
    errno = error_number;
    return pid;
}
