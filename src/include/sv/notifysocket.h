/* ISC license. */

/*
 * notifysocket (kernel): the socket to which a service sends messages about itself
 * (sdnotify.h), and of which NOTIFY_SOCKET tells it.
 *
 * The service has a duplicate of it among its own descriptors, so that the socket, and
 * what has been sent to it, lives as long as the service does, whatever becomes of
 * supervise; the next supervise takes it back from there.
 */

#ifndef SV_NOTIFYSOCKET_H
#define SV_NOTIFYSOCKET_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define SV_NOTIFYSOCKET_NAME 108 /* bytes of a name, with its NUL: sun_path */

/*
 * Makes a socket that receives datagrams, with their senders' credentials. `where` is "@"
 * for an abstract one, with a name that nobody else has, or an absolute path: a socket
 * that is there is removed, anything else is not; every user may send to it. Writes the
 * value of NOTIFY_SOCKET to name[size]. Returns the descriptor, non-blocking and
 * close-on-exec; -1 with errno (ENAMETOOLONG: it does not fit into `name`, or into a
 * socket's address; EINVAL: no absolute path).
 */
extern int sv_notifysocket_open(char const *where, char *name, size_t size);

/*
 * Receives one message. Its bytes, at most `size`, are stored in `bytes`, then the pid of
 * who sent it in *pid (0: not known, as one in another PID namespace), then its length in
 * *length; and only then it is taken off the socket. So if all three lie in a shared
 * mapping, and *length is 0 before, a supervise that is killed leaves either a message
 * there that is complete, or one on the socket; at worst the same in both.
 *
 * A descriptor that came with the message is put into *barrier, to be closed by
 * sv_notifysocket_answer() when the message has been acted upon, -1 if there is none; all
 * further ones are closed here.
 *
 * Returns 1; 0 if no message is there (an empty one is none: it is gone); -1 with errno:
 * EMSGSIZE if it is longer than `size`, then it is gone and *length is as before;
 * anything else means that the socket is broken.
 */
extern int sv_notifysocket_read(int fd, void *bytes, size_t size, volatile pid_t *pid,
                                volatile uint32_t *length, int *barrier);

/* Closes *barrier, if there is one: who has sent it sees that. Sets it to -1. */
extern void sv_notifysocket_answer(int *barrier);

/*
 * Takes the socket `name` (as sv_notifysocket_open() wrote it) from the process `holder`:
 * its descriptor `number`, or, if that is not the socket, or `number` is negative,
 * whichever else is. Returns our own descriptor of it, close-on-exec; -1 with errno:
 * ENOENT if it does not have it, ESRCH if there is no such process, EPERM if we are not
 * allowed to (another user's process, or Yama, if it is not below us).
 */
extern int sv_notifysocket_take(pid_t holder, int number, char const *name);

#endif
