/* ISC license. */

/*
 * inifile (pure): the settings of a file in sections, as daemontools-encore's envini
 * reads it.
 *
 *     ; a comment
 *     name = value
 *     [section]
 *     name = value
 *
 * Spaces, tabs and carriage returns around a name, a value and a line do not count. A
 * line that is none of these is ignored; so is one with a NUL, which no variable could
 * hold.
 */

#ifndef SV_INIFILE_H
#define SV_INIFILE_H

#include <stddef.h>

/* Part of the text: not terminated. */
struct sv_inifile_part {
    char const *start;
    size_t length;
};

struct sv_inifile_entry {
    struct sv_inifile_part section; /* length 0: before the first, or in "[]" */
    struct sv_inifile_part name;    /* never empty */
    struct sv_inifile_part value;   /* may be empty */
};

struct sv_inifile {
    struct sv_inifile_part rest; /* to begin with: the whole text */
    struct sv_inifile_part section;
};

/* The next setting. Returns 1; 0 if there is none, then *entry is undefined. */
extern int sv_inifile_next(struct sv_inifile *file, struct sv_inifile_entry *entry);

#endif
