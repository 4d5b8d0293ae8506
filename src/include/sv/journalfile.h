/* ISC license. */

/*
 * journalfile (kernel): writes and reads supervise/.journal. What is in it: journal.h.
 */

#ifndef SV_JOURNALFILE_H
#define SV_JOURNALFILE_H

#include <sv/journal.h>

/*
 * Opens the journal in the state directory `dir` for appending. Makes it, mode 0644, if
 * there is none, or in the place of what is not ours (sv_statefile_is_ours); empties it
 * if it is no journal, its mode stays. *last is a serial that may be in it, 0 if none is
 * known, and becomes the highest one in it, never lower than it was. Returns the
 * descriptor; -1 with errno.
 */
extern int sv_journalfile_open(int dir, uint64_t *last);

/* Writes one record into its slot. Returns 1; 0 with errno. */
extern int sv_journalfile_write(int fd, struct sv_journal_entry const *entry);

#endif
