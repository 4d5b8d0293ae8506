/* ISC license. */

/*
 * option (pure): the command line's options.
 *
 * Short ones as daemontools has them: clustered, `-ofile` or `-o file`; the first
 * argument that is no option ends them, so does `--`. Long ones for what is new:
 * `--name`, `--name=value`, and `--name value` where a value is required. No
 * abbreviations.
 *
 *     static struct sv_option_word const words[] = {
 *         {"json", 'j', SV_OPTION_NONE}, {"fields", 'o', SV_OPTION_REQUIRED}, {0}};
 *     struct sv_options options = SV_OPTIONS("jo:", words);
 *     int option;
 *
 *     while ((option = sv_option_next(&options, argc, argv)) != SV_OPTION_END)
 *         switch (option) {
 *         case 'j': ...
 *         case SV_OPTION_WRONG: sv_option_complain(&options); usage ...
 *         }
 *     argc -= options.index, argv += options.index;
 */

#ifndef SV_OPTION_H
#define SV_OPTION_H

#include <skalibs/sgetopt.h>
#include <skalibs/strerr.h>

#define SV_OPTION_END (-1)
#define SV_OPTION_WRONG '?'

/* Of the values for long options without a letter: give them this and more. */
#define SV_OPTION_LONG 256

enum sv_option_value { SV_OPTION_NONE, SV_OPTION_REQUIRED, SV_OPTION_OPTIONAL };

struct sv_option_word {
    char const *name; /* without "--"; null ends the table */
    int option;       /* what sv_option_next returns for it */
    enum sv_option_value takes;
};

struct sv_options {
    char const *letters;                /* a ':' behind those that take a value */
    struct sv_option_word const *words; /* ends in a null name; may be null */
    int index;           /* of the next argument; at the end, the first left */
    char const *value;   /* of this option, null if it has none */
    char const *problem; /* defined after SV_OPTION_WRONG: what is wrong ... */
    char const *culprit; /* ... with which option, without dashes */
    subgetopt state;
    char letter[2];
};

#define SV_OPTIONS(option_letters, option_words) \
    { \
        .letters = (option_letters), .words = (option_words), .index = 1, \
        .state = SUBGETOPT_ZERO \
    }

/*
 * The next option: its letter, or what its table entry says; SV_OPTION_WRONG, then the
 * caller complains and ends; SV_OPTION_END when there is none left. Must not be copied
 * between calls.
 */
extern int sv_option_next(struct sv_options *options, int argc, char const *const *argv);

/* daemontools' words: "PROG: illegal option -- c". */
#define sv_option_complain(options) \
    strerr_warn(PROG, ": ", (options)->problem, " -- ", (options)->culprit)

#endif
