/* ISC license. */

/*
 * logselect (pure): which actions of a multilog script get a line.
 *
 * A line begins selected. `-PATTERN` deselects a selected line that matches, `+PATTERN`
 * selects a deselected one; an action gets the line if it is selected where the action
 * stands. All of it starts afresh with every line, the kind of patterns too.
 *
 * Patterns match a whole line, given as bytes and their count; NUL is a byte like any
 * other.
 *   simple  A star that ends the pattern matches everything that is left. Another star
 *           matches up to the first occurrence of the byte behind it, and never tries a
 *           later one: `*ab` does not match "aab". Every other byte stands for itself.
 *           (So `**` asks for a star in the line.) Rule: daemontools' multilog.
 *   glob    fnmatch(3) without flags, in the C locale: `*`, `?`, `[...]` with ranges, `!`
 *           or `^` and classes, `\`. An implementation of our own: the C library's stops
 *           at a NUL, pulls in its locales and may take exponential time; this one takes
 *           at most pattern times line. (daemontools-encore calls fnmatch on the line as
 *           a C string.)
 *
 * No allocation: the caller gives storage for the rules, one for each directive is
 * enough.
 */

#ifndef SV_LOGSELECT_H
#define SV_LOGSELECT_H

#include <stddef.h>

#include <sv/logscript.h>

enum sv_logselect_step {
    SV_LOGSELECT_SELECT,
    SV_LOGSELECT_DESELECT,
    SV_LOGSELECT_ACTION
};

/* One step of the evaluation; compiled, not for others to look into. */
struct sv_logselect_rule {
    enum sv_logselect_step step;
    unsigned int glob : 1;
    unsigned int everything : 1; /* the pattern is `*` */
    char const *pattern;
    size_t length;  /* of the pattern */
    size_t literal; /* so many bytes of the pattern come first and stand for themselves */
};

struct sv_logselect {
    struct sv_logselect_rule *rules; /* the caller's, in the script's order */
    size_t count;
    size_t actions;            /* how many of them are actions */
    unsigned int constant : 1; /* no patterns: every action gets every line */
};

/*
 * Compiles the script into `rules`, of which there must be script->count. The actions are
 * the ALERT, STATUS and DIRECTORY directives, numbered from 0 in the script's order.
 * Cannot fail. The patterns stay in the script's words.
 */
extern void sv_logselect_compile(struct sv_logselect *select,
                                 struct sv_logselect_rule *rules,
                                 struct sv_logscript const *script);

/*
 * Writes for each action whether it gets the line, 1 or 0, into chosen[0 .. actions - 1].
 * Returns how many do.
 */
extern size_t sv_logselect_line(struct sv_logselect const *select, char const *line,
                                size_t length, unsigned char *chosen);

/* Whether the NUL-terminated pattern matches the `length` bytes at `line`: 1 or 0. */
extern int sv_logselect_simple(char const *pattern, char const *line, size_t length);
extern int sv_logselect_glob(char const *pattern, char const *line, size_t length);

#endif
