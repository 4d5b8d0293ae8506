/* ISC license. */

/*
 * account (pure): an account that is given in numbers, for ids that no account has:
 * "UID:GID", or with other groups "UID:GID:GID...". A comma may stand between groups as
 * well. The first form is s6's, the second runit's (there behind a colon of its own).
 */

#ifndef SV_ACCOUNT_H
#define SV_ACCOUNT_H

#include <sys/types.h>

#define SV_ACCOUNT_GROUPS 60 /* as many as runit takes */

struct sv_account {
    uid_t uid;
    gid_t groups[SV_ACCOUNT_GROUPS]; /* the first one is the gid */
    unsigned int count;
};

/*
 * Decimal digits, none of them missing, and no id that does not fit or is -1, which
 * stands for "as it is". Returns 1; 0 if the text is nothing of the kind.
 */
extern int sv_account_scan(char const *text, struct sv_account *account);

#endif
