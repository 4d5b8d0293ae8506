/* ISC license. */

/* What logdir.c and logdir_step.c share. */

#ifndef SV_LOGDIR_PARTS_H
#define SV_LOGDIR_PARTS_H

#include <sv/logdir.h>

/* Notes what could not be done, errno included. Returns 0. */
extern int sv_logdir_fail(struct sv_logdir *directory, char const *verb, char const *file,
                          char const *tail);

/*
 * One pass over the directory's names, and with `sized` over the sizes of old files.
 * Returns 1, 0 on trouble.
 */
extern int sv_logdir_list(struct sv_logdir *directory,
                          struct sv_logplan_retention *retention, int sized);

/*
 * Opens a regular file of the directory, close-on-exec and never waiting. -1 with errno.
 */
extern int sv_logdir_file(struct sv_logdir const *directory, char const *name, int flags);

/* Closes *fd if it is open, and makes it -1. */
extern void sv_logdir_shut(int *fd);

/* There is no current any more. */
extern void sv_logdir_forget_current(struct sv_logdir *directory);

/* START_PROCESSOR. */
extern int sv_logdir_process(struct sv_logdir *directory);

#endif
