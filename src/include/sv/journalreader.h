/* ISC license. */

/*
 * journalreader (kernel): reads supervise/.journal while supervise writes it. What is in
 * it: journal.h. A reader has seen all up to a serial, and asks for the next.
 */

#ifndef SV_JOURNALREADER_H
#define SV_JOURNALREADER_H

#include <stdint.h>

#include <sv/journal.h>

struct sv_journalreader {
    int fd;          /* -1: not open */
    uint64_t device; /* of the file, ... */
    uint64_t inode;  /* ... by which a new journal in its place is known */
    uint64_t serial; /* the last one seen; 0: none */
    uint64_t missed; /* defined after SV_JOURNALREADER_MISSED: how many */
};

enum sv_journalreader_result {
    SV_JOURNALREADER_NOTHING, /* nothing new, now */
    SV_JOURNALREADER_ENTRY,   /* *entry is the next one */
    SV_JOURNALREADER_MISSED   /* reader->missed entries are not in the ring any more */
};

/*
 * Opens the journal in the state directory `dir` (O_PATH does); a link is not followed.
 * Nothing has been seen. Returns 1; 0 with errno: ENOENT if there is none, EPROTO if it
 * is no journal (or it is just being made).
 */
extern int sv_journalreader_open(struct sv_journalreader *reader, int dir);

extern void sv_journalreader_close(struct sv_journalreader *reader);

/* Sees all that is there: goes to the last entry; `serial` becomes its serial, or 0. */
extern void sv_journalreader_skip(struct sv_journalreader *reader);

/* The lowest and the highest serial in the journal, 0 if it is empty. */
extern void sv_journalreader_bounds(struct sv_journalreader const *reader,
                                    uint64_t *lowest, uint64_t *highest);

/* The entry `serial`, if it is (still) there. Returns 1 or 0. */
extern int sv_journalreader_find(struct sv_journalreader const *reader, uint64_t serial,
                                 struct sv_journal_entry *entry);

/*
 * What comes after `serial`, oldest first. MISSED: they were overwritten, or could not be
 * written; `serial` is that of the last one missed, and the next call goes on behind it.
 * A journal that was begun anew, with lower serials than `serial`, is read from its first
 * entry. An entry counts once it is whole: nothing is told of one that is being written,
 * nor is one that is just being overwritten told of any more.
 */
extern enum sv_journalreader_result sv_journalreader_next(struct sv_journalreader *reader,
                                                          struct sv_journal_entry *entry);

/*
 * Whether the file that is called .journal in `dir` now is another one than that which is
 * open: 1 or 0 (also if there is none).
 */
extern int sv_journalreader_is_replaced(struct sv_journalreader const *reader, int dir);

#endif
