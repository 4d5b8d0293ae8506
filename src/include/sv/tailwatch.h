/* ISC license. */

/*
 * tailwatch (kernel): everything that happens in log directories, by inotify: names that
 * come, go and are renamed, and that something has been written. See watch.h for
 * directories that only have to be waited for.
 */

#ifndef SV_TAILWATCH_H
#define SV_TAILWATCH_H

#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/inotify.h>

enum sv_tailwatch_kind {
    SV_TAILWATCH_COMES,  /* a name has been created, or linked */
    SV_TAILWATCH_GOES,   /* a name has been removed */
    SV_TAILWATCH_LEAVES, /* a name is renamed from, `cookie` says ... */
    SV_TAILWATCH_ENTERS, /* ... to which; next, unless other threads of the logger ... */
    SV_TAILWATCH_WRITTEN,
    SV_TAILWATCH_ENDED,   /* the directory is not watched any more */
    SV_TAILWATCH_OVERFLOW /* events were lost; `id` is -1 */
};

struct sv_tailwatch_event {
    enum sv_tailwatch_kind kind;
    int id;           /* of the directory, as sv_tailwatch_add gave it */
    char const *name; /* valid until the next read; empty for ENDED and OVERFLOW */
    uint32_t cookie;
};

#define SV_TAILWATCH_BUFFER 65536

struct sv_tailwatch {
    int fd; /* -1: not open, and then there are no events */
    size_t at;
    size_t length;
    _Alignas(struct inotify_event) char buffer[SV_TAILWATCH_BUFFER];
};

/* Opens an instance, close-on-exec. Returns 1; 0 with errno. */
extern int sv_tailwatch_open(struct sv_tailwatch *watch);

/*
 * Watches the directory that `fd` is open on, `path` being its name where /proc is not
 * mounted. Returns its id, >= 0, the same for the same directory; -1 with errno.
 */
extern int sv_tailwatch_add(struct sv_tailwatch *watch, int fd, char const *path);

/* Ends the watch of a directory; events of it may still come. */
extern void sv_tailwatch_remove(struct sv_tailwatch *watch, int id);

/* The next event. Returns 1; 0 if there is none now; -1 with errno. Never waits. */
extern int sv_tailwatch_read(struct sv_tailwatch *watch,
                             struct sv_tailwatch_event *event);

/*
 * Waits until this or `other` (another instance's descriptor; -1: none) has events, until
 * nobody reads `output` any more (-1: none), or for `limit_ms` (-1: for ever). Returns 1;
 * 0 if nobody reads; -1 with errno. A signal counts as an event.
 */
extern int sv_tailwatch_wait(struct sv_tailwatch const *watch, int other, int output,
                             int limit_ms);

#endif
