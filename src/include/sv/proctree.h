/* ISC license. */

/*
 * proctree (kernel): the processes below this one. supervise is a child subreaper, so
 * whatever its service leaves behind, double-forked and in a session of its own, is still
 * below it.
 */

#ifndef SV_PROCTREE_H
#define SV_PROCTREE_H

#include <stdint.h>
#include <sys/types.h>

/*
 * Makes this process the one that orphans below it are given to. Returns 1; 0 with errno.
 */
extern int sv_proctree_adopt_orphans(void);

/*
 * Sends each signal whose bit is set in `signals` to every process below this one, at
 * most SV_PROCTREE_MAX of them. Returns how many processes were there; -1 with errno if
 * the kernel does not say who our children are.
 */
#define SV_PROCTREE_MAX 1024
extern int sv_proctree_signal(uint32_t signals);

/*
 * Among our children those that live and started at `after` (process.h) or later: the one
 * that started first, the lowest pid among equals. Returns its pid and sets *start; 0 if
 * there is none, or the kernel does not say who our children are.
 */
extern pid_t sv_proctree_heir(uint64_t after, uint64_t *start);

/* The inode of a pidfd of our child `pid`, 0 if the kernel does not tell (before 6.9). */
extern uint64_t sv_proctree_pidfd_inode(pid_t pid);

#endif
