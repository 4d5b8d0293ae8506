/* ISC license. */

/*
 * about (kernel): what a program says about itself: --help and --version.
 *
 * Every program answers both, on standard output and with exit code 0. One that has
 * options names the two in its table and calls sv_about_tell() and sv_about_version();
 * one that has none, or whose arguments may be anything, calls sv_about() before it looks
 * at them. A help begins "usage: " USAGE "\n", which tests/doc.t compares with the
 * synopsis of its page, and shells complete what it lists: tests/help.t says how.
 */

#ifndef SV_ABOUT_H
#define SV_ABOUT_H

/*
 * Prints the text on standard output. If that cannot be done the program ends with 111,
 * and says why.
 */
extern void sv_about_say(char const *text);

/* Prints the text and ends the program with 0. */
extern _Noreturn void sv_about_tell(char const *text);

/* "PROG (upkeep) VERSION", and the end, with 0. */
extern _Noreturn void sv_about_version(void);

/*
 * Tells `help`, or the version, if the only argument is "--help" or "--version".
 * daemontools' own programs of this kind have no options, and some take any argument:
 * beside others, the two are arguments as ever. PROG must be set.
 */
extern void sv_about(char const *const *argv, char const *help);

#endif
