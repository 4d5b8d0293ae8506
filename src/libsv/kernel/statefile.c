/* ISC license. */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h> /* renameat */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <skalibs/allreadwrite.h>

#include <sv/link.h>
#include <sv/openat.h>
#include <sv/statefile.h>

#define NAME_SIZE 64 /* our names are short */
#define TRIES 3      /* against somebody who puts things in our way all the time */
#define WITHOUT_WRITING 0755

int sv_statefile_is_ours(int fd)
{
    struct stat about;

    if (fstat(fd, &about) < 0) return 0;
    if (S_ISREG(about.st_mode) && about.st_nlink == 1 && !(about.st_mode & 022)
        && (about.st_uid == 0 || about.st_uid == geteuid()))
        return 1;
    errno = EPERM;
    return 0;
}

int sv_statefile_create(int dir, char const *name, int flags, mode_t mode)
{
    int const always = O_CREAT | O_EXCL | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
    int fd = sv_openat(dir, name, flags | always, mode);

    for (int i = 1; i < TRIES && fd < 0 && errno == EEXIST; i++) {
        if (unlinkat(dir, name, 0) < 0 && errno == EISDIR)
            (void)unlinkat(dir, name, AT_REMOVEDIR); /* if not, we fail again */
        fd = sv_openat(dir, name, flags | always, mode);
    }
    return fd;
}

/* Gives the new file `fd` the mode and group that the admin has chosen for the old one.
 */
static int take_rights(int dir, char const *name, int fd)
{
    struct stat old, fresh;

    if (fstat(fd, &fresh) < 0) return 0;
    if (fstatat(dir, name, &old, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(old.st_mode)) {
        old.st_mode = 0644;
        old.st_gid = fresh.st_gid;
    }
    if (old.st_gid != fresh.st_gid)
        (void)fchown(fd, (uid_t)-1, old.st_gid); /* if we may */
    mode_t mode = old.st_mode & WITHOUT_WRITING;
    return mode == (fresh.st_mode & 0777) || !fchmod(fd, mode);
}

/*
 * Who holds a file is known by a lock of the open file: it ends with the last descriptor,
 * so with the process, however that ends. It serves who asks only, so it does not matter
 * if it cannot be had.
 */
static void hold(int fd)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

    (void)fcntl(fd, F_OFD_SETLK, &lock);
}

int sv_statefile_is_held(int fd)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

    return !fcntl(fd, F_OFD_GETLK, &lock) && lock.l_type != F_UNLCK;
}

/* Closes `fd` without touching errno. Nothing is cached that close() could lose. */
static void shut(int fd)
{
    int error_number = errno;

    (void)close(fd);
    errno = error_number;
}

/*
 * The name that the new file has until it is renamed. Each has its own: what a process of
 * a supervise that was killed still writes is not taken for what the next one writes.
 */
static int make_name(char fresh[NAME_SIZE], char const *name, int is_held)
{
    char const *suffix = *name == '.' ? ".new" : is_held ? ".next" : ".first";
    size_t dot = *name != '.', length = strlen(name), suffix_length = strlen(suffix);

    if (dot + length + suffix_length >= NAME_SIZE) {
        errno = ENAMETOOLONG;
        return 0;
    }
    *fresh = '.';
    memcpy(fresh + dot, name, length);
    memcpy(fresh + dot + length, suffix, suffix_length + 1);
    return 1;
}

int sv_statefile_write_held(int dir, char const *name, void const *bytes, size_t length,
                            int *held)
{
    char fresh[NAME_SIZE];

    if (!make_name(fresh, name, held != 0)) return 0;
    int fd = sv_statefile_create(dir, fresh, O_WRONLY, 0644);
    if (fd < 0) return 0;
    if (held) hold(fd);
    if (allwrite(fd, bytes, length) != length || !take_rights(dir, name, fd)
        || renameat(dir, fresh, dir, name) < 0) {
        shut(fd);
        return 0;
    }
    int old = held ? *held : fd;
    if (held) *held = fd;
    if (old >= 0) shut(old);
    return 1;
}

int sv_statefile_write(int dir, char const *name, void const *bytes, size_t length)
{
    return sv_statefile_write_held(dir, name, bytes, length, 0);
}

/* allread() leaves an errno behind that it has seen to. */
static ssize_t read_all(int fd, char *bytes, size_t size)
{
    size_t done = 0;
    ssize_t got = 1;

    while (got > 0 && done < size) {
        got = fd_read(fd, bytes + done, size - done);
        if (got > 0) done += (size_t)got;
    }
    return got < 0 ? -1 : (ssize_t)done;
}

/* Reads the regular file `fd`, and closes it; whatever it is. */
static ssize_t read_whole(int fd, void *bytes, size_t size)
{
    struct stat about;
    ssize_t got;

    if (fstat(fd, &about) < 0) {
        got = -1;
    } else if (!S_ISREG(about.st_mode)) {
        errno = EINVAL;
        got = -1;
    } else {
        got = read_all(fd, bytes, size);
    }
    int error_number = errno;
    (void)close(fd); /* opened for reading */
    errno = error_number;
    return got;
}

ssize_t sv_statefile_read(int dir, char const *name, void *bytes, size_t size)
{
    int fd = sv_openat(dir, name, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC, 0);

    return fd < 0 ? -1 : read_whole(fd, bytes, size);
}

ssize_t sv_statefile_read_ours(int dir, char const *name, void *bytes, size_t size)
{
    int fd = sv_openat(dir, name, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC, 0);

    if (fd < 0) return -1;
    if (sv_statefile_is_ours(fd)) return read_whole(fd, bytes, size);
    int error_number = errno;
    (void)close(fd); /* opened for reading */
    errno = error_number;
    return -1;
}

ssize_t sv_statefile_follow(int dir, char const *name, void *bytes, size_t size)
{
    struct sv_link link;
    ssize_t got = sv_statefile_read(dir, name, bytes, size);

    if (got >= 0 || errno != ELOOP) return got;
    if (!sv_link_read(dir, name, &link)) return -1;
    if (!link.trusted) {
        errno = EPERM;
        return -1;
    }
    int fd = sv_openat(dir, link.target, O_RDONLY | O_NONBLOCK | O_CLOEXEC, 0);
    if (fd < 0 && errno == ENOENT) errno = ENOLINK;
    return fd < 0 ? -1 : read_whole(fd, bytes, size);
}
