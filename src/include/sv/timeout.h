/* ISC license. */

/*
 * timeout (kernel): --timeout=MS of the programs that wait for services.
 */

#ifndef SV_TIMEOUT_H
#define SV_TIMEOUT_H

#include <stdint.h>

/*
 * The milliseconds that `text` says, from 0 to UINT_MAX. Ends the program with 100 if it
 * is nothing of the kind.
 */
extern int64_t sv_timeout_read(char const *text);

#endif
