/* ISC license. */

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <sv/clock.h>
#include <sv/link.h>
#include <sv/openat.h>
#include <sv/servicedir.h>
#include <sv/statefile.h>

#define VALUE_SIZE 2048 /* more of a file than any value needs */

/*
 * Two changes of a directory may get the same time if they are closer than its clock
 * ticks: every few ms, but every second or two where times have no nanoseconds.
 */
#define TICK_MS 100
#define COARSE_TICK_MS 5000

#define NAMES_AT_ONCE 2048 /* bytes of directory entries read by one call */
#define NAMES_MAX 64       /* of a directory with more of them the rest is not read */

#define KNOWN_COUNT (SV_SETTING_COUNT + SV_SERVICEDIR_ENTRY_COUNT)
_Static_assert(KNOWN_COUNT < 64, "a bit for each name");

/* What getdents64 writes, one after the other; see getdents(2). */
struct entry {
    uint64_t inode;
    int64_t offset;
    unsigned short length; /* of the whole entry */
    unsigned char type;
    char name[];
};

static int64_t milliseconds(struct timespec const *when)
{
    return (int64_t)when->tv_sec * 1000 + when->tv_nsec / 1000000;
}

static int is_same_time(struct timespec const *one, struct timespec const *other)
{
    return one->tv_sec == other->tv_sec && one->tv_nsec == other->tv_nsec;
}

/* Whether what was known still holds; if not, from now on nothing is known. */
static int still_holds(int dir, struct sv_servicedir_absent *absent)
{
    struct timespec now;
    struct stat about;
    int known = !fstat(dir, &about);

    if (known && absent->is_settled && is_same_time(&about.st_ctim, &absent->changed))
        return 1;
    *absent = (struct sv_servicedir_absent){.files = 0};
    if (!known) return 0;
    absent->changed = about.st_ctim;
    sv_clock_wall(&now);
    absent->is_settled = milliseconds(&now) - milliseconds(&about.st_ctim)
                         > (about.st_ctim.tv_nsec ? TICK_MS : COARSE_TICK_MS);
    return 0;
}

/* The names ---------------------------------------------------------------------------
 */

/* The name with that bit in `files`. */
static char const *name_of(unsigned int bit)
{
    static char const *const entries[] = {
#define ENTRY_FILE(name, file) file,
        SV_SERVICEDIR_ENTRIES(ENTRY_FILE)
#undef ENTRY_FILE
    };

    return bit < SV_SETTING_COUNT ? sv_setting_file((enum sv_setting)bit)
                                  : entries[bit - SV_SETTING_COUNT];
}

/*
 * Takes out of *missing what `name` may be. Where a directory does not tell capital from
 * small letters "Restart" is found as "restart", so it counts here; letters other than
 * ASCII's may be taken for one of them, so with those it is not told: returns 0.
 */
static int note_name(char const *name, uint64_t *missing)
{
    for (char const *letter = name; *letter; letter++)
        if ((unsigned char)*letter >= 0x80) return 0;
    for (unsigned int bit = 0; bit < KNOWN_COUNT; bit++) {
        char const *known = name_of(bit);
        if (((*known ^ *name) & ~0x20) == 0 && !strcasecmp(known, name))
            *missing &= ~((uint64_t)1 << bit);
    }
    return 1;
}

/*
 * Takes all names of the directory `fd` out of *missing. Returns 0 if they cannot be
 * told, or are too many to be worth it.
 */
static int note_names(int fd, uint64_t *missing)
{
    _Alignas(struct entry) char entries[NAMES_AT_ONCE];
    unsigned int count = 0;

    for (;;) {
        long length = syscall(SYS_getdents64, fd, entries, sizeof entries);
        if (length <= 0) return length == 0;
        for (char const *at = entries; at < entries + length;) {
            unsigned short entry_length;
            if (++count > NAMES_MAX) return 0;
            if (!note_name(at + offsetof(struct entry, name), missing)) return 0;
            memcpy(&entry_length, at + offsetof(struct entry, length),
                   sizeof entry_length);
            at += entry_length;
        }
    }
}

/*
 * Looks which names there are: then absent->files says it of all. If that cannot be done,
 * or if the directory has changed meanwhile, it says nothing, and each has to be tried: a
 * name that is put in the place of another may be missed by who reads the directory, but
 * not by who opens it.
 */
static void look(int dir, struct sv_servicedir_absent *absent)
{
    uint64_t missing = ((uint64_t)1 << KNOWN_COUNT) - 1;
    struct stat about;
    int fd = sv_openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);

    if (fd < 0) return;
    if (note_names(fd, &missing) && !fstat(fd, &about)
        && is_same_time(&about.st_ctim, &absent->changed))
        absent->files = missing;
    (void)close(fd); /* opened for reading */
}

int sv_servicedir_may_have(struct sv_servicedir_absent const *absent,
                           enum sv_servicedir_entry entry)
{
    return !(absent->files >> (SV_SETTING_COUNT + entry) & 1);
}

/* Option files ------------------------------------------------------------------------
 */

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
    absent->files |= (uint64_t)1 << which;
    return 1;
}

int sv_servicedir_settings(int dir, struct sv_servicedir_absent *absent,
                           struct sv_settings *settings, uint32_t *unusable,
                           enum sv_setting *failed)
{
    struct sv_settings fresh;
    uint32_t bad = 0;

    if (!still_holds(dir, absent)) look(dir, absent);
    sv_setting_defaults(&fresh);
    for (unsigned int which = 0; which < SV_SETTING_COUNT; which++) {
        if (absent->files >> which & 1) continue;
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
