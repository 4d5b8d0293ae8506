/* ISC license. */

/*
 * pipeback (kernel): a pipe is taken back from a process that has one of its ends.
 *
 * /proc/PID/fd/N opened anew is another open file of the same pipe, and may be its other
 * end. So any process that has any end of it is enough, and no data is lost as long as
 * there is one.
 */

#ifndef SV_PIPEBACK_H
#define SV_PIPEBACK_H

#include <stdint.h>
#include <sys/types.h>

/*
 * The inode of the pipe that is our own descriptor `fd`; 0 if that is no pipe without a
 * name.
 */
extern uint64_t sv_pipeback_inode(int fd);

/*
 * The inode of the pipe that is descriptor `fd` of the process `pid`. Returns 1; 0 if
 * that is no pipe, or there is no such descriptor or process; -1 with errno if it cannot
 * be told (EACCES: somebody else's process).
 */
extern int sv_pipeback_look(pid_t pid, int fd, uint64_t *inode);

/*
 * Opens both ends of the pipe `inode` if it is descriptor `fd` of the process `pid`:
 * ends[0] for reading, ends[1] for writing, close-on-exec, blocking. Returns 1; 0 if it
 * is not that pipe; -1 with errno: EACCES or EPERM if we are not allowed to (as another
 * user, or in a sandbox), EMFILE and the like.
 */
extern int sv_pipeback_open(pid_t pid, int fd, uint64_t inode, int *ends);

#endif
