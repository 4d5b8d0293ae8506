/* ISC license. */

/*
 * checksum (pure): tells a whole record from a torn or foreign one.
 */

#ifndef SV_CHECKSUM_H
#define SV_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/* FNV-1a, 32 bits, of `length` bytes. Not against malice. */
extern uint32_t sv_checksum(unsigned char const *bytes, size_t length);

#endif
