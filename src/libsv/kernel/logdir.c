/* ISC license. */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <sv/clock.h>

#include "logdir_parts.h"

#define SETTLE (1 << 20) /* bytes */
#define LOCK_PATIENCE_MS 250
#define LOCK_STEP_MS 5

#define NAMES_AT_ONCE 4096 /* bytes of directory entries read by one call */

/* What getdents64 writes, one after the other; see getdents(2). */
struct entry {
    uint64_t inode;
    int64_t offset;
    unsigned short length; /* of the whole entry */
    unsigned char type;
    char name[];
};

int sv_logdir_fail(struct sv_logdir *directory, char const *verb, char const *file,
                   char const *tail)
{
    directory->trouble = (struct sv_logdir_trouble){verb, file, tail, errno};
    return 0;
}

int sv_logdir_file(struct sv_logdir const *directory, char const *name, int flags)
{
    return openat(directory->fd, name, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0644);
}

void sv_logdir_shut(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd); /* everything that counts has been synced, or failed */
    *fd = -1;
}

void sv_logdir_forget_current(struct sv_logdir *directory)
{
    directory->inode = 0;
    directory->bytes = 0;
    directory->settled = 0;
    directory->in_line = 0;
}

static int open_directory(struct sv_logdir *directory)
{
    struct stat status;

    (void)mkdir(directory->path, 0700); /* open tells */
    directory->fd = open(directory->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory->fd < 0) return sv_logdir_fail(directory, "open directory ", 0, "");
    if (fstat(directory->fd, &status) < 0)
        return sv_logdir_fail(directory, "stat ", 0, "");
    directory->identity_device = status.st_dev;
    directory->identity_inode = status.st_ino;
    return 1;
}

/*
 * A process that is just being started shares the lock until it is executed; whoever has
 * started it may have been killed meanwhile. So somebody who holds the lock is given a
 * little time.
 */
static int lock_soon(int lock)
{
    int64_t end_ms = sv_clock_monotonic_ms() + LOCK_PATIENCE_MS;

    for (;;) {
        if (!flock(lock, LOCK_EX | LOCK_NB)) return 1;
        int64_t now_ms = sv_clock_monotonic_ms();
        if ((errno != EWOULDBLOCK && errno != EINTR) || now_ms >= end_ms) return 0;
        (void)sv_clock_wait(0, 0, now_ms + LOCK_STEP_MS);
        errno = EWOULDBLOCK;
    }
}

