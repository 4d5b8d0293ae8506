/* ISC license. */

/*
 * inflightfile (kernel): the file `.inflight` of a log directory, and its mapping; what
 * stands in it is inflight.h's. It is made as `.inflight.new`, with all its blocks, so
 * that no store into it can meet a full disk, and has its name only when it is complete.
 *
 * All take a descriptor of the directory, whose lock the caller holds.
 */

#ifndef SV_INFLIGHTFILE_H
#define SV_INFLIGHTFILE_H

#include <sv/inflight.h>

#define SV_INFLIGHTFILE ".inflight"

/*
 * The boot id, as text, NUL-terminated. Without /proc it is one that no other process
 * will ever have: then a record is good for nothing, and does no harm.
 */
extern void sv_inflightfile_boot(char boot[SV_INFLIGHT_BOOT]);

/*
 * Maps the record that is there. Returns 1; 0 if there is none, or none of this boot and
 * version; -1 with errno.
 */
extern int sv_inflightfile_open(struct sv_inflight *record, int directory,
                                char const *boot);

/*
 * Makes a record and maps it; it has no name yet. Returns 1, 0 with errno (ENODEV: the
 * file system has no shared mappings).
 */
extern int sv_inflightfile_make(struct sv_inflight *record, int directory,
                                struct sv_inflight_shape const *shape);

/* Gives it its name; whatever had it is replaced. Returns 1, 0 with errno. */
extern int sv_inflightfile_publish(int directory);

/*
 * Makes a record in memory only, for where there can be no file: it works, but does not
 * outlive us. Returns 1, 0 with errno (ENOMEM).
 */
extern int sv_inflightfile_private(struct sv_inflight *record,
                                   struct sv_inflight_shape const *shape);

/*
 * The file is gone, with its directory: gives the mapping, where it is, a new file with a
 * name. Returns 1; 0 with errno, the mapping being what it was.
 */
extern int sv_inflightfile_renew(struct sv_inflight *record, int directory);

/* The pages leave our memory until they are touched again; what is in them stays. */
extern void sv_inflightfile_rest(struct sv_inflight *record);

/* Removes the name. Returns 1, also if there is none; 0 with errno. */
extern int sv_inflightfile_remove(int directory);

/* Ends the mapping; fine if there is none. */
extern void sv_inflightfile_unmap(struct sv_inflight *record);

#endif
