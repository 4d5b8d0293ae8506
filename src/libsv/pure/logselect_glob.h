/* ISC license. */

/* Between logselect.c, logselect_automaton.c and logselect_glob.c. */

#ifndef SV_LOGSELECT_GLOB_H
#define SV_LOGSELECT_GLOB_H

#include <stddef.h>

/* As sv_logselect_glob, the pattern given with its length. */
extern int sv_logselect_glob_matches(char const *pattern, size_t pattern_length,
                                     char const *line, size_t length);

/*
 * Whether the byte is in the class of that name, as in [:name:], in the C locale: 1 or 0;
 * -1 if there is no such class.
 */
extern int sv_logselect_in_class(char const *name, size_t length, unsigned char byte);

#endif