static int lock_directory(struct sv_logdir *directory)
{
    directory->lock =
        openat(directory->fd, "lock",
               O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
    return (directory->lock >= 0 && lock_soon(directory->lock))
           || sv_logdir_fail(directory, "lock directory ", 0, "");
}

int sv_logdir_is_free(int directory)
{
    int lock = openat(directory, "lock", O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    int is_free = lock >= 0 && lock_soon(lock);

    sv_logdir_shut(&lock);
    return is_free;
}

int sv_logdir_open(struct sv_logdir *directory)
{
    directory->fd = directory->lock = directory->current = -1;
    sv_logdir_forget_current(directory);
    if (open_directory(directory) && lock_directory(directory)) return 1;
    sv_logdir_close(directory);
    return 0;
}

void sv_logdir_close(struct sv_logdir *directory)
{
    sv_logdir_shut(&directory->current);
    sv_logdir_shut(&directory->fd);
    sv_logdir_shut(&directory->lock);
}

/* What is done with each name of a pass; false ends the pass. */
typedef int on_name(void *data, char const *name);

static int each_name(struct sv_logdir *directory, on_name *note, void *data)
{
    char entries[NAMES_AT_ONCE];

    if (lseek(directory->fd, 0, SEEK_SET) < 0)
        return sv_logdir_fail(directory, "read ", 0, "");
    for (;;) {
        long length = syscall(SYS_getdents64, directory->fd, entries, sizeof entries);
        if (length < 0) return sv_logdir_fail(directory, "read ", 0, "");
        if (!length) return 1;
        for (char const *entry = entries; entry < entries + length;) {
            unsigned short entry_length;
            if (!note(data, entry + offsetof(struct entry, name))) return 1;
            memcpy(&entry_length, entry + offsetof(struct entry, length),
                   sizeof entry_length);
            entry += entry_length;
        }
    }
}

struct listing {
    struct sv_logplan_retention *retention;
    struct sv_logdir *directory; /* null: sizes do not matter */
    int failed;
};

static int note_name(void *data, char const *name)
{
    struct listing *listing = data;
    struct sv_logdir *directory = listing->directory;
    struct stat status = {.st_size = 0};

    if (directory && sv_logplan_is_old(name)
        && fstatat(directory->fd, name, &status, AT_SYMLINK_NOFOLLOW) < 0
        && errno != ENOENT) {
        /* cannot be cut: no name in a directory is longer */
        (void)snprintf(directory->name, sizeof directory->name, "%s", name);
        sv_logdir_fail(directory, "stat ", directory->name, "");
        listing->failed = 1;
        return 0;
    }
    sv_logplan_retention_note(listing->retention, name, (uint64_t)status.st_size);
    return 1;
}

int sv_logdir_list(struct sv_logdir *directory, struct sv_logplan_retention *retention,
                   int sized)
{
    struct listing listing = {.retention = retention, .directory = sized ? directory : 0};

    sv_logplan_retention_begin(retention);
    return each_name(directory, note_name, &listing) && !listing.failed;
}

/* Looking for another name of a file among the old ones. */
struct search {
    int fd;
    struct stat const *file;
    int found;
};

static int note_twin(void *data, char const *name)
{
    struct search *search = data;
    struct stat other;

    if (sv_logplan_is_old(name) && !fstatat(search->fd, name, &other, AT_SYMLINK_NOFOLLOW)
        && other.st_ino == search->file->st_ino && other.st_dev == search->file->st_dev)
        search->found = 1;
    return !search->found;
}

struct found {
    unsigned int exists : 1;
    unsigned int regular : 1;
    unsigned int sealed : 1;
    unsigned int twin : 1;
    unsigned int empty : 1;
    struct stat stat;
};

/*
 * What is no regular file is never sealed nor empty: it is moved away and nobody uses it.
 */
static int look_at(struct sv_logdir *directory, char const *name, struct found *found)
{
    *found = (struct found){0};
    if (fstatat(directory->fd, name, &found->stat, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOENT || sv_logdir_fail(directory, "stat ", name, "");
    found->exists = 1;
    found->regular = S_ISREG(found->stat.st_mode) != 0;
    if (!found->regular) return 1;
    found->sealed = (found->stat.st_mode & S_IXUSR) != 0;
    found->empty = !found->stat.st_size;
    if (found->stat.st_nlink < 2) return 1;
    struct search search = {.fd = directory->fd, .file = &found->stat};
    if (!each_name(directory, note_twin, &search)) return 0;
    found->twin = search.found != 0;
    return 1;
}

static enum sv_logplan_other other_of(struct found const *found)
{
    if (!found->exists) return SV_LOGPLAN_OTHER_ABSENT;
    if (found->twin) return SV_LOGPLAN_OTHER_TWIN;
    return found->sealed ? SV_LOGPLAN_OTHER_SEALED : SV_LOGPLAN_OTHER_OPEN;
}

static enum sv_logplan_current current_of(struct found const *found)
{
    if (!found->exists) return SV_LOGPLAN_CURRENT_ABSENT;
    if (found->twin) return SV_LOGPLAN_CURRENT_TWIN;
    if (found->sealed) return SV_LOGPLAN_CURRENT_SEALED;
    return found->empty ? SV_LOGPLAN_CURRENT_EMPTY : SV_LOGPLAN_CURRENT_OPEN;
}

static int look_at_current(struct sv_logdir *directory,
                           struct sv_logplan_situation *situation)
{
    struct found found;
    struct stat held;

    if (!look_at(directory, "current", &found)) return 0;
    situation->current = current_of(&found);
    directory->inode = found.exists ? found.stat.st_ino : 0;
    directory->bytes = found.regular ? (uint64_t)found.stat.st_size : 0;
    if (found.exists && !found.regular) situation->vouched = 0;
    situation->held =
        found.exists && directory->current >= 0 && !fstat(directory->current, &held)
        && held.st_ino == found.stat.st_ino && held.st_dev == found.stat.st_dev;
    return 1;
}

int sv_logdir_look(struct sv_logdir *directory, struct sv_logplan_situation *situation)
{
    struct stat itself;
    struct found previous, processed, state, newstate;

    situation->pruned = 0;
    if (fstat(directory->fd, &itself) < 0)
        return sv_logdir_fail(directory, "stat ", 0, "");
    situation->removed = !itself.st_nlink;
    if (situation->removed) {
        sv_logdir_forget_current(directory);
        situation->held = 0;
        return 1;
    }
    if (!look_at_current(directory, situation)
        || !look_at(directory, "previous", &previous)
        || !look_at(directory, "processed", &processed)
        || !look_at(directory, "state", &state)
        || !look_at(directory, "newstate", &newstate))
        return 0;
    situation->previous = other_of(&previous);
    situation->processed = other_of(&processed);
    situation->state = !state.exists ? SV_LOGPLAN_STATE_ABSENT
                       : state.empty ? SV_LOGPLAN_STATE_EMPTY
                                     : SV_LOGPLAN_STATE_FULL;
    situation->newstate = newstate.exists;
    return 1;
}

/*
 * Long files begin to go to the disk while they are written, so that sealing them, which
 * waits for it, is not long.
 */
static void settle(struct sv_logdir *directory)
{
    uint64_t begin = directory->settled;

    if (directory->bytes < begin) directory->settled = begin = 0;
    if (directory->bytes - begin < SETTLE) return;
    directory->settled = directory->bytes;
    (void)sync_file_range(directory->current, (off_t)begin,
                          (off_t)(directory->bytes - begin),
                          SYNC_FILE_RANGE_WRITE); /* sealing is what counts */
}

size_t sv_logdir_write(struct sv_logdir *directory, char const *data, size_t length)
{
    ssize_t written;

    do written = write(directory->current, data, length);
    while (written < 0 && errno == EINTR);
    if (written <= 0) {
        if (!written)
            errno = ENOSPC; /* says the same, where a file system has no better word */
        sv_logdir_fail(directory, "write to ", "current", "");
        return 0;
    }
    directory->bytes += (uint64_t)written;
    directory->in_line = data[written - 1] != '\n';
    settle(directory);
    return (size_t)written;
}

int sv_logdir_has_lost(struct sv_logdir const *directory)
{
    struct stat found;

    return fstatat(directory->fd, "current", &found, AT_SYMLINK_NOFOLLOW) < 0
               ? errno == ENOENT
               : found.st_ino != directory->inode;
}
