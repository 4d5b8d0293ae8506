/* ISC license. */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h> /* snprintf */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <skalibs/djbunix.h>

#include <sv/link.h>
#include <sv/openat.h>
#include <sv/statedir.h>

#define DEFAULT_NAME "supervise"
#define PLACE (O_PATH | O_DIRECTORY | O_CLOEXEC)
#define READABLE (O_RDONLY | O_DIRECTORY | O_CLOEXEC)

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

/* Puts the instance behind the last part of `path`. Returns the new length. */
static int append_instance(char *path, size_t size, size_t length, char const *instance)
{
    while (length > 1 && path[length - 1] == '/') path[--length] = 0;
    length = sv_instance_append(path, size, instance);
    if (length) return (int)length;
    errno = ENAMETOOLONG;
    return -1;
}

static int find_path(int dir, char const *instance, char *path, size_t size)
{
    char const *name = getenv("SUPERVISEDIR");

    if (!name || !*name) name = DEFAULT_NAME;
    size_t length = strlen(name);
    if (length >= size) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(path, name, length + 1);
    int found = *name == '/' ? append_own_path(dir, path, size, length) : (int)length;
    if (found < 0 || !*instance) return found;
    return append_instance(path, size, (size_t)found, instance);
}

int sv_statedir_path(char *path, size_t size, char const *instance)
{
    return find_path(AT_FDCWD, instance, path, size);
}

static void find_instance(int at, char const *service, char instance[SV_INSTANCE_MAX])
{
    char link[PATH_MAX], target[PATH_MAX];

    *instance = 0;
    char const *name = sv_instance_link(service, link, sizeof link);
    if (!name) return;
    ssize_t length = readlinkat(at, link, target, sizeof target);
    if (length < 0 || (size_t)length == sizeof target) return;
    target[length] = 0;
    char const *argument = sv_instance_argument(name, target);
    if (argument && strlen(argument) < SV_INSTANCE_MAX) strcpy(instance, argument);
}

void sv_statedir_instance(char const *service, char instance[SV_INSTANCE_MAX])
{
    find_instance(AT_FDCWD, service, instance);
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
    struct sv_link link;
    struct stat about;

    if (!sv_link_read(dir, name, &link)) return -1;
    if (!link.alone) return refuse(-1);
    int fd = sv_openat(dir, link.target, flags, 0);
    if (fd < 0 && errno == ENOENT && create && link.trusted) {
        if (mkdirat(dir, link.target, 0700) < 0 && errno != EEXIST) return -1;
        fd = sv_openat(dir, link.target, flags, 0);
    }
    if (link.trusted) return fd;
    if (fd < 0 || fstat(fd, &about) < 0) return refuse(fd);
    return about.st_uid == link.owner ? fd : refuse(fd);
}

/* Opens the directory `name`, one part of a path, in `dir`; makes it if need be. */
static int open_part(int dir, char const *name, int flags, int create)
{
    int fd = sv_openat(dir, name, flags | O_NOFOLLOW, 0);

    if (fd < 0 && errno == ENOENT && create) {
        if (mkdirat(dir, name, 0700) < 0 && errno != EEXIST) return -1;
        fd = sv_openat(dir, name, flags | O_NOFOLLOW, 0);
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
    int fd = open2(slash == path ? "/" : path, PLACE);
    *slash = '/';
    return fd;
}

/* Opens the state directory, part by part. */
static int open_parts(int service_dir, char const *instance, int flags, int create)
{
    char path[SV_STATEDIR_MAX];
    char *part = path;

    if (find_path(service_dir, instance, path, sizeof path) < 0) return -1;
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

int sv_statedir_open_at(int service_dir, char const *instance, int create)
{
    return open_parts(service_dir, instance, READABLE, create);
}

int sv_statedir_place(int service_dir, char const *instance)
{
    return open_parts(service_dir, instance, PLACE, 0);
}

int sv_statedir_open(char const *instance, int create)
{
    return sv_statedir_open_at(AT_FDCWD, instance, create);
}

int sv_statedir_find_at(int at, char const *service, int readable)
{
    char instance[SV_INSTANCE_MAX];

    find_instance(at, service, instance);
    int dir = sv_openat(at, service, PLACE, 0);
    if (dir < 0) return -1;
    int fd = open_parts(dir, instance, readable ? READABLE : PLACE, 0);
    int error_number = errno;
    (void)close(dir); /* only a place */
    errno = error_number;
    return fd;
}

int sv_statedir_find(char const *service, int readable)
{
    return sv_statedir_find_at(AT_FDCWD, service, readable);
}

/* Opens the directory that the last part of `path` is in. */
static int open_parent(int dir, char *path)
{
    size_t length = strlen(path);

    while (length > 1 && path[length - 1] == '/') path[--length] = 0;
    char *slash = strrchr(path, '/');
    if (!slash) return sv_openat(dir, ".", READABLE, 0);
    slash[slash == path] = 0; /* but "/" stays */
    return sv_openat(dir, path, READABLE, 0);
}

/* A link leads to where it is going to be made. */
static int open_place(int service_dir, char const *instance)
{
    char path[SV_STATEDIR_MAX];
    struct sv_link link;

    if (find_path(service_dir, instance, path, sizeof path) < 0) return -1;
    if (!strchr(path, '/') && sv_link_read(service_dir, path, &link))
        return open_parent(service_dir, link.target);
    return open_parent(service_dir, path);
}

int sv_statedir_parent_at(int at, char const *service)
{
    char instance[SV_INSTANCE_MAX];

    find_instance(at, service, instance);
    int dir = sv_openat(at, service, PLACE, 0);
    if (dir < 0) return -1;
    int fd = open_place(dir, instance);
    int error_number = errno;
    (void)close(dir); /* only a place */
    errno = error_number;
    return fd;
}

char const *sv_statedir_remedy(int error_number)
{
    if (error_number != EPERM) return "";
    return ": it is a symbolic link that neither root nor you have made; remove it, or "
           "let root make it";
}
