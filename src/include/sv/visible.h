/* ISC license. */

/*
 * visible (pure): somebody else's text, a log line or the name of a file, as it may be
 * sent to a terminal. Whoever may write a log line must not drive the terminal of who
 * looks at it: nothing comes through that the terminal would not simply print.
 *
 * What does not: control characters (C0, DEL, and C1, which are those of eight bits),
 * what is no UTF-8 (RFC 3629), and characters that change the direction or the order of
 * what follows, or hide; each of them becomes a '?', but TAB a blank. A character takes
 * the columns that the Unicode tables give it, in an abridged form: two for those of East
 * Asia and for pictures, none for marks upon other characters, of which
 * SV_VISIBLE_MARKS are let through for each.
 */

#ifndef SV_VISIBLE_H
#define SV_VISIBLE_H

#include <stddef.h>

#define SV_VISIBLE_MARKS 2

/* Bytes that text in so many columns can take, NUL included. */
#define SV_VISIBLE_ROOM(columns) ((columns)*4 * (1 + SV_VISIBLE_MARKS) + 1)

/*
 * Writes as much of text[length] as goes into `columns` columns, NUL-terminated, into
 * `out`, which has SV_VISIBLE_ROOM(columns) bytes. Without `utf8` every byte that is not
 * ASCII becomes a '?'. Returns the columns that it takes.
 */
extern unsigned int sv_visible(char *out, unsigned int columns, char const *text,
                               size_t length, int utf8);

#endif
