/* ISC license. */

/*
 * neighbour (kernel): another service of the same scan directory, as a service that needs
 * it sees it: by its supervise/.status, or where there is none, by supervise/status.
 *
 * It is watched by a signal (fcntl F_NOTIFY, "dnotify") and not by inotify, of which a
 * user has 128 instances by default: a thousand services may wait for one database.
 */

#ifndef SV_NEIGHBOUR_H
#define SV_NEIGHBOUR_H

#include <stdint.h>
#include <time.h>

enum sv_neighbour_state {
    SV_NEIGHBOUR_UNKNOWN, /* there is no service directory of that name */
    SV_NEIGHBOUR_UNREADY, /* it is not ready */
    SV_NEIGHBOUR_READY,   /* it is: its process runs, and has said so if it says so */
    SV_NEIGHBOUR_UNTOLD   /* that cannot be told now: errno */
};

struct sv_neighbour_time {
    struct timespec since; /* when it became ready, by the wall clock, which may be set */
    int64_t started_ms;    /* when its run began, CLOCK_MONOTONIC; -1: not known */
};

/*
 * Looks at the service `name` (at most 255 bytes, no '/') in the directory `scan_dir`.
 * With READY *when is filled.
 */
extern enum sv_neighbour_state sv_neighbour_look(int scan_dir, char const *name,
                                                 struct sv_neighbour_time *when);

/*
 * From now on a SIGIO comes whenever what sv_neighbour_look says may have changed; for a
 * neighbour without a state directory, when it may have got one. Returns a descriptor
 * that has to be closed to end it; -1 with errno.
 */
extern int sv_neighbour_watch(int scan_dir, char const *name);

/* Likewise for names in the directory `dir` that come, change or go. */
extern int sv_neighbour_watch_directory(int dir);

#endif
