/* ISC license. */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sv/clock.h>
#include <sv/logscript.h>

#include "logdir_parts.h"

#define UNFINISHED "u"

static int drop(struct sv_logdir *directory, char const *name)
{
    if (!unlinkat(directory->fd, name, 0) || errno == ENOENT) return 1;
    return sv_logdir_fail(directory, "remove ", name, "");
}

/*
 * A rename, where daemontools links and unlinks: nothing has to be finished after a kill
 * in between, and it works on file systems without links. It replaces nothing: the name
 * is later than all there are, and we hold the lock.
 */
static int finish(struct sv_logdir *directory, char const *name, char const *suffix,
                  char const *verb)
{
    struct sv_logplan_retention retention;
    struct timespec now;

    if (!sv_logdir_list(directory, &retention, 0)) return 0;
    sv_clock_wall(&now);
    sv_logplan_name(directory->name, &retention, &now, suffix);
    if (!renameat(directory->fd, name, directory->fd, directory->name)) return 1;
    return sv_logdir_fail(directory, verb, 0, "");
}

/* As drop; the name need not last. */
static int drop_old(struct sv_logdir *directory, char const name[SV_LOGPLAN_NAME])
{
    strcpy(directory->name, name); /* both have SV_LOGPLAN_NAME bytes */
    return drop(directory, directory->name);
}

