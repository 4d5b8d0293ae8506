/* ISC license. */

/*
 * cgrouppath (pure): where a cgroup is, from what /proc says. Only the unified hierarchy
 * is meant (cgroup v2), mounted alone or beside the old ones. Source: cgroups(7),
 * proc_pid_mountinfo(5).
 */

#ifndef SV_CGROUPPATH_H
#define SV_CGROUPPATH_H

#include <stddef.h>
#include <stdint.h>

#define SV_CGROUP_PATH 1024 /* of a cgroup; a longer one is not used */
#define SV_CGROUP_NAME 48   /* of a service's own one */

/* The name of the cgroup of the service whose directory this is. Cannot fail. */
extern void sv_cgrouppath_name(char *name, uint64_t device, uint64_t inode);

/*
 * The cgroup that /proc/PID/cgroup tells of, in SV_CGROUP_PATH bytes: "/" or "/a/b".
 * Returns 1; 0 if there is none that we can see, or it has been removed.
 */
extern int sv_cgrouppath_own(char const *text, size_t length, char *own);

/*
 * The directory of the cgroup `own`, in SV_CGROUP_PATH bytes, if this line of mountinfo
 * (`length` bytes, without its newline) is about a place where it can be seen. Returns 1
 * or 0.
 */
extern int sv_cgrouppath_mounted(char const *line, size_t length, char const *own,
                                 char *path);

/*
 * How much of `own` leads to a cgroup of that name: the length of the path up to and
 * with the last such part. 0 if there is none.
 */
extern size_t sv_cgrouppath_find(char const *own, char const *name);

#endif
