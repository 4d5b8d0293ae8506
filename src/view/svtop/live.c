/* ISC license. */

/*
 * The live view: waits for a key, a signal, an event, the end of a supervise, or the time
 * for another look, and shows what has changed. When nothing does it sleeps; however much
 * does, it does not draw oftener than a terminal is worth it.
 */

#include <signal.h>
#include <unistd.h>

#include <skalibs/selfpipe.h>

#include <sv/catch.h>
#include <sv/clock.h>

#include "svtop.h"

#define DRAW_MS 100 /* between two drawings that nobody has asked for */

enum { FD_KEYS, FD_SIGNALS, FD_WATCH, FD_FIRST };

static iopause_fd fds[FD_FIRST + SVTOP_WINDOW];

/* What happens ----------------------------------------------------------------------- */

/* The terminal is given back first; then it ends us as it would have at once. */
static void end_by(int number)
{
    sigset_t set;

    svtop_screen_close();
    selfpipe_finish();
    (void)signal(number, SIG_DFL);
    (void)sigemptyset(&set);
    (void)sigaddset(&set, number);
    (void)raise(number);
    (void)sigprocmask(SIG_UNBLOCK, &set, 0);
    _exit(111); /* cannot happen: each of them ends a process */
}

static void take_signals(struct svtop *top)
{
    int number;

    while ((number = selfpipe_read()) > 0) {
        if (number == SIGWINCH) {
            svtop_screen_resize(top);
            top->is_dirty = 1;
            continue;
        }
        end_by(number);
    }
    if (number < 0) svtop_die("read", "signals");
}

/* In a service or its log a name came or went, or there is a new state. */
static void take_name(struct svtop *top, int id)
{
    for (size_t i = 0; i < top->place_count; i++)
        if (top->places[i].watch == id) top->is_stale = 1;
    for (size_t i = 0; i < top->service_count; i++) {
        struct service *service = top->services[i];
        if (service->watch == id) service->is_stale = 1;
        if (service->log.dir_watch == id || service->log.file_watch == id)
            service->is_log_stale = 1;
    }
}

static void end_watch(struct svtop *top, int id)
{
    for (size_t i = 0; i < top->place_count; i++)
        if (top->places[i].watch == id) top->places[i].watch = -1;
    for (size_t i = 0; i < top->service_count; i++) {
        struct service *service = top->services[i];
        if (service->watch == id) service->watch = -1;
        if (service->log.dir_watch == id) service->log.dir_watch = -1;
        if (service->log.file_watch == id) service->log.file_watch = -1;
    }
}

static void look_everywhere(struct svtop *top)
{
    top->is_stale = 1;
    for (size_t i = 0; i < top->service_count; i++)
        top->services[i]->is_stale = top->services[i]->is_log_stale = 1;
}

static void take_event(struct svtop *top, struct sv_watch_event const *event)
{
    top->is_dirty = 1;
    switch (event->kind) {
    case SV_WATCH_WRITTEN: break; /* logs that can be seen are read each time */
    case SV_WATCH_NAME:
    case SV_WATCH_CHANGED:
    case SV_WATCH_MOVED: take_name(top, event->id); break;
    case SV_WATCH_ENDED:
        take_name(top, event->id);
        end_watch(top, event->id);
        break;
    case SV_WATCH_OVERFLOW: look_everywhere(top); break;
    }
}

static void take_events(struct svtop *top)
{
    struct sv_watch_event event;
    int got;

    while ((got = sv_watch_read(&top->watch, &event)) > 0) take_event(top, &event);
    if (got < 0) svtop_die("read", "events");
}

/* Without its supervise a service has another state, and its directory says nothing. */
static void take_ends(struct svtop *top)
{
    for (size_t i = 0; i < top->shown_count; i++) {
        struct service *service = top->shown[i];
        if (service->supervise_fd < 0 || !fds[FD_FIRST + i].revents) continue;
        (void)close(service->supervise_fd); /* a handle */
        service->supervise_fd = -1;
        service->is_stale = top->is_dirty = 1;
    }
}

/* A terminal that has gone is readable for ever, and gives nothing. */
static void take_keys(struct svtop *top)
{
    int key, count = 0;

    while (!top->is_leaving && (key = svtop_screen_key()) >= 0) {
        svtop_press(top, key);
        count++;
        if (top->is_stale || top->mode == MODE_LIST) svtop_update(top);
    }
    if (!count && fds[FD_KEYS].revents & (POLLHUP | POLLERR)) top->is_leaving = 1;
}

/* What can be seen is looked at anew: not everybody's supervise tells everything. */
static void tick(struct svtop *top)
{
    for (size_t i = 0; i < top->shown_count; i++) top->shown[i]->is_stale = 1;
    for (size_t i = 0; i < top->place_count; i++)
        if (top->places[i].watch < 0 && !top->places[i].is_service) top->is_stale = 1;
    top->is_dirty = 1;
}

/* The loop --------------------------------------------------------------------------- */

static int wait_until(struct svtop *top, int64_t deadline_ms, int with_events)
{
    fds[FD_WATCH].fd = with_events ? top->watch.fd : -1;
    for (size_t i = 0; i < top->shown_count; i++)
        fds[FD_FIRST + i] =
            (iopause_fd){.fd = top->shown[i]->supervise_fd, .events = IOPAUSE_READ};
    for (size_t i = 0; i < FD_FIRST + top->shown_count; i++) fds[i].revents = 0;
    return sv_clock_wait(fds, (unsigned int)(FD_FIRST + top->shown_count), deadline_ms);
}

static void draw(struct svtop *top, int64_t *drawn_ms)
{
    svtop_update(top);
    svtop_screen_draw(top);
    *drawn_ms = sv_clock_monotonic_ms();
}

static void start(struct svtop *top)
{
    static int const signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH, 0};

    fds[FD_SIGNALS].fd = sv_catch(signals);
    if (fds[FD_SIGNALS].fd < 0) svtop_die("catch", "signals");
    if (!sv_watch_open(&top->watch)) svtop_die("watch", "services");
    fds[FD_KEYS].fd = 0;
    for (size_t i = 0; i < FD_FIRST; i++) fds[i].events = IOPAUSE_READ;
    svtop_screen_open(top);
}

void svtop_live(struct svtop *top)
{
    int64_t drawn_ms, tick_ms = INT64_MAX, every_ms = top->choice.interval_ms;

    start(top);
    draw(top, &drawn_ms);
    if (every_ms) tick_ms = drawn_ms + every_ms;
    while (!top->is_leaving) {
        int is_pending = top->is_dirty; /* drawn soon; until then events may gather */
        int64_t deadline_ms = is_pending ? drawn_ms + DRAW_MS : tick_ms;
        if (deadline_ms > tick_ms) deadline_ms = tick_ms;
        if (wait_until(top, deadline_ms, !is_pending) < 0) svtop_die("wait", "events");
        if (fds[FD_SIGNALS].revents) take_signals(top);
        if (fds[FD_WATCH].revents) take_events(top);
        take_ends(top);
        int64_t now_ms = sv_clock_monotonic_ms();
        if (now_ms >= tick_ms) {
            tick(top);
            tick_ms = now_ms + every_ms;
        }
        int has_key = fds[FD_KEYS].revents != 0;
        if (has_key) take_keys(top);
        if (!top->is_leaving
            && (has_key || (top->is_dirty && now_ms >= drawn_ms + DRAW_MS)))
            draw(top, &drawn_ms);
    }
    svtop_screen_close();
}
