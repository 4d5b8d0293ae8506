/* ISC license. */

/* One file after the other, as one stream of bytes. */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sv/message.h>

#include "svtail.h"

/* A name that leaves a directory enters another one at once, or is gone for us. */
#define MOVE_LIMIT_MS 1000

/* Events are taken in after so many reads, even if there is always something to read. */
#define READS_IN_A_ROW 64

struct packing {
    char const *magic;
    size_t length;
    char const *reader;
};

static struct packing const packings[] = {
    {"\x1f\x8b", 2, "zcat"},
    {"\x28\xb5\x2f\xfd", 4, "zstdcat"},
    {"\xfd\x37\x7a\x58\x5a", 5, "xzcat"},
    {"BZh", 3, "bzcat"},
};

/* The program that can read it; null if it looks like text. */
static char const *packed_for(int fd)
{
    char head[8];
    ssize_t length = pread(fd, head, sizeof head, 0);

    for (size_t i = 0; i < sizeof packings / sizeof *packings; i++)
        if (length >= (ssize_t)packings[i].length
            && !memcmp(head, packings[i].magic, packings[i].length))
            return packings[i].reader;
    return 0;
}

/* Whether it is of use; otherwise it is closed. */
static int is_readable(struct log *log, int fd, char const *name, int is_raw)
{
    struct stat status;
    char const *reader = is_raw ? 0 : packed_for(fd);

    if (!reader && !fstat(fd, &status) && S_ISREG(status.st_mode)) return 1;
    if (reader && !log->warned)
        sv_warn("compressed files are left out, read them with: ", reader, " ", log->path,
                "/", name);
    if (reader) log->warned = 1;
    (void)close(fd); /* only read from */
    return 0;
}

static void say_gone(struct log const *log)
{
    sv_warn("lines are missing: a file of ", log->path,
            " was removed before it could be read");
}

static int has_name(struct log const *log, size_t index, char const *name)
{
    char const *now =
        index < log->plan.count ? sv_tailplan_name(log->plan.files + index) : 0;

    return now && !strcmp(now, name);
}

/* The file should be there and is not: where has it gone? */
static void search_for(struct svtail *tail, struct log *log, size_t index,
                       char const *name)
{
    svtail_look(tail);
    if (!has_name(log, index, name)) return;
    if (!strcmp(log->plan.moving, name)) {
        if (sv_tailwatch_wait(&tail->watch, -1, -1, MOVE_LIMIT_MS) < 0)
            sv_dieusys(111, "wait for events");
        svtail_look(tail);
        if (!strcmp(log->plan.moving, name)) sv_tailplan_lapse(&log->plan);
    } else
        sv_tailplan_event(&log->plan, SV_TAILPLAN_GOES, name, 0);
}

