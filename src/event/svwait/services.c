/* ISC license. */

/*
 * The services that are waited for.
 */

#include <errno.h>
#include <stdlib.h>
#include <sys/resource.h>

#include <sv/clock.h>
#include <sv/message.h>

#include "svwait.h"

#define FEW 300 /* services, for which every user has descriptors enough */

static void die(char const *service)
{
    if (errno == EPROTO)
        sv_dieu(111, "wait for ", service, ": its supervise does not tell that");
    sv_dieusys(111, "wait for ", service);
}

static void look(struct service *service)
{
    int result = sv_awaitdir_look(&service->where);

    if (result < 0) die(service->where.service);
    service->is = (enum sv_await_result)result;
    if (service->is == SV_AWAIT_REACHED) sv_awaitdir_close(&service->where);
}

/* Whom the program will command is not done with, not even if it has failed. */
static void watch_one(struct services *services, struct service *service,
                      char const *name, struct choice const *choice)
{
    struct sv_awaitdir *where = &service->where;

    sv_await_begin(&where->await, choice->goal, 0, 0);
    where->await.patient = 1;
    where->await.prepared = choice->program != 0;
    if (!sv_awaitdir_open(where, &services->watch, name, -1)
        || sv_awaitdir_base(where, 0) < 0)
        die(name);
}

void svwait_watch(struct services *services, char const *const *names, unsigned int count,
                  struct choice const *choice)
{
    struct rlimit files, more;
    int has_more = 0;

    services->count = count;
    services->list = calloc(count, sizeof *services->list);
    if (!services->list) sv_dieusys(111, "allocate memory");
    if (count > FEW && !getrlimit(RLIMIT_NOFILE, &files)) {
        more = files;
        more.rlim_cur = files.rlim_max;
        has_more = !setrlimit(RLIMIT_NOFILE, &more);
    }
    if (!sv_watch_open(&services->watch)) sv_dieusys(111, "watch services");
    for (unsigned int i = 0; i < count; i++)
        watch_one(services, &services->list[i], names[i], choice);
    svwait_look_at_all(services);
    if (has_more && choice->program)
        (void)setrlimit(RLIMIT_NOFILE, &files); /* the program's; what is open stays */
}

void svwait_look_at_all(struct services *services)
{
    for (unsigned int i = 0; i < services->count; i++)
        if (services->list[i].is != SV_AWAIT_REACHED) look(&services->list[i]);
}

static void take_event(struct services *services, struct sv_watch_event const *event)
{
    for (unsigned int i = 0; i < services->count; i++) {
        struct service *service = &services->list[i];
        if (service->is == SV_AWAIT_REACHED) continue;
        int is_news = sv_awaitdir_event(&service->where, &services->watch, event);
        if (is_news < 0) die(service->where.service);
        if (is_news) look(service);
    }
}

void svwait_take_news(struct services *services)
{
    struct sv_watch_event event;

    do {
        int result = sv_watch_read(&services->watch, &event);
        if (result < 0) sv_dieusys(111, "read what is new");
        if (!result) return;
        take_event(services, &event);
    } while (sv_watch_holds(&services->watch));
}

enum verdict svwait_judge(struct services const *services, struct choice const *choice)
{
    unsigned int reached = 0, never = 0;

    for (unsigned int i = 0; i < services->count; i++) {
        reached += services->list[i].is == SV_AWAIT_REACHED;
        never += services->list[i].is == SV_AWAIT_NEVER;
    }
    if (choice->any ? reached : reached == services->count) return VERDICT_REACHED;
    if (choice->any ? never == services->count : never) return VERDICT_NEVER;
    return VERDICT_OPEN;
}

void svwait_complain(struct services const *services, int late)
{
    int64_t now_ms = sv_clock_monotonic_ms();
    char text[SV_AWAIT_TEXT];

    for (unsigned int i = 0; i < services->count; i++) {
        struct service const *service = &services->list[i];
        struct sv_await const *await = &service->where.await;
        if (service->is == SV_AWAIT_REACHED) continue;
        if (!late && service->is != SV_AWAIT_NEVER) continue;
        sv_await_text(text, await, now_ms);
        sv_warn(service->where.service, " ", sv_await_goal_lack(await->goal),
                service->is == SV_AWAIT_NEVER ? "" : " in time", ": ", text);
    }
}
