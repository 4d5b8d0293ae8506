/* ISC license. */

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "svlint.h"

#define NAME_SIZE 256

static void take(struct passwd const *found, struct account *account)
{
    account->uid = found->pw_uid;
    account->group_count = ACCOUNT_GROUPS;
    if (getgrouplist(found->pw_name, found->pw_gid, account->gids, &account->group_count)
        < 0)
        account->group_count = ACCOUNT_GROUPS; /* of more, only so many */
}

int svlint_find_account(char const *name, struct account *account)
{
    char user[NAME_SIZE];
    size_t length = strcspn(name, ":"); /* USER:GROUP of chpst */

    if (!length || length >= sizeof user) return -1;
    if (*name >= '0' && *name <= '9') return -1; /* a number is nobody's name */
    memcpy(user, name, length);
    user[length] = 0;
    errno = 0;
    struct passwd const *found = getpwnam(user);
    if (!found) return errno && errno != ENOENT ? -1 : 0;
    take(found, account);
    return 1;
}

void svlint_account_of(uid_t uid, struct account *account)
{
    struct passwd const *found = getpwuid(uid);

    *account = (struct account){.uid = uid};
    if (found) take(found, account);
}

int svlint_may(struct account const *account, struct stat const *about, mode_t rights)
{
    mode_t mode = about->st_mode;

    if (!account->uid) return 1;
    if (account->uid == about->st_uid) return (mode >> 6 & rights) == rights;
    for (int i = 0; i < account->group_count; i++)
        if (account->gids[i] == about->st_gid) return (mode >> 3 & rights) == rights;
    return (mode & rights) == rights;
}
