/* ISC license. */

/*
 * usage (kernel): how much of the machine processes use, as the kernel tells everybody.
 */

#ifndef SV_USAGE_H
#define SV_USAGE_H

#include <stdint.h>
#include <sys/types.h>

struct sv_usage {
    uint64_t cpu_us; /* CPU time so far */
    uint64_t memory; /* bytes */
};

/*
 * Adds what the process `pid` uses: its CPU time with that of the children it has waited
 * for, and its resident memory, of which it may share a part with others. Returns 1; 0 if
 * there is no such process, or it cannot be told.
 */
extern int sv_usage_process(pid_t pid, struct sv_usage *usage);

/*
 * The CPU time that was used in the cgroup (a directory, cgroup.h) since it was made, by
 * processes that have ended as well. Returns 1; 0 if the kernel does not count it.
 */
extern int sv_usage_cgroup_cpu(int cgroup, uint64_t *cpu_us);

/*
 * The memory that is charged to it, page cache included. Returns 1; 0 where the memory
 * controller is not at work.
 */
extern int sv_usage_cgroup_memory(int cgroup, uint64_t *bytes);

#endif
