/* ISC license. */

/*
 * logselect (pure): which actions of a multilog script get a line.
 *
 * A line begins selected. `-PATTERN` deselects a selected line that matches, `+PATTERN`
 * selects a deselected one, `f` selects it if no action got it yet and deselects it
 * otherwise; an action gets the line if it is selected where the action stands. All of it
 * starts afresh with every line, the kind of patterns too.
 *
 * The configured directives in front of a DIRECTORY are for that directory: its -PATTERN
 * and +PATTERN go on from where the script stands, its SEND or SEND_ONLY and the
 * directory itself see their outcome, and behind it the script goes on as if they had not
 * been. COMPLAIN and EXCUSE start from a deselected line, select and deselect it; then
 * there is an alert, which is one action, for all of them together. Rule: svlogd's. (For
 * an `f` further on, these are actions like any other.)
 *
 * Patterns match a whole line, given as bytes and their count; NUL is a byte like any
 * other.
 *   simple  A star that ends the pattern matches everything that is left. Another star
 *           matches up to the first occurrence of the byte behind it, and never tries a
 *           later one: `*ab` does not match "aab". Every other byte stands for itself.
 *           (So `**` asks for a star in the line.) Rule: daemontools' multilog.
 *   plus    As simple; besides, a plus matches the byte behind it as often as that comes,
 *           once at least: `+ab` matches "aaab", `+aab` nothing. A plus that ends the
 *           pattern says nothing, one behind a star is what that looks for. Rule:
 *           svlogd's, except that to it the rest of the pattern does not matter if the
 *           line ends in what a plus matches (`+ab` and "aaa").
 *   glob    fnmatch(3) without flags, in the C locale: `*`, `?`, `[...]` with ranges, `!`
 *           or `^` and classes, `\`. An implementation of our own: the C library's stops
 *           at a NUL, pulls in its locales and may take exponential time; this one takes
 *           at most pattern times line. (daemontools-encore calls fnmatch on the line as
 *           a C string.)
 *   regex   A POSIX extended regular expression, which matches anywhere in the line
 *           unless it is anchored. Rule: s6-log's. The engine is the caller's (see
 *           regex.h); here is what spares it nearly all lines. The strings that every
 *           match must have in it, the needles, are looked for first, in order; a line
 *           without them does not match. An expression that is nothing but strings with
 *           `.*` in between, anchored or not, says no more than that; neither do several
 *           such with `|` in between, in parentheses or not. Others become an automaton,
 *           if they have at most SV_LOGSELECT_POSITIONS bytes and brackets, repetitions
 *           `{n,m}` written out. The engine is for the rest: longer ones, `\w`, `\<` and
 *           their like, collating elements, and what is odd or no expression.
 *
 * No allocation: the caller gives storage for the rules, sv_logselect_room() of them.
 */

#ifndef SV_LOGSELECT_H
#define SV_LOGSELECT_H

#include <stddef.h>
#include <stdint.h>

#include <sv/logscript.h>

enum sv_logselect_step {
    SV_LOGSELECT_SELECT,
    SV_LOGSELECT_DESELECT,
    SV_LOGSELECT_REST,
    SV_LOGSELECT_ACTION,
    SV_LOGSELECT_SAVE,   /* the line's selection is remembered, one deep */
    SV_LOGSELECT_CLEAR,  /* the line is deselected */
    SV_LOGSELECT_RESTORE /* it is as it was at SAVE */
};

#define SV_LOGSELECT_NEEDLES 8
#define SV_LOGSELECT_NEEDLE_BYTES 64
#define SV_LOGSELECT_POSITIONS 64
#define SV_LOGSELECT_KINDS 48

/*
 * What two bytes of something that is looked for may be, `at` so many bytes from its
 * beginning: the two that say the most. Any from low to low + span. This and what follows
 * is not for others to look into.
 */
struct sv_logselect_hint {
    unsigned char at[2];
    unsigned char low[2];
    unsigned char span[2];
};

