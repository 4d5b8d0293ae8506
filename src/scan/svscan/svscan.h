/* ISC license. */

/*
 * What the parts of svscan share: the scan directory it looks after, which is its working
 * directory.
 *
 *     svscan.c   start-up and the loop: gathers events
 *     scan.c     from names in the scan directory to events of entries
 *     perform.c  feeds events to the plan of an entry and performs what it answers
 *     table.c    the entries, and finding them; lookup.c  a hash table
 *     launch.c   starts a supervise
 *     state.c    SCANDIR/.svscan: the lock and the control FIFO
 *     trouble.c  what has been warned about
 */

#ifndef SV_SVSCAN_SVSCAN_H
#define SV_SVSCAN_SVSCAN_H

#include <stdint.h>

#include <sv/scanplan.h>
#include <sv/watch.h>

#include "launch.h"
#include "table.h"
#include "trouble.h"

struct svscan {
    char const *dir_name; /* as the user gave it, for messages */
    struct table table;
    struct launch launch;

    struct sv_watch watch; /* of the scan directory and of young service directories */
    int watch_id;          /* of the scan directory, -1: it is not watched */
    int signals;           /* selfpipe */
    int control;           /* read here; -1: there is none */

    int64_t due_ms;    /* no plan wants TIME before; else SV_SCAN_NEVER */
    int64_t rescan_ms; /* something has to be looked at again then; else SV_SCAN_NEVER */
    uint64_t scans;    /* so far */
    int scan_wanted;   /* at the end of this round */
    int leaving;       /* everything is being ended; exit when nothing is left */
    int abandoning;    /* exit now */

    struct troubles troubles;
};

/* perform.c */

/*
 * Feeds an event to the entry, performs the actions, and so on until nothing is left to
 * be answered. The entry may be gone afterwards.
 */
extern void svscan_feed(struct svscan *svscan, struct entry *entry,
                        struct sv_scan_event const *event);

/* The same with an event of this kind and nothing in it. */
extern void svscan_tell(struct svscan *svscan, struct entry *entry,
                        enum sv_scan_event_kind kind);

/* LOG_APPEARED, if there is a log/ in its directory. */
extern void svscan_log_appeared(struct svscan *svscan, struct entry *entry);

/* TIME for all that are due, and due_ms anew. */
extern void svscan_pass_time(struct svscan *svscan);

/* SHUTDOWN for all. */
extern void svscan_shut_down(struct svscan *svscan);

/* scan.c */

/* Watches the scan directory, if that is possible; looks through all of it. */
extern void svscan_watch(struct svscan *svscan);
extern void svscan_scan(struct svscan *svscan);

/* Events are there to be read. */
extern void svscan_read_watch(struct svscan *svscan);

/* state.c */

/*
 * Takes the lock of the scan directory, or dies if another svscan has it; opens the
 * control FIFO. If that cannot be done at all, warns.
 */
extern void svscan_open_state(struct svscan *svscan);

/* Obeys the commands that are there to be read. */
extern void svscan_read_control(struct svscan *svscan);

/* svscan.c */

/* What can be asked for by signal or by command. */
extern void svscan_reap(struct svscan *svscan);
extern void svscan_leave(struct svscan *svscan);

#endif
