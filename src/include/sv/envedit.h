/* ISC license. */

/*
 * envedit (pure): changes to an environment, as daemontools makes them; programs see the
 * order of their variables, so it is part of the contract.
 */

#ifndef SV_ENVEDIT_H
#define SV_ENVEDIT_H

#include <stddef.h>

/*
 * Makes one change to environment[count], which has room for one more: "NAME=VALUE" sets
 * a variable, "NAME" takes it away. What had that name goes and the last one takes its
 * place; a new value comes last. Keeps a pointer to `edit`. Returns the new count.
 */
extern size_t sv_envedit_apply(char const **environment, size_t count, char const *edit);

/* How a file's content becomes a value; all zero but `null_is` is daemontools' way. */
struct sv_envedit_cut {
    unsigned int whole : 1; /* all lines, not just the first */
    unsigned int
        blanks : 1; /* keep spaces and tabs at the end; of a whole, the newline */
    char null_is;   /* stands for a NUL, which a value cannot hold */
};

/*
 * Makes a value of text[length] in place; returns its length. The first line without the
 * spaces and tabs at its end, or as `how` says.
 */
extern size_t sv_envedit_value(char *text, size_t length,
                               struct sv_envedit_cut const *how);

#endif
