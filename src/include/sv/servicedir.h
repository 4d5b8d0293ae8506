/* ISC license. */

/*
 * servicedir (kernel): reads a service directory, at the moment each value is needed.
 */

#ifndef SV_SERVICEDIR_H
#define SV_SERVICEDIR_H

#include <stdint.h>
#include <time.h>

#include <sv/setting.h>

/* clang-format off */
/*    name       file         what else is looked for in a service directory */
#define SV_SERVICEDIR_ENTRIES(X) \
    X(CHECK,     "check") \
    X(CONTROL,   "control") \
    X(DOWN,      "down") \
    X(FINISH,    "finish") \
    X(LOG,       "log") \
    X(NEEDS,     "needs") \
    X(NO_SETSID, "no-setsid") \
    X(NOTIFY,    "notify") \
    X(PROBE,     "probe") \
    X(START,     "start") \
    X(STOP,      "stop")
/* clang-format on */

enum sv_servicedir_entry {
#define SV_SERVICEDIR_ENUM(name, file) SV_SERVICEDIR_##name,
    SV_SERVICEDIR_ENTRIES(SV_SERVICEDIR_ENUM)
#undef SV_SERVICEDIR_ENUM
        SV_SERVICEDIR_ENTRY_COUNT
};

/*
 * What a service directory did not have when it was last read. One that has not changed
 * since is not looked at again; else its names are read, all at once, so that nothing
 * need be tried that is not there. All zero: nothing is known.
 */
struct sv_servicedir_absent {
    struct timespec changed; /* the directory, last; as it was before it was looked at */
    uint64_t files; /* bit N: enum sv_setting N; then the enum sv_servicedir_entry */
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
 * Whether there may have been anything of that name when sv_servicedir_settings last used
 * *absent, whose caller asks right after it: 0 only if it is known that there was
 * nothing. With 1 one has to look. A directory that we may not read, or that is full of
 * names, may have everything.
 */
extern int sv_servicedir_may_have(struct sv_servicedir_absent const *absent,
                                  enum sv_servicedir_entry entry);

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
