/* ISC license. */

#include <string.h>

#include <sv/inflight.h>

static uint64_t round_up(uint64_t bytes, uint64_t unit)
{
    return (bytes + unit - 1) / unit * unit;
}

static uint64_t slot_size(uint64_t output_count, uint64_t action_count)
{
    return round_up(sizeof(struct sv_inflight_slot)
                        + output_count * sizeof(struct sv_inflight_output) + action_count,
                    64);
}

/* The offsets that follow from the shape. */
static void lay_out(struct sv_inflight_head *head, struct sv_inflight_shape const *shape)
{
    head->output_count = shape->output_count;
    head->action_count = shape->action_count;
    head->slot_at = round_up(sizeof *head, 64);
    head->slot_size = slot_size(shape->output_count, shape->action_count);
    head->words_at = head->slot_at + 2 * head->slot_size;
    head->words_size = shape->words_size;
    head->input_at = round_up(head->words_at + head->words_size, SV_INFLIGHT_PAGE);
    head->input_size = shape->input_size;
    head->size = round_up(head->input_at + head->input_size, SV_INFLIGHT_PAGE);
}

size_t sv_inflight_size(struct sv_inflight_shape const *shape)
{
    struct sv_inflight_head head;

    lay_out(&head, shape);
    return (size_t)head.size;
}

static void set_record(struct sv_inflight *record, void *memory)
{
    record->head = memory;
    record->input = (char *)memory + record->head->input_at;
    record->input_size = (size_t)record->head->input_size;
}

void sv_inflight_make(struct sv_inflight *record, void *memory,
                      struct sv_inflight_shape const *shape)
{
    struct sv_inflight_head *head = memory;

    lay_out(head, shape);
    memcpy(head->magic, SV_INFLIGHT_MAGIC, sizeof head->magic);
    strncpy(head->boot, shape->boot, sizeof head->boot - 1);
    head->source_device = shape->source_device;
    head->source_inode = shape->source_inode;
    memcpy((char *)memory + head->words_at, shape->words, shape->words_size);
    set_record(record, memory);
}

/* The parts lie where lay_out() puts them: one check for all offsets. */
static int is_laid_out(struct sv_inflight_head const *head, size_t size)
{
    struct sv_inflight_shape const shape = {
        .output_count = (size_t)head->output_count,
        .action_count = (size_t)head->action_count,
        .words_size = (size_t)head->words_size,
        .input_size = (size_t)head->input_size,
    };
    struct sv_inflight_head expected;

    if (head->output_count > size || head->action_count > size || head->words_size > size
        || head->input_size > size)
        return 0;
    lay_out(&expected, &shape);
    return head->size == size && expected.size == size
           && head->slot_at == expected.slot_at && head->slot_size == expected.slot_size
           && head->words_at == expected.words_at && head->input_at == expected.input_at;
}

static int is_sound(struct sv_inflight_head const *head,
                    struct sv_inflight_slot const *slot)
{
    return slot->phase <= SV_INFLIGHT_GIVING && slot->held_at <= head->input_size
           && slot->held <= head->input_size - slot->held_at
           && slot->want <= head->input_size - slot->held_at - slot->held;
}

int sv_inflight_take(struct sv_inflight *record, void *memory, size_t size,
                     char const *boot)
{
    struct sv_inflight_head const *head = memory;

    if (size < sizeof *head || memcmp(head->magic, SV_INFLIGHT_MAGIC, sizeof head->magic)
        || head->boot[sizeof head->boot - 1] || strcmp(head->boot, boot)
        || !is_laid_out(head, size))
        return 0;
    if (head->words_size && ((char const *)memory)[head->words_at + head->words_size - 1])
        return 0;
    set_record(record, memory);
    return is_sound(head, sv_inflight_now(record));
}

char const *sv_inflight_words(struct sv_inflight const *record)
{
    return (char const *)record->head + record->head->words_at;
}

static struct sv_inflight_slot *slot_of(struct sv_inflight const *record, uint64_t serial)
{
    struct sv_inflight_head *head = record->head;
    char *slots = (char *)head + head->slot_at;

    return (void *)(slots + (serial & 1) * head->slot_size);
}

struct sv_inflight_slot const *sv_inflight_now(struct sv_inflight const *record)
{
    return slot_of(record, record->head->serial);
}

unsigned char const *sv_inflight_chosen(struct sv_inflight const *record,
                                        struct sv_inflight_slot const *slot)
{
    return (unsigned char const *)(slot->outputs + record->head->output_count);
}

struct sv_inflight_slot *sv_inflight_edit(struct sv_inflight *record)
{
    struct sv_inflight_slot *slot = slot_of(record, record->head->serial + 1);

    memcpy(slot, sv_inflight_now(record), (size_t)record->head->slot_size);
    return slot;
}

/*
 * Whoever looks has the memory of a process that is dead: it is enough that the compiler
 * keeps the order, of what comes before and of what follows.
 */
void sv_inflight_commit(struct sv_inflight *record)
{
    __atomic_store_n(&record->head->serial, record->head->serial + 1, __ATOMIC_RELEASE);
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
}

/* Where the nonce of a read stands, and how long it is. */
static char *nonce_place(struct sv_inflight const *record,
                         struct sv_inflight_slot const *slot, size_t *length)
{
    *length = slot->want < SV_INFLIGHT_NONCE ? (size_t)slot->want : SV_INFLIGHT_NONCE;
    return record->input + slot->held_at + slot->held + slot->want - *length;
}

/*
 * Each page is written to: then the kernel finds them in place, and need not wait for one
 * in the middle of the read, where a kill would cut it short.
 */
static void touch(char *data, size_t length)
{
    for (size_t at = 0; at < length; at += SV_INFLIGHT_PAGE) {
        char volatile *byte = data + at;
        *byte = *byte;
    }
}

void sv_inflight_mark(struct sv_inflight *record, struct sv_inflight_slot *slot,
                      uint64_t random, char const *ahead)
{
    size_t length;
    char *place = nonce_place(record, slot, &length);

    for (size_t i = 0; i < length; i++)
        slot->nonce[i] = ahead && slot->want < SV_INFLIGHT_NONCE
                             ? (unsigned char)~ahead[i]
                             : (unsigned char)(random >> 8 * i);
    touch(record->input + slot->held_at + slot->held, (size_t)slot->want);
    memcpy(place, slot->nonce, length);
}

int sv_inflight_has_arrived(struct sv_inflight const *record)
{
    struct sv_inflight_slot const *slot = sv_inflight_now(record);
    size_t length;
    char const *place = nonce_place(record, slot, &length);

    return memcmp(place, slot->nonce, length) != 0;
}

uint64_t sv_inflight_position(struct sv_inflight_output const *output, uint64_t inode,
                              uint64_t bytes)
{
    if (!inode) return output->next;
    if (inode != output->inode) return output->next + bytes;
    int64_t position = (int64_t)bytes - output->start;
    return position > 0 ? (uint64_t)position : 0; /* somebody has cut it: all again */
}
