/* ISC license. */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include <sv/chain.h>
#include <sv/envedit.h>
#include <sv/openat.h>

#define DEFAULT_PATH "/bin:/usr/bin"
#define CHUNK 4096

int sv_chain_set(stralloc *edits, char const *prefix, char const *name, char const *value,
                 size_t length)
{
    if (!stralloc_cats(edits, prefix) || !stralloc_cats(edits, name)) return 0;
    if (value)
        if (!stralloc_cats(edits, "=") || !stralloc_catb(edits, value, length)) return 0;
    return stralloc_catb(edits, "", 1);
}

/* The environment with the changes; null if there is no memory. */
static char const *const *edited(stralloc const *edits)
{
    size_t count = 0, more = 0;

    while (environ[count]) count++;
    for (size_t i = 0; i < edits->len; i++) more += !edits->s[i];
    char const **environment = malloc((count + more + 1) * sizeof *environment);
    if (!environment) return 0;
    memcpy(environment, environ, count * sizeof *environment);
    for (size_t at = 0; at < edits->len; at += strlen(edits->s + at) + 1)
        count = sv_envedit_apply(environment, count, edits->s + at);
    environment[count] = 0;
    return environment;
}

static void become(char const *path, char const *const *argv,
                   char const *const *environment)
{
    execve(path, (char *const *)argv, (char *const *)environment);
}

/* Tries the program in each directory of the search path. There may be neither memory nor
 * stack to be had by now, because of limits that are for the next program. */
static int search(char const *name, char const *const *argv,
                  char const *const *environment)
{
    static char path[PATH_MAX];
    char const *at = getenv("PATH");
    size_t name_length = strlen(name) + 1;
    int worst = ENOENT;

    for (at = at ? at : DEFAULT_PATH;; at++) {
        size_t length = strcspn(at, ":");
        size_t part = length ? length : 1;
        if (part + 1 + name_length > sizeof path) return errno = ENAMETOOLONG, -1;
        memcpy(path, length ? at : ".", part);
        path[part] = '/';
        memcpy(path + part + 1, name, name_length);
        become(path, argv, environment);
        int reason = errno;
        if (reason != ENOENT) worst = reason;
        if (reason != ENOENT && reason != EACCES && reason != EPERM && reason != EISDIR)
            break;
        at += length;
        if (!*at) break;
    }
    return errno = worst, -1;
}

int sv_chain_run_as(char const *name, char const *const *argv, stralloc const *edits)
{
    char const *const *environment = edits ? edited(edits) : (char const *const *)environ;

    if (!environment) return -1;
    if (!strchr(name, '/')) return search(name, argv, environment);
    become(name, argv, environment);
    return -1;
}

int sv_chain_run(char const *const *argv, stralloc const *edits)
{
    return sv_chain_run_as(*argv, argv, edits);
}

enum sv_chain_lock sv_chain_lock(char const *file, int at_once)
{
    int fd = sv_openat(AT_FDCWD, file, O_WRONLY | O_NONBLOCK | O_APPEND | O_CREAT, 0600);
    int locked;

    if (fd < 0) return SV_CHAIN_LOCK_OPEN;
    do locked = flock(fd, at_once ? LOCK_EX | LOCK_NB : LOCK_EX);
    while (locked < 0 && errno == EINTR);
    return locked < 0 ? SV_CHAIN_LOCK_LOCK : SV_CHAIN_LOCKED;
}

int sv_chain_read(int dir, char const *name, stralloc *content)
{
    int fd = sv_openat(dir, name, O_RDONLY | O_NONBLOCK | O_CLOEXEC, 0);
    ssize_t got;

    if (fd < 0) return -1;
    content->len = 0;
    do {
        if (!stralloc_readyplus(content, CHUNK)) {
            got = -1, errno = ENOMEM;
            break;
        }
        do got = read(fd, content->s + content->len, CHUNK);
        while (got < 0 && errno == EINTR);
        if (got > 0) content->len += (size_t)got;
    } while (got > 0);
    int reason = errno;
    close(fd);
    errno = reason;
    return got < 0 ? -1 : 1;
}

int sv_chain_has_long(char const *const *argv)
{
    return argv[0] && argv[1] && !strncmp(argv[1], "--", 2) && argv[1][2];
}
