/* ISC license. */

/*
 * controlfifo (kernel): the FIFOs of supervise/. Who may write one may control, whoever
 * reads `ok` and `control` is a supervise.
 */

#ifndef SV_CONTROLFIFO_H
#define SV_CONTROLFIFO_H

#include <stddef.h>
#include <stdint.h>

/*
 * Makes the FIFO `name` in the directory `dir` with mode 0600 unless there is one, whose
 * mode then stays as the admin has set it, and opens it for reading without blocking. A
 * second descriptor in *writer keeps it from reaching end of file when writers come and
 * go. Returns the reading descriptor; -1 with errno: EEXIST if something else has that
 * name, ELOOP if that is a link, EMLINK if the FIFO has a second name.
 */
extern int sv_controlfifo_make(int dir, char const *name, int *writer);

/*
 * Whether somebody reads the FIFO `name` in the directory `dir` (O_PATH does; or
 * AT_FDCWD). Returns 1; 0 with errno if not: ENXIO, or ENOENT if there is no such file;
 * -1 with errno for anything else. Source: svok's contract.
 */
extern int sv_controlfifo_listening(int dir, char const *name);

/*
 * Opens the FIFO `name` in the directory `dir` (O_PATH does; or AT_FDCWD) for writing.
 * Returns the descriptor, which does not block; -1 with errno: ENXIO if nobody reads it,
 * ENOENT if there is none, EINVAL if it is no FIFO, ELOOP if it is a link, EMLINK if it
 * has a second name.
 */
extern int sv_controlfifo_open(int dir, char const *name);

/*
 * Writes `length` bytes (at most PIPE_BUF), all of them or none, to what
 * sv_controlfifo_open returned. A full FIFO is waited for until the deadline (clock.h).
 * Returns 1; 0 with errno: EAGAIN if it was full all the time (the reader is stopped),
 * EPIPE if the reader went away (SIGPIPE must be ignored).
 */
extern int sv_controlfifo_write(int fd, void const *bytes, size_t length,
                                int64_t deadline_ms);

#endif
