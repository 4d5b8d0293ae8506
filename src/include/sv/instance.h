/* ISC license. */

/*
 * instance (pure): templates and their instances, as their names tell.
 *
 * A service directory whose name is NAME@ is a template: it is not run itself. A symbolic
 * link NAME@ARG to it is an instance of it, a service of its own: it shares the files of
 * the template and has its own state. Its logger is the template's log/, with a state of
 * its own as well.
 *
 * NAME and ARG are not empty, and ARG does not end in '@'. What counts is what the link
 * itself says: the last part of its target must be NAME@. Any other link is no instance,
 * wherever it leads.
 */

#ifndef SV_INSTANCE_H
#define SV_INSTANCE_H

#include <stddef.h>

/* Bytes of an ARG with its NUL: it is a part of a file name. */
#define SV_INSTANCE_MAX 256

/* Whether `name`, one part of a path, is that of a template. */
extern int sv_instance_is_template(char const *name);

/*
 * The ARG of the instance that a symbolic link is, of this name (one part of a path) and
 * with this target: it points into `name`. Null if it is no instance.
 */
extern char const *sv_instance_argument(char const *name, char const *target);

/*
 * Which link to look at in order to know whether the service directory `path`, as people
 * name it, is that of an instance: itself without slashes at its end, or, for a logger,
 * without "/log". Copied to `link`, NUL-terminated. Returns its last part there; null if
 * there is nothing to look at, as the name tells that it is none, or if it does not fit.
 */
extern char const *sv_instance_link(char const *path, char *link, size_t size);

/*
 * Puts ARG behind the NUL-terminated `text`, which has `size` bytes of room, with an '@'
 * between them unless `text` ends in one. Returns the new length; 0 if it does not fit,
 * and then changes nothing.
 */
extern size_t sv_instance_append(char *text, size_t size, char const *argument);

#endif
