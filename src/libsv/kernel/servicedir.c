/* ISC license. */

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sv/clock.h>
#include <sv/link.h>
#include <sv/servicedir.h>
#include <sv/statefile.h>

#define VALUE_SIZE 2048 /* more of a file than any value needs */

/*
 * Two changes of a directory may get the same time if they are closer than its clock
 * ticks: every few ms, but every second or two where times have no nanoseconds.
 */
#define TICK_MS 100
#define COARSE_TICK_MS 5000

static int64_t milliseconds(struct timespec const *when)
{
    return (int64_t)when->tv_sec * 1000 + when->tv_nsec / 1000000;
}

/* Whether what was known still holds; if not, from now on nothing is known. */
static int still_holds(int dir, struct sv_servicedir_absent *absent)
{
    struct timespec now;
    struct stat about;
    int known = !fstat(dir, &about);

    if (known && absent->is_settled && about.st_ctim.tv_sec == absent->changed.tv_sec
        && about.st_ctim.tv_nsec == absent->changed.tv_nsec)
        return 1;
    absent->files = 0;
    absent->is_settled = 0;
    if (!known) return 0;
    absent->changed = about.st_ctim;
    sv_clock_wall(&now);
    absent->is_settled = milliseconds(&now) - milliseconds(&about.st_ctim)
                         > (about.st_ctim.tv_nsec ? TICK_MS : COARSE_TICK_MS);
    return 0;
}

/* What is there is no file that can be used; any other trouble may pass. */
static int is_unusable(int error_number)
{
    return error_number == EINVAL || error_number == ELOOP || error_number == EACCES
           || error_number == ENXIO || error_number == EISDIR || error_number == ENOTDIR
           || error_number == EPERM || error_number == ENODEV;
}

/*
 * Returns 1 if the setting has been read or has no file, 0 if its file cannot be used, -1
 * with errno if that is not known now.
 */
static int read_setting(int dir, struct sv_servicedir_absent *absent,
                        struct sv_settings *settings, enum sv_setting which)
{
    char const *name = sv_setting_file(which);
    char text[VALUE_SIZE];
    ssize_t length = sv_statefile_follow(dir, name, text, sizeof text);

    if (length >= 0) return sv_setting_parse(settings, which, text, (size_t)length);
    if (errno == ENOLINK) return 1; /* what it leads to may come at any time */
    if (errno != ENOENT) return is_unusable(errno) ? 0 : -1;
    if (absent->is_settled) absent->files |= (uint32_t)1 << which;
    return 1;
}

int sv_servicedir_settings(int dir, struct sv_servicedir_absent *absent,
                           struct sv_settings *settings, uint32_t *unusable,
                           enum sv_setting *failed)
{
    struct sv_settings fresh;
    uint32_t bad = 0;
    uint32_t skip = still_holds(dir, absent) ? absent->files : 0;

    sv_setting_defaults(&fresh);
    for (unsigned int which = 0; which < SV_SETTING_COUNT; which++) {
        if (skip >> which & 1) continue;
        int found = read_setting(dir, absent, &fresh, (enum sv_setting)which);
        if (found < 0) {
            *failed = (enum sv_setting)which;
            return 0;
        }
        if (!found) bad |= 1u << which;
    }
    *settings = fresh;
    *unusable = bad;
    return 1;
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
