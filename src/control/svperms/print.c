/* ISC license. */

/* Shows rights. */

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <skalibs/buffer.h>
#include <skalibs/types.h>

#include <sv/journal.h>
#include <sv/message.h>
#include <sv/status.h>

#include "svperms.h"

/* Whom these bits, of group and others, let in. */
static struct who who_of(struct stat const *about, mode_t group, mode_t others)
{
    struct who who = {.reach = REACH_OWNER, .group = about->st_gid};

    if (about->st_mode & group) who.reach = REACH_GROUP;
    if (about->st_mode & others) who.reach = REACH_PUBLIC;
    return who;
}

/* Those who pass both. Members of two groups are not told from the owner. */
static struct who both(struct who one, struct who other)
{
    struct who const owner = {.reach = REACH_OWNER};

    if (one.reach == REACH_PUBLIC) return other;
    if (other.reach == REACH_PUBLIC) return one;
    return one.reach == other.reach && one.group == other.group ? one : owner;
}

static void put_name(char const *name, unsigned int number)
{
    char text[1 + UINT_FMT] = ":";

    text[1 + uint_fmt(text + 1, number)] = 0;
    buffer_puts(buffer_1, name ? name : text);
}

static void put_who(struct who who)
{
    struct group const *group;

    switch (who.reach) {
    case REACH_OWNER: buffer_puts(buffer_1, "owner"); break;
    case REACH_PUBLIC: buffer_puts(buffer_1, "public"); break;
    case REACH_GROUP:
        group = getgrgid(who.group);
        buffer_puts(buffer_1, "group: ");
        put_name(group ? group->gr_name : 0, who.group);
        break;
    }
}

static void put_user(uid_t uid)
{
    struct passwd const *user = getpwuid(uid);

    buffer_puts(buffer_1, "user: ");
    put_name(user ? user->pw_name : 0, uid);
}

static int complain(char const *file, char const *service)
{
    sv_warnusys("see ", file, " of ", service);
    return 0;
}

/* Looks at `name` as svperms_hold() does. Returns 1; 0 with errno. */
static int look_at(int dir, char const *name, mode_t type, struct stat *about)
{
    int fd = svperms_hold(dir, name, type, about);

    if (fd >= 0) (void)close(fd); /* only looked at */
    return fd >= 0;
}

/* One line about the right to read `name`, or `other` if there is none; one that is not
 * there yet will be readable for all who may look. */
static int print_file(char const *service, char const *what, int dir, char const *name,
                      char const *other, struct who pass)
{
    struct stat about;
    char const *seen = name;
    int found = look_at(dir, name, S_IFREG, &about);

    if (!found && errno == ENOENT && other) {
        seen = other;
        found = look_at(dir, other, S_IFREG, &about);
    }
    if (!found && errno != ENOENT) return complain(seen, service);
    buffer_puts(buffer_1, service);
    buffer_puts(buffer_1, what);
    put_who(found ? both(pass, who_of(&about, S_IRGRP, S_IROTH)) : pass);
    buffer_puts(buffer_1, "\n");
    return 1;
}

static int print_control(char const *service, int dir, struct who pass, uid_t owner)
{
    struct stat about;

    if (!look_at(dir, "control", S_IFIFO, &about)) return complain("control", service);
    struct who who = both(pass, who_of(&about, S_IWGRP, S_IWOTH));
    int has_user = about.st_uid != owner && pass.reach != REACH_OWNER;
    buffer_puts(buffer_1, service);
    buffer_puts(buffer_1, " control: ");
    if (has_user) put_user(about.st_uid);
    if (has_user && who.reach != REACH_OWNER) buffer_puts(buffer_1, ", ");
    if (!has_user || who.reach != REACH_OWNER) put_who(who);
    buffer_puts(buffer_1, "\n");
    return 1;
}

int svperms_print(char const *service, int dir)
{
    struct stat about;

    if (fstat(dir, &about) < 0) return complain("supervise", service);
    struct who pass = who_of(&about, S_IXGRP, S_IXOTH);
    int seen =
        print_file(service, " status: ", dir, SV_STATUS_OWN_FILE, SV_STATUS_FILE, pass);
    seen &= print_control(service, dir, pass, about.st_uid);
    seen &= print_file(service, " events: ", dir, SV_JOURNAL_FILE, 0, pass);
    (void)buffer_flush(buffer_1); /* in order with what is warned about */
    return seen;
}
