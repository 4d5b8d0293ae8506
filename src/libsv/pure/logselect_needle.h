/* ISC license. */

/* Between logselect.c and logselect_needle.c, logselect_search.c. */

#ifndef SV_LOGSELECT_NEEDLE_H
#define SV_LOGSELECT_NEEDLE_H

#include <stddef.h>

#include <sv/logselect.h>

/*
 * What a line must have for the extended regular expression of `length` bytes to match.
 * Returns 1 if the expression says no more than that: it is good, no engine is needed,
 * and if there are no needles it matches every line. Else 0: the needles, if any, are
 * necessary, and it may be no expression at all.
 */
extern int sv_logselect_needles_read(struct sv_logselect_needles *needles,
                                     char const *expression, size_t length);

/* Finds out which bytes of the needle are the rarest, for what comes next. */
extern void sv_logselect_needle_prepare(struct sv_logselect_needle *needle,
                                        char const *text);

/* Whether the line has them: all those of one alternative. There must be one at least. */
extern int sv_logselect_needles_in(struct sv_logselect_needles const *needles,
                                   char const *line, size_t length);

#endif
