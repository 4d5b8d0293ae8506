/* ISC license. */

/*
 * inflight (pure): multilog's record of the batch it is working on.
 *
 * What a logger has read from its pipe and not written yet exists nowhere else. So it is
 * read straight into a mapping of a small file, `.inflight` in the first log directory,
 * which outlives whoever is killed; beside the bytes stands all that decides what becomes
 * of them. The next multilog completes the batch from there. Nothing of this costs a
 * system call, as only stores into memory are needed; they need no order on disk either,
 * because a record of another boot is never used.
 *
 * The record has two slots, and a serial number says which of them counts. A change is
 * written to the other one, then the number is raised: a single store, so that a kill
 * finds either all of the change or nothing of it.
 *
 * Was a read done or not? Before it, the slot says how many bytes are wanted, as many as
 * the pipe holds: nobody else reads it, so it is these or none. The last of the bytes to
 * be overwritten are set to a nonce. If they are no longer the nonce, the read was done.
 * With eight bytes a line looks like the nonce once in 2^64 times; a read of fewer needs
 * the caller's knowledge of what will be read (it peeks), and then takes the complement
 * of that.
 *
 * How much of the batch has been written? For each output, what the batch makes of it is
 * one stream of bytes, always the same. While it goes to one file, the file's size tells:
 * position in the stream = size - start. Before a file is retired, `next` says at which
 * position the next one begins; once that exists, its inode and its own start stand here.
 *     current has this inode     position = size - start
 *     it has another, or is gone position = next + size (0 if it is gone)
 * Both give the same whenever both apply, so when exactly the slot changes is not
 * important.
 *
 * Layout, in the machine's own byte order: head, two slots (each with its outputs and
 * `chosen`), the words of the script with a NUL behind each, the input.
 */

#ifndef SV_INFLIGHT_H
#define SV_INFLIGHT_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#define SV_INFLIGHT_MAGIC "upkeepL1"
#define SV_INFLIGHT_BOOT 40 /* bytes for a boot id, with NUL */
#define SV_INFLIGHT_NONCE 8 /* bytes */
#define SV_INFLIGHT_PAGE 4096

struct sv_inflight_output {
    uint64_t device, directory; /* the log directory's own device and inode */
    uint64_t inode;             /* of current; 0: none */
    int64_t start;  /* its size when the stream began; negative: it began later */
    uint64_t next;  /* where in the stream the file after it begins */
    uint64_t whole; /* 1: current and what stands here are to be trusted */
};

enum sv_inflight_phase {
    SV_INFLIGHT_IDLE,    /* all that was read is where it belongs, but for `held` */
    SV_INFLIGHT_READING, /* `want` bytes are to be read, and given on if they were */
    SV_INFLIGHT_GIVING   /* `want` bytes have been read, and are given on */
};

struct sv_inflight_slot {
    uint64_t phase;         /* enum sv_inflight_phase */
    uint64_t held_at, held; /* where in input the bytes of an unfinished line are */
    uint64_t want;          /* bytes, behind those held */
    uint64_t ends;          /* 1: and then the input ends */
    uint64_t in_line;       /* 1: the beginning of that line has gone to the chosen */
    uint64_t told;          /* 1: alerts and the like of this batch are out */
    struct timespec began;  /* when the first byte of that line was read */
    struct timespec now;    /* when the batch was */
    unsigned char nonce[SV_INFLIGHT_NONCE];
    struct sv_inflight_output outputs[]; /* then `chosen`, a byte for each action */
};

struct sv_inflight_head {
    char magic[8];
    uint64_t size; /* of the whole, in bytes */
    uint64_t slot_at, slot_size;
    uint64_t words_at, words_size;
    uint64_t input_at, input_size;
    uint64_t output_count, action_count;
    uint64_t source_device, source_inode; /* of standard input */
    char boot[SV_INFLIGHT_BOOT];
    uint64_t serial; /* slot serial % 2 counts */
};

/* What a record is made for. */
struct sv_inflight_shape {
    size_t output_count;
    size_t action_count;
    char const *words; /* words_size bytes, a NUL behind each word */
    size_t words_size;
    size_t input_size;
    uint64_t source_device, source_inode;
    char const *boot;
};

/* A record in memory. */
struct sv_inflight {
    struct sv_inflight_head *head;
    char *input;
    size_t input_size;
};

/* The bytes that a record of this shape takes, a multiple of SV_INFLIGHT_PAGE. */
extern size_t sv_inflight_size(struct sv_inflight_shape const *shape);

/*
 * Makes a record in the `sv_inflight_size()` zeroed bytes at `memory`, aligned to a page:
 * idle, nothing held, all outputs zero. Sets *record.
 */
extern void sv_inflight_make(struct sv_inflight *record, void *memory,
                             struct sv_inflight_shape const *shape);

/*
 * Takes the `size` bytes at `memory` for a record and sets *record. Returns 1; 0 if it is
 * none that can be used: of another version or boot, or with a field that leads outside.
 */
extern int sv_inflight_take(struct sv_inflight *record, void *memory, size_t size,
                            char const *boot);

/* The words, each with a NUL behind it. */
extern char const *sv_inflight_words(struct sv_inflight const *record);

/* The slot that counts. */
extern struct sv_inflight_slot const *sv_inflight_now(struct sv_inflight const *record);

/* Its `chosen`, action_count bytes. */
extern unsigned char const *sv_inflight_chosen(struct sv_inflight const *record,
                                               struct sv_inflight_slot const *slot);

/* A copy of it to change; counts from sv_inflight_commit on. */
extern struct sv_inflight_slot *sv_inflight_edit(struct sv_inflight *record);
extern void sv_inflight_commit(struct sv_inflight *record);

/*
 * Writes the nonce of a read of slot->want > 0 bytes to where its last bytes will be.
 * `random` makes it; if fewer than SV_INFLIGHT_NONCE bytes are wanted, `ahead` are those
 * that will be read, or null if nobody knows. All pages of the target are touched. To be
 * done before the slot is committed.
 */
extern void sv_inflight_mark(struct sv_inflight *record, struct sv_inflight_slot *slot,
                             uint64_t random, char const *ahead);

/* READING: whether the read was done. */
extern int sv_inflight_has_arrived(struct sv_inflight const *record);

/*
 * So many bytes of the stream have been written, when current has this inode (0: there is
 * none) and size.
 */
extern uint64_t sv_inflight_position(struct sv_inflight_output const *output,
                                     uint64_t inode, uint64_t bytes);

#endif
