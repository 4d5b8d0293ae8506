/* ISC license. */

/*
 * cursor (pure): how far a reader of journals has come, so that another one goes on after
 * it was killed: every event once and in order.
 *
 * A cursor is a file that the reader has mapped; stores into a shared mapping outlive
 * whoever is killed. What the reader has decided stands in two slots: how far each
 * journal has been taken, and what is owed for the entries taken last, a batch of text or
 * a program to be run. A decision is written to the slot that does not count, then `turn`
 * is raised: a single store. From then on these entries are taken and what is owed for
 * them is owed; before, they are not. What is owed stands at SV_CURSOR_TEXT_AT in the
 * file.
 *
 * How far the paying has come is stored by the kernel itself, in the slot that counts:
 *
 *   text     sendfile() stores its offset in `sent`
 *   program  clone() stores the pid in `birth` before that process runs
 *
 * Where text is appended to a file that sendfile() refuses (O_APPEND), the file's length
 * before is noted, and tells afterwards.
 *
 * The slots are in the machine's own byte order, and nothing is synced: after a power cut
 * a cursor may be older than what was written.
 */

#ifndef SV_CURSOR_H
#define SV_CURSOR_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <sv/journal.h>
#include <sv/spawn.h>

#define SV_CURSOR_MAGIC "upkeepC1"
#define SV_CURSOR_ROWS 4096       /* journals that one cursor can know */
#define SV_CURSOR_TEXT 65536      /* bytes that can be owed */
#define SV_CURSOR_TEXT_AT 2097152 /* where they stand: no page of the slots is near */
#define SV_CURSOR_LIFE 16         /* process.h */

/* How far a journal has been taken. */
struct sv_cursor_row {
    uint64_t name;          /* sv_cursor_name() of the service */
    uint64_t device, inode; /* of the journal's file */
    uint64_t serial;        /* of the last entry taken; 0: none */
    int64_t when_s;         /* when that was, by which another journal is known ... */
    uint32_t when_ns;       /* ... that has another entry with the same serial */
    uint32_t unused;
    uint64_t turn; /* in which the row has changed last */
};

/* What is owed for the entries taken last. */
enum sv_cursor_debt { SV_CURSOR_NOTHING, SV_CURSOR_BATCH, SV_CURSOR_PROGRAM };

/* Fixed sizes: another version must find it as it was. */
struct sv_cursor_slot {
    uint32_t debt;         /* enum sv_cursor_debt */
    uint32_t length;       /* bytes that stand at SV_CURSOR_TEXT_AT */
    volatile int64_t sent; /* BATCH: offset in the file of what is not sent yet */
    volatile uint64_t appended_inode;   /* BATCH: of a file to which it is appended; 0: it
                                           is not; stored last */
    uint64_t appended_device;           /* and defined if (appended_inode): its device, */
    uint64_t appended_size;             /* its length then, ... */
    int64_t appended_from;              /* ... and `sent` */
    struct sv_spawn_birth birth;        /* PROGRAM */
    unsigned char life[SV_CURSOR_LIFE]; /* PROGRAM: in which its pid means something */
    volatile uint32_t is_over;          /* PROGRAM: it has ended */
    uint32_t rows;                      /* so many of `row` are defined */
    uint64_t unused[4];
    struct sv_cursor_row row[SV_CURSOR_ROWS];
};

struct sv_cursor {
    char magic[8];
    volatile uint64_t turn; /* slots[turn & 1] counts; 0: nothing was decided yet */
    uint64_t unused[6];
    struct sv_cursor_slot slots[2];
};

_Static_assert(sizeof(struct sv_cursor) <= SV_CURSOR_TEXT_AT, "the text stands behind");

/* What a file of at least this size is. */
enum sv_cursor_kind {
    SV_CURSOR_BLANK,  /* all zero where it matters: it may become a cursor */
    SV_CURSOR_OURS,   /* a cursor whose slot makes sense */
    SV_CURSOR_FOREIGN /* anything else; hands off */
};
extern enum sv_cursor_kind sv_cursor_look(struct sv_cursor const *cursor);

/* Makes a blank one an empty cursor. */
extern void sv_cursor_init(struct sv_cursor *cursor);

/* The slot that counts; before the first turn it is empty. */
extern struct sv_cursor_slot *sv_cursor_slot(struct sv_cursor *cursor);

/*
 * The other slot, with the same rows and nothing owed, to be changed and committed.
 */
extern struct sv_cursor_slot *sv_cursor_draft(struct sv_cursor *cursor);

/* Owes so many bytes, which stand there already; a program, in this life. */
extern void sv_cursor_owe(struct sv_cursor_slot *draft, size_t length);
extern void sv_cursor_owe_program(struct sv_cursor_slot *draft, size_t length,
                                  unsigned char const *life);

/* The draft counts. */
extern void sv_cursor_commit(struct sv_cursor *cursor);

/* Bytes that are still to be sent; 0 unless a BATCH is owed. */
extern size_t sv_cursor_left(struct sv_cursor_slot const *slot);

/*
 * Text is about to be appended to that file, which has `size` bytes: notes that. What has
 * been appended is found afterwards, from its length: sets `sent`, and returns 1; 0 if it
 * is not that file.
 */
extern void sv_cursor_note_file(struct sv_cursor_slot *slot, uint64_t device,
                                uint64_t inode, uint64_t size);
extern int sv_cursor_find_sent(struct sv_cursor_slot *slot, uint64_t device,
                               uint64_t inode, uint64_t size);

/* What is known of the program that is owed. */
enum sv_cursor_course {
    SV_CURSOR_OVER,    /* nothing is owed; or it ran, as long as it could */
    SV_CURSOR_WAITING, /* it was never executed: it is still to be started */
    SV_CURSOR_STARTED  /* it may run: birth says which process it is */
};
extern enum sv_cursor_course sv_cursor_course(struct sv_cursor_slot const *slot,
                                              unsigned char const *life);

/* Forgets a try to start it that has failed. */
extern void sv_cursor_try_again(struct sv_cursor_slot *slot);

/* Rows --------------------------------------------------------------------------------
 */

/* Of a service's name. 64 bits: that two services share one cannot be expected. */
extern uint64_t sv_cursor_name(char const *name);

/*
 * The row of that journal, or else that of the service with this name, whose journal is
 * another one now. Returns its index; -1 if there is none.
 */
extern int sv_cursor_find(struct sv_cursor_slot const *slot, uint64_t device,
                          uint64_t inode, uint64_t name);

/*
 * A row for another journal: a new one or, when all are taken, that which has not changed
 * for the longest of those that are not in use. Returns its index; -1 if all are in use.
 */
extern int sv_cursor_add(struct sv_cursor_slot *draft, unsigned char const *in_use);

/*
 * Behind which serial a journal is to be read whose row this is. What is in it now: the
 * lowest and highest serial, 0 if there is none, and the entry with the row's serial,
 * null if it has none.
 */
extern uint64_t sv_cursor_resume(struct sv_cursor_row const *row, uint64_t device,
                                 uint64_t inode, uint64_t lowest, uint64_t highest,
                                 struct sv_journal_entry const *same);

#endif
