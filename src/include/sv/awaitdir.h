/* ISC license. */

/*
 * awaitdir (kernel): what await.h has to be told of one service, from its state
 * directory. A service is watched first, then its base is read, then commands may be
 * sent; from then on it is looked at whenever its directory says that something is new.
 *
 * It need not be there yet: neither the state directory, nor a supervise. That of another
 * suite has only the family's record. One that has another record still (s6) cannot be
 * waited for.
 *
 * What is reached counts when it has been published: whoever is told of it and asks
 * svstat then is not told otherwise.
 */

#ifndef SV_AWAITDIR_H
#define SV_AWAITDIR_H

#include <stddef.h>
#include <stdint.h>

#include <sv/await.h>
#include <sv/journalreader.h>
#include <sv/renamed.h>
#include <sv/watch.h>

struct sv_awaitdir {
    char const *service;      /* as people name it; the caller's */
    struct sv_await await;    /* begun by the caller */
    int dir;                  /* the state directory, O_PATH; -1: not there (yet) */
    int id;                   /* of its watch; -1: none */
    int parent_id;            /* of that of where it is to appear; -1: none */
    int control;              /* the caller's, -1: none. Kept open until our commands were
                                 taken: so they outlive a supervise that is killed */
    uint64_t sent;            /* the caller's: bytes of commands in it */
    unsigned int has_own : 1; /* supervise is one of ours */
    unsigned int is_cheap : 1;       /* what was renamed has no name */
    unsigned int doubts;             /* looks that found it reached, and not published */
    unsigned int own_news : 1;       /* .status is new, and status is not (yet) */
    unsigned int at_rest : 1;        /* nobody was there to write either */
    struct sv_journalreader journal; /* seen so far */
};

/*
 * Begins to wait for `service` (sv_await_begin, on where->await, comes first). `dir` is
 * its state directory, O_PATH, and becomes ours; -1: it is looked for, and another one
 * that comes in its place is found. Returns 1; 0 with errno: that of the service
 * directory, or of the watch, or as sv_statedir_find.
 */
extern int sv_awaitdir_open(struct sv_awaitdir *where, struct sv_watch *watch,
                            char const *service, int dir);

/*
 * The same by signals, without a watch: `dir` is O_RDONLY. What comes later, a state
 * directory that is made anew, goes unnoticed. Returns 1; 0 with errno (then nothing has
 * changed).
 */
extern int sv_awaitdir_open_cheaply(struct sv_awaitdir *where, struct sv_renamed *renamed,
                                    char const *service, int dir);

/*
 * Reads the base. Returns 1 if supervise is ours or may be; 0 if it is another suite's;
 * -1 with errno if it cannot be waited for (EPROTO: it has a record of another kind, or
 * one that does not show what is awaited). `listens`: somebody is known to read the FIFO
 * control; 0: that is found out.
 */
extern int sv_awaitdir_base(struct sv_awaitdir *where, int listens);

/*
 * An event of the watch. Returns 1 if the service is to be looked at now; 0 if not; -1
 * with errno if it cannot be waited for any more.
 */
extern int sv_awaitdir_event(struct sv_awaitdir *where, struct sv_watch *watch,
                             struct sv_watch_event const *event);

/*
 * Looks what is new. Returns an enum sv_await_result; -1 with errno as sv_awaitdir_base.
 */
extern int sv_awaitdir_look(struct sv_awaitdir *where);

/* The end; the watch stays. Fine if it was not opened, as long as all is -1. */
extern void sv_awaitdir_close(struct sv_awaitdir *where);

#endif
