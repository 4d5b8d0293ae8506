/* ISC license. */

#include <string.h>

#include <sv/cursor.h>

static int makes_sense(struct sv_cursor_slot const *slot)
{
    int64_t end = SV_CURSOR_TEXT_AT + (int64_t)slot->length;

    return slot->debt <= SV_CURSOR_PROGRAM && slot->length <= SV_CURSOR_TEXT
           && slot->rows <= SV_CURSOR_ROWS
           && (slot->debt != SV_CURSOR_BATCH
               || (slot->sent >= SV_CURSOR_TEXT_AT && slot->sent <= end));
}

enum sv_cursor_kind sv_cursor_look(struct sv_cursor const *cursor)
{
    static char const zero[sizeof cursor->magic];

    if (!memcmp(cursor->magic, zero, sizeof zero))
        return cursor->turn ? SV_CURSOR_FOREIGN : SV_CURSOR_BLANK;
    if (memcmp(cursor->magic, SV_CURSOR_MAGIC, sizeof cursor->magic) != 0)
        return SV_CURSOR_FOREIGN;
    return makes_sense(&cursor->slots[cursor->turn & 1]) ? SV_CURSOR_OURS
                                                         : SV_CURSOR_FOREIGN;
}

void sv_cursor_init(struct sv_cursor *cursor)
{
    memcpy(cursor->magic, SV_CURSOR_MAGIC, sizeof cursor->magic);
}

struct sv_cursor_slot *sv_cursor_slot(struct sv_cursor *cursor)
{
    return &cursor->slots[cursor->turn & 1];
}

struct sv_cursor_slot *sv_cursor_draft(struct sv_cursor *cursor)
{
    struct sv_cursor_slot const *slot = sv_cursor_slot(cursor);
    struct sv_cursor_slot *draft = &cursor->slots[(cursor->turn + 1) & 1];

    memset(draft, 0, offsetof(struct sv_cursor_slot, row));
    draft->rows = slot->rows;
    memcpy(draft->row, slot->row, slot->rows * sizeof *slot->row);
    return draft;
}

void sv_cursor_owe(struct sv_cursor_slot *draft, size_t length)
{
    draft->debt = SV_CURSOR_BATCH;
    draft->length = (uint32_t)length;
    draft->sent = SV_CURSOR_TEXT_AT;
}

void sv_cursor_owe_program(struct sv_cursor_slot *draft, size_t length,
                           unsigned char const *life)
{
    draft->debt = SV_CURSOR_PROGRAM;
    draft->length = (uint32_t)length;
    memcpy(draft->life, life, sizeof draft->life);
}

void sv_cursor_commit(struct sv_cursor *cursor)
{
    __atomic_store_n(&cursor->turn, cursor->turn + 1, __ATOMIC_RELEASE);
    __atomic_thread_fence(__ATOMIC_SEQ_CST); /* before anything is done about it */
}

size_t sv_cursor_left(struct sv_cursor_slot const *slot)
{
    if (slot->debt != SV_CURSOR_BATCH) return 0;
    return (size_t)(SV_CURSOR_TEXT_AT + (int64_t)slot->length - slot->sent);
}

void sv_cursor_note_file(struct sv_cursor_slot *slot, uint64_t device, uint64_t inode,
                         uint64_t size)
{
    slot->appended_inode = 0;
    __atomic_thread_fence(__ATOMIC_RELEASE); /* until the rest is there */
    slot->appended_device = device;
    slot->appended_size = size;
    slot->appended_from = slot->sent;
    __atomic_store_n(&slot->appended_inode, inode, __ATOMIC_RELEASE);
    __atomic_thread_fence(__ATOMIC_SEQ_CST); /* before anything is appended */
}

int sv_cursor_find_sent(struct sv_cursor_slot *slot, uint64_t device, uint64_t inode,
                        uint64_t size)
{
    int64_t end = SV_CURSOR_TEXT_AT + (int64_t)slot->length;

    if (slot->debt != SV_CURSOR_BATCH || !slot->appended_inode
        || slot->appended_inode != inode || slot->appended_device != device
        || slot->appended_from < SV_CURSOR_TEXT_AT || slot->appended_from > end)
        return 0;
    uint64_t more = size > slot->appended_size ? size - slot->appended_size : 0;
    uint64_t most = (uint64_t)(end - slot->appended_from);
    slot->sent = slot->appended_from + (int64_t)(more < most ? more : most);
    return 1;
}

enum sv_cursor_course sv_cursor_course(struct sv_cursor_slot const *slot,
                                       unsigned char const *life)
{
    if (slot->debt != SV_CURSOR_PROGRAM || slot->is_over) return SV_CURSOR_OVER;
    if (!slot->birth.pid || slot->birth.error_number) return SV_CURSOR_WAITING;
    return memcmp(slot->life, life, sizeof slot->life) ? SV_CURSOR_OVER
                                                       : SV_CURSOR_STARTED;
}

void sv_cursor_try_again(struct sv_cursor_slot *slot)
{
    slot->birth.pid = 0; /* first: as if it had never been tried */
    __atomic_thread_fence(__ATOMIC_RELEASE);
    slot->birth.error_number = 0;
    slot->birth.first_ns = slot->birth.last_ns = 0;
}

/* Rows --------------------------------------------------------------------------------
 */

uint64_t sv_cursor_name(char const *name)
{
    uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a */

    for (; *name; name++) hash = (hash ^ (unsigned char)*name) * UINT64_C(1099511628211);
    return hash;
}

int sv_cursor_find(struct sv_cursor_slot const *slot, uint64_t device, uint64_t inode,
                   uint64_t name)
{
    int named = -1;

    for (unsigned int i = 0; i < slot->rows; i++) {
        struct sv_cursor_row const *row = slot->row + i;
        if (row->device == device && row->inode == inode) return (int)i;
        if (row->name == name && (named < 0 || row->turn > slot->row[named].turn))
            named = (int)i;
    }
    return named;
}

int sv_cursor_add(struct sv_cursor_slot *draft, unsigned char const *in_use)
{
    int oldest = -1;

    if (draft->rows < SV_CURSOR_ROWS) return (int)draft->rows++;
    for (int i = 0; i < SV_CURSOR_ROWS; i++)
        if (!in_use[i] && (oldest < 0 || draft->row[i].turn < draft->row[oldest].turn))
            oldest = i;
    return oldest;
}

uint64_t sv_cursor_resume(struct sv_cursor_row const *row, uint64_t device,
                          uint64_t inode, uint64_t lowest, uint64_t highest,
                          struct sv_journal_entry const *same)
{
    int is_same_file = row->device == device && row->inode == inode;

    if (same)
        return same->when.tv_sec == row->when_s
                       && same->when.tv_nsec == (long)row->when_ns
                   ? row->serial
                   : 0;
    if (!highest) return row->serial;              /* empty: it is seen when it begins */
    if (highest < row->serial) return 0;           /* begun anew */
    if (is_same_file) return row->serial;          /* ours has been overwritten */
    return lowest > row->serial ? row->serial : 0; /* supervise counts on in a new one */
}
