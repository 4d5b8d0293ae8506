/* ISC license. */

/*
 * regex (kernel, since it allocates): POSIX extended regular expressions on lines, by the
 * C library's regcomp and regexec, in whatever locale is set; our programs set none, so
 * bytes are characters.
 *
 * An expression matches anywhere in the line unless it is anchored; `^` and `$` are the
 * line's ends only. A dot, and brackets with `^`, match every byte. A NUL in the line
 * counts as a byte of value 1, since the C library takes strings only.
 *
 * Whoever writes the expression is trusted. POSIX has no references to groups (`\1`) in
 * extended expressions; glibc does, and takes any time for some, or crashes. Nested
 * repetitions, `a{99}{99}`, take any memory to compile.
 */

#ifndef SV_REGEX_H
#define SV_REGEX_H

#include <stddef.h>

/*
 * Null if it is no expression, or there is no memory: the C library's words for it are
 * then in reason[0 .. room - 1], NUL-terminated; room > 0. The expression itself is not
 * needed any more afterwards.
 */
extern void *sv_regex_compile(char const *expression, char *reason, size_t room);

/*
 * Whether the compiled expression matches the `length` bytes at `line`: 1 or 0. Of a line
 * longer than SV_LOGSCRIPT_HEAD only so many bytes are looked at. If the C library runs
 * out of memory: 0. May be a sv_logselect_engine.
 */
extern int sv_regex_matches(void const *regex, char const *line, size_t length);

/* Null is allowed. */
extern void sv_regex_free(void *regex);

#endif
