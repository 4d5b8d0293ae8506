/* ISC license. */

/*
 * proctree (kernel): the processes of a service. supervise is a child subreaper, so
 * whatever its service leaves behind, double-forked and in a session of its own, is still
 * below it; only what another supervise has started, which was killed, is not.
 */

#ifndef SV_PROCTREE_H
#define SV_PROCTREE_H

#include <stdint.h>
#include <sys/types.h>

/*
 * Makes this process the one that orphans below it are given to. Returns 1; 0 with errno.
 */
extern int sv_proctree_adopt_orphans(void);

#define SV_PROCTREE_SKIP 8

/* Where processes are looked for: in all of the first three. 0: not there. */
struct sv_proctree {
    pid_t below;   /* below this one, itself left out */
    pid_t from;    /* this one, and all below it */
    pid_t session; /* in this session, and all below them; costs a look at everybody */
    pid_t skip[SV_PROCTREE_SKIP]; /* these, and what is below them, are left out */
};

typedef void sv_proctree_visit(pid_t pid, void *data);

/*
 * Calls visit(pid, data) once for each process that is there, however many they are,
 * zombies included. Returns 1; 0 with errno if there is no /proc.
 */
extern int sv_proctree_each(struct sv_proctree const *where, sv_proctree_visit *visit,
                            void *data);

/*
 * Kills all that are there, and what they start meanwhile. Does not wait for their ends,
 * but reaps the children of ours that have ended, `keep` left out. Returns 1; 0 with
 * errno if there is no /proc.
 */
extern int sv_proctree_kill(struct sv_proctree const *where, pid_t keep);

/*
 * Calls visit(pid, data) for each child of `parent`, in the order in which the kernel
 * keeps them: the order of birth, orphans from elsewhere at the end. Returns 1; 0 if that
 * process is gone or the kernel does not say who its children are.
 */
extern int sv_proctree_children(pid_t parent, sv_proctree_visit *visit, void *data);

/* The inode of a pidfd of our child `pid`, 0 if the kernel does not tell (before 6.9). */
extern uint64_t sv_proctree_pidfd_inode(pid_t pid);

#endif
