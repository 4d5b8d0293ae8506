/* ISC license. */

/* The state of one service, as svstat sees it. */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <sv/controlfifo.h>
#include <sv/errortext.h>
#include <sv/process.h>
#include <sv/statedir.h>
#include <sv/statefile.h>
#include <sv/status.h>
#include <sv/text.h>

#include "svtop.h"

#define TRIES 5 /* at catching two records that were written together */

/* What stands in the state directory. */
struct records {
    int has_own;
    int has_family;
    struct sv_status own;
    struct sv_status_family family;
};

/* Watches ---------------------------------------------------------------------------- */

static int is_used(struct svtop const *top, int id)
{
    for (size_t i = 0; i < top->place_count; i++)
        if (top->places[i].watch == id) return 1;
    for (size_t i = 0; i < top->service_count; i++) {
        struct service const *service = top->services[i];
        if (service->watch == id || service->log.dir_watch == id
            || service->log.file_watch == id)
            return 1;
    }
    return 0;
}

void svtop_unwatch(struct svtop *top, int *id)
{
    int old = *id;

    *id = -1;
    if (old >= 0 && !is_used(top, old)) sv_watch_remove(&top->watch, old);
}

/* The state directory `dir`; -1: where it is to be made. */
static void watch(struct svtop *top, struct service *service, int dir)
{
    int parent = dir < 0 ? sv_statedir_parent_at(AT_FDCWD, service->path) : -1;
    int id = -1;

    if (dir >= 0)
        id = sv_watch_add_open(&top->watch, dir,
                               SV_WATCH_RENAMED | SV_WATCH_SELF | SV_WATCH_AGAIN);
    else if (parent >= 0)
        id = sv_watch_add_open(&top->watch, parent,
                               SV_WATCH_COMES | SV_WATCH_GOES | SV_WATCH_SELF
                                   | SV_WATCH_AGAIN);
    if (parent >= 0) (void)close(parent); /* the watch stays */
    if (id == service->watch) return;
    svtop_unwatch(top, &service->watch);
    service->watch = id; /* -1: what cannot be watched is looked at with each tick */
}

/* Watched before it is looked at: what comes in between is told. */
static int open_state(struct svtop *top, struct service *service)
{
    int dir = sv_statedir_find(service->path, 0);

    if (top->watch.fd < 0) return dir;
    int error_number = errno;
    watch(top, service, dir);
    errno = error_number;
    if (dir >= 0 || errno != ENOENT) return dir;
    dir = sv_statedir_find(service->path, 0);
    if (dir >= 0) watch(top, service, dir);
    return dir;
}

/* Reading ---------------------------------------------------------------------------- */

static int read_own(int dir, struct sv_status *own)
{
    unsigned char packed[SV_STATUS_OWN];
    ssize_t got = sv_statefile_read(dir, SV_STATUS_OWN_FILE, packed, sizeof packed);

    return got > 0 && sv_status_unpack(packed, (size_t)got, own);
}

static int read_family(int dir, struct sv_status_family *family)
{
    unsigned char packed[SV_STATUS_ENCORE];
    ssize_t got = sv_statefile_read(dir, SV_STATUS_FILE, packed, sizeof packed);

    return got > 0 && sv_status_unpack_family(packed, (size_t)got, family);
}

static int has_written(struct sv_status const *own)
{
    unsigned char boot_id[SV_BOOT_ID];

    sv_process_boot_id(boot_id);
    return own->supervise_start && !memcmp(boot_id, own->boot_id, sizeof boot_id)
           && sv_process_is((pid_t)own->supervise_pid, own->supervise_start) > 0;
}

/*
 * Our record is believed if it agrees with the family's; both are replaced one after the
 * other, so a difference is looked at again. If it stays, who wrote ours must be there:
 * else this is another suite's supervise.
 */
static void read_records(int dir, struct records *records)
{
    struct sv_status *own = &records->own;
    struct sv_status_family *family = &records->family;

    for (unsigned int i = 0; i < TRIES; i++) {
        records->has_family = read_family(dir, family);
        records->has_own = read_own(dir, own);
        if (!records->has_own || !records->has_family) break;
        if (own->pid == family->pid && own->since.tv_sec == family->since.tv_sec
            && own->since.tv_nsec == family->since.tv_nsec)
            return;
    }
    if (records->has_own && !has_written(own)) records->has_own = 0;
}

/* Whether supervise is there: 1, 0, or -1 with errno. Who may not write to `ok` asks the
 * record. */
