/* ISC license. */

/*
 * cgroupsetting (pure): what is to be written to a file of a cgroup (version 2), as a
 * word: "memory.max=512M". Source: the kernel's cgroup-v2.rst, Interface Files: the part
 * before the first dot is the controller, or "cgroup" for what every cgroup has.
 */

#ifndef SV_CGROUPSETTING_H
#define SV_CGROUPSETTING_H

#include <stddef.h>

#define SV_CGROUPSETTING_FILE 64 /* longer names there are none */

struct sv_cgroupsetting {
    char file[SV_CGROUPSETTING_FILE];
    char controller[SV_CGROUPSETTING_FILE]; /* "" if every cgroup has such a file */
    char const *value;                      /* the rest of the word, perhaps nothing */
};

/*
 * Understands a word: letters, digits and underscores with dots between them, then = and
 * anything. Returns 1; 0 if it is something else.
 */
extern int sv_cgroupsetting_scan(char const *word, struct sv_cgroupsetting *setting);

#endif
