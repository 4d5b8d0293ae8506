/* ISC license. */

/*
 * tailtime (pure): the time that a line of a log begins with, times as a person gives
 * them, and which of several logs has the next line.
 *
 * Local time needs the rules of a zone, which are not to be had here: such a time comes
 * back as if it were UTC, and is called local.
 */

#ifndef SV_TAILTIME_H
#define SV_TAILTIME_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

enum sv_tailtime {
    SV_TAILTIME_NONE, /* not understood, no time */
    SV_TAILTIME_UTC,
    SV_TAILTIME_LOCAL /* the caller has to subtract the zone's offset */
};

/* Bytes of a line that are worth looking at. */
#define SV_TAILTIME_LENGTH 64

/*
 * The time at the beginning of the `length` bytes at `line`:
 *   @ and 24 hexadecimal digits               TAI64N
 *   10 or more digits, a dot, 6 digits        seconds since 1970
 *   YYYY-MM-DD HH:MM:SS, perhaps .fraction    local
 *   the same with _ or T instead of the blank UTC
 * No digit may follow. Source: the stamps of multilog(8). *when is untouched if NONE.
 */
extern enum sv_tailtime sv_tailtime_stamp(char const *line, size_t length,
                                          struct timespec *when);

/*
 * A time given by a person at `now`: what a line may begin with, YYYY-MM-DD (local),
 * likewise with HH:MM only, @SECONDS since 1970, or an age: digits and one of s m h d.
 * *when is untouched if NONE.
 */
extern enum sv_tailtime sv_tailtime_scan(char const *text, struct timespec const *now,
                                         struct timespec *when);

/* Whether `one` is before `other`. */
extern int sv_tailtime_before(struct timespec const *one, struct timespec const *other);

/* The next line of a log. */
struct sv_tailtime_head {
    struct timespec when;   /* its own time, or that of a line before it */
    unsigned int ready : 1; /* there is one */
    unsigned int tied : 1;  /* it has no time: it stays behind the one before it */
};

/* Before any time that a line can have: of lines that no time has come before. */
#define SV_TAILTIME_EARLIEST ((struct timespec){.tv_sec = INT64_MIN})

/*
 * Which of `count` logs has the next line: the earliest one, of equal ones the first,
 * but always heads[last] if that is tied (last: the one before; count: none yet). *limit:
 * the one that is next if this were not there; count if there is none. Returns count if
 * none is ready.
 */
extern size_t sv_tailtime_merge(struct sv_tailtime_head const *heads, size_t count,
                                size_t last, size_t *limit);

/* Whether heads[one] still goes before heads[limit], `limit` as above. */
extern int sv_tailtime_goes_on(struct sv_tailtime_head const *heads, size_t count,
                               size_t one, size_t limit);

/*
 * What the service is called whose log directory is `path`: *name and *length are the
 * last component that is neither the ending `/main` nor the ending `/log/main`. Returns
 * 1; 0 if that says nothing: none is left, or it is `.` or `..`.
 */
extern int sv_tailtime_service(char const *path, char const **name, size_t *length);

#endif
