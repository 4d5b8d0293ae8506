/* ISC license. */

/*
 * Waits for the services named in `needs`, and looks after those that this one must not
 * be without. What they say of themselves is looked at when the kernel says, by SIGIO,
 * that something has happened to it.
 *
 * While it waits, the first one that is not ready is watched; while it runs, those with
 * `stop` or `restart`.
 */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <sv/clock.h>
#include <sv/message.h>
#include <sv/needs.h>
#include <sv/neighbour.h>
#include <sv/servicedir.h>
#include <sv/statefile.h>

#include "beside.h"

#define RETRY_MS 1000 /* where nothing can be watched */
#define WAITING_FILE ".waiting"

static SV_LARGE char text[SV_NEEDS_SIZE];    /* of the file, while it is gone through */
static SV_LARGE char waiting[SV_NEEDS_NAME]; /* what .waiting says; "": not known */

static void end_watches(struct service *service)
{
    while (service->needs_count)
        (void)close(service->needs_fds[--service->needs_count]); /* only watched */
    service->needs_ms = SV_NEVER;
}

/* Takes over the descriptor of a watch; without one, time has to do. */
static void add_watch(struct service *service, int fd)
{
    if (fd >= 0 && service->needs_count < SV_NEEDS_MAX) {
        service->needs_fds[service->needs_count++] = fd;
        return;
    }
    service->needs_ms = sv_clock_monotonic_ms() + RETRY_MS;
    if (fd >= 0) (void)close(fd); /* only watched */
}

/* What is there is no file that can be used; any other trouble may pass. */
static int is_unusable(int error_number)
{
    return error_number == EINVAL || error_number == ELOOP || error_number == EACCES
           || error_number == ENXIO || error_number == EISDIR || error_number == ENOTDIR
           || error_number == EPERM || error_number == ENODEV;
}

/* Reads the file. Returns 1; 0 if there is none that counts; -1 if it is not known now.
 */
static int read_needs(struct service *service, struct sv_needs *needs)
{
    ssize_t length = 0;

    if (service->scan_dir >= 0)
        length = sv_statefile_follow(service->dir, SV_NEEDS_FILE, text, sizeof text);
    *needs = (struct sv_needs){.text = text, .length = length > 0 ? (size_t)length : 0};
    if (length >= 0 || errno == ENOENT || errno == ENOLINK) {
        trouble_over(&service->needs_trouble);
        return length > 0;
    }
    int passes = !is_unusable(errno);
    if (trouble_is_new(&service->needs_trouble))
        sv_warnu("read ", service->dir_name, "/" SV_NEEDS_FILE ": ", sv_errortext(errno),
                 passes ? ", trying again every second"
                        : "; it is started without what it needs");
    return passes ? -1 : 0;
}

/*
 * Says what is waited for, for readers; once, for one that waits for this service is told
 * of it, and may be the one that this service waits for.
 */
static void write_waiting(struct service *service, char const *name)
{
    char line[SV_NEEDS_NAME + 1];
    size_t length = strlen(name);

    if (!*name || !strcmp(waiting, name)) return;
    memcpy(line, name, length);
    line[length] = '\n';
    waiting[0] = 0; /* if it cannot be written they know the phase all the same */
    if (sv_statefile_write(service->state_dir, WAITING_FILE, line, length + 1))
        memcpy(waiting, name, length + 1);
}

/* Whether the service is not ready; then it is watched from before it was looked at. */
static int is_unready(struct service *service, char const *name)
{
    struct sv_neighbour_time when;
    unsigned int count = service->needs_count;

    if (sv_neighbour_look(service->scan_dir, name, &when) == SV_NEIGHBOUR_READY) return 0;
    add_watch(service, sv_neighbour_watch(service->scan_dir, name));
    enum sv_neighbour_state state = sv_neighbour_look(service->scan_dir, name, &when);
    if (state == SV_NEIGHBOUR_READY) {
        if (service->needs_count > count)
            (void)close(service->needs_fds[--service->needs_count]); /* only watched */
        return 0;
    }
    if (state == SV_NEIGHBOUR_UNTOLD)
        service->needs_ms = sv_clock_monotonic_ms() + RETRY_MS;
    return 1;
}

/*
 * The first service that is not ready; it is watched, and so is `needs`, which may be
 * mended. Returns 0 if there is none. Its name is "" if it is not known what is needed.
 */
static int find_unready(struct service *service, struct sv_need *need)
{
    struct sv_needs needs;
    int result;

    end_watches(service);
    need->name[0] = 0;
    int known = read_needs(service, &needs);
    if (known) add_watch(service, sv_neighbour_watch_directory(service->dir));
    if (known > 0) known = read_needs(service, &needs); /* it may just have changed */
    if (known < 0) service->needs_ms = sv_clock_monotonic_ms() + RETRY_MS;
    if (known <= 0) return known < 0;
    while ((result = sv_needs_next(&needs, need)))
        if (result > 0 && is_unready(service, need->name)) return 1;
    return 0;
}

