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
 * Whether the open file `fd` is one that only supervise, or root, can have written: a
 * regular file with one name, owned by root or by us (effective user), and writable by
 * nobody else. What decides which process is ours must be. Returns 1; 0 with errno: EPERM
 * if it is not.
 */
extern int sv_statefile_is_ours(int fd);

/*
 * Makes the file `name` in the directory `dir`, `mode` less the umask. What has that
 * name is removed: neither followed nor written to, it may be a link or a name of
 * somebody else's file. `flags` is O_WRONLY or O_RDWR. Returns the descriptor,
 * close-on-exec; -1 with errno: EEXIST if a directory with something in it is in the way.
 */
extern int sv_statefile_create(int dir, char const *name, int flags, mode_t mode);

/*
 * Replaces `name` in `dir` by `length` bytes: written to another name, with a dot in
 * front so that nobody who lists the directory sees it come and go (.status.new for
 * .status, .status.first for status), then
 * renamed. Mode 0644, but mode and group of an existing `name` stay as the admin has set
 * them, except that nobody but its owner, who we are, may write it. Not synced: what it
 * says does not outlive the boot anyway. Returns 1; 0 with errno, then the old file
 * stays.
 */
extern int sv_statefile_write(int dir, char const *name, void const *bytes,
                              size_t length);

/*
 * The same (.status.next for status), and the new file stays open as *held in the place
 * of the one before (-1: there is none), with a lock that says to who reads it that we
 * are there. It is close-on-exec. `held` may be null.
 */
extern int sv_statefile_write_held(int dir, char const *name, void const *bytes,
                                   size_t length, int *held);

/*
 * Whether somebody holds the open file `fd`, as above: who wrote it is still there. 0
 * also if that cannot be told, and of a file that has been replaced since it was opened.
 */
extern int sv_statefile_is_held(int fd);

/*
 * Reads up to `size` bytes of the regular file `name` (a path relative to `dir`; dir may
 * be AT_FDCWD) into `bytes`; never waits on a FIFO. Returns the count; -1 with errno:
 * EINVAL if it is no regular file, ELOOP if it is a link.
 */
extern ssize_t sv_statefile_read(int dir, char const *name, void *bytes, size_t size);

/* The same; EPERM unless sv_statefile_is_ours. */
extern ssize_t sv_statefile_read_ours(int dir, char const *name, void *bytes,
                                      size_t size);

/*
 * The same as sv_statefile_read, but a link that root or we have made is followed (see
 * link.h). EPERM if it is somebody else's, ENOLINK if it leads nowhere.
 */
extern ssize_t sv_statefile_follow(int dir, char const *name, void *bytes, size_t size);

#endif
