/* ISC license. */

/*
 * places (kernel): where services are added and removed: the scan directory, and the one
 * that their definitions are in, to which it links.
 *
 *     scan directory  as told; $SVSCANDIR; the first there is of /service, /etc/service
 *                     and /var/service
 *     definitions     as told; $SVBASEDIR; /etc/sv for a scan directory in / itself; else
 *                     `sv` beside the scan directory, wherever a link to that leads
 */

#ifndef SV_PLACES_H
#define SV_PLACES_H

#include <limits.h>

struct sv_places {
    int scan_dir;        /* open, O_RDONLY */
    int base_dir;        /* the same; -1: it is not there */
    int is_same;         /* definitions are in the scan directory itself */
    char scan[PATH_MAX]; /* as people name it */
    char base[PATH_MAX]; /* absolute, for links to it */
};

/*
 * Finds the scan directory; `told` may be null. Returns 1; 0 with errno, and places->scan
 * says which could not be had.
 */
extern int sv_places_scan(struct sv_places *places, char const *told);

/*
 * Then the definitions; if there is no such directory and `makes` is set it is made, mode
 * 0755. Returns 1 also if it is not there; 0 with errno, and places->base says which.
 */
extern int sv_places_base(struct sv_places *places, char const *told, int makes);

#endif
