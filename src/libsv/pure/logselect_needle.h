/* ISC license. */

/* Between logselect.c and logselect_needle.c, _automaton.c, _run.c, _search.c. */

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

/* A backslash before one of these says that it stands for itself. */
#define SV_LOGSELECT_ESCAPED "^.[]$()|*+?{}\\/-\"#%&,:;=@~! "

/* The bytes that may be at one place of what is looked for: all from low to high. */
struct sv_logselect_range {
    unsigned char low;
    unsigned char high;
};

/*
 * Chooses from `count` ranges, one behind the other, those two that the fewest places of
 * a log fit; one, or none at all, are taken for two that say nothing. Returns how many
 * places fit, less being better; SV_LOGSELECT_ALL_PLACES: all.
 */
#define SV_LOGSELECT_ALL_PLACES (2000U * 2000U)
extern unsigned int sv_logselect_choose_hint(struct sv_logselect_hint *hint,
                                             struct sv_logselect_range const *ranges,
                                             size_t count);

/* The first place from `from` on and before `places` that fits; `places` if there is
 * none. */
extern size_t sv_logselect_seek(struct sv_logselect_hint const *hint, char const *line,
                                size_t from, size_t places);

/* Sets the needle's hint. As above. */
extern unsigned int sv_logselect_needle_prepare(struct sv_logselect_needle *needle,
                                                char const *text);

/* Whether the line has them: all those of one alternative. There must be one at least. */
extern int sv_logselect_needles_in(struct sv_logselect_needles const *needles,
                                   char const *line, size_t length);

/*
 * Makes an automaton of the expression: 1. It is good, then, and the automaton says what
 * regexec does in the C locale. 0: it cannot, or there is something odd in the
 * expression. *everything: it matches every line.
 */
extern int sv_logselect_automaton_read(struct sv_logselect_automaton *automaton,
                                       char const *expression, size_t length,
                                       int *everything);

/*
 * To be called once, for what comes next. Returns as sv_logselect_choose_hint does, for
 * where a match may begin.
 */
extern unsigned int sv_logselect_automaton_prepare(
    struct sv_logselect_automaton *automaton);

/* Whether the automaton's expression matches the line. */
extern int sv_logselect_automaton_matches(struct sv_logselect_automaton const *automaton,
                                          char const *line, size_t length);

#endif
