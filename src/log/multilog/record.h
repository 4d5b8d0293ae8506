/* ISC license. */

/*
 * What multilog notes in its record of the batch in flight, and when (multilog_note.c),
 * and what becomes of it (multilog_record.c).
 *
 *   announce     before each read
 *   correct      if it has brought something else
 *   note_told    when alerts and the like of the batch are out
 *   note_idle    when all of it is written
 *   note_retiring, note_current   around a rotation, within a batch or not
 *
 * What a kill between any two of them means is inflight.h's.
 */

#ifndef RECORD_H
#define RECORD_H

#include "multilog.h"

/* Who we are to a record: this boot, this standard input. */
extern void multilog_identify(struct multilog *multilog);

/*
 * The directories are open: finds the record, or makes one. Afterwards every output's
 * situation is known, and whether it is vouched for.
 */
extern void multilog_find_record(struct multilog *multilog);

/* Completes the batch that the record tells of. */
extern void multilog_recover(struct multilog *multilog);

/* There is another program now: a new record for it, with the unfinished line. */
extern void multilog_renew_record(struct multilog *multilog);

/* It is not a file, and perhaps now can be: between two batches. */
extern void multilog_mend_record(struct multilog *multilog);

/* Its directory has been made anew: it gets a new file. */
extern void multilog_move_record(struct multilog *multilog);

/* It is no longer needed. */
extern void multilog_end_record(struct multilog *multilog);

/* Notes: `want` bytes will be read, with these `ahead` (null: unknown). */
extern void multilog_announce(struct multilog *multilog, size_t want, char const *ahead);

/* Notes: `want` bytes have been read after all, and with `ends` there are no more. */
extern void multilog_correct(struct multilog *multilog, size_t want, int ends);

/* Notes: the outputs are ready, and from now on vouched for. */
extern void multilog_note_whole(struct multilog *multilog);

/* Notes: the alerts and the like of this batch are out. */
extern void multilog_note_told(struct multilog *multilog);

/* Notes: the batch is done. */
extern void multilog_note_idle(struct multilog *multilog);

/* Notes: current is about to be retired; or is another one now. */
extern void multilog_note_retiring(struct multilog *multilog, struct output *output);
extern void multilog_note_current(struct multilog *multilog, struct output *output);

/* What a record says of an output now. */
extern void multilog_describe(struct sv_inflight_output *entry,
                              struct output const *output);

#endif
