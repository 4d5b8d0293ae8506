/* ISC license. */

/* The record of the batch in flight: what is written is what the next one finds. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <sv/inflight.h>

#include "tap.h"

#define BOOT "0123456789abcdef0123456789abcdef0123"

static char const words[] = "t\0s20000\0./main";

static struct sv_inflight_shape const shape = {
    .output_count = 2,
    .action_count = 3,
    .words = words,
    .words_size = sizeof words,
    .input_size = 20000,
    .source_device = 7,
    .source_inode = 8,
    .boot = BOOT,
};

static void *memory;
static size_t size;

static struct sv_inflight make(void)
{
    struct sv_inflight record;

    memset(memory, 0, size);
    sv_inflight_make(&record, memory, &shape);
    return record;
}

static void finds_what_was_made(void)
{
    struct sv_inflight made = make(), found;

    is_int(size % SV_INFLIGHT_PAGE, 0, "a record takes whole pages");
    expect(sv_inflight_take(&found, memory, size, BOOT), "a record can be taken up");
    expect(found.input == made.input && found.input_size == 20000, "its input is there");
    is_mem(sv_inflight_words(&found), sizeof words, words, sizeof words,
           "and so are its words");
    is_int(sv_inflight_now(&found)->phase, SV_INFLIGHT_IDLE, "nothing is in flight");
    expect(!sv_inflight_take(&found, memory, size, "another"),
           "a record of another boot is none");
    expect(!sv_inflight_take(&found, memory, size - SV_INFLIGHT_PAGE, BOOT),
           "one that has been cut is none");
    made.head->magic[7]++;
    expect(!sv_inflight_take(&found, memory, size, BOOT),
           "one of another version is none");
}

/* Changes that have not been committed are not there. */
static void counts_from_commit_on(void)
{
    struct sv_inflight record = make(), found;
    struct sv_inflight_slot *slot = sv_inflight_edit(&record);

    slot->phase = SV_INFLIGHT_GIVING;
    slot->want = 5;
    slot->outputs[1].next = 77;
    ((unsigned char *)sv_inflight_chosen(&record, slot))[2] = 1;
    expect(sv_inflight_take(&found, memory, size, BOOT)
               && sv_inflight_now(&found)->phase == SV_INFLIGHT_IDLE,
           "a change does not count before it is committed");
    sv_inflight_commit(&record);
    expect(sv_inflight_take(&found, memory, size, BOOT), "the record is one");
    struct sv_inflight_slot const *now = sv_inflight_now(&found);
    expect(now->phase == SV_INFLIGHT_GIVING && now->want == 5
               && now->outputs[1].next == 77 && sv_inflight_chosen(&found, now)[2] == 1,
           "then all of it does");
    slot = sv_inflight_edit(&record);
    expect(slot != now && slot->outputs[1].next == 77,
           "the next change begins with what counts, elsewhere");
    expect((char *)sv_inflight_chosen(&record, slot) + 3 <= sv_inflight_words(&record),
           "the slots end before the words");
}

static void refuses(char const *what, uint64_t *field, uint64_t value)
{
    struct sv_inflight found;
    uint64_t before = *field;

    *field = value;
    expect(!sv_inflight_take(&found, memory, size, BOOT), "refuses a record whose %s",
           what);
    *field = before;
}

static void refuses_what_leads_outside(void)
{
    struct sv_inflight record = make();
    struct sv_inflight_head *head = record.head;
    struct sv_inflight_slot *slot = sv_inflight_edit(&record);

    sv_inflight_commit(&record);
    refuses("size is not the file's", &head->size, head->size + 1);
    refuses("slots lie elsewhere", &head->slot_at, head->slot_at + 64);
    refuses("slots are smaller", &head->slot_size, head->slot_size - 64);
    refuses("words are more", &head->words_size, UINT64_MAX);
    refuses("words have no end", &head->words_size, head->words_size - 1);
    refuses("input is larger", &head->input_size, UINT64_MAX - 4095);
    refuses("outputs are more", &head->output_count, UINT64_MAX / 48);
    refuses("actions are more", &head->action_count, UINT64_MAX);
    refuses("phase is unknown", &slot->phase, 3);
    refuses("held bytes begin outside", &slot->held_at, 20001);
    refuses("held bytes end outside", &slot->held, 20001);
    refuses("batch ends outside", &slot->want, 20001);
    refuses("batch is nearly endless", &slot->want, UINT64_MAX);
}

/* All lengths of a read, all that the bytes may be for the short ones. */
static void knows_whether_a_read_was_done(void)
{
    struct sv_inflight record = make();
    int untouched = 1, arrived = 1;

    for (size_t want = 1; want <= 64; want++)
        for (unsigned int byte = 0; byte < 256; byte++) {
            struct sv_inflight_slot *slot = sv_inflight_edit(&record);
            char data[64];
            memset(data, (int)byte, sizeof data);
            slot->phase = SV_INFLIGHT_READING;
            slot->held_at = 100;
            slot->held = 30;
            slot->want = want;
            sv_inflight_mark(&record, slot, 0x0102030405060708u * (byte + 1),
                             want < SV_INFLIGHT_NONCE ? data : 0);
            sv_inflight_commit(&record);
            untouched = untouched && !sv_inflight_has_arrived(&record);
            memcpy(record.input + 130, data, want);
            arrived = arrived && sv_inflight_has_arrived(&record);
        }
    expect(untouched, "before a read it is known that it was not done");
    expect(arrived, "and after it that it was, whatever it has brought");
}

/* Written in one file, retired, written in the next: the position is always the same. */
static void knows_how_much_is_written(void)
{
    struct sv_inflight_output output = {.inode = 5, .start = 1000};
    int right = 1;

    for (uint64_t written = 0; written < 300; written++)
        right = right && sv_inflight_position(&output, 5, 1000 + written) == written;
    expect(right, "the size of current tells how much of the batch is written");
    is_int(sv_inflight_position(&output, 0, 0), 0, "of a removed one nothing is");
    is_int(sv_inflight_position(&output, 5, 10), 0, "of one that was cut nothing is");
    output.next = 300;
    is_int(sv_inflight_position(&output, 5, 1300), 300,
           "about to be retired: all is there");
    is_int(sv_inflight_position(&output, 0, 0), 300, "it has been retired");
    is_int(sv_inflight_position(&output, 6, 0), 300, "there is a new one");
    is_int(sv_inflight_position(&output, 6, 44), 344, "which has been written to");
    output.inode = 6;
    output.start = -300;
    is_int(sv_inflight_position(&output, 6, 44), 344,
           "the same when that has been noted");
    is_int(sv_inflight_position(&output, 7, 1), 301, "and when it has gone too");
}

int main(void)
{
    size = sv_inflight_size(&shape);
    memory = aligned_alloc(SV_INFLIGHT_PAGE, size);
    if (!memory) return 111;
    finds_what_was_made();
    counts_from_commit_on();
    refuses_what_leads_outside();
    knows_whether_a_read_was_done();
    knows_how_much_is_written();
    free(memory);
    return done();
}
