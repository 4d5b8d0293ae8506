/* ISC license. */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h> /* snprintf */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sv/awaitdir.h>
#include <sv/controlfifo.h>
#include <sv/statedir.h>
#include <sv/statefile.h>

#define DOUBTS 16

/* The family's record, as far as there is one. */
struct family {
    unsigned int is_there : 1;
    unsigned int is_foreign : 1; /* there is one of another kind */
    struct sv_status_family status;
};

static int read_own(struct sv_awaitdir const *where, struct sv_status *own)
{
    unsigned char packed[SV_STATUS_OWN];
    ssize_t got =
        sv_statefile_read(where->dir, SV_STATUS_OWN_FILE, packed, sizeof packed);

    return got > 0 && sv_status_unpack(packed, (size_t)got, own);
}

/* With a logger's behind it the record is twice as long; s6's has another length. */
static int is_family(size_t size)
{
    return size == SV_STATUS_DJB || size == SV_STATUS_ENCORE
           || (size >= 2 * SV_STATUS_DJB && size <= 2 * SV_STATUS_ENCORE);
}

static struct family read_family(struct sv_awaitdir const *where)
{
    unsigned char packed[2 * SV_STATUS_ENCORE + 1];
    struct family family = {.is_there = 0};
    ssize_t got = sv_statefile_read(where->dir, SV_STATUS_FILE, packed, sizeof packed);

    family.is_there = got > 0 && is_family((size_t)got)
                      && sv_status_unpack_family(packed, (size_t)got, &family.status);
    family.is_foreign = got > 0 && !family.is_there;
    return family;
}

/* Whether `status` was written with this record of ours. */
static int agree(struct family const *family, struct sv_status const *own)
{
    return family->is_there && own->pid == family->status.pid
           && own->since.tv_sec == family->status.since.tv_sec
           && own->since.tv_nsec == family->status.since.tv_nsec;
}

static int lives(struct sv_status const *own)
{
    return !kill((pid_t)own->supervise_pid, 0) || errno == EPERM;
}

/* Where the state directory is to appear. */
static int watch_parent(struct sv_awaitdir *where, struct sv_watch *watch)
{
    unsigned int const what =
        SV_WATCH_COMES | SV_WATCH_GOES | SV_WATCH_SELF | SV_WATCH_AGAIN;
    char path[sizeof "/proc/self/fd/" + 3 * sizeof(int)];
    int fd = sv_statedir_parent_at(AT_FDCWD, where->service);

    if (fd < 0) return 0;
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd); /* it fits */
    where->parent_id = sv_watch_add(watch, path, what);
    int error_number = errno;
    (void)close(fd); /* only a place */
    errno = error_number;
    return where->parent_id >= 0;
}

/* By its descriptor: by its name it may be another one by now. */
static int watch_dir(struct sv_awaitdir *where, struct sv_watch *watch)
{
    unsigned int const what = SV_WATCH_RENAMED | SV_WATCH_SELF | SV_WATCH_AGAIN;
    char path[sizeof "/proc/self/fd/" + 3 * sizeof where->dir];

    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", where->dir); /* it fits */
    where->id = sv_watch_add(watch, path, what);
    return where->id >= 0;
}

/*
 * Watches where the state directory is, or is to be, and then looks for it. A directory
 * that we have open does not say that it is removed; the one that it was in does.
 */
static int subscribe(struct sv_awaitdir *where, struct sv_watch *watch)
{
    where->id = -1;
    if (!watch_parent(where, watch)) return 0;
    where->dir = sv_statedir_find(where->service, 0);
    if (where->dir < 0) return errno == ENOENT;
    return watch_dir(where, watch);
}

static void begin(struct sv_awaitdir *where, char const *service, int dir)
{
    where->service = service;
    where->dir = dir;
    where->id = where->parent_id = where->control = -1;
    where->sent = 0;
    where->has_own = where->own_news = where->at_rest = where->is_cheap = 0;
    where->doubts = 0;
    where->journal = (struct sv_journalreader){.fd = -1};
}

