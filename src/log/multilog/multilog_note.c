/* ISC license. */

/* What is noted in the record of the batch in flight. */

#include <string.h>

#include <sv/clock.h>

#include "multilog.h"
#include "record.h"

void multilog_describe(struct sv_inflight_output *entry, struct output const *output)
{
    *entry = (struct sv_inflight_output){
        .device = output->directory.identity_device,
        .directory = output->directory.identity_inode,
        .inode = output->directory.inode,
        .start = (int64_t)output->directory.bytes - (int64_t)output->position,
        .next = output->position,
        .whole = output->situation.vouched,
    };
}

void multilog_announce(struct multilog *multilog, size_t want, char const *ahead)
{
    struct sv_inflight *record = &multilog->record;
    struct sv_inflight_slot *slot = sv_inflight_edit(record);

    if (multilog->program.timed) sv_clock_wall(&multilog->now);
    if (!multilog_is_in_line(multilog)) multilog->began = multilog->now;
    slot->phase = SV_INFLIGHT_READING;
    slot->held_at = multilog->held_at;
    slot->held = multilog->held;
    slot->want = want;
    slot->ends = slot->told = 0;
    slot->began = multilog->began;
    slot->now = multilog->now;
    for (size_t i = 0; i < multilog->output_count; i++) {
        struct output *output = multilog->outputs + i;
        output->position = 0;
        slot->outputs[i].inode = output->directory.inode;
        slot->outputs[i].start = (int64_t)output->directory.bytes;
        slot->outputs[i].next = 0;
    }
    multilog->random += UINT64_C(0x9e3779b97f4a7c15);
    if (want)
        sv_inflight_mark(record, slot, multilog->random * (multilog->random | 1), ahead);
    sv_inflight_commit(record);
}

void multilog_correct(struct multilog *multilog, size_t want, int ends)
{
    struct sv_inflight_slot *slot = sv_inflight_edit(&multilog->record);

    slot->phase = SV_INFLIGHT_GIVING;
    slot->want = want;
    slot->ends = ends != 0;
    sv_inflight_commit(&multilog->record);
}

void multilog_note_told(struct multilog *multilog)
{
    struct sv_inflight_slot *slot = sv_inflight_edit(&multilog->record);

    slot->told = 1;
    sv_inflight_commit(&multilog->record);
}

static void commit_idle(struct multilog *multilog)
{
    struct sv_inflight_slot *slot = sv_inflight_edit(&multilog->record);

    slot->phase = SV_INFLIGHT_IDLE;
    slot->held_at = multilog->held_at;
    slot->held = multilog->held;
    slot->want = 0;
    slot->in_line = multilog->in_line;
    slot->began = multilog->began;
    if (multilog->in_line)
        memcpy(slot->outputs + multilog->output_count, multilog->program.chosen,
               multilog->program.select.actions);
    sv_inflight_commit(&multilog->record);
}

/*
 * Behind it, what is held is moved to the front, where it does not overlap itself: both
 * places are good until the second note, and only then the old one is used again.
 */
void multilog_note_idle(struct multilog *multilog)
{
    char *input = multilog->record.input;
    size_t from = multilog->held_at;

    if (!multilog->held) multilog->held_at = 0;
    commit_idle(multilog);
    if (!multilog->held_at || multilog->held > from) return;
    memcpy(input, input + from, multilog->held);
    multilog->held_at = 0;
    commit_idle(multilog);
}

void multilog_note_whole(struct multilog *multilog)
{
    struct sv_inflight_slot *slot = sv_inflight_edit(&multilog->record);

    for (size_t i = 0; i < multilog->output_count; i++) {
        multilog->outputs[i].situation.vouched = 1;
        slot->outputs[i].whole = 1;
        slot->outputs[i].device = multilog->outputs[i].directory.identity_device;
        slot->outputs[i].directory = multilog->outputs[i].directory.identity_inode;
    }
    sv_inflight_commit(&multilog->record);
}

void multilog_note_retiring(struct multilog *multilog, struct output *output)
{
    struct sv_inflight_slot *slot = sv_inflight_edit(&multilog->record);

    slot->outputs[output->number].next = output->position;
    sv_inflight_commit(&multilog->record);
}

/* Another file than before is ours from its beginning. */
void multilog_note_current(struct multilog *multilog, struct output *output)
{
    struct sv_inflight_slot *slot = sv_inflight_edit(&multilog->record);
    struct sv_inflight_output *entry = slot->outputs + output->number;
    uint64_t whole = entry->inode != output->directory.inode || entry->whole;

    multilog_describe(entry, output);
    entry->whole = whole;
    sv_inflight_commit(&multilog->record);
}
