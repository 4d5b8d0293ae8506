/* ISC license. */

/*
 * definition (pure): what may stand in a service directory that svadd makes, and how. The
 * names and words here are what svadd and svdel have to agree upon.
 */

#ifndef SV_DEFINITION_H
#define SV_DEFINITION_H

#include <stddef.h>

/* A name has to leave room for what is put before it. */
#define SV_DEFINITION_NAME 240

/* What a definition is called while it is made, and while it is removed: with the name
 * behind it, beside where it belongs. svscan does not look at what begins with a dot. */
#define SV_DEFINITION_MAKING ".svadd:"
#define SV_DEFINITION_LEAVING ".svdel:"

/* In the definition: svadd has made it; and it has not been linked yet. */
#define SV_DEFINITION_MARK ".svadd"
#define SV_DEFINITION_NEW ".svadd.new"

/* What is wrong with the name of a service; null: nothing. */
extern char const *sv_definition_name_problem(char const *name);

/* The same for NAME=VALUE, a variable that envdir is to set. */
extern char const *sv_definition_variable_problem(char const *variable);

/*
 * What the file of a variable must hold, so that envdir makes that value of it: a NUL for
 * a newline, a newline at the end. Writes it to text[strlen(value) + 1]. Returns its
 * length. Source: envdir's contract.
 */
extern size_t sv_definition_variable(char *text, char const *value);

#endif