int sv_awaitdir_open_cheaply(struct sv_awaitdir *where, struct sv_renamed *renamed,
                             char const *service, int dir)
{
    if (!sv_renamed_add(renamed, dir)) return 0;
    begin(where, service, dir);
    where->is_cheap = 1;
    return 1;
}

int sv_awaitdir_open(struct sv_awaitdir *where, struct sv_watch *watch,
                     char const *service, int dir)
{
    begin(where, service, dir);
    return dir < 0 ? subscribe(where, watch) : watch_dir(where, watch);
}

/* Returns 0; -1 with errno if nothing can be seen in it. */
static int take_family(struct sv_awaitdir *where, struct family const *family,
                       int is_base, int listens)
{
    struct sv_await *await = &where->await;

    if (family->is_foreign || !sv_await_family_shows(await->goal, family->status.size)) {
        errno = EPROTO;
        return -1;
    }
    if (is_base)
        sv_await_base_family(await, &family->status, listens);
    else
        sv_await_family(await, &family->status);
    return 0;
}

/* Nothing of ours is there now, but what comes then counts. */
static int take_base_without_own(struct sv_awaitdir *where, struct family const *family,
                                 int listens)
{
    where->at_rest = !listens;
    if (sv_journalreader_open(&where->journal, where->dir))
        sv_journalreader_skip(&where->journal);
    if (!family->is_there && !family->is_foreign) return 1;
    return take_family(where, family, 1, listens);
}

int sv_awaitdir_base(struct sv_awaitdir *where, int listens)
{
    struct sv_status own;
    struct family family;

    if (where->dir < 0) return 1;
    if (!listens) /* who may not know counts on the record */
        listens = sv_controlfifo_listening(where->dir, "ok") != 0;
    int has_own = read_own(where, &own);
    int is_supervised = has_own && listens && lives(&own);
    if (!has_own || (listens && !is_supervised)) {
        /* another suite's, or one of ours that has not written anything yet */
        family = read_family(where);
        if (!has_own || family.is_foreign || (family.is_there && !agree(&family, &own)))
            return take_base_without_own(where, &family, listens);
    }
    where->has_own = 1;
    where->at_rest = !is_supervised;
    where->journal.serial = own.serial;
    sv_await_base(&where->await, &own, is_supervised);
    return 1;
}

/* What may come in the place of a state directory that has gone begins anew. */
static void lose(struct sv_awaitdir *where)
{
    sv_journalreader_close(&where->journal);
    where->journal.serial = 0;
    where->has_own = 0;
    (void)close(where->dir); /* only a place */
    where->dir = -1;
}

/*
 * Something happened where the state directory is, or is to be. Returns 1 if there is
 * (another) one now; 0 if not; -1 with errno.
 */
static int look_for_dir(struct sv_awaitdir *where, struct sv_watch *watch)
{
    struct stat about;

    if (where->dir >= 0) {
        if (!fstat(where->dir, &about) && about.st_nlink) return 0;
        lose(where);
    }
    if (!subscribe(where, watch)) return -1;
    where->at_rest = 0;
    return where->dir >= 0;
}

/*
 * Both records are replaced one after the other. It is looked at them when the second one
 * was; or when the first one is new once more, because the second could not be written.
 */
static int is_news(struct sv_awaitdir *where, char const *name)
{
    int was_new = where->own_news;

    where->at_rest = 0;
    if (!strcmp(name, SV_STATUS_FILE)) {
        where->own_news = 0;
        return 1;
    }
    if (strcmp(name, SV_STATUS_OWN_FILE)) return 0;
    where->own_news = 1;
    return was_new;
}

