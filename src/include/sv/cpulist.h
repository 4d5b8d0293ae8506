/* ISC license. */

/*
 * cpulist (pure): a set of processors, as the kernel and taskset write it: numbers and
 * ranges with commas between them, "0,2-5"; of a range every N-th only, "0-8:2". Source:
 * cpuset(7), List format.
 */

#ifndef SV_CPULIST_H
#define SV_CPULIST_H

#include <stddef.h>

#define SV_CPULIST_MAX 8192 /* processors: as many as a kernel can be built for */
#define SV_CPULIST_WORD (8 * sizeof(unsigned long))

/* In the form of sched_setaffinity(2): processor n is bit n. */
struct sv_cpulist {
    unsigned long words[SV_CPULIST_MAX / SV_CPULIST_WORD];
};

extern int sv_cpulist_has(struct sv_cpulist const *list, unsigned int cpu);

/*
 * Understands a list; it names at least one. Returns 1; 0 if it is nothing of the kind,
 * or a number is SV_CPULIST_MAX or more.
 */
extern int sv_cpulist_scan(char const *text, struct sv_cpulist *list);

/* Writes a list into text[size]; what does not fit is left out. */
extern void sv_cpulist_format(char *text, size_t size, struct sv_cpulist const *list);

/* Takes from `list` all that `other` has as well. Returns whether any is left. */
extern int sv_cpulist_without(struct sv_cpulist *list, struct sv_cpulist const *other);

#endif
