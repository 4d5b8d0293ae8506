/* ISC license. */

/*
 * svtail's own. Each log has a plan (tailplan.h), the file of it that is being read, and
 * a buffer with what has been read and not printed yet.
 */

#ifndef SVTAIL_H
#define SVTAIL_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include <sv/tailplan.h>
#include <sv/tailtime.h>
#include <sv/tailwatch.h>
#include <sv/watch.h>

/* What a buffer has to begin with, and at most; a longer line is printed in parts. */
#define SVTAIL_BLOCK 131072
#define SVTAIL_MOST 1048576

struct choice {
    unsigned int follow : 1;
    unsigned int local : 1;     /* labels are shown as local time */
    unsigned int has_lines : 1; /* `lines` is defined, and so on */
    unsigned int has_since : 1;
    unsigned int has_until : 1;
    uint64_t lines;
    struct timespec since;
    struct timespec until;
};

enum stamped { STAMPED_UNKNOWN, STAMPED_YES, STAMPED_NO };

struct log {
    char const *argument;
    char *path;       /* of the log directory; null: not found yet */
    char const *name; /* of the service, not terminated */
    size_t name_length;
    int directory;        /* -1: not found yet */
    int successor;        /* the directory that has taken its place; -1: none */
    char *successor_path; /* defined if (successor >= 0) */
    dev_t device;         /* of the directory, defined if (directory >= 0) */
    ino_t inode;          /* likewise */
    int watch;            /* its id, -1: not watched */
    struct sv_tailplan plan;
    int fd;       /* the plan's next file, or one that the plan lost; -1: none */
    off_t offset; /* of what is read next; defined if (fd >= 0) */
    char *buffer;
    size_t room;
    size_t begin;         /* what is not printed yet: from here ... */
    size_t end;           /* ... to here ... */
    size_t searched;      /* ... and there is no newline before this */
    size_t line_end;      /* behind the next line, which starts at `begin` */
    struct timespec last; /* time of the latest line that had one */
    enum stamped stamped;
    unsigned int lost : 1;    /* fd is of a file that the plan does not have */
    unsigned int torn : 1;    /* ... of one whose last line may be incomplete */
    unsigned int in_line : 1; /* the last byte read was no newline */
    unsigned int in_part : 1; /* the last line printed was a part of one */
    unsigned int is_part : 1; /* so is the next one */
    unsigned int idle : 1;    /* there is nothing to read before the next event */
    unsigned int ended : 1;   /* a line from UNTIL on has been seen */
    unsigned int warned : 1;  /* that there are compressed files */
};

struct svtail {
    struct choice choice;
    struct log *logs;
    struct sv_tailtime_head *heads; /* of each log */
    size_t count;
    uint64_t skip;               /* lines that are not printed */
    unsigned int overflowed : 1; /* events were lost */
    unsigned int looked : 1;     /* events have been taken in */
    struct sv_watch places;      /* where directories may come and go */
    struct sv_tailwatch watch;   /* what happens in the logs */
};

/* directory.c ------------------------------------------------------------------------ */

/* Goes over to the directory that `fd` is open on; path is malloc'd, and both are kept.
 */
extern void svtail_attach(struct svtail *tail, struct log *log, int fd, char *path);

/* Takes in all that has happened in the logs. */
extern void svtail_look(struct svtail *tail);

/* Forgets the oldest files that end before SINCE. */
extern void svtail_skip_files(struct svtail *tail, struct log *log);

/* place.c ---------------------------------------------------------------------------- */

/*
 * Finds the log of log->argument. Returns an open directory, and its path, malloc'd; -1
 * with errno, ENOENT also if there is a directory without a log.
 */
extern int svtail_find(char const *argument, char **path);

/* Looks which directories are still in their places, or have come, and watches those. */
extern void svtail_check_places(struct svtail *tail);

/* Waits until something happens. */
extern void svtail_wait(struct svtail *tail);

/* file.c ----------------------------------------------------------------------------- */

/*
 * Opens plan.files[index], which keeps its index as long as none is said to be done.
 * Returns a descriptor; -1 if there is nothing to be read, and why has been said.
 */
extern int svtail_open(struct svtail *tail, struct log *log, size_t index);

/* Reads on. Returns 1; 0 if there is nothing more now, and then log->idle is set. */
extern int svtail_fill(struct svtail *tail, struct log *log);

/* back.c ----------------------------------------------------------------------------- */

/* Goes to where the last lines begin, and sets tail->skip. */
extern void svtail_go_back(struct svtail *tail);

/* print.c ---------------------------------------------------------------------------- */

/* Prints all lines that there are. */
extern void svtail_print(struct svtail *tail);

/* The time at the beginning of a line. Returns 1; 0 if there is none. */
extern int svtail_time(char const *line, size_t length, struct timespec *when);

/* A local time that has been read as if it were UTC. */
extern void svtail_from_local(struct timespec *when);

/* Whether a block of lines has a stamp somewhere. */
extern int svtail_has_stamps(char const *block, size_t length);

/* Says, once for a log, that -s and -u are of no use. */
extern void svtail_set_stamped(struct log *log, int is_stamped);

/* output.c --------------------------------------------------------------------------- */

/* These end the program, 111, or 0 if nobody reads any more. */
extern void out_bytes(char const *bytes, size_t length);
extern void out_flush(void);

#endif
