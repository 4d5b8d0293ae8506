/* ISC license. */

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sv/link.h>
#include <sv/servicedir.h>
#include <sv/statefile.h>

#define VALUE_SIZE 2048 /* more of a file than any value needs */

/* Returns 1 if the setting has been read or has no file, 0 if its file cannot be used. */
static int read_setting(int dir, struct sv_settings *settings, enum sv_setting which)
{
    char text[VALUE_SIZE];
    ssize_t length = sv_statefile_follow(dir, sv_setting_file(which), text, sizeof text);

    if (length < 0) return errno == ENOENT;
    return sv_setting_parse(settings, which, text, (size_t)length);
}

uint32_t sv_servicedir_settings(int dir, struct sv_settings *settings)
{
    uint32_t unusable = 0;

    sv_setting_defaults(settings);
    for (unsigned int which = 0; which < SV_SETTING_COUNT; which++)
        if (!read_setting(dir, settings, (enum sv_setting)which)) unusable |= 1u << which;
    return unusable;
}

int sv_servicedir_is_executable(int dir, char const *name)
{
    struct stat about;

    if (fstatat(dir, name, &about, 0) < 0) return 0;
    if (!S_ISREG(about.st_mode)) {
        errno = S_ISDIR(about.st_mode) ? EISDIR : EACCES;
        return 0;
    }
    return !faccessat(dir, name, X_OK, AT_EACCESS);
}

int sv_servicedir_has(int dir, char const *name)
{
    struct sv_link link;
    struct stat about;

    if (fstatat(dir, name, &about, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOENT ? 0 : -1;
    if (!S_ISLNK(about.st_mode)) return 1;
    if (!sv_link_read(dir, name, &link)) return errno == ENOENT ? 0 : -1;
    if (!link.trusted) return 1; /* where it leads to is not our business */
    if (!fstatat(dir, link.target, &about, 0)) return 1;
    return errno == ENOENT ? 0 : -1;
}

int sv_servicedir_touch(int dir, char const *name)
{
    if (sv_servicedir_has(dir, name) > 0) return 1;
    int fd = sv_statefile_create(dir, name, O_WRONLY,
                                 0644); /* not through a link to nowhere */
    if (fd < 0) return 0;
    (void)close(fd); /* nothing was written */
    return 1;
}

int sv_servicedir_remove(int dir, char const *name)
{
    return !unlinkat(dir, name, 0) || errno == ENOENT;
}
