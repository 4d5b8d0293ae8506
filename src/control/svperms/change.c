/* ISC license. */

/*
 * Sets rights. We may be root in a directory where somebody else can put things: nothing
 * is changed but what is held by a descriptor and has been looked at.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h> /* snprintf */
#include <unistd.h>

#include <sv/journal.h>
#include <sv/message.h>
#include <sv/status.h>
#include <sv/tally.h>

#include "svperms.h"

#define TRIES 3 /* at catching a file that supervise replaces at the same time */

int svperms_hold(int dir, char const *name, mode_t type, struct stat *about)
{
    int fd = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);

    if (fd < 0) return -1;
    int sound = !fstat(fd, about);
    if (sound && (about->st_mode & S_IFMT) != type) {
        errno = S_ISLNK(about->st_mode) ? ELOOP : EINVAL;
        sound = 0;
    } else if (sound && about->st_nlink != 1) {
        errno = EMLINK;
        sound = 0;
    }
    if (sound) return fd;
    int error_number = errno;
    (void)close(fd); /* only looked at */
    errno = error_number;
    return -1;
}

/* Changes the mode of what is held: by its descriptor's name, for O_PATH has no fchmod.
 */
static int change_mode(int fd, mode_t mode)
{
    char path[sizeof "/proc/self/fd/" + 3 * sizeof fd];

    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd); /* it fits */
    return chmod(path, mode);
}

/* Nobody gets by the new owner what the old mode allowed, nor the other way round. */
static int set_rights(int fd, struct stat const *old, uid_t owner, gid_t group,
                      mode_t mode)
{
    mode_t now = old->st_mode & 07777;

    mode |= now & 07000 & (S_ISDIR(old->st_mode) ? ~(mode_t)0 : 0);
    if (owner != old->st_uid || group != old->st_gid) {
        if (now & 077 && change_mode(fd, now & ~(mode_t)077) < 0) return -1;
        if (fchownat(fd, "", owner, group, AT_EMPTY_PATH) < 0) return -1;
        now &= ~(mode_t)077;
    }
    return now == mode ? 0 : change_mode(fd, mode);
}

static gid_t group_of(struct who const *who, struct stat const *old)
{
    return who->reach == REACH_GROUP ? who->group : old->st_gid;
}

/* `owner`'s bits, and the same for who is reached as `group` and `others` say. */
static mode_t mode_of(struct who const *who, mode_t owner, mode_t group, mode_t others)
{
    return owner | (who->reach != REACH_OWNER ? group : 0)
           | (who->reach == REACH_PUBLIC ? others : 0);
}

static int change_fifo(int dir, char const *name, uid_t owner, struct who const *who)
{
    struct stat old;
    int fd = svperms_hold(dir, name, S_IFIFO, &old);

    if (fd < 0) return 0;
    int done =
        !set_rights(fd, &old, owner, group_of(who, &old), mode_of(who, 0600, 020, 02));
    int error_number = errno;
    (void)close(fd); /* only held */
    errno = error_number;
    return done;
}

/*
 * supervise gives a new file the rights of the one that it replaces, and may just have
 * read them: so look again. A file that is not there will be made as everybody's who
 * comes there.
 */
static int change_file(int dir, char const *name, struct who const *who)
{
    for (int i = 0; i < TRIES; i++) {
        struct stat old;
        int fd = svperms_hold(dir, name, S_IFREG, &old);
        if (fd < 0) return errno == ENOENT;
        gid_t group = group_of(who, &old);
        mode_t mode = mode_of(who, 0600, 040, 04);
        int is_right = group == old.st_gid && mode == (old.st_mode & 07777);
        int done = is_right || !set_rights(fd, &old, old.st_uid, group, mode);
        int error_number = errno;
        (void)close(fd); /* only held */
        errno = error_number;
        if (is_right || !done) return done;
    }
    return 1;
}

static int refuse_user(char const *service)
{
    sv_warnu("change control of ", service,
             ": its supervise is not root's and could not read what is another user's; "
             "give it to a group");
    return 0;
}

static int complain(char const *file, char const *service)
{
    sv_warnusys("change ", file, " of ", service);
    return 0;
}

/* The directory comes last: nobody new gets in before all is in order. */
static int change_rights(char const *service, int dir, struct wish const *wish)
{
    static char const *const files[] = {SV_STATUS_FILE, SV_STATUS_OWN_FILE,
                                        SV_TALLY_FILE};
    struct who const everybody = {.reach = REACH_PUBLIC};
    struct stat old;

    if (fstat(dir, &old) < 0) return complain("supervise", service);
    uid_t controller = wish->has_user ? wish->user : old.st_uid;
    if (old.st_uid && old.st_uid != controller) return refuse_user(service);
    if (!change_fifo(dir, "control", controller, &wish->control))
        return complain("control", service);
    if (!change_fifo(dir, "ok", old.st_uid, &wish->look)) return complain("ok", service);
    for (unsigned int i = 0; i < sizeof files / sizeof *files; i++)
        if (!change_file(dir, files[i], &everybody)) return complain(files[i], service);
    mode_t mode = mode_of(&wish->look, 0700, 050, 05);
    if (set_rights(dir, &old, old.st_uid, group_of(&wish->look, &old), mode) < 0)
        return complain("supervise", service);
    return 1;
}

int svperms_change(char const *service, int dir, struct wish const *wish)
{
    if (wish->rights && !change_rights(service, dir, wish)) return 0;
    if (wish->sets_events && !change_file(dir, SV_JOURNAL_FILE, &wish->events))
        return complain(SV_JOURNAL_FILE, service);
    return 1;
}
