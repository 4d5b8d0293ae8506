/* ISC license. */

/*
 * Waits until the supervise of each service has left, and then that of its logger, which
 * has read all by then. Our svscan tells them; if it does not run, or does not do it in a
 * second, we do.
 */

#include <errno.h>
#include <stdlib.h>

#include <skalibs/types.h>

#include <sv/clock.h>
#include <sv/message.h>

#include "svdel.h"

#define GRACE_MS 1000 /* for svscan to tell them */

static int64_t tell_time(int listens)
{
    return sv_clock_monotonic_ms() + (listens ? GRACE_MS : 0);
}

static struct part *active(struct service *service)
{
    return service->is_draining ? &service->logger : &service->main;
}

static void look(struct service *service)
{
    if (part_look(active(service), service->instance)) return;
    sv_dieusys(111, "wait for ", service->name);
}

/* Nobody is there who could bring it down properly. */
static void give_up(struct service *service)
{
    char number[UINT_FMT];

    number[uint_fmt(number, active(service)->pid)] = 0;
    sv_warnu("bring down ", service->name, service->is_draining ? "/log" : "",
             ": no supervise looks after it, and its process ", number,
             " still runs; end that, and run svdel again");
    service->is_done = -1;
}

/* Goes on to what is next; returns whether something has changed. */
static int step(struct service *service, int listens)
{
    struct part *part = active(service);

    if (service->is_done || service->settle_ms) return 0;
    if (part->state == PART_ORPHANED && !listens) {
        give_up(service);
    } else if (part->state != PART_ABSENT) {
        return 0;
    } else if (service->is_draining) {
        service->is_done = 1;
    } else {
        service->is_draining = 1;
        look(service);
        service->logger.tell_ms = tell_time(listens);
    }
    return 1;
}

/* What has just been added may have no supervise yet, and have one a moment later. */
static void settle(struct service *service)
{
    if (!service->settle_ms || sv_clock_monotonic_ms() < service->settle_ms) return;
    service->settle_ms = 0;
    look(service);
}

static void tell(struct service *service)
{
    if (service->is_done || active(service)->tell_ms > sv_clock_monotonic_ms()) return;
    if (service->is_draining)
        part_tell_logger(&service->logger, service->instance);
    else
        part_tell(&service->main, service->instance);
}

/* Returns how many are left. */
static unsigned int advance(struct service *services, unsigned int count, int listens,
                            iopause_fd *fds, int64_t *next_ms)
{
    unsigned int left = 0;

    for (unsigned int i = 0; i < count; i++) {
        struct service *service = services + i;
        settle(service);
        while (step(service, listens)) {}
        tell(service);
        fds[i] =
            (iopause_fd){.fd = service->is_done ? -1 : part_fd(active(service)),
                         .events =
                             active(service)->state == PART_ORPHANED ? IOPAUSE_READ : 0};
        if (service->is_done) continue;
        left++;
        if (service->settle_ms && service->settle_ms < *next_ms)
            *next_ms = service->settle_ms;
        if (active(service)->tell_ms < *next_ms) *next_ms = active(service)->tell_ms;
    }
    return left;
}

static int conclude(struct service *services, unsigned int count)
{
    int code = 0;

    for (unsigned int i = 0; i < count; i++) {
        if (services[i].is_done < 0) code = 111;
        if (services[i].is_done) continue;
        sv_warn(services[i].name, services[i].is_draining ? "/log" : "",
                " has not left in time; run svdel again to wait on");
        if (!code) code = 99;
    }
    return code;
}

static void begin(struct service *service, int listens)
{
    service->main.tell_ms = tell_time(listens);
    if (listens && service->is_there && service->main.dir >= 0
        && service->main.state == PART_ABSENT)
        service->settle_ms = tell_time(listens);
}

int svdel_leave(struct service *services, unsigned int count, int listens,
                int64_t deadline_ms)
{
    iopause_fd *fds = calloc(count, sizeof *fds);

    if (!fds) sv_dieusys(111, "allocate memory");
    for (unsigned int i = 0; i < count; i++) begin(services + i, listens);
    for (;;) {
        int64_t next_ms = deadline_ms;
        if (!advance(services, count, listens, fds, &next_ms)) break;
        if (sv_clock_monotonic_ms() >= deadline_ms) break;
        if (sv_clock_wait(fds, count, next_ms) < 0) sv_dieusys(111, "wait");
        for (unsigned int i = 0; i < count; i++)
            if (fds[i].fd >= 0 && fds[i].revents) look(services + i);
    }
    free(fds);
    return conclude(services, count);
}