int svtail_open(struct svtail *tail, struct log *log, size_t index)
{
    char tried[SV_LOGPLAN_NAME];

    for (;;) {
        if (index >= log->plan.count) return -1;
        struct sv_tailplan_file const *file = log->plan.files + index;
        char const *name = sv_tailplan_name(file);
        if (!name) {
            say_gone(log);
            return -1;
        }
        strcpy(tried, name);
        int fd =
            openat(log->directory, tried, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        if (fd < 0 && errno != ENOENT) {
            sv_warnusys("read ", log->path, "/", tried);
            return -1;
        }
        if (fd < 0) {
            search_for(tail, log, index, tried);
            continue;
        }
        if (!sv_tailplan_is_lasting(tried)) svtail_look(tail);
        if (has_name(log, index, tried)) {
            int is_raw = sv_tailplan_is_raw(log->plan.files + index);
            return is_readable(log, fd, tried, is_raw) ? fd : -1;
        }
        (void)close(fd); /* perhaps it is the next one of that name */
    }
}

/* Opens the plan's next file that can be. Returns 0 if there is none. */
static int open_next(struct svtail *tail, struct log *log)
{
    struct sv_tailplan_file *file;

    while (log->directory >= 0 && (file = sv_tailplan_next(&log->plan))) {
        log->fd = svtail_open(tail, log, (size_t)(file - log->plan.files));
        log->offset = 0;
        log->lost = 0;
        if (log->fd >= 0) return 1;
        /* what is next may have changed while it was opened, but not what was asked for
         */
        if ((file = sv_tailplan_next(&log->plan))) sv_tailplan_done(&log->plan, file);
    }
    return 0;
}

/* Room for a read: what is printed goes, and the buffer grows. */
static void make_room(struct log *log)
{
    if (log->begin == log->end) log->begin = log->end = log->searched = 0;
    if (log->end < log->room) return;
    if (log->begin) {
        memmove(log->buffer, log->buffer + log->begin, log->end - log->begin);
        log->end -= log->begin;
        log->searched -= log->begin;
        log->begin = 0;
        return;
    }
    size_t room = log->room ? 2 * log->room : SVTAIL_BLOCK;
    char *buffer = realloc(log->buffer, room);
    if (!buffer) sv_dieusys(111, "allocate");
    log->buffer = buffer;
    log->room = room;
}

/*
 * Somebody has cut the file. It is begun again, as what it holds now may be new; but if
 * only what is not printed has gone nobody needs to know.
 */
static int is_cut(struct log *log)
{
    struct stat status;
    off_t printed = log->offset - (off_t)(log->end - log->begin);

    if (fstat(log->fd, &status) < 0 || status.st_size >= log->offset) return 0;
    if (printed < 0) printed = 0; /* the line began in the file before */
    int whole = status.st_size >= printed;
    if (!whole) sv_warn("a file of ", log->path, " was cut: beginning it again");
    log->end = log->searched = log->begin;
    log->offset = whole ? printed : 0;
    log->in_line = 0;
    return 1;
}

static void finish_file(struct log *log)
{
    struct sv_tailplan_file *file = log->lost ? 0 : sv_tailplan_next(&log->plan);

    (void)close(log->fd); /* only read from */
    log->fd = -1;
    if (file && sv_tailplan_is_torn(file) && log->in_line) {
        make_room(log);
        log->buffer[log->end++] = '\n';
        log->in_line = 0;
    }
    if (file) sv_tailplan_done(&log->plan, file);
}

/* Whether nothing will be appended to the open file any more. */
static int is_final(struct log const *log)
{
    struct sv_tailplan_file const *file = sv_tailplan_next(&log->plan);

    return log->lost || !file || file + 1 < log->plan.files + log->plan.count;
}

static size_t read_some(struct log *log)
{
    ssize_t length;

    make_room(log);
    do length = pread(log->fd, log->buffer + log->end, log->room - log->end, log->offset);
    while (length < 0 && errno == EINTR);
    if (length < 0) sv_warnusys("read a file of ", log->path);
    if (length <= 0) return 0;
    log->end += (size_t)length;
    log->offset += length;
    log->in_line = log->buffer[log->end - 1] != '\n';
    return (size_t)length;
}

static void follow_successor(struct svtail *tail, struct log *log)
{
    int fd = log->successor;

    if (log->fd >= 0) (void)close(log->fd); /* only read from */
    log->fd = log->successor = -1;
    if (log->in_line) {
        make_room(log);
        log->buffer[log->end++] = '\n';
        log->in_line = 0;
    }
    svtail_attach(tail, log, fd, log->successor_path);
}

int svtail_fill(struct svtail *tail, struct log *log)
{
    static unsigned int reads;

    for (;;) {
        if (++reads % READS_IN_A_ROW == 0) svtail_look(tail);
        size_t before = log->end - log->begin;
        if (log->fd < 0 && !open_next(tail, log) && log->successor < 0) break;
        int final = log->fd >= 0 && is_final(log); /* before the read: see tailplan.h */
        if (log->fd >= 0 && read_some(log)) return 1;
        if (log->fd >= 0 && final) {
            finish_file(log);
        } else if (log->fd >= 0 && is_cut(log)) {
            continue;
        } else if (log->successor >= 0) {
            follow_successor(tail, log);
        } else
            break;
        if (log->end - log->begin > before) return 1;
    }
    log->idle = 1;
    return 0;
}
