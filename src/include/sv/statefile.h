/* ISC license. */

/*
 * statefile (kernel): small files that are replaced whole, so that no reader sees a torn
 * one.
 */

#ifndef SV_STATEFILE_H
#define SV_STATEFILE_H

#include <stddef.h>
#include <sys/types.h>

/*
 * Replaces `name` in the directory `dir` by `length` bytes: written to `name`.new, then
 * renamed. Mode 0644, but mode and group of an existing `name` stay as the admin has set
 * them. Not synced: what it says does not outlive the boot anyway. A planted link is not
 * followed. Returns 1; 0 with errno, then the old file stays.
 */
extern int sv_statefile_write(int dir, char const *name, void const *bytes,
                              size_t length);

/*
 * Reads up to `size` bytes of the regular file `name` (a path relative to `dir`; dir may
 * be AT_FDCWD) into `bytes`; never waits on a FIFO. Returns the count; -1 with errno:
 * EINVAL if it is no regular file.
 */
extern ssize_t sv_statefile_read(int dir, char const *name, void *bytes, size_t size);

#endif
