/* ISC license. */

/*
 * envfiles (kernel): a directory each of whose files is about one variable of the
 * environment, as envdir has them: its name is the variable's, its content the value; an
 * empty one takes the variable away. Names that begin with a dot are passed over.
 */

#ifndef SV_ENVFILES_H
#define SV_ENVFILES_H

#include <limits.h>

#include <skalibs/stralloc.h>

#include <sv/envedit.h>

struct sv_envfiles {
    char const *prefix; /* of every variable's name */
    struct sv_envedit_cut cut;
    unsigned int loose : 1; /* there need not be such a directory */

    /* If not null, a directory among the files is no trouble but told here. */
    void (*is_directory)(char const *directory, char const *name);

    char name[NAME_MAX + 1]; /* after SV_ENVFILES_FILE: of which file */
};

/* What went wrong, with errno but for the last one. */
enum sv_envfiles_trouble {
    SV_ENVFILES_NONE,
    SV_ENVFILES_SWITCH,    /* there is no way into the directory */
    SV_ENVFILES_DIRECTORY, /* it cannot be read */
    SV_ENVFILES_FILE,      /* one of its files cannot */
    SV_ENVFILES_MEMORY,
};

/* Adds what the files say to the edits, in the order in which the directory has them. */
extern enum sv_envfiles_trouble sv_envfiles_read(struct sv_envfiles *files,
                                                 char const *directory, stralloc *edits);

#endif
