/* ISC license. */

/*
 * mountinfo (pure): a line of /proc/PID/mountinfo, which tells of one mount. Source:
 * proc_pid_mountinfo(5).
 */

#ifndef SV_MOUNTINFO_H
#define SV_MOUNTINFO_H

#include <stddef.h>

/* A field, in the line itself. */
struct sv_mountinfo_field {
    char const *text;
    size_t length;
};

struct sv_mountinfo {
    struct sv_mountinfo_field root;  /* which directory of the file system it shows */
    struct sv_mountinfo_field point; /* and where */
    struct sv_mountinfo_field type;  /* of the file system */
};

/* Understands a line without its newline. Returns 1; 0 if it is nothing of the kind. */
extern int sv_mountinfo_scan(char const *line, size_t length, struct sv_mountinfo *mount);

/*
 * Writes the path that a field is, in which blanks and the like stand as \040, into
 * path[size]. Returns its length; `size` if it does not fit.
 */
extern size_t sv_mountinfo_path(char *path, size_t size,
                                struct sv_mountinfo_field const *field);

#endif
