/* ISC license. */

/*
 * renamed (kernel): directories in which something is renamed, told by signals (dnotify).
 *
 * watch.h tells more. But a program that has watched something with inotify takes
 * milliseconds to end, because the kernel waits until nobody can be looking at the watch
 * any more; this here costs nothing then. A kernel may lack it.
 */

#ifndef SV_RENAMED_H
#define SV_RENAMED_H

#include <stddef.h>

#define SV_RENAMED_MAX 16 /* directories told at a time */

struct sv_renamed {
    int fd; /* readable when something was renamed; -1: not open */
};

/* Begins; from here on SIGIO and the first real-time signal are blocked. Returns 1; 0
 * with errno. */
extern int sv_renamed_open(struct sv_renamed *renamed);

/*
 * From here on tells of the directory `dir`, an O_RDONLY descriptor that stays open as
 * long as that is to last. Returns 1; 0 with errno (EINVAL: the kernel cannot do it).
 */
extern int sv_renamed_add(struct sv_renamed *renamed, int dir);

/*
 * In which directories, by their descriptors, something was renamed; -1 among them: in
 * any. One may be told several times, and may have been closed meanwhile. Returns how
 * many; 0 if there are none now; -1 with errno. Never waits.
 */
extern int sv_renamed_read(struct sv_renamed *renamed, int dirs[SV_RENAMED_MAX]);

#endif
