/* ISC license. */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h> /* snprintf */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sv/statedir.h>

#define DEFAULT_NAME "supervise"
#define PLACE (O_PATH | O_DIRECTORY | O_CLOEXEC)

/* Writes the path of the directory `dir`, without a NUL. Returns its length; -1 with
 * errno. */
static ssize_t own_path(int dir, char *path, size_t size)
{
    char link[sizeof "/proc/self/fd/" + 3 * sizeof dir];
    struct stat about;

    if (dir == AT_FDCWD) return getcwd(path, size) ? (ssize_t)strlen(path) : -1;
    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", dir); /* it fits */
    ssize_t length = readlink(link, path, size);
    if (length < 0 || fstat(dir, &about) < 0) return -1;
    if ((size_t)length < size && *path == '/' && about.st_nlink) return length;
    errno = (size_t)length < size ? ENOENT : ENAMETOOLONG; /* it has been removed */
    return -1;
}

/* Puts "/a/b" as ":a:b" (without the first ':') behind `path`. Returns the new length. */
static int append_own_path(int dir, char *path, size_t size, size_t length)
{
    char here[PATH_MAX];
    ssize_t here_length = own_path(dir, here, sizeof here);

    if (here_length < 0) return -1;
    if (length + (size_t)here_length >= size) {
        errno = ENAMETOOLONG;
        return -1;
    }
    path[length++] = '/';
    for (ssize_t i = 1; i < here_length; i++)
        path[length++] = here[i] == '/' ? ':' : here[i];
    path[length] = 0;
    return (int)length;
}

static int find_path(int dir, char *path, size_t size)
{
    char const *name = getenv("SUPERVISEDIR");

    if (!name || !*name) name = DEFAULT_NAME;
    size_t length = strlen(name);
    if (length >= size) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(path, name, length + 1);
    return *name == '/' ? append_own_path(dir, path, size, length) : (int)length;
}

int sv_statedir_path(char *path, size_t size)
{
    return find_path(AT_FDCWD, path, size);
}

/*
 * What we have opened is not what is looked at a moment later by its name: so a link is
 * held, judged and read through one descriptor. Returns 1 with its owner and target; 0
 * with errno.
 */
static int read_link(int dir, char const *name, struct stat *link, char *target)
{
    int fd = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);

    if (fd < 0) return 0;
    ssize_t length = fstat(fd, link) < 0 ? -1 : 0;
    if (!length && !S_ISLNK(link->st_mode)) {
        errno = ENOTDIR;
        length = -1;
    }
    if (!length) length = readlinkat(fd, "", target, SV_STATEDIR_MAX);
    int error_number = errno;
    (void)close(fd); /* only looked at */
    errno = error_number;
    if (length < 0) return 0;
    if (length < SV_STATEDIR_MAX) {
        target[length] = 0;
        return 1;
    }
    errno = ENAMETOOLONG;
    return 0;
}

/* Made by root or by ourselves, and not brought here from elsewhere as a hard link. */
static int is_trusted(struct stat const *link)
{
    return (link->st_uid == 0 || link->st_uid == geteuid()) && link->st_nlink == 1;
}

/* Closes `fd` and refuses. */
static int refuse(int fd)
{
    if (fd >= 0) (void)close(fd); /* only a place */
    errno = EPERM;
    return -1;
}

/* Opens what the link `name` leads to, or makes it. Who made it may lead us to what is
 * their own. */
static int follow(int dir, char const *name, int flags, int create)
{
    char target[SV_STATEDIR_MAX];
    struct stat link, about;

    if (!read_link(dir, name, &link, target)) return -1;
    int trusted = is_trusted(&link);
    int fd = openat(dir, target, flags);
    if (fd < 0 && errno == ENOENT && create && trusted) {
        if (mkdirat(dir, target, 0700) < 0 && errno != EEXIST) return -1;
        fd = openat(dir, target, flags);
    }
    if (trusted) return fd;
    if (fd < 0 || fstat(fd, &about) < 0) return refuse(fd);
    return about.st_uid == link.st_uid ? fd : refuse(fd);
}

/* Opens the directory `name`, one part of a path, in `dir`; makes it if need be. */
static int open_part(int dir, char const *name, int flags, int create)
{
    int fd = openat(dir, name, flags | O_NOFOLLOW);

    if (fd < 0 && errno == ENOENT && create) {
        if (mkdirat(dir, name, 0700) < 0 && errno != EEXIST) return -1;
        fd = openat(dir, name, flags | O_NOFOLLOW);
    }
    if (fd >= 0 || (errno != ELOOP && errno != ENOTDIR)) return fd;
    return follow(dir, name, flags, create);
}

/* The directory that the last part of the absolute `path` is in: the admin's choice. */
static int open_base(char *path, char **last)
{
    char *slash = strrchr(path, '/');

    *slash = 0;
    *last = slash + 1;
    int fd = open(slash == path ? "/" : path, PLACE);
    *slash = '/';
    return fd;
}

int sv_statedir_open_at(int service_dir, int create)
{
    int const flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
    char path[SV_STATEDIR_MAX];
    char *part = path;

    if (find_path(service_dir, path, sizeof path) < 0) return -1;
    int dir = *path == '/' ? open_base(path, &part) : service_dir;
    if (*path == '/' && dir < 0) return -1;
    for (;;) {
        char *slash = strchr(part, '/');
        char *next = slash ? slash + strspn(slash, "/") : 0;
        int is_last = !next || !*next;
        if (slash) *slash = 0;
        int fd = open_part(dir, part, is_last ? flags : PLACE, is_last && create);
        int error_number = errno;
        if (dir != service_dir) (void)close(dir); /* only a place */
        errno = error_number;
        if (is_last || fd < 0) return fd;
        dir = fd;
        part = next;
    }
}

int sv_statedir_open(int create)
{
    return sv_statedir_open_at(AT_FDCWD, create);
}

char const *sv_statedir_remedy(int error_number)
{
    if (error_number != EPERM) return "";
    return ": it is a symbolic link that neither root nor you have made; remove it, or "
           "let root make it";
}
