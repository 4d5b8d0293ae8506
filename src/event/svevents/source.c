/* ISC license. */

/* One service: where its journal is, and what is next in it. */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sv/message.h>
#include <sv/openat.h>
#include <sv/statedir.h>

#include "svevents.h"

struct source *svevents_add(struct svevents *events, struct place *place, char *path,
                            char *name)
{
    struct source **last = &events->sources;
    struct source *source = calloc(1, sizeof *source);

    if (!source) sv_dieusys(111, "allocate");
    *source = (struct source){.place = place,
                              .path = path,
                              .name = name,
                              .reader = {.fd = -1},
                              .file_watch = -1,
                              .state_watch = -1,
                              .dir_watch = -1,
                              .index = -1,
                              .rests = 1,
                              .counts = events->is_started || events->is_resumed};
    while (*last) last = &(*last)->next;
    *last = source;
    events->source_count++;
    if (strlen(name) > events->width) events->width = strlen(name);
    return source;
}

static void drop_watch(struct svevents *events, int *id)
{
    if (*id >= 0) sv_watch_remove(&events->watch, *id);
    *id = -1;
}

void svevents_remove(struct svevents *events, struct source *source)
{
    struct source **at = &events->sources;

    if (source->changed) svevents_flush(events);
    while (*at != source) at = &(*at)->next;
    *at = source->next;
    events->source_count--;
    drop_watch(events, &source->file_watch);
    drop_watch(events, &source->state_watch);
    drop_watch(events, &source->dir_watch);
    sv_journalreader_close(&source->reader);
    if (source->index >= 0) events->in_use[source->index] = 0;
    free(source->path);
    free(source->name);
    free(source);
}

/* A descriptor that is only looked at. */
static void close_place(int fd)
{
    int error_number = errno;

    (void)close(fd);
    errno = error_number;
}

/* What is watched there becomes *id; without a watch nothing would be noticed. */
static void set_watch(struct svevents *events, int *id, int new_id, char const *path)
{
    if (new_id < 0 && errno == EEXIST) return; /* that, or its other name, is watched */
    if (new_id < 0 && errno != ENOENT && errno != ENOTDIR && errno != EACCES)
        sv_dieusys(111, "watch ", path);
    if (*id != new_id) drop_watch(events, id);
    *id = new_id;
}

static void watch_directory(struct svevents *events, struct source *source)
{
    int id = sv_watch_add(&events->watch, source->path, SV_WATCH_COMES | SV_WATCH_GOES);

    if (id < 0 && errno == EEXIST && source->dir_watch < 0) events->is_shared = 1;
    set_watch(events, &source->dir_watch, id, source->path);
}

/* Another source has this journal already: a service with two names. */
static int is_taken(struct svevents const *events, struct sv_journalreader const *reader)
{
    for (struct source const *other = events->sources; other; other = other->next)
        if (other->reader.fd >= 0 && other->reader.device == reader->device
            && other->reader.inode == reader->inode)
            return 1;
    return 0;
}

/* The row that the cursor has for this source, if nobody else uses it. */
static void find_row(struct svevents *events, struct source *source,
                     struct sv_journalreader const *reader)
{
    if (!events->choice.cursor || source->index >= 0) return;
    struct sv_cursor_slot const *slot = sv_cursor_slot(events->cursor.cursor);
    int index =
        sv_cursor_find(slot, reader->device, reader->inode, sv_cursor_name(source->name));
    if (index < 0 || events->in_use[index]) return;
    source->index = index;
    events->in_use[index] = 1;
    source->row = slot->row[index];
}

/* Goes over to this journal: behind what has been taken of it, or of the one before. */
static void attach(struct svevents *events, struct source *source,
                   struct sv_journalreader const *reader)
{
    struct sv_cursor_row *row = &source->row;

