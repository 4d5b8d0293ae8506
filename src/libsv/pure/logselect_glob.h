/* ISC license. */

/* Between logselect.c and logselect_glob.c. */

#ifndef SV_LOGSELECT_GLOB_H
#define SV_LOGSELECT_GLOB_H

#include <stddef.h>

/* As sv_logselect_glob, the pattern given with its length. */
extern int sv_logselect_glob_matches(char const *pattern, size_t pattern_length,
                                     char const *line, size_t length);

#endif
