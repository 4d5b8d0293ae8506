/* ISC license. */

#include <errno.h>
#include <grp.h>
#include <string.h>
#include <unistd.h>

#include <sv/account.h>
#include <sv/credentials.h>

static int find_numbers(struct sv_credentials *credentials, char const *text)
{
    struct sv_account account;

    if (!sv_account_scan(text, &account)) return 0;
    credentials->uid = account.uid;
    credentials->gid = account.groups[0];
    credentials->count = (int)account.count;
    memcpy(credentials->groups, account.groups, account.count * sizeof *account.groups);
    credentials->entry = 0;
    return 1;
}

/* What the C library says where there is simply none; see getpwnam(3). But it may be that
 * there is no such file at all. */
static void forgive(char const *file)
{
    int reason = errno;

    if (reason == ENOENT && access(file, F_OK) < 0) return;
    if (reason == ENOENT || reason == ESRCH || reason == EBADF || reason == EPERM)
        reason = 0;
    errno = reason;
}

int sv_credentials_find(struct sv_credentials *credentials, char const *account,
                        int or_numbers)
{
    struct passwd const *entry;

    do errno = 0;
    while (!(entry = getpwnam(account)) && errno == EINTR);
    if (!entry) {
        forgive("/etc/passwd");
        int reason = errno;
        int found = or_numbers && find_numbers(credentials, account);
        errno = reason;
        return found;
    }
    credentials->uid = entry->pw_uid;
    credentials->gid = entry->pw_gid;
    credentials->groups[0] = entry->pw_gid;
    credentials->count = 1;
    credentials->entry = entry;
    return 1;
}

int sv_credentials_add_all(struct sv_credentials *credentials, char const *account)
{
    int room = SV_CREDENTIALS_GROUPS - credentials->count;

    if (getgrouplist(account, credentials->gid, credentials->groups + credentials->count,
                     &room)
        < 0)
        return 0;
    credentials->count += room;
    return 1;
}

int sv_credentials_add(struct sv_credentials *credentials, gid_t group)
{
    if (credentials->count == SV_CREDENTIALS_GROUPS) return 0;
    credentials->groups[credentials->count++] = group;
    return 1;
}

int sv_credentials_group(char const *name, gid_t *group)
{
    struct group const *entry;

    do errno = 0;
    while (!(entry = getgrnam(name)) && errno == EINTR);
    if (entry)
        *group = entry->gr_gid;
    else
        forgive("/etc/group");
    return entry != 0;
}

enum sv_credentials_step sv_credentials_take(struct sv_credentials const *credentials)
{
    if (setgroups((size_t)credentials->count, credentials->groups) < 0)
        return SV_CREDENTIALS_GROUPS_STEP;
    if (setgid(credentials->gid) < 0) return SV_CREDENTIALS_GID_STEP;
    if (setuid(credentials->uid) < 0) return SV_CREDENTIALS_UID_STEP;
    return SV_CREDENTIALS_TAKEN;
}
