/* ISC license. */

/*
 * spawn (kernel): starts a program as a child, the cheap way: clone() with vfork
 * semantics, so that no page table is copied, and a refusal of execve() comes back with
 * its errno before sv_spawn() returns.
 *
 * The child gets an empty signal mask and the default action for SIGPIPE; every other
 * ignored signal stays ignored (nohup), every caught one becomes default. Its descriptors
 * are those that are not close-on-exec, and those named here.
 */

#ifndef SV_SPAWN_H
#define SV_SPAWN_H

#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

#define SV_SPAWN_FDS 4

/*
 * `from` in the parent becomes `to` in the child, at most SV_SPAWN_FDS of them. The same
 * numbers may occur on both sides.
 */
struct sv_spawn_fd {
    int from;
    int to;
};

/*
 * What is stored about a new process, by the kernel and by the process itself, so that it
 * is known even if we are killed meanwhile: it lives in a mapping that outlives us.
 */
struct sv_spawn_birth {
    volatile int32_t pid;          /* before it runs; 0: there is no process */
    volatile int32_t error_number; /* execve(), or what comes before it, refused; or 0 */
    volatile int64_t first_ns;     /* CLOCK_BOOTTIME before clone() ... */
    volatile int64_t last_ns;      /* ... and as the process began to run; 0: not yet */
};

struct sv_spawn {
    char const *file;               /* path, not searched for */
    char const *const *argv;        /* ends in a null pointer */
    char const *const *environment; /* null: our own */
    int dir;                        /* the child's working directory, -1: ours */
    struct sv_spawn_fd const *fds;  /* fd_count of them; null if none */
    unsigned int fd_count;
    struct rlimit const *files;   /* RLIMIT_NOFILE for the child, null: ours */
    unsigned int new_session : 1; /* setsid() */
    /*
     * Signals that we have handlers for, then 0; null if there are none: in the child,
     * which shares our memory, they have none.
     */
    int const *handled;
    /*
     * 0, or: the child keeps only descriptors below this number and never gets a copy of
     * the others' table, which makes it cheaper for a parent with thousands of them. All
     * `from` and `dir` must be below it.
     */
    unsigned int keep_below;
    /*
     * Null, or what the child does first, in our memory and with copies of our
     * descriptors: what has to be true when the program looks.
     */
    void (*first)(void *data);
    void *data;
    int cgroup; /* the child is born in this one (cgroup.h) if it may; 0: in ours */
    struct sv_spawn_birth *birth; /* null: nowhere. All zero before */
};

/*
 * Starts it. Returns the pid, > 0; 0 if the process could be had but not become `file`:
 * errno says why, the process is gone and reaped; -1 with errno if no process could be
 * had.
 */
extern pid_t sv_spawn(struct sv_spawn const *how);

#endif
