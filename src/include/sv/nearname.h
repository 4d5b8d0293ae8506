/* ISC license. */

/*
 * nearname (pure): which known name a name was meant to be, that is none of them:
 * `Down`, `notification_fd`, `finish.sh`, `run~`, `need`.
 */

#ifndef SV_NEARNAME_H
#define SV_NEARNAME_H

#include <stddef.h>

#define SV_NEARNAME_SHORTEST \
    4 /* bytes of a known name in which one letter may be wrong */

/* How near: what it was that differs. */
enum sv_nearname {
    SV_NEARNAME_NONE,
    SV_NEARNAME_SPELLED, /* capitals, or _ where - belongs, or one letter */
    SV_NEARNAME_COPY     /* something of an editor's or a packager's behind the name */
};

/*
 * Whether `name` is nearly `known`, without being it. A letter is wrong if one has been
 * left out, added or replaced, or two have changed places.
 */
extern enum sv_nearname sv_nearname(char const *name, char const *known);

#endif
