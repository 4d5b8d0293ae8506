/* ISC license. */

/*
 * checking (pure): when a service is checked, and what the results mean.
 *
 * Until it is ready: so many good checks in a row, and it is. From then on (from the
 * start, if the checks are not to say whether it is ready) its health: as soon as N of
 * the last M checks have failed it is unhealthy, and what was seen so far is forgotten.
 * The numbers may change between any two checks; they hold for what is remembered too.
 */

#ifndef SV_CHECKING_H
#define SV_CHECKING_H

#include <stdint.h>

#define SV_CHECKING_MAX \
    64 /* checks that are remembered; as SV_HEALTH_MAX in setting.h \
        */

struct sv_checking_rules {
    uint32_t first_ms;  /* from the end of a check to the next, until it is ready */
    uint32_t later_ms;  /* and afterwards */
    uint32_t successes; /* in a row, to be ready; 1 or more */
    uint32_t failures;  /* N, 1 or more */
    uint32_t checks;    /* M: N .. SV_CHECKING_MAX; 0: its health does not matter */
};

struct sv_checking {
    unsigned int is_waiting : 1; /* for readiness */
    unsigned int has_begun : 1;  /* there was a check */
    uint32_t in_row;             /* successes, while it is waited for */
    uint32_t seen;               /* checks in `failed`, up to SV_CHECKING_MAX */
    uint64_t failed;             /* bit 0: the last check has failed, bit 1 ... */
};

enum sv_checking_verdict {
    SV_CHECKING_NOTHING,
    SV_CHECKING_READY, /* from now on */
    SV_CHECKING_UNHEALTHY
};

/* Begins; is_waiting: the checks are to say whether it is ready. */
extern void sv_checking_begin(struct sv_checking *checking, int is_waiting);

/* Takes the result of a check. */
extern enum sv_checking_verdict sv_checking_take(struct sv_checking *checking,
                                                 struct sv_checking_rules const *rules,
                                                 int is_good);

/* There was a check without a result: it is as if there had been none, but for the time.
 */
extern void sv_checking_pass(struct sv_checking *checking);

/* Milliseconds until the next check: 0 for the first one, if readiness is waited for. */
extern uint32_t sv_checking_delay_ms(struct sv_checking const *checking,
                                     struct sv_checking_rules const *rules);

/*
 * How many of the last M checks have failed, and M, or how many there were since it began
 * anew if that is less.
 */
extern uint32_t sv_checking_failures(struct sv_checking const *checking,
                                     struct sv_checking_rules const *rules, uint32_t *of);

#endif
