/* ISC license. */

/*
 * credentials (kernel): what a process is to become that runs as another account: its
 * uid, its gid and its supplementary groups. All is found out before anything changes:
 * afterwards the files of accounts may be out of reach.
 */

#ifndef SV_CREDENTIALS_H
#define SV_CREDENTIALS_H

#include <limits.h>
#include <pwd.h>
#include <sys/types.h>

#define SV_CREDENTIALS_GROUPS NGROUPS_MAX /* more the kernel does not take */

/* Large: make it static. */
struct sv_credentials {
    uid_t uid;
    gid_t gid;
    gid_t groups[SV_CREDENTIALS_GROUPS]; /* supplementary */
    int count;
    struct passwd const *entry; /* null: the account was given in numbers */
};

/*
 * The account of that name, with its gid as the only supplementary group. With
 * `or_numbers` also one in numbers, as sv_account_scan has them, with all of its groups,
 * if no account has that very name. Returns 1; 0 if there is none, then errno is not 0 if
 * that could not be found out.
 */
extern int sv_credentials_find(struct sv_credentials *credentials, char const *account,
                               int or_numbers);

/* Adds the supplementary groups of an account; its gid is one. Returns 1; 0: too many. */
extern int sv_credentials_add_all(struct sv_credentials *credentials,
                                  char const *account);

/* Adds one. Returns 1; 0: too many. */
extern int sv_credentials_add(struct sv_credentials *credentials, gid_t group);

/* The group of that name. Returns 1; 0 as sv_credentials_find. */
extern int sv_credentials_group(char const *name, gid_t *group);

/* What can fail, in the order in which it is done. */
enum sv_credentials_step {
    SV_CREDENTIALS_GROUPS_STEP,
    SV_CREDENTIALS_GID_STEP,
    SV_CREDENTIALS_UID_STEP,
    SV_CREDENTIALS_TAKEN,
};

/*
 * Becomes that: real, effective and saved ids. Returns the step that failed, with errno,
 * or SV_CREDENTIALS_TAKEN.
 */
extern enum sv_credentials_step sv_credentials_take(
    struct sv_credentials const *credentials);

#endif
