/* ISC license. */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sv/statedir.h>

#define DEFAULT_NAME "supervise"

/* Puts "/a/b" as ":a:b" (without the first ':') behind `path`. Returns the new length. */
static int append_own_path(char *path, size_t size, size_t length)
{
    char here[PATH_MAX];

    if (!getcwd(here, sizeof here)) return -1;
    size_t here_length = strlen(here + 1);
    if (length + 1 + here_length >= size) {
        errno = ENAMETOOLONG;
        return -1;
    }
    path[length++] = '/';
    for (char const *from = here + 1; *from; from++)
        path[length++] = *from == '/' ? ':' : *from;
    path[length] = 0;
    return (int)length;
}

int sv_statedir_path(char *path, size_t size)
{
    char const *name = getenv("SUPERVISEDIR");

    if (!name || !*name) name = DEFAULT_NAME;
    size_t length = strlen(name);
    if (length >= size) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(path, name, length + 1);
    return *name == '/' ? append_own_path(path, size, length) : (int)length;
}

/* Makes the directory `path`, or what it points to if it is a symbolic link to nowhere.
 */
static int make(char const *path)
{
    char target[PATH_MAX];

    if (!mkdir(path, 0700)) return 0;
    if (errno != EEXIST) return -1;
    ssize_t length = readlink(path, target, sizeof target - 1);
    if (length < 0) return 0;
    target[length] = 0;
    return mkdir(target, 0700) < 0 && errno != EEXIST ? -1 : 0;
}

int sv_statedir_open(int create)
{
    char path[SV_STATEDIR_MAX];

    if (sv_statedir_path(path, sizeof path) < 0) return -1;
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0 || !create || errno != ENOENT) return fd;
    if (make(path) < 0) return -1;
    return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}
