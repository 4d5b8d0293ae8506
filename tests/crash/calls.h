/* ISC license. */

/* The system calls that atcall knows by name, and what their arguments are. */

#ifndef CALLS_H
#define CALLS_H

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tracee.h"

/* Linux 5.9 and older, for headers that do not know them. */
#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal 424
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_close_range
#define SYS_close_range 436
#endif
#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438
#endif

/* Arguments count from 0; NO: it has none of that kind. */
#define NO (-1)

struct call {
    long number;
    char const *name;
    signed char fd;     /* the argument that is a descriptor of what it works on */
    signed char path;   /* or a path, which counts unless it is empty */
    signed char length; /* how many bytes; of the vectors, how many parts */
    signed char writes;
};

/* clang-format off */
#define CALL(name, fd, path, length, writes) \
    {SYS_##name, #name, fd, path, length, writes},
static struct call const calls[] = {
    CALL(read, 0, NO, 2, 0) CALL(readv, 0, NO, 2, 0) CALL(pread64, 0, NO, 2, 0)
    CALL(preadv, 0, NO, 2, 0)
    CALL(write, 0, NO, 2, 1) CALL(writev, 0, NO, 2, 1) CALL(pwrite64, 0, NO, 2, 1)
    CALL(pwritev, 0, NO, 2, 1) CALL(pwritev2, 0, NO, 2, 1)
    CALL(sendfile, 0, NO, 3, 1) CALL(splice, 2, NO, 4, 1)
    CALL(copy_file_range, 2, NO, 4, 1)
    CALL(openat, 0, 1, NO, 0) CALL(renameat2, 0, 1, NO, 0) CALL(unlinkat, 0, 1, NO, 0)
    CALL(mkdirat, 0, 1, NO, 0) CALL(linkat, 0, 1, NO, 0) CALL(symlinkat, 1, 2, NO, 0)
    CALL(newfstatat, 0, 1, NO, 0) CALL(statx, 0, 1, NO, 0) CALL(faccessat, 0, 1, NO, 0)
    CALL(fchmodat, 0, 1, NO, 0) CALL(utimensat, 0, 1, NO, 0)
    CALL(fsync, 0, NO, NO, 0) CALL(fdatasync, 0, NO, NO, 0)
    CALL(sync_file_range, 0, NO, NO, 0) CALL(syncfs, 0, NO, NO, 0)
    CALL(fchmod, 0, NO, NO, 0) CALL(fallocate, 0, NO, NO, 0) CALL(ftruncate, 0, NO, NO, 0)
    CALL(fstat, 0, NO, NO, 0) CALL(fstatfs, 0, NO, NO, 0) CALL(getdents64, 0, NO, NO, 0)
    CALL(flock, 0, NO, NO, 0) CALL(lseek, 0, NO, NO, 0) CALL(mmap, 4, NO, NO, 0)
    CALL(fchdir, 0, NO, NO, 0) CALL(chdir, NO, 0, NO, 0) CALL(truncate, NO, 0, NO, 0)
#ifdef SYS_renameat
    CALL(renameat, 0, 1, NO, 0)
#endif
#ifdef SYS_open
    CALL(open, NO, 0, NO, 0) CALL(creat, NO, 0, NO, 0) CALL(rename, NO, 0, NO, 0)
    CALL(unlink, NO, 0, NO, 0) CALL(mkdir, NO, 0, NO, 0) CALL(link, NO, 0, NO, 0)
    CALL(symlink, NO, 0, NO, 0) CALL(stat, NO, 0, NO, 0) CALL(lstat, NO, 0, NO, 0)
    CALL(chmod, NO, 0, NO, 0) CALL(access, NO, 0, NO, 0)
    CALL(poll, NO, NO, NO, 0) CALL(select, NO, NO, NO, 0) CALL(epoll_wait, NO, NO, NO, 0)
#endif
    CALL(ppoll, NO, NO, NO, 0) CALL(pselect6, NO, NO, NO, 0)
    CALL(epoll_pwait, NO, NO, NO, 0) CALL(tee, 0, NO, NO, 0)
    CALL(ioctl, NO, NO, NO, 0) CALL(close, NO, NO, NO, 0) CALL(munmap, NO, NO, NO, 0)
    CALL(brk, NO, NO, NO, 0) CALL(clone, NO, NO, NO, 0) CALL(wait4, NO, NO, NO, 0)
    CALL(fcntl, NO, NO, NO, 0) CALL(rt_sigaction, NO, NO, NO, 0)
    CALL(exit_group, NO, NO, NO, 0)
    CALL(rt_sigprocmask, NO, NO, NO, 0) CALL(clock_gettime, NO, NO, NO, 0)
    CALL(mknodat, 0, 1, NO, 0) CALL(fchown, 0, NO, NO, 0) CALL(readlinkat, 0, 1, NO, 0)
    CALL(inotify_add_watch, 0, 1, NO, 0) CALL(inotify_rm_watch, 0, NO, NO, 0)
    CALL(inotify_init1, NO, NO, NO, 0) CALL(execve, NO, 0, NO, 0)
    CALL(pipe2, NO, NO, NO, 0) CALL(dup, 0, NO, NO, 0) CALL(dup3, 0, NO, NO, 0)
    CALL(waitid, NO, NO, NO, 0) CALL(kill, NO, NO, NO, 0) CALL(prctl, NO, NO, NO, 0)
    CALL(setsid, NO, NO, NO, 0) CALL(setitimer, NO, NO, NO, 0)
    CALL(prlimit64, NO, NO, NO, 0) CALL(getcwd, NO, NO, NO, 0) CALL(umask, NO, NO, NO, 0)
    CALL(getpid, NO, NO, NO, 0) CALL(geteuid, NO, NO, NO, 0)
    CALL(nanosleep, NO, NO, NO, 0) CALL(clock_nanosleep, NO, NO, NO, 0)
    CALL(getrandom, NO, NO, NO, 0) CALL(rt_sigreturn, NO, NO, NO, 0)
    CALL(pidfd_open, NO, NO, NO, 0) CALL(pidfd_getfd, NO, NO, NO, 0)
    CALL(pidfd_send_signal, NO, NO, NO, 0) CALL(close_range, NO, NO, NO, 0)
#ifdef SYS_open
    CALL(dup2, 0, NO, NO, 0) CALL(readlink, NO, 0, NO, 0) CALL(pipe, NO, NO, NO, 0)
    CALL(fork, NO, NO, NO, 0) CALL(vfork, NO, NO, NO, 0) CALL(alarm, NO, NO, NO, 0)
    CALL(mknod, NO, 0, NO, 0) CALL(rmdir, NO, 0, NO, 0)
#endif
};
/* clang-format on */

static long const waits[] = {
    SYS_ppoll, SYS_pselect6, SYS_epoll_pwait,
#ifdef SYS_open
    SYS_poll,  SYS_select,   SYS_epoll_wait,
#endif
};

static struct call const *find_call(uint64_t number)
{
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        if ((uint64_t)calls[i].number == number) return calls + i;
    return 0;
}

static int is_name(char const *name)
{
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        if (!strcmp(calls[i].name, name)) return 1;
    return 0;
}

static void find_descriptor(pid_t pid, int descriptor, char *target)
{
    char name[64];

    if (descriptor == AT_FDCWD)
        (void)snprintf(name, sizeof name, "/proc/%d/cwd", (int)pid);
    else
        (void)snprintf(name, sizeof name, "/proc/%d/fd/%d", (int)pid, descriptor);
    ssize_t length = readlink(name, target, TARGET - 1);
    target[length > 0 ? length : 0] = 0;
}

/* The path it names, or what its descriptor stands for, or empty. */
static void find_target(pid_t pid, struct call const *call, uint64_t const *arguments,
                        char *target)
{
    char path[TARGET] = "";

    *target = 0;
    if (!call) return;
    if (call->path != NO) read_path(pid, arguments[(int)call->path], path);
    if (*path != '/' && call->fd != NO)
        find_descriptor(pid, (int)arguments[(int)call->fd], target);
    if (!*path) return;
    size_t length = strlen(target);
    (void)snprintf(target + length, TARGET - length, "%s%s", length ? "/" : "", path);
}

static int is_on_disk(struct call const *call, char const *target)
{
    if (!*target || !strncmp(target, "/dev/", 5) || !strncmp(target, "/proc/", 6))
        return 0;
    /* a descriptor's name begins with a slash if it is a file's */
    return *target == '/' || (call->path != NO && !strchr(target, ':'));
}

/* Besides what writes: what makes, names, removes or changes a file. */
static int is_change(struct call const *call, uint64_t const *arguments)
{
    static char const *const names[] = {"creat",    "rename",    "renameat",  "renameat2",
                                        "unlink",   "unlinkat",  "mkdir",     "mkdirat",
                                        "rmdir",    "mknod",     "mknodat",   "link",
                                        "linkat",   "symlink",   "chmod",     "symlinkat",
                                        "fchmod",   "fchmodat",  "fchown",    "truncate",
                                        "fsync",    "ftruncate", "fdatasync", "fallocate",
                                        "utimensat"};

    if (!strcmp(call->name, "open")) return (arguments[1] & (O_CREAT | O_TRUNC)) != 0;
    if (!strcmp(call->name, "openat")) return (arguments[2] & (O_CREAT | O_TRUNC)) != 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strcmp(call->name, names[i])) return 1;
    return 0;
}

#endif
