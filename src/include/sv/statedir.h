/* ISC license. */

/*
 * statedir (kernel): where a service's supervise/ directory is.
 *
 * Usually SERVICE/supervise. The environment variable SUPERVISEDIR names another (as in
 * daemontools-encore): a relative name is used instead of "supervise"; below an absolute
 * one each service gets a directory named after its own path with ':' for '/', so that
 * service directories may be read-only: SUPERVISEDIR=/run/sv in /service/foo is
 * /run/sv/service:foo.
 */

#ifndef SV_STATEDIR_H
#define SV_STATEDIR_H

#include <stddef.h>

#define SV_STATEDIR_MAX 4096 /* enough for every path that the kernel takes */

/*
 * Writes the path of the state directory of the service directory we are in,
 * NUL-terminated. Returns its length; -1 with errno (ENAMETOOLONG, getcwd's).
 */
extern int sv_statedir_path(char *path, size_t size);

/*
 * Opens the state directory of the service directory we are in, O_RDONLY|O_CLOEXEC. If
 * there is none and `create` is set it is made, mode 0700; a symbolic link to nowhere
 * gets its target made (Debian's patch to daemontools). Returns the descriptor, -1 with
 * errno.
 */
extern int sv_statedir_open(int create);

#endif
