/* ISC license. */

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sv/link.h>
#include <sv/openat.h>

static int read_target(int fd, struct sv_link *link)
{
    ssize_t length = readlinkat(fd, "", link->target, sizeof link->target);

    if (length < 0) return 0;
    if ((size_t)length == sizeof link->target) {
        errno = ENAMETOOLONG;
        return 0;
    }
    link->target[length] = 0;
    return 1;
}

int sv_link_read(int dir, char const *name, struct sv_link *link)
{
    struct stat about;
    int fd = sv_openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0);

    if (fd < 0) return 0;
    int done = !fstat(fd, &about);
    if (done && !S_ISLNK(about.st_mode)) {
        errno = ENOTDIR;
        done = 0;
    }
    if (done) done = read_target(fd, link);
    int error_number = errno;
    (void)close(fd); /* only looked at */
    errno = error_number;
    if (!done) return 0;
    link->owner = about.st_uid;
    link->alone = about.st_nlink == 1;
    link->trusted = link->alone && (about.st_uid == 0 || about.st_uid == geteuid());
    return 1;
}
