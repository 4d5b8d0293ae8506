/* ISC license. */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h> /* renameat, snprintf */
#include <string.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <skalibs/allreadwrite.h>

#include <sv/openat.h>
#include <sv/tree.h>

#define NO_REPLACE 1u /* RENAME_NOREPLACE, which not every C library has */
#define TRIES 8       /* against others that do the same */
#define DIRECTORY (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
#define ASIDE ".svaside." /* and a number: see remove_content() */

/* Closes `fd` without touching errno; for what is only looked at, or synced. */
static void shut(int fd)
{
    int error_number = errno;

    (void)close(fd);
    errno = error_number;
}

static int sync_fd(int fd)
{
    int result;

    do result = fsync(fd);
    while (result < 0 && errno == EINTR);
    /* some file systems cannot sync a directory, and need not */
    return !result || errno == EINVAL || errno == EROFS;
}

int sv_tree_rename(int dir, char const *from, char const *to)
{
    struct stat there;

    if (!syscall(SYS_renameat2, dir, from, dir, to, NO_REPLACE)) return 1;
    if (errno != EINVAL && errno != ENOSYS) return 0; /* not all file systems have it */
    if (!fstatat(dir, to, &there, AT_SYMLINK_NOFOLLOW)) return errno = EEXIST, 0;
    return !renameat(dir, from, dir, to);
}

static int lock(int dir, char const *name, int how)
{
    struct stat opened, named;
    int result, fd = sv_openat(dir, name, DIRECTORY, 0);

    if (fd < 0) {
        if (errno == ELOOP) errno = ENOTDIR;
        return -1;
    }
    do result = flock(fd, LOCK_EX | how);
    while (result < 0 && errno == EINTR);
    if (result < 0 && errno == EWOULDBLOCK) errno = EBUSY;
    if (!result) result = fstat(fd, &opened);
    if (!result) result = fstatat(dir, name, &named, AT_SYMLINK_NOFOLLOW);
    if (!result && (opened.st_dev != named.st_dev || opened.st_ino != named.st_ino)) {
        errno = ENOENT; /* it was removed or renamed before we had the lock */
        result = -1;
    }
    if (!result) return fd;
    shut(fd);
    return -1;
}

int sv_tree_lock(int dir, char const *name)
{
    return lock(dir, name, LOCK_NB);
}