int service_needs_are_met(struct service *service)
{
    struct sv_need need;
    int may_need = sv_servicedir_may_have(&service->absent, SV_SERVICEDIR_NEEDS);

    service->needs_known = 0;
    if (!may_need || service->scan_dir < 0) return 1;
    int waits = find_unready(service, &need);
    service_needs_report(service); /* what is not used is not waited for */
    if (!waits) return 1;
    write_waiting(service, need.name);
    return 0;
}

static void tend_waiting(struct service *service)
{
    struct sv_need need;

    if (find_unready(service, &need)) {
        write_waiting(service, need.name);
        return;
    }
    (void)unlinkat(service->state_dir, WAITING_FILE, 0); /* the phase says it */
    waiting[0] = 0;
    service_event(service, SV_EVENT_NEEDS_MET);
}

static int is_later(struct timespec const *one, struct timespec const *other)
{
    return one->tv_sec != other->tv_sec ? one->tv_sec > other->tv_sec
                                        : one->tv_nsec > other->tv_nsec;
}

/*
 * Whether it has come again since the run began. The wall clock may have been set; it is
 * for the same millisecond, and for who tells nothing else.
 */
static int is_newer(struct service const *service, struct sv_neighbour_time const *when)
{
    int64_t started_ms = service->machine.started_ms;

    if (when->started_ms >= 0 && when->started_ms != started_ms)
        return when->started_ms > started_ms
               && when->started_ms <= sv_clock_monotonic_ms(); /* or that is not so */
    return is_later(&when->since, &service->status.since);
}

/* What the run has lost, if that matters. NONE: nothing. */
static enum sv_cause_kind find_loss(struct service *service, struct sv_need const *need)
{
    struct sv_neighbour_time when;

    switch (sv_neighbour_look(service->scan_dir, need->name, &when)) {
    case SV_NEIGHBOUR_READY:
        return is_newer(service, &when) ? SV_CAUSE_NEEDS_AGAIN : SV_CAUSE_NONE;
    case SV_NEIGHBOUR_UNTOLD:
        service->needs_ms = sv_clock_monotonic_ms() + RETRY_MS;
        return SV_CAUSE_NONE;
    case SV_NEIGHBOUR_UNKNOWN:
    case SV_NEIGHBOUR_UNREADY: break;
    }
    return need->loss == SV_NEEDS_STOP ? SV_CAUSE_NEEDS_LOST : SV_CAUSE_NONE;
}

/* A run, and what it must not be without. */
static void tend_run(struct service *service)
{
    struct sv_event event = {.kind = SV_EVENT_NEEDS_LOST,
                             .now_ms = sv_clock_monotonic_ms(),
                             .cause = SV_CAUSE_NONE};
    struct sv_needs needs;
    struct sv_need need;
    int result;

    end_watches(service);
    service->needs_known = 1;
    if (!sv_servicedir_may_have(&service->absent, SV_SERVICEDIR_NEEDS)) return;
    int known = read_needs(service, &needs);
    if (known < 0) service->needs_ms = sv_clock_monotonic_ms() + RETRY_MS;
    if (known <= 0) return;
    while ((result = sv_needs_next(&needs, &need)) && event.cause == SV_CAUSE_NONE) {
        if (result < 0 || need.loss == SV_NEEDS_LEAVE) continue;
        add_watch(service, sv_neighbour_watch(service->scan_dir, need.name));
        event.cause = find_loss(service, &need);
    }
    if (event.cause == SV_CAUSE_NONE) return;
    end_watches(service);
    service_feed(service, &event);
}

static int is_running(struct service const *service)
{
    enum sv_phase phase = service->machine.phase;

    return phase == SV_PHASE_UP || phase == SV_PHASE_STARTING
           || phase == SV_PHASE_STARTED;
}

/* When what it waits for has come, it runs, and that has to be looked after at once. */
void service_tend_needs(struct service *service)
{
    int due = service->needs_seen || service->needs_ms <= sv_clock_monotonic_ms();
    int waits = service->machine.phase == SV_PHASE_WAITING;

    service->needs_seen = 0;
    if (waits && (due || !service->needs_count)) tend_waiting(service);
    if (is_running(service) && (due || !service->needs_known)) tend_run(service);
    if (!is_running(service) && service->machine.phase != SV_PHASE_WAITING
        && (service->needs_count || service->needs_ms != SV_NEVER))
        end_watches(service);
}
