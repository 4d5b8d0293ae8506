/* ISC license. */

/*
 * The record of the batch in flight: making it, and what a new multilog makes of it. What
 * it means is in inflight.h.
 */

#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sv/clock.h>
#include <sv/inflightfile.h>
#include <sv/message.h>

#include "multilog.h"
#include "record.h"

/* Where there can be no file, it is tried again after so long. */
#define RECORD_AGAIN_MS 10000

void multilog_identify(struct multilog *multilog)
{
    struct stat source;

    sv_inflightfile_boot(multilog->boot);
    if (!fstat(0, &source)) {
        multilog->source_device = source.st_dev;
        multilog->source_inode = source.st_ino;
    }
    if (getrandom(&multilog->random, sizeof multilog->random, 0) < 0)
        sv_clock_wall(&multilog->now), multilog->random = (uint64_t)multilog->now.tv_nsec;
}

static struct sv_inflight_shape shape_of(struct multilog const *multilog)
{
    return (struct sv_inflight_shape){
        .output_count = multilog->output_count,
        .action_count = multilog->program.select.actions,
        .words = multilog->program.words,
        .words_size = multilog->program.words_size,
        .input_size = MULTILOG_INPUT,
        .source_device = multilog->source_device,
        .source_inode = multilog->source_inode,
        .boot = multilog->boot,
    };
}

/* No file can be had here, now or ever; then there is no use in waiting for one. */
static int is_hopeless(int error)
{
    return error == ENODEV || error == EOPNOTSUPP || error == ENOSYS || error == EINVAL
           || error == EACCES || error == EPERM || error == EROFS;
}

/* The unfinished line comes first in the new input. */
static void fill_record(struct multilog *multilog, struct sv_inflight *record,
                        char const *held)
{
    struct sv_inflight_slot *slot = sv_inflight_edit(record);

    memcpy(record->input, held, multilog->held);
    slot->held = multilog->held;
    slot->began = multilog->began;
    for (size_t i = 0; i < multilog->output_count; i++)
        multilog_describe(slot->outputs + i, multilog->outputs + i);
    sv_inflight_commit(record);
}

/*
 * Makes a record with the unfinished line `held`, and gives it its name. What can be
 * waited for is; otherwise it is private, and tried again some time.
 */
static void make_record(struct multilog *multilog, struct sv_inflight *record,
                        char const *held)
{
    static struct trouble trouble;
    struct sv_inflight_shape shape = shape_of(multilog);
    struct sv_logdir const *home = &multilog->outputs->directory;

    multilog->record_ms = sv_clock_monotonic_ms() + RECORD_AGAIN_MS;
    while (multilog->output_count) {
        int made = sv_inflightfile_make(record, home->fd, &shape);
        if (made) fill_record(multilog, record, held);
        if (made && sv_inflightfile_publish(home->fd)) {
            multilog->durable = 1;
            return;
        }
        struct sv_logdir_trouble what = {"create ", SV_INFLIGHTFILE, "", errno};
        if (made) sv_inflightfile_unmap(record);
        if (is_hopeless(what.error)) {
            multilog->record_error = what.error; /* a word, if there is nothing worse */
            break;
        }
        if (multilog_make_room(multilog->outputs, what.error)) continue;
        multilog_pause(multilog, &trouble, home->path, &what, 0);
        if (multilog->leaving) break;
    }
    multilog->durable = 0;
    if (!sv_inflightfile_private(record, &shape)) sv_die(111, "out of memory");
    fill_record(multilog, record, held);
}

/* As found, nothing being ours yet: what is not whole was left so by somebody else. */
static void vouch_as_found(struct multilog *multilog)
{
    for (size_t i = 0; i < multilog->output_count; i++) {
        struct sv_logplan_situation *found = &multilog->outputs[i].situation;
        found->vouched = found->current != SV_LOGPLAN_CURRENT_OPEN
                         && found->current != SV_LOGPLAN_CURRENT_TWIN;
    }
}

static void begin_record(struct multilog *multilog)
{
    vouch_as_found(multilog);
    multilog->held = multilog->carried_length;
    sv_clock_wall(&multilog->began);
    make_record(multilog, &multilog->record, multilog->held ? multilog->carried : "");
    if (multilog->record_error) multilog->record_ms = 0; /* with the first line again */
    /* sealed or empty it needs nobody's word, and absent is not yet ours */
    for (size_t i = 0; i < multilog->output_count; i++)
        multilog->outputs[i].situation.vouched = 0;
}

/* What the record says of the outputs: how far they are, whether they are to be trusted.
 */
static void adopt(struct multilog *multilog)
{
    struct sv_inflight_slot const *slot = sv_inflight_now(&multilog->record);

    multilog->durable = multilog->recovers = 1;
    for (size_t i = 0; i < multilog->output_count; i++) {
        struct output *output = multilog->outputs + i;
        struct sv_inflight_output const *entry = slot->outputs + i;
        int same = entry->device == output->directory.identity_device
                   && entry->directory == output->directory.identity_inode;
        output->situation.vouched = same && entry->whole;
        if (slot->phase == SV_INFLIGHT_IDLE || !same) continue;
        output->position = output->skip =
            sv_inflight_position(entry, output->directory.inode, output->directory.bytes);
    }
}