int sv_awaitdir_event(struct sv_awaitdir *where, struct sv_watch *watch,
                      struct sv_watch_event const *event)
{
    if (event->kind == SV_WATCH_OVERFLOW) {
        where->own_news = where->at_rest = 0;
        return where->parent_id >= 0 && look_for_dir(where, watch) < 0 ? -1 : 1;
    }
    if (event->id == where->parent_id) return look_for_dir(where, watch);
    if (event->id != where->id || event->kind != SV_WATCH_NAME) return 0;
    return is_news(where, event->name);
}

/* Opens the journal behind what was seen. Returns 1 or 0. */
static int open_journal(struct sv_awaitdir *where)
{
    uint64_t serial = where->journal.serial;
    int is_open = sv_journalreader_open(&where->journal, where->dir);

    where->journal.serial = serial;
    return is_open;
}

/* Reads on, not beyond `last`: what comes then has not been published yet. */
static void read_entries(struct sv_awaitdir *where, uint64_t last)
{
    struct sv_journal_entry entry;

    while (!where->await.reached && where->journal.serial < last) {
        switch (sv_journalreader_next(&where->journal, &entry)) {
        case SV_JOURNALREADER_NOTHING: return;
        case SV_JOURNALREADER_ENTRY: sv_await_entry(&where->await, &entry); break;
        case SV_JOURNALREADER_MISSED: sv_await_missed(&where->await); break;
        }
    }
}

/* Returns 0 if the journal cannot be read. */
static int take_journal(struct sv_awaitdir *where, struct sv_status const *own)
{
    struct sv_journalreader *journal = &where->journal;

    if (journal->fd < 0 && !open_journal(where)) return 0;
    read_entries(where, own->serial);
    if (where->await.reached || journal->serial == own->serial) return 1;
    if (sv_journalreader_is_replaced(journal, where->dir)) {
        sv_journalreader_close(journal);
        if (!open_journal(where)) return 0;
        read_entries(where, own->serial);
    }
    if (!where->await.reached && journal->serial != own->serial) {
        sv_await_missed(&where->await); /* they could not be written */
        journal->serial = own->serial;
    }
    return 1;
}

/*
 * Whether `status`, which is written last, says what we have found out. What is written
 * after a look in which it did not says so; where it is not known what was written it is
 * looked at again, but a service that changes all the time is not waited for for ever.
 */
static int is_published(struct sv_awaitdir *where, struct sv_status const *own)
{
    unsigned int enough = where->is_cheap ? DOUBTS : 1;

    if (!where->await.reached || where->doubts >= enough || where->own_news
        || where->at_rest)
        return 1;
    struct family family = read_family(where);
    if (agree(&family, own)) return 1;
    where->doubts++;
    return 0;
}

static int look_at_own(struct sv_awaitdir *where, struct sv_status const *own)
{
    int is_blind = !take_journal(where, own);

    sv_await_status(&where->await, own, where->sent, is_blind);
    if (where->control >= 0 && !where->await.commands) {
        (void)close(where->control); /* what was written has been read */
        where->control = -1;
    }
    return is_published(where, own) ? (int)sv_await_judge(&where->await) : SV_AWAIT_ON;
}

int sv_awaitdir_look(struct sv_awaitdir *where)
{
    struct sv_status own;

    if (where->dir < 0) return SV_AWAIT_ON;
    if (read_own(where, &own) && (where->has_own || lives(&own))) {
        where->has_own = 1;
        return look_at_own(where, &own);
    }
    if (where->has_own || where->at_rest) /* it is being made anew; it is not written */
        return (int)sv_await_judge(&where->await);
    struct family family = read_family(where);
    if ((family.is_there || family.is_foreign) && take_family(where, &family, 0, 1) < 0)
        return -1;
    return (int)sv_await_judge(&where->await);
}

void sv_awaitdir_close(struct sv_awaitdir *where)
{
    sv_journalreader_close(&where->journal);
    if (where->control >= 0) (void)close(where->control); /* a FIFO keeps what it has */
    if (where->dir >= 0) (void)close(where->dir);         /* only a place */
    where->control = where->dir = -1;
}
