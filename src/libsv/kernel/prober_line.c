/* ISC license. */

/*
 * A line in a log. Of the file that is written we remember how far it was read, so that
 * a look at a log that does not grow costs nothing. If another file has come in its place
 * the rest of the old one is in the files beside it: those written since the last look
 * are read whole, since to see a line twice does no harm.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sv/checksum.h>
#include <sv/clock.h>
#include <sv/errortext.h>
#include <sv/openat.h>
#include <sv/regex.h>
#include <sv/stamp.h>
#include <sv/stream.h>

#include "prober_parts.h"

#define BLOCK 8192

/* Times of files are that coarse; more so where they have no nanoseconds. */
#define TICK_MS 20
#define COARSE_TICK_MS 2000

struct search {
    struct sv_prober const *prober;
    struct sv_prober_log *log;
    char const *path;
    void *regex;
    char block[BLOCK];
};

static int is_before(struct timespec const *one, struct timespec const *two)
{
    return one->tv_sec != two->tv_sec ? one->tv_sec < two->tv_sec
                                      : one->tv_nsec < two->tv_nsec;
}

static int64_t milliseconds(struct timespec const *when)
{
    return (int64_t)when->tv_sec * 1000 + when->tv_nsec / 1000000;
}

static int is_match(struct search *search, char const *line, size_t length)
{
    struct timespec when;

    if (sv_stamp_scan(line, length, &when)) {
        if (is_before(&when, &search->log->since)) return 0;
        line += SV_STAMP_TEXT, length -= SV_STAMP_TEXT;
        if (length && *line == ' ') line++, length--;
    }
    return sv_regex_matches(search->regex, line, length);
}

/* Looks at the complete lines of the block. Returns how much of it they are. */
static size_t look_through(struct search *search, size_t length, int is_rest)
{
    size_t at = 0;

    while (at < length) {
        char const *end = memchr(search->block + at, '\n', length - at);
        if (!end) break;
        size_t next = (size_t)(end - search->block) + 1;
        if (!is_rest && is_match(search, search->block + at, next - 1 - at))
            search->log->is_found = 1;
        is_rest = 0;
        at = next;
    }
    return at;
}

/*
 * Reads from *at on, and leaves there the place of the first line that has no end yet. Of
 * a line that is longer than a block the beginning counts. GOOD: to its end, or found.
 */
static enum sv_prober_result read_lines(struct search *search, int fd, off_t *at)
{
    int is_rest = 0; /* of a line that has been looked at */

    while (!search->log->is_found) {
        ssize_t length = pread(fd, search->block, BLOCK, *at);
        if (length < 0 && errno == EINTR) continue;
        if (length < 0) return sv_prober_unable(search->prober, "read ", search->path);
        size_t used = look_through(search, (size_t)length, is_rest);
        if (used) is_rest = 0;
        if (!used && length < BLOCK) return SV_PROBER_GOOD;
        if (!used) {
            if (!is_rest && is_match(search, search->block, BLOCK))
                search->log->is_found = 1;
            is_rest = 1;
            used = BLOCK;
        }
        *at += (off_t)used;
        if (sv_clock_monotonic_ms() >= search->prober->deadline_ms)
            return sv_prober_late(search->prober,
                                  "there is more of the log than can be read");
    }
    return SV_PROBER_GOOD;
}

/* Whether a file was last written before `when`; if in doubt, no. */
static int is_older(struct stat const *about, struct timespec const *when)
{
    int64_t tick_ms = about->st_mtim.tv_nsec ? TICK_MS : COARSE_TICK_MS;

    return milliseconds(&about->st_mtim) + tick_ms < milliseconds(when);
}

/* The old files of the directory that have been written since `when`. */
static enum sv_prober_result read_old(struct search *search, DIR *directory,
                                      struct timespec const *when)
{
    enum sv_prober_result result = SV_PROBER_GOOD;
    struct dirent *entry;
    struct stat about;

