/* ISC license. */

/* From the end: where do the last lines begin? */

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sv/message.h>

#include "svtail.h"

#define BLOCK 65536

/* A walk backwards through the lines of a log. */
struct walk {
    struct svtail *tail;
    struct log *log;
    uint64_t count;        /* lines that are wanted, and found */
    uint64_t waiting;      /* lines without a time, before that of theirs is known */
    unsigned int over : 1; /* there are enough, or the rest is too early */
    /* where to begin: the start of the earliest line that counts */
    size_t index;
    off_t offset;
    unsigned int found : 1; /* these two are defined */
};

static char block[BLOCK + SV_TAILTIME_LENGTH];

static void count_line(struct walk *walk, size_t index, off_t offset, uint64_t lines)
{
    walk->count += lines;
    walk->waiting = 0;
    walk->index = index;
    walk->offset = offset;
    walk->found = 1;
    walk->over = walk->count >= walk->tail->choice.lines;
}

/* A line starts at `offset` of that file, with these bytes. */
static void see_line(struct walk *walk, size_t index, off_t offset, char const *line,
                     size_t length)
{
    struct choice const *choice = &walk->tail->choice;
    struct timespec when;

    if ((!choice->has_since && !choice->has_until) || walk->log->stamped == STAMPED_NO) {
        count_line(walk, index, offset, 1);
    } else if (!svtail_time(line, length, &when)) {
        walk->waiting++;
    } else if (choice->has_until && !sv_tailtime_before(&when, &choice->until)) {
        walk->waiting = 0;
    } else if (choice->has_since && sv_tailtime_before(&when, &choice->since)) {
        walk->over = 1;
    } else
        count_line(walk, index, offset, walk->waiting + 1);
}

static ssize_t read_at(struct log const *log, int fd, size_t length, off_t offset)
{
    ssize_t got = pread(fd, block, length, offset);

    if (got < 0) sv_dieusys(111, "read a file of ", log->path);
    return got;
}

/* The last byte of the nearest file before this one that has any; -1: there is none. */
static int byte_before(struct walk const *walk, size_t index)
{
    struct log *log = walk->log;
    int byte = -1;

    while (byte < 0 && index-- > log->plan.first) {
        if (log->plan.files[index].done) break;
        int fd = svtail_open(walk->tail, log, index);
        if (fd < 0) continue;
        off_t size = lseek(fd, 0, SEEK_END);
        if (size > 0 && read_at(log, fd, 1, size - 1) == 1) byte = (unsigned char)*block;
        if (byte >= 0 && sv_tailplan_is_torn(log->plan.files + index)) byte = '\n';
        (void)close(fd); /* only read from */
    }
    return byte;
}

/*
 * The lines that start in the file before `size`, the last one first. A byte at the end
 * that is no newline belongs to a line that goes on in the next file, or it is the last.
 */
static void walk_file(struct walk *walk, size_t index, int fd, off_t size)
{
    off_t end = size;

    while (end > 0 && !walk->over) {
        off_t begin = end > BLOCK ? end - BLOCK : 0;
        size_t length = (size_t)(end - begin);
        size_t got = (size_t)read_at(walk->log, fd, length + SV_TAILTIME_LENGTH, begin);
        if (got < length) return; /* somebody has cut it */
        for (size_t left = length; left && !walk->over;) {
            char const *newline = memrchr(block, '\n', left);
            if (!newline) break;
            left = (size_t)(newline - block);
            if (begin + (off_t)left + 1 < size)
                see_line(walk, index, begin + (off_t)left + 1, newline + 1,
                         got - left - 1);
        }
        end = begin;
    }
    if (walk->over || !size) return;
    int before = byte_before(walk, index);
    if (before >= 0 && before != '\n') return;
    ssize_t got = read_at(walk->log, fd, SV_TAILTIME_LENGTH, 0);
    see_line(walk, index, 0, block, (size_t)got);
}

/* What a -f prints of the last file; more will come behind it. */
static off_t complete_size(struct log const *log, int fd, off_t size)
{
    off_t end = size;

    while (end > 0) {
        off_t begin = end > BLOCK ? end - BLOCK : 0;
        ssize_t got = read_at(log, fd, (size_t)(end - begin), begin);
        char const *newline = got > 0 ? memrchr(block, '\n', (size_t)got) : 0;
        if (newline) return begin + (newline - block) + 1;
        end = begin;
    }
    return 0;
}

static void learn_stamped(struct walk *walk, int fd)
{
    ssize_t got = read_at(walk->log, fd, BLOCK, 0);

    if (got > 0 && walk->log->stamped == STAMPED_UNKNOWN)
        svtail_set_stamped(walk->log, svtail_has_stamps(block, (size_t)got));
}

static void walk_back(struct walk *walk)
{
    struct log *log = walk->log;
    struct choice const *choice = &walk->tail->choice;
    size_t last = log->plan.count - 1;

    for (size_t i = log->plan.count; i-- > log->plan.first && !walk->over;) {
        if (log->plan.files[i].done) break;
        int fd = svtail_open(walk->tail, log, i);
        if (fd < 0) {
            log->plan.files[i].done = 1; /* it has been said why */
            continue;
        }
        off_t size = lseek(fd, 0, SEEK_END);
        if (size < 0) sv_dieusys(111, "read a file of ", log->path);
        if (i == last && choice->follow) size = complete_size(log, fd, size);
        if (choice->has_since || choice->has_until) learn_stamped(walk, fd);
        if (!walk->found) count_line(walk, i, size, 0); /* at the end, to begin with */
        if (!walk->over) walk_file(walk, i, fd, size);
        (void)close(fd); /* only read from */
    }
}

/* Begins to read there. */
static void go_to(struct walk *walk)
{
    struct log *log = walk->log;

    log->fd = svtail_open(walk->tail, log, walk->index);
    log->offset = walk->offset;
    for (size_t i = log->plan.first; i < walk->index; i++) log->plan.files[i].done = 1;
    if (log->fd < 0) log->plan.files[walk->index].done = 1;
}

void svtail_go_back(struct svtail *tail)
{
    uint64_t count = 0;

    for (size_t i = 0; i < tail->count; i++) {
        struct walk walk = {.tail = tail, .log = tail->logs + i};
        if (walk.log->plan.count == walk.log->plan.first) continue;
        walk_back(&walk);
        count += walk.count;
        if (walk.found) go_to(&walk);
    }
    tail->skip = count > tail->choice.lines ? count - tail->choice.lines : 0;
}
