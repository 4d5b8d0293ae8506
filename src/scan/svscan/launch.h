/* ISC license. */

/*
 * launch: how svscan starts a supervise. With thousands of pipes open, a child that got a
 * copy of the table of descriptors would cost tens of KiB in the kernel. So what a child
 * needs is put into two low descriptors first, and it is told to keep only what is below
 * them.
 */

#ifndef SV_SVSCAN_LAUNCH_H
#define SV_SVSCAN_LAUNCH_H

#include <limits.h>
#include <sys/resource.h>
#include <sys/types.h>

struct launch {
    char supervise[PATH_MAX]; /* absolute */
    struct rlimit files;      /* RLIMIT_NOFILE we were started with: a child's, if ... */
    int limits_files;         /* ... that is known */
    int idle_fd;              /* what the two hold between launches: nothing much */
    int first_fds[2];         /* our first standard output and error; -1: not kept */
    int stream_fd;            /* becomes the child's standard input or output */
    int dir_fd;               /* becomes its working directory */
    unsigned int keep_below;  /* as in spawn.h */
};

/*
 * Finds supervise: beside our own executable, else through PATH, an unset one being /bin
 * and /usr/bin. Returns 1; 0 with errno. Call it in the scan directory: PATH may be
 * relative to it.
 */
extern int launch_find(struct launch *launch);

/*
 * Closes all descriptors from 3 on, which are not ours and would be the services' too,
 * reserves the two low ones, and raises our own RLIMIT_NOFILE as far as it goes. If some
 * were handed over by the image before, all stay that are open. If `has_log`, keeps our
 * standard output and error as they are now. To be called before anything is opened.
 * Returns 1; 0 with errno.
 */
extern int launch_prepare(struct launch *launch, int has_handed, int has_log);

/* RLIMIT_NOFILE as we were started with it, for another image of ours; and raised again.
 */
extern void launch_lower_limit(struct launch const *launch);
extern void launch_raise_limit(struct launch *launch);

/* What a supervise is started with. */
struct launch_order {
    char const *name;     /* its argument */
    char const *instance; /* of which instance it is; "": of none */
    char const *dir;      /* its working directory, null: ours */
    dev_t device;         /* what `dir` must be; defined if (dir) */
    ino_t inode;
    int place;  /* its working directory as a descriptor instead, -1: none */
    int from;   /* a descriptor of ours, -1: none ... */
    int to;     /* ... that becomes this one, 0 or 1 */
    int is_own; /* standard output and error are the first ones that we had */
};

/*
 * Returns the pid, > 0; -1 with errno (ENOENT: no `name` in `dir`, or no longer that
 * `dir`).
 */
extern pid_t launch_supervise(struct launch *launch, struct launch_order const *order);

#endif
