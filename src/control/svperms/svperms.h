/* ISC license. */

/*
 * What the parts of svperms share.
 *
 *     svperms.c  options and the services
 *     change.c   sets rights
 *     print.c    shows them
 *
 * The rights are those of supervise/ and of what is in it: nothing else is kept. Whoever
 * may pass through the directory and read .status may look, whoever may write to
 * `control` may control, whoever may read .journal may follow events. Nobody gets there
 * who may not pass through the directory.
 */

#ifndef SV_SVPERMS_H
#define SV_SVPERMS_H

#include <sys/stat.h>
#include <sys/types.h>

enum reach { REACH_OWNER, REACH_GROUP, REACH_PUBLIC };

/* Who has a right, besides the owner. */
struct who {
    enum reach reach;
    gid_t group; /* meant if it is REACH_GROUP */
};

struct wish {
    struct who look, control, events;
    uid_t user;              /* may control; meant if (has_user) */
    unsigned int rights : 1; /* look, control and user are to be set */
    unsigned int has_user : 1;
    unsigned int has_look : 1; /* one of -u -g -G -o -O was given */
    unsigned int sets_events : 1;
    unsigned int prints : 1;
};

/*
 * Holds the file `name` in the directory `dir`: neither opened nor followed, and only if
 * it is of `type` (S_IFIFO or S_IFREG) and has that one name. Returns the descriptor
 * (O_PATH) and fills *about; -1 with errno: ELOOP, EINVAL, EMLINK.
 */
extern int svperms_hold(int dir, char const *name, mode_t type, struct stat *about);

/* Both work on a state directory `dir`; `service` is for messages. 1; 0 after a warning.
 */
extern int svperms_change(char const *service, int dir, struct wish const *wish);
extern int svperms_print(char const *service, int dir);

#endif
