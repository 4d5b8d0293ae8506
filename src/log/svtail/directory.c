/* ISC license. */

/* A log directory: its list of files, and what happens to them. */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sv/message.h>

#include "svtail.h"

#define FIRST_FILES 64

static void make_room(struct sv_tailplan *plan)
{
    if (plan->room - plan->count >= SV_TAILPLAN_MORE) return;
    size_t room = plan->room ? 2 * plan->room : FIRST_FILES;
    struct sv_tailplan_file *files = realloc(plan->files, room * sizeof *files);
    if (!files) sv_dieusys(111, "allocate");
    plan->files = files;
    plan->room = room;
}

static int is_known(enum sv_tailwatch_kind kind, enum sv_tailplan_event *event)
{
    switch (kind) {
    case SV_TAILWATCH_COMES: *event = SV_TAILPLAN_COMES; return 1;
    case SV_TAILWATCH_GOES: *event = SV_TAILPLAN_GOES; return 1;
    case SV_TAILWATCH_LEAVES: *event = SV_TAILPLAN_LEAVES; return 1;
    case SV_TAILWATCH_ENTERS: *event = SV_TAILPLAN_ENTERS; return 1;
    case SV_TAILWATCH_WRITTEN:
    case SV_TAILWATCH_ENDED:
    case SV_TAILWATCH_OVERFLOW: break;
    }
    return 0;
}

static void take_in(struct log *log, struct sv_tailwatch_event const *from)
{
    enum sv_tailplan_event event;

    if (from->kind == SV_TAILWATCH_ENDED) log->watch = -1;
    if (*from->name == '.') return; /* not ours to look at */
    log->idle = 0;
    if (!is_known(from->kind, &event)) return;
    make_room(&log->plan);
    sv_tailplan_event(&log->plan, event, from->name, from->cookie);
}

static void take_in_all(struct svtail *tail)
{
    struct sv_tailwatch_event event;
    int got;

    while ((got = sv_tailwatch_read(&tail->watch, &event)) > 0) {
        if (event.kind == SV_TAILWATCH_OVERFLOW) tail->overflowed = 1;
        for (size_t i = 0; i < tail->count; i++)
            if (tail->logs[i].watch == event.id && event.id >= 0)
                take_in(tail->logs + i, &event);
    }
    if (got < 0) sv_dieusys(111, "read events");
    tail->looked = 1;
}

