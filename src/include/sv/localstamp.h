/* ISC license. */

/*
 * localstamp (pure): shows the TAI64N labels at line starts as local time.
 *
 * A line that begins with a label ("@" and 24 hexadecimal digits, see stamp.h) gets
 * YYYY-MM-DD HH:MM:SS.nnnnnnnnn in its place; whatever follows the label, and every other
 * line, stays as it is. "@" alone, fewer digits, and labels that are no times or whose
 * year has not four digits are no labels.
 *
 * The input may come in pieces, cut anywhere. Labels of the same second, as neighbours
 * often are, are converted without looking at the calendar again.
 */

#ifndef SV_LOCALSTAMP_H
#define SV_LOCALSTAMP_H

#include <stddef.h>
#include <time.h>

#include <sv/calendar.h>
#include <sv/stamp.h>

/* How many bytes `length` bytes can become. The worst are lines with nothing but a label.
 */
#define SV_LOCALSTAMP_ROOM(length) \
    ((length) + ((length) / (SV_STAMP_TEXT + 1) + 1) * (SV_CALENDAR_TEXT - SV_STAMP_TEXT))

#define SV_LOCALSTAMP_HELD (SV_STAMP_TEXT - 1) /* most that is left over */

struct sv_localstamp {
    long (*offset_s)(time_t when); /* seconds east of UTC at that moment */
    int in_line;                   /* what comes next does not begin a line */
    int known;                     /* the second of `digits` is shown as `text` */
    char digits[17];               /* "@" and the digits of a label's seconds */
    char text[20];                 /* YYYY-MM-DD HH:MM:SS. */
};

/* Begins at a line start. */
#define SV_LOCALSTAMP(offset_function) \
    { \
        .offset_s = (offset_function) \
    }

/*
 * Converts the `length` bytes at `input` to `output`, which has
 * SV_LOCALSTAMP_ROOM(length) bytes and lies elsewhere. Returns how many bytes that made.
 * What could be the first part of a label, up to SV_LOCALSTAMP_HELD bytes, is left over:
 * the next call begins with it, at the end of the input it goes out as it is. *used is
 * what was not left over.
 */
extern size_t sv_localstamp_convert(struct sv_localstamp *state, char *output,
                                    char const *input, size_t length, size_t *used);

#endif