/* Takes the bytes of a file from what old files may hold, if `counts`. */
static int reserve(struct sv_logdir *directory, char const *name, int counts,
                   uint64_t *total)
{
    struct stat status;

    if (!counts) return 1;
    if (fstatat(directory->fd, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOENT || sv_logdir_fail(directory, "stat ", name, "");
    uint64_t bytes = (uint64_t)status.st_size;
    *total = *total > bytes ? *total - bytes : 0;
    return 1;
}

static int prune(struct sv_logdir *directory, struct sv_logplan_room const *room)
{
    struct sv_logplan_retention retention;
    int bounded = directory->total < SV_LOGSCRIPT_NUMBER_MAX, again;
    uint64_t total = bounded ? directory->total : UINT64_MAX;

    if (bounded
        && (!reserve(directory, "current", room->current, &total)
            || !reserve(directory, "previous", room->previous, &total)
            || !reserve(directory, "processed", room->processed, &total)))
        return 0;
    do {
        if (!sv_logdir_list(directory, &retention, bounded)) return 0;
        unsigned int excess =
            sv_logplan_retention_excess(&retention, room->files, total, &again);
        for (unsigned int i = 0; i < excess; i++)
            if (!drop_old(directory, retention.oldest[i])) return 0;
    } while (again);
    return 1;
}

int sv_logdir_relieve(struct sv_logdir *directory, uint64_t kept)
{
    struct sv_logplan_retention retention;
    int again;

    return sv_logdir_list(directory, &retention, 0)
           && sv_logplan_retention_excess(&retention, kept, UINT64_MAX, &again)
           && drop_old(directory, retention.oldest[0]);
}

static int reset_state(struct sv_logdir *directory)
{
    int fd = sv_logdir_file(directory, "state", O_WRONLY | O_CREAT | O_TRUNC);

    if (fd < 0) return sv_logdir_fail(directory, "write to ", "state", "");
    sv_logdir_shut(&fd);
    return 1;
}

/* Sets inode, bytes and in_line of the current that is open as `fd`. */
static int know_current(struct sv_logdir *directory, int fd)
{
    struct stat status;
    char last = '\n'; /* an empty file does not end within a line */

    if (fstat(fd, &status) < 0) return sv_logdir_fail(directory, "stat ", "current", "");
    while (status.st_size && pread(fd, &last, 1, status.st_size - 1) < 0)
        if (errno != EINTR) return sv_logdir_fail(directory, "read ", "current", "");
    directory->inode = status.st_ino;
    directory->bytes = (uint64_t)status.st_size;
    directory->in_line = last != '\n';
    return 1;
}

/* `flags`: how to get it. From here on it is held, even if its mode is not right. */
static int take_current(struct sv_logdir *directory, int flags, char const *verb)
{
    int fd = sv_logdir_file(directory, "current", O_RDWR | O_APPEND | flags);

    if (fd < 0) return sv_logdir_fail(directory, verb, "current", "");
    if (!know_current(directory, fd)) {
        sv_logdir_shut(&fd);
        return 0;
    }
    sv_logdir_shut(&directory->current);
    directory->current = fd;
    return !fchmod(fd, 0644) || sv_logdir_fail(directory, "set mode of ", "current", "");
}

static int seal_current(struct sv_logdir *directory)
{
    if (fsync(directory->current) < 0)
        return sv_logdir_fail(directory, "write ", "current", " to disk");
    return !fchmod(directory->current, 0744)
           || sv_logdir_fail(directory, "set mode of ", "current", "");
}

static int retire_current(struct sv_logdir *directory)
{
    if (renameat(directory->fd, "current", directory->fd, "previous") < 0)
        return sv_logdir_fail(directory, "rename current to previous in directory ", 0,
                              "");
    sv_logdir_shut(&directory->current); /* so that the new one finds a free descriptor */
    sv_logdir_forget_current(directory);
    return 1;
}

static int drop_current(struct sv_logdir *directory)
{
    if (!drop(directory, "current")) return 0;
    sv_logdir_forget_current(directory);
    return 1;
}

static int rescue_current(struct sv_logdir *directory)
{
    if (!finish(directory, "current", UNFINISHED, "rename current in directory "))
        return 0;
    sv_logdir_forget_current(directory);
    return 1;
}

static int adopt_newstate(struct sv_logdir *directory)
{
    return !renameat(directory->fd, "newstate", directory->fd, "state")
           || sv_logdir_fail(directory, "rename newstate to state in directory ", 0, "");
}

/* Syncs what a processor wrote; with `seal`, marks it as complete. */
static int settle(struct sv_logdir *directory, char const *name, int seal)
{
    int done = 0;
    int fd = sv_logdir_file(directory, name, O_RDONLY);

    if (fd < 0) return sv_logdir_fail(directory, "read ", name, "");
    if (fsync(fd) < 0)
        sv_logdir_fail(directory, "write ", name, " to disk");
    else if (seal && fchmod(fd, 0744) < 0)
        sv_logdir_fail(directory, "set mode of ", name, "");
    else
        done = 1;
    sv_logdir_shut(&fd);
    return done;
}

/* The mark on processed comes last: it speaks for newstate too. */
static int seal_processed(struct sv_logdir *directory)
{
    if (!settle(directory, "newstate", 0) && directory->trouble.error != ENOENT) return 0;
    return settle(directory, "processed", 1);
}

/*
 * The new directory is had before the old one is let go: until then there is one to look
 * at.
 */
static int renew(struct sv_logdir *directory)
{
    struct sv_logdir fresh = *directory;

    if (!sv_logdir_open(&fresh)) {
        directory->trouble = fresh.trouble;
        return 0;
    }
    sv_logdir_close(directory);
    *directory = fresh;
    directory->pid = 0;
    return 1;
}

int sv_logdir_step(struct sv_logdir *directory, enum sv_logplan_step step,
                   struct sv_logplan_room room)
{
    char const *suffix = directory->suffix;

    switch (step) {
    case SV_LOGPLAN_DONE:
    case SV_LOGPLAN_WAIT: return 1;
    case SV_LOGPLAN_RENEW_DIRECTORY: return renew(directory);
    case SV_LOGPLAN_RESET_STATE: return reset_state(directory);
    case SV_LOGPLAN_DROP_NEWSTATE: return drop(directory, "newstate");
    case SV_LOGPLAN_ADOPT_NEWSTATE: return adopt_newstate(directory);
    case SV_LOGPLAN_DROP_PROCESSED: return drop(directory, "processed");
    case SV_LOGPLAN_FINISH_PROCESSED:
        return finish(directory, "processed", suffix, "rename processed in directory ");
    case SV_LOGPLAN_DROP_PREVIOUS: return drop(directory, "previous");
    case SV_LOGPLAN_FINISH_PREVIOUS:
        return finish(directory, "previous", suffix, "rename previous in directory ");
    case SV_LOGPLAN_RESCUE_PREVIOUS:
        return finish(directory, "previous", UNFINISHED, "rename previous in directory ");
    case SV_LOGPLAN_DROP_CURRENT: return drop_current(directory);
    case SV_LOGPLAN_RESCUE_CURRENT: return rescue_current(directory);
    case SV_LOGPLAN_PRUNE: return prune(directory, &room);
    case SV_LOGPLAN_CREATE_CURRENT:
        return take_current(directory, O_CREAT | O_EXCL, "create ");
    case SV_LOGPLAN_REOPEN_CURRENT: return take_current(directory, 0, "append to ");
    case SV_LOGPLAN_SEAL_CURRENT: return seal_current(directory);
    case SV_LOGPLAN_RETIRE_CURRENT: return retire_current(directory);
    case SV_LOGPLAN_START_PROCESSOR: return sv_logdir_process(directory);
    case SV_LOGPLAN_SEAL_PROCESSED: return seal_processed(directory);
    }
    return 1; /* cannot happen: the enum has no other value */
}
