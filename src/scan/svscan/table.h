/* ISC license. */

/*
 * table: the service directories that svscan knows, the names that they have, and how to
 * find them. Only storage: what an entry does is decided by its plan.
 */

#ifndef SV_SVSCAN_TABLE_H
#define SV_SVSCAN_TABLE_H

#include <stdint.h>
#include <sys/types.h>

#include <sv/scanplan.h>

#include "lookup.h"

struct entry;

struct half;

/* A process that its supervise has left to us when it was killed. */
struct orphan {
    struct half *half;
    pid_t pid; /* 0: none */
    struct link by_pid;
};

#define ORPHANS 2 /* the process that is known, and one that was just being made */

/* One side of an entry: a supervise, if there is one. */
struct half {
    struct entry *entry;
    enum sv_scan_side side;
    pid_t pid;      /* 0: none */
    uint64_t start; /* its start time (process.h); defined if (is_foreign) */
    int pidfd;      /* defined if (is_foreign); -1: it has to be looked after by pid */
    int is_foreign; /* it is not our child: another svscan has started it */
    int is_vacant;  /* looked a moment ago: no supervise lives here */
    int has_other_pipe;  /* taken over with another pipe than ours, and to be ended */
    int read_other_pipe; /* it was so */
    struct link by_pid;  /* unless is_foreign */
    struct orphan orphans[ORPHANS];
};

/* A name in the scan directory. */
struct name {
    struct entry *entry;        /* null: no service, but something to have warned about */
    struct name *next;          /* of the same entry */
    struct name *older, *newer; /* among all names */
    uint64_t seen;              /* the last scan that found it */
    int error_number;           /* that was warned about; defined if (!entry) */
    struct link by_text;
    char text[];
};

/*
 * A service directory, by device and inode number; an instance (instance.h) also by its
 * ARG, as its directory is that of its template.
 */
struct entry {
    struct entry *previous, *following; /* among all entries */
    struct sv_scanplan plan;
    dev_t device;
    ino_t inode;
    struct name *names; /* those that it has; if it has none, the last one that it had */
    int is_named;       /* whether it has any */
    uint32_t node;      /* in the order of ending (order.c); defined if there is one */
    struct half halves[SV_SCAN_SIDE_COUNT];
    int reader, writer; /* our ends of the pipe to the logger, or -1 */
    int is_own;         /* its MAIN is svscan itself (own.c) */
    int is_direct; /* its LOG is the directory itself, not log/; defined if (is_own) */
    int is_split;  /* its MAIN, taken over, writes to another pipe than ours */
    int place;     /* the directory, when its last name has gone; or -1 */
    int watch_id;  /* of the directory while log/ may appear, or -1 */
    struct entry *heir;    /* waits for the end of this one, to have its name */
    struct entry *awaited; /* whose end it waits for: awaited->heir == this */
    struct link by_identity;
    struct link by_watch;
    char instance[]; /* "": of none */
};

/* All zero is empty. */
struct table {
    struct entry *first;
    struct entry *cursor; /* of a walk: the next entry, moved on when that is removed */
    struct name *newest;
    struct lookup names;   /* of entries that are named, and those without an entry */
    struct lookup endings; /* last names of entries without one whose MAIN still lives */
    struct lookup identities;
    struct lookup pids;
    struct lookup orphans;
    struct lookup watches;
};

/*
 * Adds an entry without a name, its plan new, nothing open. Null with ENOMEM. Removing it
 * frees it, and the last name it had; nothing of it may be open, alive or waited for.
 */
extern struct entry *table_add(struct table *table, dev_t device, ino_t inode,
                               char const *instance);
extern void table_remove(struct table *table, struct entry *entry);

extern struct entry *table_find(struct table const *table, dev_t device, ino_t inode,
                                char const *instance);

/*
 * A name without an entry, which can be found by its text. Null with ENOMEM. Forgetting
 * it is for such names only.
 */
extern struct name *table_add_name(struct table *table, char const *text);
extern void table_forget_name(struct table *table, struct name *name);

extern struct name *table_find_name(struct table const *table, char const *text);

/*
 * Gives a name without an entry to this one, whose last name of before is then forgotten.
 */
extern void table_give_name(struct table *table, struct entry *entry, struct name *name);

/*
 * Takes a name away from its entry. The last one stays with it, but is not found as a
 * name any more; it is found as an ending as long as the entry's MAIN lives.
 */
extern void table_take_name(struct table *table, struct name *name);

/* The entry that had this name last and is not gone yet, or null. */
extern struct entry *table_find_ending(struct table const *table, char const *text);

/* The entry is out of the way of whoever wants its last name. */
extern void table_end_ending(struct table *table, struct entry *entry);

/* What is called the entry in messages. */
extern char const *table_text(struct entry const *entry);

/* What is behind that in messages if they are about this side of it. */
extern char const *table_suffix(struct half const *half);

/* Its directory is another one. */
extern void table_set_identity(struct table *table, struct entry *entry, dev_t device,
                               ino_t inode);

/* The process of a side, our child; 0: none. */
extern void table_set_pid(struct table *table, struct half *half, pid_t pid);
extern struct half *table_find_pid(struct table const *table, pid_t pid);

/* What the supervise of a side has left, 0: nothing. `which` < ORPHANS. */
extern void table_set_orphan(struct table *table, struct half *half, unsigned int which,
                             pid_t pid);
extern struct orphan *table_find_orphan(struct table const *table, pid_t pid);

/* The watch of an entry; -1: none. */
extern void table_set_watch(struct table *table, struct entry *entry, int watch_id);
extern struct entry *table_find_watch(struct table const *table, int watch_id);

/*
 * Walks over all entries: the one that table_next returned last, or any other, may be
 * removed before it is called again. One walk at a time.
 */
extern void table_walk(struct table *table);
extern struct entry *table_next(struct table *table);

#endif
