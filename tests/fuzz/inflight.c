/* ISC license. */

/* Whatever lies in a log directory as a record: what is taken leads nowhere outside. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <sv/inflight.h>

int LLVMFuzzerTestOneInput(uint8_t const *data, size_t size)
{
    static char const boot[] = "fuzz";
    struct sv_inflight record;
    size_t pages = (size + SV_INFLIGHT_PAGE - 1) / SV_INFLIGHT_PAGE;
    char *memory =
        aligned_alloc(SV_INFLIGHT_PAGE, (pages ? pages : 1) * SV_INFLIGHT_PAGE);

    if (!memory) return 0;
    memcpy(memory, data, size);
    if (sv_inflight_take(&record, memory, size, boot)) {
        struct sv_inflight_slot const *slot = sv_inflight_now(&record);
        char const *end = memory + size;
        char const *batch = record.input + slot->held_at + slot->held;
        if (record.input < memory || batch + slot->want > end) abort();
        if ((char const *)sv_inflight_chosen(&record, slot) + record.head->action_count
            > end)
            abort();
        for (char const *word = sv_inflight_words(&record), *words = word;
             word < words + record.head->words_size; word += strlen(word) + 1)
            if (word >= end) abort();
        if (slot->want) (void)sv_inflight_has_arrived(&record);
        (void)sv_inflight_edit(&record);
        sv_inflight_commit(&record);
    }
    free(memory);
    return 0;
}
