/* ISC license. */

/*
 * Waits for what becomes of services that were told.
 */

#include <errno.h>

#include <sv/clock.h>
#include <sv/message.h>

#include "svc.h"

static void warn(struct errand const *errand, char const *when)
{
    struct sv_await const *await = &errand->where.await;
    char text[SV_AWAIT_TEXT];

    sv_await_text(text, await, sv_clock_monotonic_ms());
    sv_warn(errand->service, " ", sv_await_goal_lack(await->goal), when, ": ", text);
}

static void conclude(struct errand *errand, enum outcome outcome)
{
    errand->outcome = outcome;
    sv_awaitdir_close(&errand->where);
}

void svc_warn_no_wait(struct errand const *errand)
{
    if (errno == EPROTO)
        sv_warnu("wait for ", errand->service,
                 ": its supervise does not tell what it does");
    else
        sv_warnusys("wait for ", errand->service);
}

static void give_up(struct errand *errand)
{
    svc_warn_no_wait(errand);
    conclude(errand, OUTCOME_TROUBLE);
}

static void look(struct errand *errand)
{
    int result = sv_awaitdir_look(&errand->where);

    if (result < 0) {
        give_up(errand);
    } else if (result == SV_AWAIT_REACHED) {
        conclude(errand, OUTCOME_DONE);
    } else if (result == SV_AWAIT_NEVER) {
        warn(errand, "");
        conclude(errand, OUTCOME_INSTEAD);
    }
}

void svc_open_news(struct news *news)
{
    news->watch.fd = -1;
    if (!sv_renamed_open(&news->renamed)) sv_dieusys(111, "watch services");
}

/* Looks at the services that the event is about. */
static void take_event(struct errand *errands, unsigned int count, struct sv_watch *watch,
                       struct sv_watch_event const *event)
{
    for (unsigned int i = 0; i < count; i++) {
        if (errands[i].outcome != OUTCOME_OPEN || errands[i].where.is_cheap) continue;
        int is_news = sv_awaitdir_event(&errands[i].where, watch, event);
        if (is_news > 0) look(&errands[i]);
        if (is_news < 0) give_up(&errands[i]);
    }
}

/* What there is to read now: mostly one piece. */
static void take_events(struct errand *errands, unsigned int count,
                        struct sv_watch *watch)
{
    struct sv_watch_event event;

    do {
        int result = sv_watch_read(watch, &event);
        if (result < 0) sv_dieusys(111, "read what is new");
        if (!result) return;
        take_event(errands, count, watch, &event);
    } while (sv_watch_holds(watch));
}

static void take_renamed(struct errand *errands, unsigned int count,
                         struct sv_renamed *renamed)
{
    int dirs[SV_RENAMED_MAX];
    int told = sv_renamed_read(renamed, dirs);

    if (told < 0) sv_dieusys(111, "read what is new");
    for (unsigned int i = 0; i < count; i++) {
        int is_told = 0;
        for (int k = 0; k < told; k++)
            is_told |= dirs[k] == -1 || dirs[k] == errands[i].where.dir;
        if (is_told && errands[i].outcome == OUTCOME_OPEN) look(&errands[i]);
    }
}

static unsigned int count_open(struct errand const *errands, unsigned int count)
{
    unsigned int open = 0;

    for (unsigned int i = 0; i < count; i++) open += errands[i].outcome == OUTCOME_OPEN;
    return open;
}

/* The time is over: one last look. */
static void end(struct errand *errands, unsigned int count)
{
    for (unsigned int i = 0; i < count; i++) {
        if (errands[i].outcome == OUTCOME_OPEN) look(&errands[i]);
        if (errands[i].outcome != OUTCOME_OPEN) continue;
        warn(&errands[i], " in time");
        conclude(&errands[i], OUTCOME_LATE);
    }
}

void svc_wait(struct errand *errands, unsigned int count, struct news *news,
              int64_t deadline_ms)
{
    iopause_fd fds[2] = {{.fd = news->renamed.fd, .events = IOPAUSE_READ},
                         {.fd = news->watch.fd, .events = IOPAUSE_READ}};

    /* where no command of ours is to be seen things may be as they should be */
    for (unsigned int i = 0; i < count; i++)
        if (errands[i].outcome == OUTCOME_OPEN && !errands[i].where.await.commands)
            look(&errands[i]);
    while (count_open(errands, count)) {
        int ready = sv_clock_wait(fds, 1 + (news->watch.fd >= 0), deadline_ms);
        if (ready < 0) sv_dieusys(111, "wait");
        if (ready && fds[0].revents) take_renamed(errands, count, &news->renamed);
        if (ready && fds[1].revents) take_events(errands, count, &news->watch);
        if (!ready && sv_clock_monotonic_ms() >= deadline_ms) end(errands, count);
    }
}
