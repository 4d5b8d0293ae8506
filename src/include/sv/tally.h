/* ISC license. */

/*
 * tally (pure): the last deaths of a service, for restart-limit and for .death_tally.
 *
 * The file holds the deaths, oldest first, SV_TALLY_RECORD bytes each: the packed TAI64N
 * label of the death, its exit code (0 if a signal killed it), its signal (0 if none
 * did). Source: s6's supervise/death_tally; our labels know no leap seconds (stamp.h).
 */

#ifndef SV_TALLY_H
#define SV_TALLY_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <sv/setting.h>

#define SV_TALLY_FILE ".death_tally"
#define SV_TALLY_RECORD 14

struct sv_death {
    int64_t monotonic_ms;
    struct timespec when;
    unsigned char code;
    unsigned char signal_number;
};

/* All zero is empty. Untouched parts of the ring cost no memory. */
struct sv_tally {
    unsigned int count;
    unsigned int first; /* the oldest */
    struct sv_death ring[SV_TALLY_MAX];
};

/* Adds a death; the oldest are forgotten so that at most `max` (<= SV_TALLY_MAX) remain.
 */
extern void sv_tally_add(struct sv_tally *tally, struct sv_death const *death,
                         unsigned int max);

/* When the last death in it was; the tally must not be empty. */
extern struct timespec sv_tally_last(struct sv_tally const *tally);

/* Whether a death with exactly this label is in it. */
extern int sv_tally_has(struct sv_tally const *tally, struct timespec const *when);

/* How many deaths happened after since_ms on the monotonic clock. */
extern unsigned int sv_tally_since(struct sv_tally const *tally, int64_t since_ms);

/*
 * Packs the last `max` deaths, or as many as there are; `packed` has room for them.
 * Returns the bytes used.
 */
extern size_t sv_tally_pack(unsigned char *packed, struct sv_tally const *tally,
                            unsigned int max);

/*
 * Fills an empty tally from `length` bytes of the file, as far as they make sense; the
 * age of a death is taken from the wall clock, now `wall`, `now_ms` on the monotonic one.
 */
extern void sv_tally_unpack(struct sv_tally *tally, unsigned char const *packed,
                            size_t length, struct timespec const *wall, int64_t now_ms,
                            unsigned int max);

#endif