    while (result == SV_PROBER_GOOD && !search->log->is_found
           && (entry = readdir(directory))) {
        off_t at = 0;
        if (*entry->d_name != '@' && strcmp(entry->d_name, "previous")) continue;
        int fd = sv_openat(dirfd(directory), entry->d_name,
                           O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC, 0);
        if (fd < 0) continue; /* renamed or removed just now: it is no more */
        if (!fstat(fd, &about) && S_ISREG(about.st_mode) && !is_older(&about, when))
            result = read_lines(search, fd, &at);
        (void)close(fd); /* only read from */
    }
    return result;
}

static int is_same_file(struct sv_prober_log const *log, struct stat const *about)
{
    return log->inode == about->st_ino && log->device == about->st_dev
           && about->st_size >= log->at;
}

/* The file that is written, and, if it is another one than last time, the others. */
static enum sv_prober_result read_log(struct search *search, DIR *directory, int fd)
{
    struct sv_prober_log *log = search->log;
    enum sv_prober_result result = SV_PROBER_GOOD;
    struct timespec looked;
    struct stat about;

    sv_clock_wall(&looked);
    if (fstat(fd, &about) < 0)
        return sv_prober_unable(search->prober, "read ", search->path);
    if (!S_ISREG(about.st_mode))
        return SAY(search->prober, SV_PROBER_BAD, search->path, " is no file");
    if (!is_same_file(log, &about)) {
        struct timespec const *when = log->inode ? &log->looked : &log->since;
        if (directory) result = read_old(search, directory, when);
        if (result != SV_PROBER_GOOD || log->is_found) return result;
        log->at = is_older(&about, &log->since) ? about.st_size : 0;
        log->device = about.st_dev;
        log->inode = about.st_ino;
    }
    result = read_lines(search, fd, &log->at);
    if (result == SV_PROBER_GOOD) log->looked = looked;
    return result;
}

static enum sv_prober_result find_line(struct search *search)
{
    enum sv_prober_result result;
    DIR *directory = opendir(search->path);
    int is_directory = directory || errno != ENOTDIR;

    if (is_directory && !directory)
        return sv_prober_unable(search->prober, "open ", search->path);
    int fd = sv_openat(directory ? dirfd(directory) : AT_FDCWD,
                       directory ? "current" : search->path,
                       O_RDONLY | O_NONBLOCK | O_CLOEXEC, 0);
    if (fd < 0)
        result = sv_prober_unable(search->prober, "open the log ", search->path);
    else
        result = read_log(search, directory, fd);
    if (fd >= 0) (void)close(fd);             /* only read from */
    if (directory) (void)closedir(directory); /* likewise */
    if (result != SV_PROBER_GOOD || search->log->is_found) return result;
    return SAY(search->prober, SV_PROBER_BAD, "there is no such line in ", search->path);
}

static void recognise(struct sv_prober_log *log, struct sv_probe const *probe)
{
    uint32_t which =
        sv_checksum((unsigned char const *)probe->path, probe->path_length)
        ^ ~sv_checksum((unsigned char const *)probe->regex, strlen(probe->regex));

    if (which != log->which)
        *log = (struct sv_prober_log){.since = log->since, .which = which};
}

enum sv_prober_result sv_prober_line(struct sv_prober const *prober,
                                     struct sv_probe const *probe)
{
    struct sv_prober_log whole = {.inode = 0};
    struct search search = {.prober = prober,
                            .log = prober->log ? prober->log : &whole,
                            .path = probe->path};
    char reason[SV_PROBER_REASON];

    recognise(search.log, probe);
    if (search.log->is_found) return SV_PROBER_GOOD;
    search.regex = sv_regex_compile(probe->regex, reason, sizeof reason);
    if (!search.regex)
        return SAY(prober, SV_PROBER_TROUBLE, "unable to use the expression: ", reason);
    enum sv_prober_result result = find_line(&search);
    sv_regex_free(search.regex);
    return result;
}
