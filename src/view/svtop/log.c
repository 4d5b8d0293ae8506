/* ISC license. */

/* The end of a service's log: it is where svtail looks for it. */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h> /* snprintf */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sv/openat.h>
#include <sv/stamp.h>

#include "svtop.h"

#define BLOCK 8192 /* bytes in which the last line is looked for */
#define TRIES 4    /* at finding it where it is watched */

static char const *const below[] = {"", "/log/main", "/main"};
#define CANDIDATES (sizeof below / sizeof *below)

/* Opens the directory of `service` that is called so below it. */
static int open_below(struct service const *service, char const *name)
{
    char path[PATH_MAX];
    int length = snprintf(path, sizeof path, "%s%s", service->path, name);

    if (length < 0 || (size_t)length >= sizeof path) return -1;
    return sv_openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
}

/* Opens the regular file `name`; nothing else could be read without waiting. */
static int open_file(int dir, char const *name)
{
    struct stat about;
    int fd = sv_openat(dir, name, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC, 0);

    if (fd < 0 || (!fstat(fd, &about) && S_ISREG(about.st_mode))) return fd;
    (void)close(fd); /* only looked at */
    return -1;
}

static void find(struct service *service)
{
    struct log *log = &service->log;

    for (size_t i = 0; i < CANDIDATES && log->fd < 0; i++) {
        int dir = open_below(service, below[i]);
        if (dir >= 0) log->fd = open_file(dir, "current");
        if (log->fd >= 0)
            log->dir = dir;
        else if (dir >= 0)
            (void)close(dir); /* only looked at */
    }
}

static void drop(struct log *log)
{
    if (log->fd >= 0) (void)close(log->fd);   /* only read from */
    if (log->dir >= 0) (void)close(log->dir); /* likewise */
    log->fd = log->dir = -1;
}

/* Watches where it is; or where it, or a directory on the way to it, is to appear.
 * Returns the id of the watch. */
static int watch_place(struct svtop *top, struct service *service)
{
    static char const *const places[] = {"/log/main", "/log", "/main", ""};
    int own = service->log.dir, dir = own;

    for (size_t i = 0; i < sizeof places / sizeof *places && dir < 0; i++)
        dir = open_below(service, places[i]);
    if (dir < 0) return -1;
    int id = sv_watch_add_open(&top->watch, dir,
                               SV_WATCH_COMES | SV_WATCH_GOES | SV_WATCH_SELF
                                   | SV_WATCH_AGAIN);
    if (dir != own) (void)close(dir); /* the watch stays */
    return id;
}

/* Live it is found again once its directory is watched: what has come in between is seen,
 * and what comes later is told. */
void svtop_open_log(struct svtop *top, struct service *service)
{
    struct log *log = &service->log;
    int before = -1;

    find(service);
    if (top->watch.fd < 0) return;
    for (unsigned int i = 0; i < TRIES; i++) {
        log->dir_watch = watch_place(top, service);
        if (log->dir_watch == before) break;
        svtop_unwatch(top, &before);
        before = log->dir_watch;
        drop(log);
        find(service);
    }
    if (log->fd >= 0) log->file_watch = sv_watch_add_file(&top->watch, log->fd);
}

void svtop_close_log(struct svtop *top, struct service *service)
{
    svtop_unwatch(top, &service->log.dir_watch);
    svtop_unwatch(top, &service->log.file_watch);
    drop(&service->log);
}

/* Reads the last bytes of a file, at most `size`. Returns how many. */
static size_t read_end(int fd, char *block, size_t size)
{
    struct stat about;
    size_t length = 0;
    ssize_t got;

    if (fstat(fd, &about) < 0) return 0;
    off_t at = about.st_size > (off_t)size ? about.st_size - (off_t)size : 0;
    do {
        got = pread(fd, block + length, size - length, at + (off_t)length);
        if (got > 0) length += (size_t)got;
    } while ((got > 0 && length < size) || (got < 0 && errno == EINTR));
    return length;
}

/* Opens the file that `current` was before: the one with the latest label. */
static int open_newest(int dir)
{
    char newest[NAME_MAX + 1] = "";
    int again = sv_openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    DIR *directory = again < 0 ? 0 : fdopendir(again);
    struct dirent const *entry;

    if (!directory) {
        if (again >= 0) (void)close(again); /* only looked at */
        return -1;
    }
    while ((entry = readdir(directory)))
        if (*entry->d_name == '@' && strcmp(entry->d_name, newest) > 0)
            strcpy(newest, entry->d_name);
    (void)closedir(directory); /* only read from */
    return *newest ? open_file(dir, newest) : -1;
}

/* The end of `current`; while that is empty, of what it was before. */
static size_t read_log(struct service const *service, char *block, size_t size)
{
    struct log const *log = &service->log;
    size_t length = log->fd < 0 ? 0 : read_end(log->fd, block, size);

    if (length || log->dir < 0) return length;
    int fd = open_newest(log->dir);
    if (fd < 0) return 0;
    length = read_end(fd, block, size);
    (void)close(fd); /* only read from */
    return length;
}

/* What `current` does not fill, what it was before does. */
size_t svtop_tail(struct service const *service, char block[SVTOP_LOG_TAIL])
{
    struct log const *log = &service->log;
    size_t length = log->fd < 0 ? 0 : read_end(log->fd, block, SVTOP_LOG_TAIL);
    size_t room = SVTOP_LOG_TAIL - length;
    int fd = room && log->dir >= 0 ? open_newest(log->dir) : -1;

    if (fd < 0) return length;
    memmove(block + room, block, length);
    size_t older = read_end(fd, block, room);
    (void)close(fd); /* only read from */
    memmove(block + older, block + room, length);
    return older + length;
}

/* The last complete line, or what there is of one, without its label. */
void svtop_read_log(struct service *service)
{
    struct log *log = &service->log;
    struct timespec when;
    char block[BLOCK];
    size_t end = read_log(service, block, sizeof block);

    if (!end && log->fd >= 0) return; /* what was last is still the last */
    char const *last = end ? memrchr(block, '\n', end) : 0;
    if (last) end = (size_t)(last - block);
    char const *before = end ? memrchr(block, '\n', end) : 0;
    char const *line = before ? before + 1 : block;
    size_t length = end - (size_t)(line - block);
    if (length > SV_STAMP_TEXT && line[SV_STAMP_TEXT] == ' '
        && sv_stamp_scan(line, length, &when)) {
        line += SV_STAMP_TEXT + 1;
        length -= SV_STAMP_TEXT + 1;
    }
    if (length > sizeof log->line) length = sizeof log->line;
    memcpy(log->line, line, length);
    log->length = length;
}