static int is_ours(struct multilog const *multilog)
{
    struct sv_inflight_head const *head = multilog->record.head;
    struct program const *program = &multilog->program;

    return head->words_size == program->words_size
           && !memcmp(sv_inflight_words(&multilog->record), program->words,
                      program->words_size)
           && head->input_size == MULTILOG_INPUT
           && head->output_count == multilog->output_count
           && head->action_count == program->select.actions;
}

/* Whoever wrote it wants us to read it: a new one is no substitute. */
static int open_record(struct multilog *multilog)
{
    static struct trouble trouble;
    struct sv_logdir const *home = &multilog->outputs->directory;

    while (multilog->output_count) {
        int found = sv_inflightfile_open(&multilog->record, home->fd, multilog->boot);
        if (found >= 0) return found;
        struct sv_logdir_trouble what = {"read ", SV_INFLIGHTFILE, "", errno};
        if (is_hopeless(what.error))
            sv_dieusys(111, "read ", home->path, "/" SV_INFLIGHTFILE);
        multilog_pause(multilog, &trouble, home->path, &what, 0);
        if (multilog->leaving) _exit(multilog->leave_code); /* and it stays */
    }
    return 0;
}

/* The line that others have begun stands in our record now. */
static void forget_carried(struct multilog *multilog)
{
    if (multilog->carried_from < 0) return;
    (void)sv_inflightfile_remove(multilog->carried_from); /* or the next one does */
    (void)close(multilog->carried_from);
    multilog->carried_from = -1;
}

void multilog_find_record(struct multilog *multilog)
{
    for (size_t i = 0; i < multilog->output_count; i++)
        multilog_look(multilog, multilog->outputs + i);
    int found = open_record(multilog);
    if (found && is_ours(multilog)) {
        adopt(multilog);
        forget_carried(multilog);
        return;
    }
    if (found && !multilog->taken_over) /* it was locked when we looked, and is not now */
        sv_dieu(111, "take over ", multilog->outputs->directory.path,
                "/" SV_INFLIGHTFILE ": ", sv_errortext(EAGAIN));
    if (found) sv_inflightfile_unmap(&multilog->record);
    begin_record(multilog);
    if (multilog->durable) forget_carried(multilog);
}

/* The line that was begun came from another standard input, which has ended. */
static void end_foreign_line(struct multilog *multilog)
{
    struct sv_inflight_head *head = multilog->record.head;

    if (head->source_device == multilog->source_device
        && head->source_inode == multilog->source_inode)
        return;
    if (multilog_is_in_line(multilog)) {
        multilog_announce(multilog, 0, 0);
        multilog_correct(multilog, 0, 1);
        multilog_end(multilog);
        multilog_flush_all(multilog);
        multilog_note_idle(multilog);
    }
    head->source_device = multilog->source_device;
    head->source_inode = multilog->source_inode;
}

void multilog_recover(struct multilog *multilog)
{
    struct sv_inflight_slot const *slot = sv_inflight_now(&multilog->record);
    int arrived = slot->phase == SV_INFLIGHT_GIVING
                  || (slot->phase == SV_INFLIGHT_READING && slot->want
                      && sv_inflight_has_arrived(&multilog->record));

    multilog->held_at = (size_t)slot->held_at;
    multilog->held = (size_t)slot->held;
    multilog->in_line = slot->in_line != 0;
    multilog->began = slot->began;
    multilog->now = slot->now;
    memcpy(multilog->program.chosen, sv_inflight_chosen(&multilog->record, slot),
           multilog->program.select.actions);
    if (arrived) {
        multilog->told = slot->told != 0;
        multilog_take(multilog, (size_t)slot->want);
        if (slot->ends) multilog_end(multilog);
        multilog_flush_all(multilog);
        multilog->told = 0;
    }
    for (size_t i = 0; i < multilog->output_count; i++) multilog->outputs[i].skip = 0;
    multilog_note_idle(multilog);
    end_foreign_line(multilog);
    multilog->recovers = 0;
}

void multilog_renew_record(struct multilog *multilog)
{
    struct sv_inflight before = multilog->record;

    make_record(multilog, &multilog->record, before.input + multilog->held_at);
    multilog->held_at = 0;
    /* if it has kept its name nobody may believe it any more */
    if (!multilog->durable) memset(before.head->magic, 0, sizeof before.head->magic);
    sv_inflightfile_unmap(&before);
}

void multilog_mend_record(struct multilog *multilog)
{
    if (multilog->durable || !multilog->output_count || multilog->in_line
        || multilog->record_ms > sv_clock_monotonic_ms())
        return;
    multilog_renew_record(multilog);
}

void multilog_move_record(struct multilog *multilog)
{
    struct sv_logdir const *home = &multilog->outputs->directory;
    static struct trouble trouble;

    if (!multilog->durable) return;
    while (!sv_inflightfile_renew(&multilog->record, home->fd)) {
        struct sv_logdir_trouble what = {"create ", SV_INFLIGHTFILE, "", errno};
        multilog->durable = 0; /* as long as it is a file without a name */
        if (is_hopeless(what.error)) return;
        multilog_pause(multilog, &trouble, home->path, &what, 0);
        if (multilog->leaving) return;
    }
    multilog->durable = 1;
}

void multilog_end_record(struct multilog *multilog)
{
    if (multilog->output_count) /* a private one may have replaced one that is there */
        (void)sv_inflightfile_remove(multilog->outputs->directory.fd);
}