static void list(struct log *log)
{
    int fd = openat(log->directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *directory = fd < 0 ? 0 : fdopendir(fd);
    struct dirent *entry;

    sv_tailplan_begin(&log->plan, log->plan.files, log->plan.room);
    make_room(&log->plan);
    if (!directory && errno == ENOENT) { /* removed */
        if (fd >= 0) (void)close(fd);
        return;
    }
    if (!directory) sv_dieusys(111, "read directory ", log->path);
    while ((errno = 0, entry = readdir(directory))) {
        make_room(&log->plan);
        sv_tailplan_note(&log->plan, entry->d_name);
    }
    if (errno) sv_dieusys(111, "read directory ", log->path);
    (void)closedir(directory); /* only read from */
}

static int stat_of(struct log const *log, struct sv_tailplan_file const *file,
                   struct stat *status)
{
    char const *name = sv_tailplan_name(file);

    return name && !fstatat(log->directory, name, status, AT_SYMLINK_NOFOLLOW);
}

static int is_twin(struct log const *log, struct sv_tailplan_file const *file)
{
    struct stat one, other;

    return !sv_tailplan_is_lasting(file->raw) && stat_of(log, file, &one)
           && one.st_nlink > 1 && stat_of(log, file - 1, &other)
           && one.st_ino == other.st_ino && one.st_dev == other.st_dev;
}

static void settle(struct svtail const *tail, struct log *log)
{
    struct sv_tailplan *plan = &log->plan;

    make_room(plan);
    sv_tailplan_settle(plan);
    plan->frozen = !tail->choice.follow;
    for (size_t i = plan->count; i-- > 1;)
        if (is_twin(log, plan->files + i)) sv_tailplan_twin(plan, i);
}

static void done_up_to(struct sv_tailplan *plan, size_t count)
{
    for (size_t i = 0; i < count; i++) plan->files[i].done = 1;
}

/* How many files the plan begins with whose label is not after `label`. */
static size_t count_up_to(struct sv_tailplan const *plan, char const *label)
{
    size_t i = 0;

    for (; i < plan->count; i++) {
        char const *own = sv_tailplan_label(plan->files + i);
        if (!own || memcmp(own, label, SV_STAMP_TEXT) > 0) break;
    }
    return i;
}

/* The index of the file that is open; plan.count if it is not there. */
static size_t find_open(struct log const *log)
{
    struct stat open, other;

    if (log->fd < 0 || fstat(log->fd, &open) < 0) return log->plan.count;
    for (size_t i = log->plan.count; i--;)
        if (stat_of(log, log->plan.files + i, &other) && other.st_ino == open.st_ino
            && other.st_dev == open.st_dev)
            return i;
    return log->plan.count;
}

/*
 * Events were lost, and the plan is made anew. Goes on where it was; if the open file is
 * not to be found, with the files that are later than all that were known: less one, if
 * there is a processor, which has made that of the open one.
 */
static void relist(struct svtail *tail, struct log *log)
{
    struct sv_tailplan *plan = &log->plan;
    struct sv_tailplan_file const *next = sv_tailplan_next(plan);
    char const *label = next ? sv_tailplan_label(next) : 0;
    int made = log->fd >= 0 && !label && plan->processes;
    int processes = plan->processes;
    char known[SV_STAMP_TEXT];

    memcpy(known, label ? label : plan->newest, sizeof known);
    list(log);
    take_in_all(tail);
    settle(tail, log);
    plan->processes |= processes;
    log->idle = 0;
    size_t at = find_open(log);
    if (log->fd < 0 || at == plan->count) {
        at = count_up_to(plan, known);
        if (label && log->fd < 0 && at) at--; /* it has not been opened yet */
        if (made && at < plan->count && sv_tailplan_label(plan->files + at)) at++;
        log->lost = log->fd >= 0;
        sv_warn("too much happened at once in ", log->path, ": lines may be missing");
    }
    done_up_to(plan, at);
}

void svtail_look(struct svtail *tail)
{
    take_in_all(tail);
    while (tail->overflowed) {
        tail->overflowed = 0;
        for (size_t i = 0; i < tail->count; i++)
            if (tail->logs[i].directory >= 0) relist(tail, tail->logs + i);
    }
}

static void set_name(struct log *log)
{
    if (sv_tailtime_service(log->path, &log->name, &log->name_length)) return;
    char *real = realpath(log->path, 0); /* kept: the name stands in it */
    if (real && sv_tailtime_service(real, &log->name, &log->name_length)) return;
    log->name = log->path;
    log->name_length = strlen(log->path);
}

void svtail_attach(struct svtail *tail, struct log *log, int fd, char *path)
{
    struct stat status;

    if (fstat(fd, &status) < 0) sv_dieusys(111, "stat ", path);
    if (log->watch >= 0) sv_tailwatch_remove(&tail->watch, log->watch);
    if (log->directory >= 0) (void)close(log->directory); /* only looked at */
    log->directory = fd;
    log->device = status.st_dev;
    log->inode = status.st_ino;
    log->path = path; /* the former one may be where the name is */
    set_name(log);
    log->watch = -1;
    if (tail->watch.fd >= 0) log->watch = sv_tailwatch_add(&tail->watch, fd, path);
    if (log->watch < 0 && tail->choice.follow) sv_dieusys(111, "watch ", path);
    list(log);
    take_in_all(tail);
    settle(tail, log);
    log->idle = 0;
}

void svtail_skip_files(struct svtail *tail, struct log *log)
{
    char since[SV_STAMP_TEXT];
    struct sv_tailplan_file *file;

    sv_stamp_format(since, &tail->choice.since);
    while ((file = sv_tailplan_next(&log->plan))) {
        char const *label = sv_tailplan_label(file);
        if (!label || memcmp(label, since, sizeof since) >= 0) return;
        sv_tailplan_done(&log->plan, file);
    }
}