/* A string that stands for itself. */
struct sv_logselect_needle {
    unsigned char from; /* where in the text */
    unsigned char length;
    struct sv_logselect_hint hint;
    unsigned int at_begin : 1; /* the line must begin with it */
    unsigned int at_end : 1;   /* the line must end with it */
    unsigned int last : 1;     /* the next one belongs to another alternative */
};

/*
 * What a line must have for a regular expression to match: of one of the alternatives all
 * needles, one behind the other. None at all: nothing is known.
 */
struct sv_logselect_needles {
    size_t count;
    unsigned int places; /* how many places fit the hint that says the most, see there */
    struct sv_logselect_needle needle[SV_LOGSELECT_NEEDLES];
    char text[SV_LOGSELECT_NEEDLE_BYTES];
};

/*
 * An expression's positions are its bytes, dots, brackets and anchors. A set of them, one
 * bit each, is what may match the next byte of the line. Each byte is looked at once, and
 * takes at most as many steps as there are positions. (Glushkov's construction.)
 */
struct sv_logselect_automaton {
    uint64_t begin;       /* the set before a line's first byte */
    uint64_t first;       /* what begins a match elsewhere */
    uint64_t last;        /* what ends one */
    uint64_t end_anchors; /* $, which nothing comes behind */
    /* behind which of them come: the same one, the one with the next number, others */
    uint64_t itself;
    uint64_t next;
    uint64_t others;
    struct sv_logselect_hint hint; /* of a match that does not begin with ^ */
    unsigned char shortest;  /* such a match has so many bytes at least; 0: unknown */
    unsigned char kind[256]; /* of a byte */
    uint64_t matched_by[SV_LOGSELECT_KINDS]; /* positions */
    uint64_t behind[SV_LOGSELECT_POSITIONS]; /* of `others` */
};

/* One step of the evaluation. What is not commented is not for others to look into. */
struct sv_logselect_rule {
    enum sv_logselect_step step;
    size_t directive; /* ACTION: which one; COMPLAIN: the first of them */
    enum sv_logscript_matcher matcher;
    unsigned int everything : 1; /* the pattern matches every line */
    unsigned int automatic : 1;  /* regex: the automaton decides */
    unsigned int engine : 1; /* regex: neither that nor the needles can, `regex` does */
    char const *pattern;     /* regex with `engine`: to be compiled by the caller, */
    void *regex;             /* ... into this; null: never matches */
    size_t length;           /* of the pattern */
    size_t literal; /* so many bytes of the pattern come first and stand for themselves */
    struct sv_logselect_needles needles;     /* of a regex */
    struct sv_logselect_automaton automaton; /* if automatic; else undefined */
};

/* Whether the regular expression that the caller has compiled matches: 1 or 0. */
typedef int sv_logselect_engine(void const *regex, char const *line, size_t length);

struct sv_logselect {
    struct sv_logselect_rule *rules; /* the caller's, in the script's order */
    size_t count;
    size_t actions;              /* how many of them are actions */
    unsigned int constant : 1;   /* actions only: each gets every line */
    sv_logselect_engine *engine; /* the caller's; may be null: no regex then matches */
};

/* How many rules the script may need. */
extern size_t sv_logselect_room(struct sv_logscript const *script);

/*
 * Compiles the script into `rules`. The actions are the ALERT, ALERT_NAMED, PRINT,
 * STATUS, SEND and DIRECTORY directives, numbered from 0 in the script's order; of a
 * configured directory first its SEND or SEND_ONLY, then the DIRECTORY itself (not if it
 * is SEND_ONLY's), then its alert. Sets `engine` of the rules that need one; then the
 * caller sets their `regex`, and select->engine. Cannot fail. The patterns stay in the
 * script's words.
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
extern int sv_logselect_plus(char const *pattern, char const *line, size_t length);
extern int sv_logselect_glob(char const *pattern, char const *line, size_t length);

#endif
