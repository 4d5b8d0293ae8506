/* ISC license. */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h> /* renameat */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <skalibs/allreadwrite.h>

#include <sv/statefile.h>

#define NAME_SIZE 64 /* our names are short */

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
    return (old.st_mode & 0777) == (fresh.st_mode & 0777)
           || !fchmod(fd, old.st_mode & 0777);
}

int sv_statefile_write(int dir, char const *name, void const *bytes, size_t length)
{
    char fresh[NAME_SIZE];
    int written, error_number;
    size_t name_length = strlen(name);

    if (name_length + sizeof ".new" > sizeof fresh) {
        errno = ENAMETOOLONG;
        return 0;
    }
    memcpy(fresh, name, name_length);
    memcpy(fresh + name_length, ".new", sizeof ".new");
    int fd =
        openat(dir, fresh,
               O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0644);
    if (fd < 0) return 0;
    written = allwrite(fd, bytes, length) == length && take_rights(dir, name, fd);
    error_number = errno;
    (void)close(fd); /* nothing is cached that close() could lose */
    errno = error_number;
    return written && renameat(dir, fresh, dir, name) == 0;
}

ssize_t sv_statefile_read(int dir, char const *name, void *bytes, size_t size)
{
    struct stat about;
    ssize_t got;
    int fd = openat(dir, name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

    if (fd < 0) return -1;
    if (fstat(fd, &about) < 0) {
        got = -1;
    } else if (!S_ISREG(about.st_mode)) {
        errno = EINVAL;
        got = -1;
    } else {
        errno = 0;
        size_t count = allread(fd, bytes, size);
        got = count < size && errno && errno != EPIPE ? -1 : (ssize_t)count;
    }
    int error_number = errno;
    (void)close(fd); /* opened for reading */
    errno = error_number;
    return got;
}
