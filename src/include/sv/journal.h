/* ISC license. */

/*
 * journal (pure): the records of supervise/.journal, a ring that remembers a service's
 * last transitions. The only place that knows an offset of it; journal(5) describes it
 * for people.
 *
 * The file is a header of SV_JOURNAL_RECORD bytes and SV_JOURNAL_SLOTS records of that
 * size. Record number `serial` stands in slot serial % SV_JOURNAL_SLOTS; serials start at
 * 1 and grow by one with each transition, across restarts of supervise. A slot that was
 * never written is all zero; each record ends in a checksum, so that a reader knows a
 * torn or foreign one. A reader that remembers the last serial it saw finds all later
 * ones that are still in the ring, and knows from the serials how many it missed.
 */

#ifndef SV_JOURNAL_H
#define SV_JOURNAL_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <sv/machine.h>

#define SV_JOURNAL_FILE ".journal"
#define SV_JOURNAL_RECORD 64
#define SV_JOURNAL_SLOTS 255 /* with the header the file is 16 KiB */

struct sv_journal_entry {
    uint64_t serial;       /* 1 ... */
    struct timespec when;  /* wall clock */
    uint64_t monotonic_ms; /* CLOCK_MONOTONIC */
    uint32_t pid;          /* the process the event is about, 0 if none */
    uint8_t event;         /* enum sv_event_kind */
    uint8_t phase;         /* enum sv_phase afterwards */
    uint8_t wanted;        /* enum sv_wanted afterwards */
    uint8_t ending;        /* enum sv_ending: how the process ended, if it did */
    uint32_t ending_value; /* exit code, signal or errno */
    uint8_t cause;         /* enum sv_cause_kind */
    uint32_t cause_detail; /* see SV_CAUSES */
    uint32_t cause_uid;    /* UINT32_MAX: unknown or nobody */
    uint32_t token;        /* of the command (control.h); 0: none */
};

/* Offset in the file of the record `serial`. */
extern uint64_t sv_journal_offset(uint64_t serial);

/* Writes the header, SV_JOURNAL_RECORD bytes. Cannot fail. */
extern void sv_journal_pack_header(unsigned char *packed);

/* Whether these SV_JOURNAL_RECORD bytes are the header of such a journal. */
extern int sv_journal_check_header(unsigned char const *packed);

/* Packs a record, SV_JOURNAL_RECORD bytes. Cannot fail. */
extern void sv_journal_pack(unsigned char *packed, struct sv_journal_entry const *entry);

/*
 * Unpacks SV_JOURNAL_RECORD bytes. Returns 1; 0 if the slot is empty, torn, or holds a
 * value out of range (then *entry is undefined).
 */
extern int sv_journal_unpack(unsigned char const *packed, struct sv_journal_entry *entry);

/* The serial that such bytes claim to have: cheap, but they may be torn. 0: none. */
extern uint64_t sv_journal_claimed(unsigned char const *packed);

#endif
