/* ISC license. */

/*
 * stream (kernel): a filter's input and output. A descriptor that somebody else has made
 * non-blocking is waited for, so that to the caller all of them block.
 */

#ifndef SV_STREAM_H
#define SV_STREAM_H

#include <stddef.h>
#include <sys/types.h>

/* As read(2), without EINTR and EAGAIN: the number of bytes, 0 at the end, -1 with errno.
 */
extern ssize_t sv_stream_read(int fd, char *buffer, size_t size);

/* Writes all of it. Returns 1; 0 with errno (never EINTR or EAGAIN). */
extern int sv_stream_write(int fd, char const *bytes, size_t length);

#endif
