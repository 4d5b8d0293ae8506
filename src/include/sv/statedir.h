/* ISC license. */

/*
 * statedir (kernel): where a service's supervise/ directory is.
 *
 * Usually SERVICE/supervise. The environment variable SUPERVISEDIR names another (as in
 * daemontools-encore): a relative name is used instead of "supervise"; below an absolute
 * one each service gets a directory named after its own path with ':' for '/', so that
 * service directories may be read-only: SUPERVISEDIR=/run/sv in /service/foo is
 * /run/sv/service:foo.
 *
 * An instance (instance.h) has its own in the directory of its template: "@ARG" is put
 * behind the name, SERVICE@/supervise@ARG. Below an absolute SUPERVISEDIR that is
 * /run/sv/service:foo@ARG, and for its logger /run/sv/service:foo@:log@ARG.
 *
 * A symbolic link of that name is Debian's habit, and a trap where the service's own user
 * may write in the service directory. It is followed if root or we ourselves (the
 * effective user) have made it. Anybody else's is followed only to a directory of their
 * own: there they could have put supervise/ itself.
 */

#ifndef SV_STATEDIR_H
#define SV_STATEDIR_H

#include <stddef.h>

#include <sv/instance.h>

#define SV_STATEDIR_MAX 4096 /* enough for every path that the kernel takes */

/*
 * Of which instance the service directory `service` is, as people name it: writes its
 * ARG, or "" if it is a service like any other. A path that does not tell (".") is that
 * of none. To be asked before the working directory changes. One system call at most, and
 * none if there is no '@' in the name.
 */
extern void sv_statedir_instance(char const *service, char instance[SV_INSTANCE_MAX]);

/* In what follows `instance` is what that has written. */

/*
 * Writes the path of the state directory of the service directory we are in,
 * NUL-terminated: for messages. Who opens it by this path follows whatever link is there.
 * Returns its length; -1 with errno (ENAMETOOLONG, getcwd's).
 */
extern int sv_statedir_path(char *path, size_t size, char const *instance);

/*
 * Opens the state directory of the service directory `service_dir`, a descriptor
 * (O_PATH does) or AT_FDCWD for the working directory. The result is O_RDONLY|O_CLOEXEC.
 * If there is none and `create` is set it is made, mode 0700; a symbolic link to nowhere
 * gets its target made (Debian's patch to daemontools) if root or we have made the link.
 * An absolute SUPERVISEDIR needs /proc, unless it is AT_FDCWD. Returns the descriptor, -1
 * with errno: EPERM if there is a link that must not be followed.
 */
extern int sv_statedir_open_at(int service_dir, char const *instance, int create);

/* The same for the service directory we are in. */
extern int sv_statedir_open(char const *instance, int create);

/*
 * For who only looks or sends commands: an O_PATH descriptor, for which a right to pass
 * through the directory is enough. Never makes it. Otherwise as sv_statedir_open_at.
 */
extern int sv_statedir_place(int service_dir, char const *instance);

/*
 * The same for the service directory `service`, as people name it, that of an instance
 * included; `readable`: O_RDONLY, so that it can be watched. Never makes it. Returns the
 * descriptor; -1 with errno: that of the service directory itself, or as
 * sv_statedir_open_at.
 */
extern int sv_statedir_find(char const *service, int readable);

/* The same for a path that begins in the directory `at`. */
extern int sv_statedir_find_at(int at, char const *service, int readable);

/*
 * Opens the directory, for reading, in which the state directory of that service is going
 * to be made; behind the link that it may be. -1 with errno.
 */
extern int sv_statedir_parent_at(int at, char const *service);

/*
 * What to say behind the errno of sv_statedir_open: "", or for EPERM a colon and what to
 * do about the link.
 */
extern char const *sv_statedir_remedy(int error_number);

#endif
