/* ISC license. */

/*
 * calendar (pure): moments as people write them, YYYY-MM-DD HH:MM:SS.nnnnnnnnn.
 *
 * The calendar is the proleptic Gregorian one, years 0000 to 9999, without leap seconds,
 * as gmtime() has it. There are no time zones here: the caller brings the offset (see
 * zone.h). The text is daemontools' tai64nlocal's; ISO 8601 has a T between day and time.
 */

#ifndef SV_CALENDAR_H
#define SV_CALENDAR_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#define SV_CALENDAR_TEXT 29 /* bytes of YYYY-MM-DD HH:MM:SS.nnnnnnnnn */

/* Unix time of 0000-01-01 00:00:00 and of 9999-12-31 23:59:59. */
#define SV_CALENDAR_FIRST INT64_C(-62167219200)
#define SV_CALENDAR_LAST INT64_C(253402300799)

/*
 * Writes YYYY-MM-DD, `separator`, HH:MM:SS, "." and `digits` (1 to 9) decimals: 20 +
 * digits bytes, no NUL. The moment is `when` (unix time, tv_nsec 0..999999999) shown
 * `offset_s` seconds east of UTC (less than 10^9 in size); decimals that are not shown
 * are cut off, not rounded. A moment before the year 0000 or after 9999 is written as
 * the first or the last one. Cannot fail.
 */
extern void sv_calendar_format(char *text, struct timespec const *when, long offset_s,
                               char separator, unsigned int digits);

/*
 * Reads "YYYY-MM-DD", or that followed by one of " ", "_", "T" and HH:MM, HH:MM:SS or
 * HH:MM:SS.fraction, as a moment in UTC; whoever means another zone subtracts its offset.
 * What is left out is zero; digits of the fraction after the ninth are cut off. All of
 * the `length` bytes must belong to it, and day and time must exist (no 30th of February,
 * no second 60). Returns 1; 0 on anything else (*when untouched).
 */
extern int sv_calendar_scan(char const *text, size_t length, struct timespec *when);

#endif
