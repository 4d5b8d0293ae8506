/* ISC license. */

/*
 * watch (kernel): names that come and go in directories, and files that are written, by
 * inotify. One instance serves any number of directories and files; a user has few
 * instances (128 by default) and many watches.
 *
 * An event is a hint where to look, not a fact: when it is read the name may have changed
 * again.
 */

#ifndef SV_WATCH_H
#define SV_WATCH_H

#include <limits.h>
#include <stddef.h>
#include <sys/inotify.h>

enum sv_watch_kind {
    SV_WATCH_NAME,    /* something happened to the name `name` in the directory */
    SV_WATCH_WRITTEN, /* of a file: something was written to it */
    SV_WATCH_CHANGED, /* of a file: it has lost its name, or got another mode */
    SV_WATCH_MOVED,   /* the directory itself was renamed; it is still watched */
    SV_WATCH_ENDED, /* it is not watched any more: deleted, unmounted, or removed by us */
    SV_WATCH_OVERFLOW /* events were lost: look everywhere; `id` is -1 */
};

/* What happens to names that is to be told. */
#define SV_WATCH_COMES 1u   /* created, or renamed to it */
#define SV_WATCH_GOES 2u    /* removed, or renamed from it */
#define SV_WATCH_SELF 4u    /* SV_WATCH_MOVED, and SV_WATCH_ENDED by deletion */
#define SV_WATCH_RENAMED 8u /* renamed to it: what is replaced whole */
#define SV_WATCH_AGAIN 16u  /* fine if it is watched already, for the same: the same id \
                             */

struct sv_watch_event {
    enum sv_watch_kind kind;
    int id;           /* of the directory, as sv_watch_add gave it */
    char const *name; /* NAME: valid until the next read; null otherwise */
};

/* Enough for one event with the longest name; more saves system calls. */
#define SV_WATCH_BUFFER (16 * (sizeof(struct inotify_event) + NAME_MAX + 1))

struct sv_watch {
    int fd; /* readable when there are events; -1: not open */
    size_t at;
    size_t length;
    _Alignas(struct inotify_event) char buffer[SV_WATCH_BUFFER];
};

/* Opens an instance, close-on-exec. Returns 1; 0 with errno (EMFILE: the user has too
 * many). */
extern int sv_watch_open(struct sv_watch *watch);

/* Closes it; what has not been read is lost. Fine if it is not open. */
extern void sv_watch_close(struct sv_watch *watch);

/*
 * Watches the directory `path` (links are followed) for `what`, SV_WATCH_COMES and so on;
 * only what happens after the return is told for sure. Returns its id, >= 0; -1 with
 * errno (EEXIST: that directory is watched already, without AGAIN; ENOSPC: the user
 * watches too many).
 */
extern int sv_watch_add(struct sv_watch *watch, char const *path, unsigned int what);

/*
 * Watches the file that `fd` is open on, for WRITTEN and CHANGED; or the directory that
 * `dir_fd` is open on (O_PATH does) as sv_watch_add does its path. What is meant is what
 * is open, whatever has its name by now. /proc must be mounted. Return as sv_watch_add.
 */
extern int sv_watch_add_file(struct sv_watch *watch, int fd);
extern int sv_watch_add_open(struct sv_watch *watch, int dir_fd, unsigned int what);

/* Ends the watch of a directory or file. Events of it may still come. Fine if it has
 * ended by itself. */
extern void sv_watch_remove(struct sv_watch *watch, int id);

/* The next event. Returns 1; 0 if there is none now; -1 with errno. Never waits. */
extern int sv_watch_read(struct sv_watch *watch, struct sv_watch_event *event);

/*
 * Whether the next sv_watch_read has one without asking the kernel. Whoever stops reading
 * before it returned 0 must not wait for the descriptor then.
 */
extern int sv_watch_holds(struct sv_watch const *watch);

#endif
