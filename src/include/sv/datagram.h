/* ISC license. */

/*
 * datagram (kernel): lines to a syslog server over UDP.
 *
 * Nothing here waits, and a datagram that was sent has not arrived: what must not be lost
 * goes to a directory as well.
 */

#ifndef SV_DATAGRAM_H
#define SV_DATAGRAM_H

#include <stddef.h>

#include <sv/address.h>

/*
 * Returns a UDP socket connected to the address, non-blocking and close-on-exec; -1 with
 * errno, ENETUNREACH when there is no way there. The route and our own address are chosen
 * here: when one of them changes, sending fails, and the socket has to be opened again.
 */
extern int sv_datagram_open(struct sv_address const *address);

/*
 * Sends `length` bytes, which may be none, as one datagram. Returns 1 if the kernel took
 * it; 0 with errno if it is lost: EAGAIN when the queue is full, EMSGSIZE when it is too
 * long for one datagram. A server that is not there is no error: the next one may be.
 */
extern int sv_datagram_send(int fd, char const *data, size_t length);

#endif
