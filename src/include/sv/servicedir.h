/* ISC license. */

/*
 * servicedir (kernel): reads a service directory, at the moment each value is needed.
 */

#ifndef SV_SERVICEDIR_H
#define SV_SERVICEDIR_H

#include <stdint.h>
#include <time.h>

#include <sv/setting.h>

/*
 * Which option files a service directory did not have, and since when that is known: as
 * long as the directory has not changed, they need not be looked for again. All zero:
 * nothing is known.
 */
struct sv_servicedir_absent {
    struct timespec
        changed;    /* the directory, last; as it was before they were looked for */
    uint32_t files; /* bit N: enum sv_setting N */
    int is_settled; /* a later change could not have the same time */
};

/*
 * Reads every option file of the service directory `dir` into *settings, which it fills
 * completely: what has no file, or one that cannot be used, is at its default. A symbolic
 * link counts if root or we have made it (link.h). *absent is what is known of that
 * directory. *unusable becomes a bit mask of the enum sv_setting whose files cannot be
 * used. Returns 1; 0 with errno if that of *failed cannot be read now (EMFILE ...): then
 * *settings and *unusable are as before.
 */
extern int sv_servicedir_settings(int dir, struct sv_servicedir_absent *absent,
                                  struct sv_settings *settings, uint32_t *unusable,
                                  enum sv_setting *failed);

/*
 * Whether `name` in `dir` is a regular file that we may execute: 1 or 0. With 0 errno
 * says why (ENOENT, EACCES, EISDIR ...).
 */
extern int sv_servicedir_is_executable(int dir, char const *name);

/*
 * Whether there is anything called `name` in `dir`: 1 or 0; -1 with errno if it is not
 * known. A link to nowhere is nothing, if root or we have made it; others' are not
 * followed.
 */
extern int sv_servicedir_has(int dir, char const *name);

/*
 * Creates the empty file `name`, in the place of a link to nowhere, or removes it.
 * Returns 1; 0 with errno. Twice is as once.
 */
extern int sv_servicedir_touch(int dir, char const *name);
extern int sv_servicedir_remove(int dir, char const *name);

#endif
