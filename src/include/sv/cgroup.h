/* ISC license. */

/*
 * cgroup (kernel): a cgroup of its own for a service, where the unified hierarchy (cgroup
 * v2) is mounted and our own place in it is writable. Who is in it cannot leave it by
 * forking, and all of them can be killed at once (cgroup.kill, Linux 5.14).
 *
 * A cgroup is a directory here: a descriptor for reading.
 */

#ifndef SV_CGROUP_H
#define SV_CGROUP_H

#include <sys/types.h>

#include <sv/cgrouppath.h>
#include <sv/proctree.h>

/*
 * The cgroup that the process `pid` (0: this one) is in, SV_CGROUP_PATH bytes, as
 * /proc/PID/cgroup has it. Returns 1; 0 if that cannot be told.
 */
extern int sv_cgroup_of(pid_t pid, char *own);

/*
 * Opens the cgroup `own`. Returns a descriptor, close-on-exec; -1 with errno (ENOENT: it
 * cannot be seen in any place where the hierarchy is mounted).
 */
extern int sv_cgroup_open(char const *own);

/*
 * Opens the cgroup called `name`: the one that `pid` (0: not asked) is in, or below
 * one of that name, else the one below that of the process `parent` (0: this one).
 * With `create` that is made if need be. One that we are ourselves in is not opened.
 * Returns a descriptor, close-on-exec; -1 with errno.
 */
extern int sv_cgroup_open_named(char const *name, pid_t pid, pid_t parent, int create);

/* Whether the process `pid` is in a cgroup called `name` or below one. Returns 1 or 0. */
extern int sv_cgroup_has(char const *name, pid_t pid);

/*
 * Calls visit(pid, data) for every process in it and in the cgroups below, this one left
 * out. Returns how many there were.
 */
extern unsigned int sv_cgroup_each(int cgroup, sv_proctree_visit *visit, void *data);

/*
 * Kills them all, also what they start meanwhile; waits for nobody. Returns 1; 0 if none
 * could be found.
 */
extern int sv_cgroup_kill(int cgroup);

/*
 * Removes it, called `name`, and what is below. Returns 1 if it is gone; 0 with errno, as
 * EBUSY if somebody is in it. The descriptor stays open in any case.
 */
extern int sv_cgroup_remove(int cgroup, char const *name);

/* Waits until nobody is in it, at most that long. */
extern void sv_cgroup_wait(int cgroup, unsigned int limit_ms);

#endif
