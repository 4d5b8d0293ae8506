/* ISC license. */

/*
 * What the files of chpst share: the plan that the command line makes, whichever
 * program's that is, and that is then carried out in a fixed order.
 */

#ifndef CHPST_H
#define CHPST_H

#include <sv/limit.h>

#define CHPST_LIMITS 16 /* at least as many as sv_limits has */

struct chpst_plan {
    char const *account;      /* to become; null: none */
    char const *told_account; /* whose ids the environment gets; null: none */
    char const *called;       /* the program's argv[0]; null: its name */
    char const *variables;    /* a directory, as envdir has it; null: none */
    char const *root;         /* null: as it is */
    char const *directory;    /* null: as it is */
    char const *lock;         /* null: none */
    long more_nice;
    unsigned int at_once : 1; /* do not wait for the lock */
    unsigned int quiet : 1;   /* without the lock or the program exit 0 */
    unsigned int plain : 1;   /* an account is a name and nothing else */
    unsigned int strict : 1;  /* no directory among the variables' files */
    unsigned int verbose : 1;
    unsigned int session : 1;       /* a new one */
    unsigned int close_standard[3]; /* input, output, error */

    struct sv_limit_value limits[CHPST_LIMITS]; /* in the order of sv_limits ... */
    unsigned char is_limited[CHPST_LIMITS];     /* ... defined where this is set */
};

/*
 * Reads the command line of the program called `name`, which daemontools has too, into
 * the plan. Returns the arguments behind it; null if there is no such program. Ends the
 * program if it is used wrongly.
 */
extern char const *const *chpst_as(char const *name, int argc, char const *const *argv,
                                   struct chpst_plan *plan);

/* How the program `name` is used; exits 100. */
extern _Noreturn void chpst_die_usage(char const *name, char const *usage);

/*
 * Sets the limits that a letter of softlimit stands for, 'm' for several of them. Returns
 * 1; 0 if that is no such value.
 */
extern int chpst_limit(struct chpst_plan *plan, int letter, char const *value);

/* Does it all, and becomes argv[0]. */
extern _Noreturn void chpst_carry_out(struct chpst_plan const *plan,
                                      char const *const *argv);

#endif
