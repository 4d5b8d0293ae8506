/* ISC license. */

/*
 * child (kernel): a process that is looked after although it is not our child, because
 * whoever started it was killed. It is held by a pidfd, which cannot come to mean another
 * process.
 */

#ifndef SV_CHILD_H
#define SV_CHILD_H

#include <stdint.h>
#include <sys/types.h>

/* Whether `pid` is a child of ours that has not been reaped. Returns 1 or 0. */
extern int sv_child_is_ours(pid_t pid);

/*
 * Opens the process `pid` that started at `start` (process.h) and whose pidfd has the
 * inode `inode` (proctree.h; 0: not known). Returns a descriptor,
 * close-on-exec, that becomes readable when the process has ended (also at once, if it
 * is a zombie); -1 with errno: ESRCH if that process is there no more, anything else if
 * it cannot be told or held (ENOSYS: a kernel or sandbox without pidfds).
 */
extern int sv_child_open(pid_t pid, uint64_t start, uint64_t inode);

/*
 * How the process that sv_child_open has opened ended, now that it has: from the pidfd
 * (PIDFD_GET_INFO, Linux 6.15), or from /proc while nobody has reaped it. Returns 1 and
 * fills *wait_status as waitpid() would; 0 if neither tells.
 */
extern int sv_child_end(int fd, pid_t pid, uint64_t start, int *wait_status);

/* Sends a signal through the pidfd, 0 as with kill(). Returns 1; 0 with errno. */
extern int sv_child_signal(int fd, int number);

#endif