    find_row(events, source, reader);
    sv_journalreader_close(&source->reader);
    source->reader = *reader;
    source->replaced = 0;
    source->dirty = 1;
    if (row->name) {
        uint64_t lowest, highest;
        struct sv_journal_entry same;
        sv_journalreader_bounds(&source->reader, &lowest, &highest);
        int has_same = sv_journalreader_find(&source->reader, row->serial, &same);
        source->reader.serial = sv_cursor_resume(row, reader->device, reader->inode,
                                                 lowest, highest, has_same ? &same : 0);
        source->counts = 1;
    }
    uint64_t name = sv_cursor_name(source->name);
    source->changed |= source->index >= 0
                       && (row->name != name || row->device != reader->device
                           || row->inode != reader->inode);
    row->name = name;
    row->device = reader->device;
    row->inode = reader->inode;
    row->serial = source->reader.serial;
}

static void complain(struct svevents *events, struct source *source, char const *what)
{
    int is_absent = errno == ENOENT && source->place->kind == PLACE_SCAN;

    if (source->warned || is_absent) return;
    if ((errno == ENOENT || errno == EPROTO) && events->choice.follow)
        return; /* it may still come */
    sv_warnusys("open ", source->path, what);
    source->warned = 1;
    events->has_failed = 1;
}

/* There is no journal, or only the beginning of one. */
static void await_journal(struct svevents *events, struct source *source, int dir)
{
    if (!events->choice.follow) return;
    int fd = sv_openat(dir, SV_JOURNAL_FILE,
                       O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC, 0);
    if (fd >= 0) {
        int id = sv_watch_add_file(&events->watch, fd);
        set_watch(events, &source->file_watch, id, source->path);
        close_place(fd); /* the watch stays */
    }
    int id = sv_watch_add_open(&events->watch, dir, SV_WATCH_COMES);
    set_watch(events, &source->state_watch, id, source->path);
}

static int has_journal(int dir)
{
    struct stat about;

    return !fstatat(dir, SV_JOURNAL_FILE, &about, AT_SYMLINK_NOFOLLOW);
}

/* Opens the journal in `dir` and goes over to it. Returns 1; 0 with errno. */
static int open_journal(struct svevents *events, struct source *source, int dir)
{
    struct sv_journalreader reader;

    if (!sv_journalreader_open(&reader, dir)) return 0;
    if (is_taken(events, &reader)) {
        sv_journalreader_close(&reader);
        return 1;
    }
    if (events->choice.follow) {
        int id = sv_watch_add_file(&events->watch, reader.fd);
        set_watch(events, &source->file_watch, id, source->path);
        drop_watch(events, &source->state_watch);
    }
    attach(events, source, &reader);
    return 1;
}

void svevents_check(struct svevents *events, struct source *source)
{
    if (events->choice.follow) watch_directory(events, source);
    int dir = sv_statedir_find(source->path, 0);
    if (dir < 0) {
        complain(events, source, "/supervise");
        return;
    }
    if (source->reader.fd >= 0) {
        if (sv_journalreader_is_replaced(&source->reader, dir))
            source->replaced = source->dirty = 1;
        else if (!has_journal(dir))
            await_journal(events, source, dir);
    } else if (!open_journal(events, source, dir)) {
        int error_number = errno;
        await_journal(events, source, dir); /* before another look */
        if (!open_journal(events, source, dir)) {
            errno = error_number;
            complain(events, source, "/supervise/" SV_JOURNAL_FILE);
        }
    }
    close_place(dir);
}

/* The old journal has been read to its end, and there is another one. */
static int go_over(struct svevents *events, struct source *source)
{
    if (!source->replaced) return 0;
    source->replaced = 0;
    int dir = sv_statedir_find(source->path, 0);
    if (dir < 0) return 0;
    int done = open_journal(events, source, dir);
    if (!done) await_journal(events, source, dir);
    close_place(dir);
    return done;
}

void svevents_advance(struct svevents *events, struct source *source)
{
    while (!source->has_head && source->dirty && source->reader.fd >= 0) {
        int is_first = !source->reader.serial && !source->counts;
        switch (sv_journalreader_next(&source->reader, &source->head)) {
        case SV_JOURNALREADER_ENTRY: source->has_head = source->counts = 1; break;
        case SV_JOURNALREADER_MISSED:
            if (!is_first) source->missed += source->reader.missed;
            break;
        case SV_JOURNALREADER_NOTHING:
            if (!go_over(events, source)) source->dirty = 0;
            break;
        }
    }
}
