/* ISC license. */

/*
 * zone (kernel): how far local time is from UTC.
 *
 * The rules come from the C library: TZ in the environment, zone files, POSIX TZ strings.
 * They are read at the first question; whether a later change of TZ is seen is left open.
 */

#ifndef SV_ZONE_H
#define SV_ZONE_H

#include <time.h>

/*
 * How many seconds east of UTC local time is at the moment `when`. 0, so that UTC is
 * shown, for moments more than 2^55 seconds from 1970: their years fit no struct tm.
 *
 * Asking for moments close to each other is cheap: a block of 15 minutes of UTC whose
 * first and last second have the same offset is taken to have it throughout, and is
 * remembered. (No zone has ever changed its clocks there and back within 15 minutes.) The
 * memory is static: not for several threads at a time.
 */
extern long sv_zone_offset(time_t when);

#endif
