/* ISC license. */

/*
 * Waits until the service is up or ready, or, with --down, until it is looked after. It
 * begins after the link was made: what is so by then counts.
 */

#include <errno.h>

#include <sv/awaitdir.h>
#include <sv/clock.h>
#include <sv/message.h>

#include "svadd.h"

static _Noreturn void die(char const *service)
{
    if (errno == EPROTO)
        sv_dieu(111, "wait for ", service, ": its supervise does not tell that");
    sv_dieusys(111, "wait for ", service);
}

static void complain(struct sv_await const *await, char const *service, char const *when)
{
    char text[SV_AWAIT_TEXT];

    sv_await_text(text, await, sv_clock_monotonic_ms());
    sv_warn(service, " ", sv_await_goal_lack(await->goal), when, ": ", text);
}

/* Whether anything is new; 1 also if the deadline has come. */
static int has_news(struct sv_awaitdir *where, struct sv_watch *watch,
                    int64_t deadline_ms)
{
    iopause_fd fd = {.fd = watch->fd, .events = IOPAUSE_READ};
    struct sv_watch_event event;
    int result, is_news = 0;

    int ready = sv_clock_wait(&fd, 1, deadline_ms);
    if (ready < 0) sv_dieusys(111, "wait");
    if (!ready) return sv_clock_monotonic_ms() >= deadline_ms;
    do {
        result = sv_watch_read(watch, &event);
        if (result < 0) sv_dieusys(111, "read what is new");
        if (!result) break;
        int is_ours = sv_awaitdir_event(where, watch, &event);
        if (is_ours < 0) die(where->service);
        is_news |= is_ours;
    } while (sv_watch_holds(watch));
    return is_news;
}

int svadd_wait(struct request const *request, struct sv_places const *places,
               int64_t deadline_ms)
{
    static struct sv_watch watch;
    static struct sv_awaitdir where;
    static char service[PATH_MAX];

    svadd_path(service, places->scan, request->name);
    if (!sv_watch_open(&watch)) sv_dieusys(111, "watch ", service);
    sv_await_begin(&where.await, request->goal, 0, 0);
    where.await.patient = 1;
    if (!sv_awaitdir_open(&where, &watch, service, -1) || sv_awaitdir_base(&where, 0) < 0)
        die(service);
    for (;;) {
        int is_late = sv_clock_monotonic_ms() >= deadline_ms;
        int result = sv_awaitdir_look(&where);
        if (result < 0) die(service);
        if (result == SV_AWAIT_REACHED) return 0;
        if (result == SV_AWAIT_NEVER) complain(&where.await, service, "");
        if (result == SV_AWAIT_NEVER) return 1;
        if (is_late) complain(&where.await, service, " in time");
        if (is_late) return 99;
        while (!has_news(&where, &watch, deadline_ms)) {}
    }
}
