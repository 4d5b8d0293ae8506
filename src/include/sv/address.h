/* ISC license. */

/*
 * address (pure): where a datagram goes, from the text of multilog's script.
 *
 *     A.B.C.D  A.B.C.D:PORT  [V6]  [V6]:PORT
 *
 * Only numbers. A name would have to be looked up, and a logger must not wait for a
 * resolver: the resolver may itself wait for a service whose output nobody reads just
 * then. An IPv6 address stands in brackets, so that its last group and a port cannot be
 * mistaken for each other; it has no zone (%eth0): a zone's number is known to the kernel
 * only. Source of the text forms: RFC 4291, section 2.2 (without brackets), RFC 3986,
 * section 3.2.2 (with them).
 */

#ifndef SV_ADDRESS_H
#define SV_ADDRESS_H

#include <stdint.h>

#define SV_ADDRESS_SYSLOG 514 /* the port without one: syslog's, RFC 5426 */

struct sv_address {
    unsigned int six : 1; /* IPv6 */
    unsigned char ip[16]; /* network order; the first 4 bytes are used if (!six) */
    uint16_t port;        /* host order, never 0 */
};

/*
 * Reads the whole of `text`. Numbers are decimal, without leading zeros (some would read
 * them as octal); a port is 1..65535. Returns 1; 0 if it is no address (then *address is
 * as before).
 */
extern int sv_address_scan(char const *text, struct sv_address *address);

#endif