/* The next name but "." and ".."; null at the end, or with errno. */
static char const *next_name(DIR *names)
{
    struct dirent const *entry;

    do errno = 0, entry = readdir(names);
    while (entry && (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")));
    return entry ? entry->d_name : 0;
}

/* The names in the directory `fd`, which stays open. Null with errno. */
static DIR *read_directory(int fd)
{
    int own = sv_openat(fd, ".", DIRECTORY, 0);
    DIR *names = own < 0 ? 0 : fdopendir(own);

    if (!names && own >= 0) shut(own);
    return names;
}

/* Whether the directory is as we have made it: who else may write where it is could have
 * put another one in its place, with links in it, say. Returns 1; 0 with errno. */
static int is_as_made(int fd)
{
    struct stat about;

    if (fstat(fd, &about) < 0) return 0;
    DIR *names = read_directory(fd);
    if (!names) return 0;
    int is_empty = !next_name(names), error_number = errno;
    (void)closedir(names); /* only read */
    errno = error_number ? error_number : EPERM;
    return is_empty && !error_number && about.st_uid == geteuid();
}

/* Who has locked what we have just made takes it for a leftover, and is done with it
 * soon. */
int sv_tree_begin(int dir, char const *name)
{
    for (int i = 0; i < TRIES; i++) {
        int is_new = !mkdirat(dir, name, 0700);
        if (!is_new && errno != EEXIST) return -1;
        int fd = lock(dir, name, is_new ? 0 : LOCK_NB);
        if (fd >= 0 && is_new && is_as_made(fd)) return fd;
        if (fd >= 0 && is_new) return shut(fd), -1;
        if (fd < 0 && errno == ENOENT) continue; /* it went: once more */
        int error_number = errno;
        if (fd < 0 && is_new)
            (void)unlinkat(dir, name, AT_REMOVEDIR); /* else: a leftover */
        errno = error_number;
        if (fd < 0) return -1;
        int is_gone = sv_tree_remove(dir, name);
        shut(fd);
        if (!is_gone) return -1;
    }
    errno = EBUSY;
    return -1;
}

static int write_file(int tree, struct sv_tree_entry const *entry)
{
    mode_t mode = entry->mode & 07777;
    int fd = sv_openat(tree, entry->path,
                       O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (fd < 0) return 0;
    int is_fine = allwrite(fd, entry->bytes, entry->length) == entry->length
                  && !fchown(fd, entry->uid, entry->gid) && !fchmod(fd, mode)
                  && sync_fd(fd);
    shut(fd);
    return is_fine;
}

static int make_directory(int tree, struct sv_tree_entry const *entry)
{
    if (mkdirat(tree, entry->path, 0700) < 0) return 0;
    int fd = sv_openat(tree, entry->path, DIRECTORY, 0);
    if (fd < 0) return 0;
    int is_fine = !fchown(fd, entry->uid, entry->gid) && !fchmod(fd, entry->mode & 07777);
    shut(fd);
    return is_fine;
}

static int sync_directory(int tree, char const *path)
{
    int fd = sv_openat(tree, path, DIRECTORY, 0);
    int is_fine = fd >= 0 && sync_fd(fd);

    if (fd >= 0) shut(fd);
    return is_fine;
}

int sv_tree_fill(int tree, struct sv_tree_entry const *entries, size_t count,
                 size_t *failed)
{
    for (*failed = 0; *failed < count; ++*failed) {
        struct sv_tree_entry const *entry = entries + *failed;
        if (S_ISDIR(entry->mode) ? !make_directory(tree, entry)
                                 : !write_file(tree, entry))
            return 0;
    }
    for (*failed = 0; *failed < count; ++*failed)
        if (S_ISDIR(entries[*failed].mode)
            && !sync_directory(tree, entries[*failed].path))
            return 0;
    return 1;
}

int sv_tree_publish(int dir, char const *from, int tree, mode_t mode, char const *to)
{
    if (fchmod(tree, mode) < 0 || !sync_fd(tree) || !sv_tree_rename(dir, from, to))
        return 0;
    if (sync_fd(dir)) return 1;
    int error_number = errno;
    (void)sv_tree_rename(dir, to, from); /* as if nothing had been done */
    errno = error_number;
    return 0;
}

/* Moves a directory in `fd` that is not empty into `top`, under a name that is free. */
static int move_up(int fd, char const *name, int top)
{
    char aside[sizeof ASIDE + 3 * sizeof(unsigned int)];

    for (unsigned int i = 0; i < UINT_MAX; i++) {
        (void)snprintf(aside, sizeof aside, ASIDE "%u", i); /* it fits */
        if (!renameat(fd, name, top, aside)) return 1; /* in the place of an empty one */
        if (errno == ENOENT) return 1;                 /* somebody else removes it, too */
        if (errno != EEXIST && errno != ENOTEMPTY && errno != ENOTDIR) return 0;
    }
    return 0;
}

/* Removes what is in `fd`; directories with something in them go up to `top`. Returns 1
 * if nothing is left, 0 with errno. */
static int empty(int fd, int top)
{
    DIR *names = read_directory(fd);
    char const *name;
    int is_fine = 1;

    if (!names) return errno == ENOENT; /* it has gone meanwhile */
    while (is_fine && (name = next_name(names))) {
        if (!unlinkat(fd, name, 0) || errno == ENOENT) continue;
        if (errno != EISDIR && errno != EPERM) is_fine = 0;
        if (is_fine && unlinkat(fd, name, AT_REMOVEDIR) < 0)
            is_fine =
                errno == ENOENT
                || ((errno == ENOTEMPTY || errno == EEXIST) && move_up(fd, name, top));
    }
    if (is_fine && errno) is_fine = 0; /* of readdir() */
    int error_number = errno;
    (void)closedir(names); /* only read */
    errno = error_number;
    return is_fine;
}

/* Empties one directory in `top` and removes it. Where something is mounted the kernel
 * says that it is busy: that is not ours, and neither is what is in it. */
static int remove_one(int top, char const *name)
{
    if (!unlinkat(top, name, AT_REMOVEDIR) || errno == ENOENT) return 1;
    if (errno != ENOTEMPTY && errno != EEXIST) return 0;
    int fd = sv_openat(top, name, DIRECTORY, 0);
    if (fd < 0) return errno == ENOENT;
    int is_fine = empty(fd, top);
    shut(fd);
    return is_fine && (!unlinkat(top, name, AT_REMOVEDIR) || errno == ENOENT);
}

/* The trees below may be as deep as they like: what is in a directory in `top` goes up
 * into `top`, so we are never deeper than that. */
static int remove_content(int top)
{
    for (;;) {
        DIR *names = read_directory(top);
        char const *name;
        int is_fine = 1, has_any = 0;
        if (!names) return errno == ENOENT;
        while (is_fine && (name = next_name(names))) {
            has_any = 1;
            if (!unlinkat(top, name, 0) || errno == ENOENT) continue;
            is_fine = (errno == EISDIR || errno == EPERM) && remove_one(top, name);
        }
        int error_number = errno;
        (void)closedir(names); /* only read */
        errno = error_number;
        if (!is_fine || !has_any) return is_fine && !error_number;
    }
}

int sv_tree_remove(int dir, char const *name)
{
    int top = sv_openat(dir, name, DIRECTORY, 0);

    if (top < 0) return errno == ENOENT;
    int is_fine = remove_content(top);
    shut(top);
    return is_fine && (!unlinkat(dir, name, AT_REMOVEDIR) || errno == ENOENT);
}

int sv_tree_sweep(int dir, char const *prefix, char *culprit)
{
    DIR *names = read_directory(dir);
    char const *name;
    int count = 0;

    *culprit = 0;
    if (!names) return -1;
    while (count >= 0 && (name = next_name(names))) {
        if (strncmp(name, prefix, strlen(prefix))) continue;
        int fd = sv_tree_lock(dir, name);
        if (fd < 0 && (errno == EBUSY || errno == ENOENT || errno == ENOTDIR)) continue;
        count = fd >= 0 && sv_tree_remove(dir, name) ? count + 1 : -1;
        if (count < 0) strcpy(culprit, name); /* it is a name in a directory */
        if (fd >= 0) shut(fd);
    }
    int error_number = errno;
    (void)closedir(names); /* only read */
    errno = error_number;
    return count;
}
