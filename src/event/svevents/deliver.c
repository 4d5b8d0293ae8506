/* ISC license. */

/* Events go out, each once: what is owed is stored before it is paid. */

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <sv/message.h>
#include <sv/process.h>
#include <sv/stream.h>

#include "svevents.h"

static char batch[SV_CURSOR_TEXT];
static size_t pending;

static void die_of_output(void)
{
    if (errno == EPIPE) _exit(0); /* nobody reads any more */
    sv_dieusys(111, "write output");
}

static void die_of_cursor(struct svevents const *events)
{
    sv_dieusys(111, "write ", events->choice.cursor);
}

/* The cursor --------------------------------------------------------------------------
 */

/* How far all sources have been taken. */
static void draft_rows(struct svevents *events, struct sv_cursor_slot *draft)
{
    uint64_t turn = events->cursor.cursor->turn + 1;

    for (struct source *source = events->sources; source; source = source->next) {
        if (!source->changed) continue;
        if (source->index < 0) {
            if (!sv_cursorfile_reserve(&events->cursor, draft->rows + 1))
                die_of_cursor(events);
            source->index = sv_cursor_add(draft, events->in_use); /* there is one */
            events->in_use[source->index] = 1;
        }
        source->row.turn = turn;
        draft->row[source->index] = source->row;
        source->changed = 0;
    }
}

/* What stands in the batch is owed now, and its entries are taken. */
static void commit(struct svevents *events)
{
    struct sv_cursor *cursor = events->cursor.cursor;

    if (pending && !sv_cursorfile_put(&events->cursor, batch, pending))
        die_of_cursor(events);
    struct sv_cursor_slot *draft = sv_cursor_draft(cursor);
    draft_rows(events, draft);
    if (pending && events->choice.program)
        sv_cursor_owe_program(draft, pending, events->life);
    else if (pending)
        sv_cursor_owe(draft, pending);
    sv_cursor_commit(cursor);
}

/* Runs the program that is owed, unless it has run. */
static void pay_program(struct svevents *events)
{
    struct sv_cursor_slot *slot = sv_cursor_slot(events->cursor.cursor);

    if (sv_cursor_course(slot, events->life) == SV_CURSOR_OVER) return;
    if (sv_cursor_course(slot, events->life) == SV_CURSOR_STARTED
        && svevents_await(slot)) {
        slot->is_over = 1;
        return;
    }
    if (!events->choice.program)
        sv_die(100, "the cursor ", events->choice.cursor,
               " owes an event to a program: name it");
    if (!sv_cursorfile_get(&events->cursor, batch, slot->length))
        sv_dieusys(111, "read ", events->choice.cursor);
    sv_cursor_try_again(slot);
    svevents_run(events, batch, slot->length, slot);
}

void svevents_open_cursor(struct svevents *events)
{
    struct sv_cursorfile *file = &events->cursor;
    char const *path = events->choice.cursor;

    if (sv_process_life(events->life) < 0) sv_dieusys(111, "read the boot id");
    if (!sv_cursorfile_open(file, path)) {
        if (errno == EPROTO) sv_die(100, path, " is no cursor");
        if (errno == EBUSY) sv_dieu(111, "use ", path, ": another reader has it");
        sv_dieusys(111, "open ", path);
    }
    events->is_resumed = file->cursor->turn != 0;
    if (!sv_cursorfile_send(file, 1)) die_of_output();
    pay_program(events);
}

/* Telling -----------------------------------------------------------------------------
 */

static int has_changes(struct svevents const *events)
{
    for (struct source const *source = events->sources; source; source = source->next)
        if (source->changed) return 1;
    return 0;
}

void svevents_flush(struct svevents *events)
{
    if (!events->choice.cursor) {
        if (!sv_stream_write(1, batch, pending)) die_of_output();
    } else if (pending || has_changes(events)) {
        commit(events);
        if (!sv_cursorfile_send(&events->cursor, 1)) die_of_output();
    }
    pending = 0;
}

/* A program gets its event at once. */
static void tell_program(struct svevents *events, char const *strings, size_t length)
{
    if (!events->choice.cursor) {
        svevents_run(events, strings, length, 0);
        return;
    }
    memcpy(batch, strings, length);
    pending = length;
    commit(events);
    pending = 0;
    svevents_run(events, strings, length, sv_cursor_slot(events->cursor.cursor));
}

/* The row of the source has been changed by the caller, and `item` is not in the batch
 * yet: the batch must not go out without it. */
void svevents_tell(struct svevents *events, struct item const *item)
{
    static char line[SVEVENTS_LINE];

    if (events->choice.program) {
        size_t length = svevents_format_environment(item, line);
        tell_program(events, line, length);
        return;
    }
    size_t length = svevents_format(events, item, line);
    memcpy(batch + pending, line, length);
    pending += length;
    if (pending > sizeof batch - SVEVENTS_LINE) svevents_flush(events);
}
