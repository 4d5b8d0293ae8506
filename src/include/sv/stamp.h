/* ISC license. */

/*
 * stamp (pure): TAI64N labels as daemontools writes them.
 *
 * A label is 2^62 + 10 + unix seconds, then nanoseconds: no leap second table, on
 * purpose. (skalibs' own clock uses one and is 27 s ahead: right for deadlines, wrong for
 * labels.) Packed: 8 bytes seconds and 4 bytes nanoseconds, both big-endian (bytes 0-11
 * of `status`). Text: "@" and the 24 lowercase hexadecimal digits of the packed form.
 * Source: daemontools' tai64n and supervise; https://cr.yp.to/libtai/tai64.html for the
 * format.
 */

#ifndef SV_STAMP_H
#define SV_STAMP_H

#include <stdint.h>
#include <time.h>

/* Label of the unix epoch: 2^62 + 10. */
#define SV_STAMP_EPOCH UINT64_C(4611686018427387914)

#define SV_STAMP_PACKED 12 /* bytes of a packed label */
#define SV_STAMP_TEXT 25   /* bytes of "@" and 24 digits, no NUL */
#define SV_STAMP_ACCU 17   /* longest "seconds.microseconds" that sv_stamp_accu writes */

/*
 * Packs `when` (unix time, tv_nsec 0..999999999) into the 12 bytes at `packed`. Cannot
 * fail.
 */
extern void sv_stamp_pack(unsigned char *packed, struct timespec const *when);

/*
 * Unpacks 12 bytes to unix time. Returns 1; 0 if the label is not one that we could have
 * written: nanoseconds over 999999999 or seconds outside what a 62-bit unix time can hold
 * (then *when is untouched).
 */
extern int sv_stamp_unpack(unsigned char const *packed, struct timespec *when);

/* Writes "@" and 24 digits, 25 bytes without a NUL, at `text`. Cannot fail. */
extern void sv_stamp_format(char *text, struct timespec const *when);

/*
 * Reads "@" and 24 lowercase or uppercase hexadecimal digits from the `length` bytes at
 * `text`; what follows them is not looked at. Returns 1; 0 on anything else (*when
 * untouched).
 */
extern int sv_stamp_scan(char const *text, size_t length, struct timespec *when);

/*
 * Writes encore's `T` form, "seconds.microseconds" with six decimals, without a NUL, for
 * unix times of 0 to 9999999999 seconds (others are clamped). Returns the length, at most
 * SV_STAMP_ACCU.
 */
extern unsigned int sv_stamp_accu(char *text, struct timespec const *when);

#endif
