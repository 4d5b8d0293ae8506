/* ISC license. */

/* What happens to journals and directories. */

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <skalibs/iopause.h>

#include <sv/clock.h>
#include <sv/message.h>

#include "svevents.h"

static void forget_watch(struct svevents *events, int id)
{
    for (size_t i = 0; i < events->place_count; i++)
        if (events->places[i].watch == id) {
            events->places[i].watch = -1;
            svevents_look(events, events->places + i);
        }
    for (struct source *source = events->sources; source; source = source->next) {
        if (source->file_watch == id) source->file_watch = -1;
        if (source->state_watch == id) source->state_watch = -1;
        if (source->dir_watch == id) source->dir_watch = -1;
    }
}

/* Something came or went in the directory. */
static void look_into(struct svevents *events, int id, char const *name)
{
    for (size_t i = 0; i < events->place_count; i++)
        if (events->places[i].watch == id) svevents_look(events, events->places + i);
    for (struct source *source = events->sources; source; source = source->next) {
        if (source->state_watch != id && source->dir_watch != id) continue;
        if (name && !strcmp(name, "log") && source->place->kind == PLACE_SCAN)
            svevents_look(events, source->place);
        else
            svevents_check(events, source);
    }
}

static struct source *find_file(struct svevents const *events, int id)
{
    struct source *source = events->sources;

    while (source && source->file_watch != id) source = source->next;
    return source;
}

static void take_event(struct svevents *events, struct sv_watch_event const *event)
{
    struct source *source = 0;

    switch (event->kind) {
    case SV_WATCH_WRITTEN:
    case SV_WATCH_CHANGED:
        source = find_file(events, event->id);
        if (!source) break; /* of a watch that has ended */
        source->dirty = 1;
        if (event->kind == SV_WATCH_CHANGED || source->reader.fd < 0)
            svevents_check(events, source);
        break;
    case SV_WATCH_NAME:
    case SV_WATCH_MOVED:
        if (events->is_shared)
            svevents_look_everywhere(events);
        else
            look_into(events, event->id, event->name);
        break;
    case SV_WATCH_ENDED: forget_watch(events, event->id); break;
    case SV_WATCH_OVERFLOW: svevents_look_everywhere(events); break;
    }
}

void svevents_take_events(struct svevents *events)
{
    struct sv_watch_event event;
    int got;

    while ((got = sv_watch_read(&events->watch, &event)) > 0) take_event(events, &event);
    if (got < 0) sv_dieusys(111, "read events");
}

static int is_watching(struct svevents const *events)
{
    for (size_t i = 0; i < events->place_count; i++)
        if (events->places[i].watch >= 0 || events->places[i].kind == PLACE_SERVICE)
            return 1;
    return events->sources || events->is_shared;
}

void svevents_wait(struct svevents *events)
{
    iopause_fd fds[] = {{.fd = events->watch.fd, .events = IOPAUSE_READ},
                        {.fd = 1, .events = 0}};
    unsigned int count = events->choice.program ? 1 : 2;

    if (!is_watching(events)) _exit(0);
    if (sv_clock_wait(fds, count, INT64_MAX) < 0) sv_dieusys(111, "wait for events");
    if (count > 1 && fds[1].revents & IOPAUSE_EXCEPT) _exit(0);
    if (fds[0].revents) svevents_take_events(events);
}
