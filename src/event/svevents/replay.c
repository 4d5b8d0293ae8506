/* ISC license. */

/* Which event is the next one, of all services. */

#include <stdlib.h>
#include <string.h>

#include <sv/message.h>

#include "svevents.h"

#define AT_ONCE 4096 /* entries, before another look at what has happened meanwhile */

static int is_before_time(struct timespec const *one, struct timespec const *other)
{
    return one->tv_sec != other->tv_sec ? one->tv_sec < other->tv_sec
                                        : one->tv_nsec < other->tv_nsec;
}

/* By time, then by name; a service is in the heap once, so its own order stays. */
static int goes_before(struct source const *one, struct source const *other)
{
    if (is_before_time(&one->head.when, &other->head.when)) return 1;
    if (is_before_time(&other->head.when, &one->head.when)) return 0;
    return strcmp(one->name, other->name) < 0;
}

static void sink(struct svevents *events, size_t at)
{
    struct source **heap = events->heap, *moved = heap[at];
    size_t child;

    while ((child = 2 * at + 1) < events->heap_count) {
        if (child + 1 < events->heap_count && goes_before(heap[child + 1], heap[child]))
            child++;
        if (!goes_before(heap[child], moved)) break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = moved;
}

static void rise(struct svevents *events, struct source *source)
{
    struct source **heap = events->heap;
    size_t at = events->heap_count++;

    for (; at && goes_before(source, heap[(at - 1) / 2]); at = (at - 1) / 2)
        heap[at] = heap[(at - 1) / 2];
    heap[at] = source;
}

static void make_room(struct svevents *events)
{
    if (events->heap_room >= events->source_count) return;
    events->heap_room = events->source_count * 2;
    events->heap = realloc(events->heap, events->heap_room * sizeof *events->heap);
    if (!events->heap) sv_dieusys(111, "allocate");
}

/* Those that have something new get into the heap; those that leave and have not, go. */
static void gather(struct svevents *events)
{
    make_room(events);
    for (struct source *source = events->sources, *next; source; source = next) {
        next = source->next;
        if (source->has_head || !source->dirty) continue;
        svevents_advance(events, source);
        if (source->has_head)
            rise(events, source);
        else if (source->leaving && source->rests)
            svevents_remove(events, source);
    }
}

static void take(struct source *source, uint64_t serial)
{
    source->row.serial = serial;
    source->row.when_s = source->head.when.tv_sec;
    source->row.when_ns = (uint32_t)source->head.when.tv_nsec;
    source->changed = 1;
    source->rests = source->head.phase == SV_PHASE_DOWN
                    || source->head.phase == SV_PHASE_FAILED
                    || source->head.phase == SV_PHASE_NO_RUN;
}

static int is_told(struct svevents *events, struct source const *source)
{
    struct choice const *choice = &events->choice;

    if (choice->has_since && is_before_time(&source->head.when, &choice->since)) return 0;
    if (!events->skip) return 1;
    if (!source->missed) events->skip--;
    return 0;
}

/* The first in the heap. What was missed before an entry is told before it. */
static void tell_next(struct svevents *events)
{
    struct source *source = events->heap[0];
    struct item const item = {.service = source->name,
                              .missed = source->missed,
                              .entry = source->head};
    int is_missed = source->missed != 0;

    take(source, source->head.serial - (unsigned int)is_missed);
    if (is_told(events, source)) svevents_tell(events, &item);
    source->missed = 0;
    if (is_missed) return;
    source->has_head = 0;
    svevents_advance(events, source);
    if (!source->has_head) events->heap[0] = events->heap[--events->heap_count];
    if (events->heap_count) sink(events, 0);
}

void svevents_count(struct svevents *events)
{
    struct choice const *choice = &events->choice;
    uint64_t count = 0;

    for (struct source *source = events->sources; source; source = source->next) {
        struct sv_journalreader copy = source->reader; /* the place where it reads */
        struct sv_journal_entry entry;
        enum sv_journalreader_result result;
        while (copy.fd >= 0
               && (result = sv_journalreader_next(&copy, &entry))
                      != SV_JOURNALREADER_NOTHING)
            if (result == SV_JOURNALREADER_ENTRY
                && !(choice->has_since && is_before_time(&entry.when, &choice->since)))
                count++;
    }
    events->skip = count > choice->count ? count - choice->count : 0;
}

void svevents_replay(struct svevents *events)
{
    for (;;) {
        gather(events);
        if (!events->heap_count) break;
        for (unsigned int i = 0; i < AT_ONCE && events->heap_count; i++)
            tell_next(events);
        if (events->choice.follow) svevents_take_events(events);
    }
    svevents_flush(events);
}
