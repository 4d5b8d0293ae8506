/* ISC license. */

/*
 * svevents' own. A place is what was named on the command line, a service or a scan
 * directory; a source is one service, whose journal is read. Events are merged
 * (replay.c), put into words (format.c) and delivered (deliver.c).
 */

#ifndef SVEVENTS_H
#define SVEVENTS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <time.h>

#include <sv/cursorfile.h>
#include <sv/journalreader.h>
#include <sv/watch.h>

struct choice {
    unsigned int follow : 1;
    unsigned int json : 1;
    unsigned int has_count : 1; /* `count` is defined, and so on */
    unsigned int has_since : 1;
    uint64_t count; /* the last ones only */
    struct timespec since;
    char const *cursor;         /* null: none */
    char const *const *program; /* null: none; else ends in a null pointer */
};

enum place_kind {
    PLACE_UNKNOWN, /* there is nothing */
    PLACE_SERVICE,
    PLACE_SCAN
};

struct place {
    char const *argument;
    enum place_kind kind;
    int watch; /* of the scan directory, or where the service is; -1: none */
};

struct source {
    struct source *next;
    struct place *place;
    char *path; /* of the service directory */
    char *name; /* for people */
    struct sv_journalreader reader;
    int file_watch;  /* of the journal, -1: none */
    int state_watch; /* of supervise/, as long as there is no journal; -1: none */
    int dir_watch;   /* of the service directory; -1: none */
    int index;       /* of its row in the cursor, -1: none yet */
    struct sv_cursor_row row;     /* how far it has been taken */
    uint64_t missed;              /* so many are missed before `head` */
    struct sv_journal_entry head; /* the next entry; defined if (has_head) */
    unsigned int has_head : 1;
    unsigned int dirty : 1;    /* there may be something to read */
    unsigned int counts : 1;   /* what is missed before the first entry is told of */
    unsigned int changed : 1;  /* `row` has, since the last commit */
    unsigned int replaced : 1; /* there is another journal now */
    unsigned int seen : 1;     /* its directory is there */
    unsigned int leaving : 1;  /* it is not: it goes when it rests and all is read */
    unsigned int rests : 1;    /* after its last entry no process of it is there */
    unsigned int warned : 1;   /* that its journal cannot be read */
};

/* One thing to be told: an entry, or that some were missed. */
struct item {
    char const *service;
    uint64_t missed;               /* 0: it is an entry */
    struct sv_journal_entry entry; /* missed: the one behind them */
};

struct svevents {
    struct choice choice;
    struct place *places;
    size_t place_count;
    struct source *sources;
    struct source **heap; /* those that have a head, the next one first */
    size_t source_count;
    size_t heap_count;
    size_t heap_room;
    uint64_t skip;  /* entries that are not told */
    size_t width;   /* of the column with names */
    int is_resumed; /* the cursor knows what has been told */
    int is_started; /* what comes now is new */
    int has_failed; /* something could not be read */
    int is_shared;  /* somewhere a directory is watched for two: look everywhere */
    struct sv_watch watch;
    struct sv_cursorfile cursor;          /* defined if (choice.cursor) */
    unsigned char life[SV_CURSOR_LIFE];   /* likewise */
    unsigned char in_use[SV_CURSOR_ROWS]; /* rows of the cursor */
    struct rlimit files; /* for programs; ours is as large as it may be */
};

/* place.c ---------------------------------------------------------------------------- */

/* Looks which services there are, in one place or in all. */
extern void svevents_look(struct svevents *events, struct place *place);
extern void svevents_look_everywhere(struct svevents *events);

/* source.c --------------------------------------------------------------------------- */

/* A source for the service directory `path`, which is taken over, as is `name`. */
extern struct source *svevents_add(struct svevents *events, struct place *place,
                                   char *path, char *name);

/* Looks where its journal is now. */
extern void svevents_check(struct svevents *events, struct source *source);

/* Reads its next entry, if it has none. */
extern void svevents_advance(struct svevents *events, struct source *source);

/* Forgets it. It is not in the heap. */
extern void svevents_remove(struct svevents *events, struct source *source);

/* replay.c --------------------------------------------------------------------------- */

/* Counts what there is, so that only the last ones are told. */
extern void svevents_count(struct svevents *events);

/* Tells all that there is to be told now. */
extern void svevents_replay(struct svevents *events);

/* wait.c ----------------------------------------------------------------------------- */

/* Waits until something happens. Ends the program if nobody reads its output any more, or
 * nothing is left to be followed. */
extern void svevents_wait(struct svevents *events);

/* Takes in what has happened. */
extern void svevents_take_events(struct svevents *events);

/* format.c --------------------------------------------------------------------------- */

#define SVEVENTS_LINE 32768 /* bytes that an item can become */

/* Writes the item as a line, or as NAME=VALUE strings with a NUL behind each. Returns the
 * length. */
extern size_t svevents_format(struct svevents const *events, struct item const *item,
                              char line[SVEVENTS_LINE]);
extern size_t svevents_format_environment(struct item const *item,
                                          char strings[SVEVENTS_LINE]);

/* deliver.c -------------------------------------------------------------------------- */

/* Opens the cursor, and pays what a killed reader has owed. */
extern void svevents_open_cursor(struct svevents *events);

/* Delivers an item, perhaps not before the next flush. */
extern void svevents_tell(struct svevents *events, struct item const *item);

/* Delivers what waits, and stores how far all sources have been taken. */
extern void svevents_flush(struct svevents *events);

/* program.c -------------------------------------------------------------------------- */

/* Finds the program, or ends this one. */
extern void svevents_find_program(struct svevents *events);

/*
 * Runs the program with these strings (format.c) in its environment, and waits for its
 * end. `slot`: where its birth and end are stored; null: nowhere.
 */
extern void svevents_run(struct svevents const *events, char const *strings,
                         size_t length, struct sv_cursor_slot *slot);

/* Waits for a program that a killed reader has started. Returns 0 if it never ran. */
extern int svevents_await(struct sv_cursor_slot const *slot);

#endif
