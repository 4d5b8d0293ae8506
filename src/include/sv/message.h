/* ISC license. */

/*
 * message: the one way our programs speak on standard error.
 *
 *     PROG: warning: unable to VERB OBJECT: reason
 *     PROG: fatal: unable to VERB OBJECT: reason
 *
 * skalibs' strerr does the writing. The `sys` forms end in sv_errortext(errno) instead of
 * strerror(errno), because daemontools' error words are an interface (see errortext.h).
 * Arguments are strings. Set PROG first thing in main().
 */

#ifndef SV_MESSAGE_H
#define SV_MESSAGE_H

#include <errno.h>

#include <skalibs/strerr.h>

#include <sv/errortext.h>

/* A warning in whole words: sv_warn("running as ", name, ", not as root"). */
#define sv_warn(...) strerr_warnw(__VA_ARGS__)

/* "unable to ..." and the reason in errno. */
#define sv_warnusys(...) strerr_warnwu(__VA_ARGS__, ": ", sv_errortext(errno))

/* "unable to ..." where the reason is in the words. */
#define sv_warnu(...) strerr_warnwu(__VA_ARGS__)

/* The same three for the end of the program; `code` as in house rule 16. */
#define sv_die(code, ...) strerr_dief(code, __VA_ARGS__)
#define sv_dieusys(code, ...) strerr_diefu(code, __VA_ARGS__, ": ", sv_errortext(errno))
#define sv_dieu(code, ...) strerr_diefu(code, __VA_ARGS__)

/* "PROG: usage: TEXT"; exits with `code` (100, but 111 for envdir and envini). */
#define sv_dieusage(code, text) strerr_dieusage(code, text)

#endif
