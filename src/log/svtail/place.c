/* ISC license. */

/* Where the logs are: directories that come, go and are replaced. */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sv/message.h>

#include "svtail.h"

static char const *const below[] = {"", "/log/main", "/main"};
#define CANDIDATES (sizeof below / sizeof *below)

static char *join(char const *path, char const *rest)
{
    size_t length = strlen(path), rest_length = strlen(rest);
    char *joined = malloc(length + rest_length + 1);

    if (!joined) sv_dieusys(111, "allocate");
    memcpy(joined, path, length);
    memcpy(joined + length, rest, rest_length + 1);
    return joined;
}

static int is_of_log(char const *name)
{
    return sv_logplan_is_old(name) || !strcmp(name, "current")
           || !strcmp(name, "previous") || !strcmp(name, "processed");
}

static int holds_log(int directory)
{
    int fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *listing = fd < 0 ? 0 : fdopendir(fd);
    struct dirent const *entry;
    int holds = 0;

    if (!listing) {
        if (fd >= 0) (void)close(fd);
        return 0;
    }
    while (!holds && (entry = readdir(listing))) holds = is_of_log(entry->d_name);
    (void)closedir(listing); /* only read from */
    return holds;
}

int svtail_find(char const *argument, char **path)
{
    int error = ENOENT;

    for (size_t i = 0; i < CANDIDATES; i++) {
        char *candidate = join(argument, below[i]);
        int fd = open(candidate, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0 && !i) error = errno;
        if (fd >= 0 && holds_log(fd)) {
            *path = candidate;
            return fd;
        }
        if (fd >= 0) (void)close(fd); /* only looked at */
        free(candidate);
    }
    errno = error;
    return -1;
}

/* Cuts the last component off; "" is the directory where we are. */
static void cut(char *path)
{
    size_t length = strlen(path);

    while (length && path[length - 1] == '/') length--;
    while (length && path[length - 1] != '/') length--;
    while (length > 1 && path[length - 1] == '/') length--;
    path[length] = 0;
}

static int watch_place(struct svtail *tail, char const *path)
{
    unsigned int what = SV_WATCH_COMES | SV_WATCH_GOES | SV_WATCH_SELF;

    return sv_watch_add(&tail->places, *path ? path : ".", what) >= 0 || errno == EEXIST;
}

/* The directory, or what is there of the way to it. `path` is destroyed. */
static void watch_way(struct svtail *tail, char *path)
{
    while (!watch_place(tail, path)) {
        if (errno == ENOSPC || !*path || !strcmp(path, "/"))
            sv_dieusys(111, "watch ", *path ? path : ".");
        cut(path);
    }
}

static void watch_candidates(struct svtail *tail, struct log const *log)
{
    for (size_t i = 0; i < CANDIDATES; i++) {
        char *candidate = join(log->argument, below[i]);
        watch_way(tail, candidate);
        free(candidate);
    }
}

/* Whether the path ends in `.` or `..`, so that its parent cannot be seen from it. */
static int ends_in_dots(char const *path)
{
    char const *slash = strrchr(path, '/');
    char const *last = slash ? slash + 1 : path;

    return !strcmp(last, ".") || !strcmp(last, "..");
}

/* Where the directory stands, by the name it was given and by its own. */
static void watch_parents(struct svtail *tail, struct log const *log)
{
    char *path = join(log->path, "");
    char *real = realpath(log->path, 0); /* null: it has gone, the other one tells */

    if (!real || !ends_in_dots(path)) {
        cut(path);
        watch_way(tail, path);
    }
    if (real) {
        cut(real);
        watch_way(tail, real);
    }
    free(real);
    free(path);
}

static int is_in_place(struct log const *log)
{
    struct stat status;

    return log->directory >= 0 && !stat(log->path, &status) && status.st_ino == log->inode
           && status.st_dev == log->device;
}

static void check(struct svtail *tail, struct log *log)
{
    if (log->successor >= 0) return;
    if (log->directory >= 0) watch_parents(tail, log);
    if (is_in_place(log)) return;
    watch_candidates(tail, log);
    log->successor = svtail_find(log->argument, &log->successor_path);
    if (log->successor >= 0) log->idle = 0;
}

/* First the watches, then the look: whatever comes in between is told. */
void svtail_check_places(struct svtail *tail)
{
    sv_watch_close(&tail->places);
    if (!sv_watch_open(&tail->places)) sv_dieusys(111, "watch directories");
    for (size_t i = 0; i < tail->count; i++) check(tail, tail->logs + i);
}

/* Events that have been taken in are not told again. */
static int is_waiting_for_us(struct svtail const *tail)
{
    for (size_t i = 0; i < tail->count; i++)
        if (!tail->logs[i].idle && !tail->logs[i].ended) return 1;
    return 0;
}

void svtail_wait(struct svtail *tail)
{
    struct sv_watch_event event;
    int changed = 0, got;
    int limit_ms = is_waiting_for_us(tail) ? 0 : -1;

    got = sv_tailwatch_wait(&tail->watch, tail->places.fd, 1, limit_ms);
    if (!got) _exit(0);
    if (got < 0) sv_dieusys(111, "wait for events");
    while ((got = sv_watch_read(&tail->places, &event)) > 0) changed = 1;
    if (got < 0) sv_dieusys(111, "read events");
    svtail_look(tail);
    if (changed) svtail_check_places(tail);
}