static int is_supervised(int dir)
{
    int listening = sv_controlfifo_listening(dir, "ok");
    struct sv_status own;

    if (listening >= 0 || errno != EACCES) return listening;
    if (read_own(dir, &own)) return has_written(&own);
    errno = EACCES;
    return -1;
}

/* What it means ---------------------------------------------------------------------- */

static enum svtop_state state_of_phase(enum sv_phase phase)
{
    switch (phase) {
    case SV_PHASE_DOWN: return STATE_DOWN;
    case SV_PHASE_WAITING: return STATE_WAITING;
    case SV_PHASE_STARTING: return STATE_STARTING;
    case SV_PHASE_UP: return STATE_UP;
    case SV_PHASE_STOPPING: return STATE_STOPPING;
    case SV_PHASE_FINISHING: return STATE_FINISHING;
    case SV_PHASE_BACKOFF: return STATE_BACKOFF;
    case SV_PHASE_FAILED: return STATE_FAILED;
    case SV_PHASE_NO_RUN: return STATE_NO_RUN;
    case SV_PHASE_PREPARING: return STATE_PREPARING;
    case SV_PHASE_STARTED: return STATE_STARTED;
    case SV_PHASE_CLEANING: return STATE_CLEANING;
    case SV_PHASE_COUNT: break; /* cannot happen: unpacking checks it */
    }
    return STATE_TROUBLE;
}

static enum svtop_state state_of_family(struct sv_status_family const *family)
{
    if (family->run_state == 2) return STATE_FINISHING;
    return family->pid ? STATE_UP : STATE_DOWN;
}

static void take_records(struct service *service, struct records const *records)
{
    struct sv_status const *own = &records->own;
    int is_paused;

    if (records->has_own) {
        service->is_ours = 1;
        service->state = state_of_phase((enum sv_phase)own->phase);
        service->since = own->since;
        service->pid = own->pid;
        service->finish_pid = own->finish_pid;
        service->supervise_pid = own->supervise_pid;
        service->supervise_start = own->supervise_start;
        service->row.starts = own->starts;
        service->row.has_starts = 1;
        is_paused = own->flags & SV_STATUS_PAUSED;
    } else {
        service->state = state_of_family(&records->family);
        service->since = records->family.since;
        service->pid = records->family.pid;
        is_paused = records->family.paused;
    }
    if (service->pid && is_paused) service->state = STATE_PAUSED;
}

static void fail(struct service *service, char const *what)
{
    char const *why[] = {"unable to ", what, ": ", sv_errortext(errno),
                         sv_statedir_remedy(errno)};

    service->state = STATE_TROUBLE;
    *service->trouble = 0;
    for (size_t i = 0; i < sizeof why / sizeof *why; i++)
        sv_text_append(service->trouble, sizeof service->trouble, why[i]);
}

static void read_state(struct service *service, int dir)
{
    struct records records;
    int supervised = is_supervised(dir);

    if (supervised < 0) {
        fail(service, "open supervise/ok");
        return;
    }
    if (!supervised) return;
    read_records(dir, &records);
    if (records.has_own || records.has_family) {
        take_records(service, &records);
        return;
    }
    errno = EPROTO;
    fail(service, "read supervise/status");
}

void svtop_look(struct svtop *top, struct service *service)
{
    uint64_t supervise_start = service->supervise_start;

    service->is_stale = 0;
    service->is_ours = 0;
    service->state = STATE_ALONE;
    service->since = (struct timespec){.tv_sec = 0};
    service->pid = service->finish_pid = service->supervise_pid = 0;
    service->supervise_start = 0;
    service->row.has_starts = 0;
    int dir = open_state(top, service);
    if (dir >= 0) {
        read_state(service, dir);
        (void)close(dir); /* only a place */
    } else if (errno != ENOENT) {
        fail(service, "open supervise");
    }
    if (service->supervise_fd >= 0 && supervise_start != service->supervise_start) {
        (void)close(service->supervise_fd); /* a handle */
        service->supervise_fd = -1;
    }
    service->row.state = svtop_state_word(service->state);
    service->row.rank = service->state;
}

void svtop_forget(struct svtop *top, struct service *service)
{
    svtop_unwatch(top, &service->watch);
    svtop_close_log(top, service);
    if (service->supervise_fd >= 0) (void)close(service->supervise_fd); /* a handle */
    service->supervise_fd = -1;
}
