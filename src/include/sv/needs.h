/* ISC license. */

/*
 * needs (pure): the file `needs` of a service directory: which services must be ready
 * before this one is started, and what happens to it when one of them is lost.
 *
 *     NAME              leave this one alone
 *     NAME stop         stop this one; it is started again when NAME is ready again
 *     NAME restart      restart this one as soon as NAME has become ready anew
 *
 * One service a line, with blanks around its words as one likes. Empty lines and those
 * that begin with # do not count. NAME is that of another service of the same scan
 * directory. Source: ours (servicedir(7)).
 */

#ifndef SV_NEEDS_H
#define SV_NEEDS_H

#include <stddef.h>

#define SV_NEEDS_FILE "needs"
#define SV_NEEDS_SIZE 16384 /* bytes of the file that are looked at */
#define SV_NEEDS_NAME 256   /* with its NUL: NAME_MAX */
#define SV_NEEDS_MAX 64     /* services that one may need */

/* clang-format off */
#define SV_NEEDS_LOSSES(X) \
    X(LEAVE,   "") \
    X(STOP,    "stop") \
    X(RESTART, "restart")
/* clang-format on */

#define SV_NEEDS_ENUM(name, word) SV_NEEDS_##name,
enum sv_needs_loss { SV_NEEDS_LOSSES(SV_NEEDS_ENUM) SV_NEEDS_LOSS_COUNT };
#undef SV_NEEDS_ENUM

struct sv_need {
    char name[SV_NEEDS_NAME];
    enum sv_needs_loss loss;
};

/* A reader's place in the text. */
struct sv_needs {
    char const *text; /* anything may be in it */
    size_t length;
    size_t at;         /* begin with 0 */
    unsigned int line; /* of what was returned last, from 1; begin with 0 */
};

/*
 * The next service. Returns 1; 0 at the end; -1 if the line needs->line is none of the
 * above (then *need is undefined, and the next call goes on behind it).
 */
extern int sv_needs_next(struct sv_needs *needs, struct sv_need *need);

/* The word for what happens when it is lost. */
extern char const *sv_needs_loss_word(enum sv_needs_loss loss);

#endif
