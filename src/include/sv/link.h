/* ISC license. */

/*
 * link (kernel): symbolic links in places where somebody may have laid a trap.
 *
 * A link is a habit of admins and a trap of users: who may write in a directory can make
 * a link there that leads root to a file of root's. Who made it tells the two apart.
 */

#ifndef SV_LINK_H
#define SV_LINK_H

#include <sys/types.h>

#define SV_LINK_MAX 4096 /* of a target, as the kernel has it */

struct sv_link {
    uid_t owner;
    int alone;   /* it has one name: nobody has brought it here as a hard link */
    int trusted; /* and was made by root or by us (effective user) */
    char target[SV_LINK_MAX];
};

/*
 * Reads the symbolic link `name` in the directory `dir`; what is judged is what is read,
 * whoever exchanges it meanwhile. The target is relative to `dir`, if `name` is one part
 * of a path. Returns 1; 0 with errno: ENOTDIR if it is no link.
 */
extern int sv_link_read(int dir, char const *name, struct sv_link *link);

#endif
