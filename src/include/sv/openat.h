/* ISC license. */

/*
 * openat (kernel): openat() that a signal cannot interrupt; skalibs' open2_at() and
 * open3_at() do not try again.
 */

#ifndef SV_OPENAT_H
#define SV_OPENAT_H

#include <sys/types.h>

/*
 * Opens `name` in `dir` (AT_FDCWD: the working directory), close-on-exec only if the
 * flags say so. `mode` is for a file that is made. Returns the descriptor; -1 with errno.
 */
extern int sv_openat(int dir, char const *name, int flags, mode_t mode);

#endif
