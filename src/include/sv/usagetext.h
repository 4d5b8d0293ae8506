/* ISC license. */

/*
 * usagetext (pure): what the kernel's text files say about the use of the machine.
 * Source: proc_pid_stat(5), and the kernel's admin-guide/cgroup-v2.
 */

#ifndef SV_USAGETEXT_H
#define SV_USAGETEXT_H

#include <stddef.h>
#include <stdint.h>

struct sv_usagetext {
    uint64_t ticks; /* of CPU: its own, and those of children that it has waited for */
    uint64_t pages; /* in memory, shared ones included */
};

/* Reads /proc/PID/stat, `length` bytes. Returns 1; 0 if it is not as it should be. */
extern int sv_usagetext_process(char const *text, size_t length,
                                struct sv_usagetext *usage);

/* Reads the line `name` ("usage_usec") of a cgroup's cpu.stat. Return likewise. */
extern int sv_usagetext_line(char const *text, size_t length, char const *name,
                             uint64_t *value);

#endif
