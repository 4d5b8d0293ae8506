/* ISC license. */

/*
 * What the parts of svdel share.
 *
 *     svdel.c     the command line, and in which order things are done
 *     find.c      what a name stands for, and whether it may go
 *     part.c      a supervise that is to leave: that of the service, or of its logger
 *     leave.c     tells them, and waits until they have left
 *     purge.c     removes the service directory
 *
 * A service goes in steps, and killed between two of them svdel goes on with the next one
 * when it is run again:
 *
 *     1. SCAN/NAME is renamed to .svdel:NAME, where svscan does not look
 *     2. its supervise leaves, then that of its logger
 *     3. the service directory is removed, if that is asked for
 *     4. .svdel:NAME goes
 */

#ifndef SV_SVDEL_H
#define SV_SVDEL_H

#include <limits.h>
#include <stdint.h>

#include <sv/definition.h>
#include <sv/instance.h>
#include <sv/link.h>
#include <sv/places.h>

#define LEAVING_SIZE (sizeof SV_DEFINITION_LEAVING + NAME_MAX)

struct choice {
    char const *scan, *base; /* as told; null */
    int purges, purges_logs, is_forced, waits;
    int64_t timeout_ms;
};

enum part_state {
    PART_ABSENT,   /* there is no supervise, and nothing that it has left */
    PART_THERE,    /* control is open: a supervise reads it */
    PART_ORPHANED, /* it has gone, and its process has not: pidfd */
};

/* A supervise that is to leave. */
struct part {
    int dir; /* the service directory, O_PATH; -1: there is none */
    enum part_state state;
    int control;      /* THERE: its FIFO, which tells when the last reader has gone */
    int pidfd;        /* ORPHANED */
    unsigned int pid; /* ORPHANED */
    int64_t tell_ms;  /* it is told then if it is still there; INT64_MAX: it was */
};

struct service {
    char const *name;
    char leaving[LEAVING_SIZE];     /* .svdel:NAME */
    char instance[SV_INSTANCE_MAX]; /* "": none */
    int is_there;                   /* as SCAN/NAME */
    int is_leaving;                 /* as SCAN/.svdel:NAME */
    int is_link;                    /* whichever it is */
    int parent;                     /* where its directory is; -1: none */
    char parent_path[PATH_MAX];     /* for messages, and for whoever has no link */
    char directory[NAME_MAX + 1];   /* what it is called there */
    struct part main, logger;
    int64_t settle_ms; /* until then svscan may just be starting it; 0: it is not */
    int is_draining;   /* the logger's turn has come */
    int is_done;
};

/* What `name` stands for; dies if there is nothing, or if it may not go. */
extern void svdel_find(struct service *service, char const *name,
                       struct choice const *choice, struct sv_places const *places);

/* Opens what there is of a part. Returns 1; 0 with errno: EACCES, EPERM ... */
extern int part_open(struct part *part, char const *instance);

/* What its descriptor, part_fd(), has shown. Returns 1; 0 with errno. */
extern int part_look(struct part *part, char const *instance);
extern int part_fd(struct part const *part);

/* Tells the supervise of a service to bring it down and leave; that of a logger, to do so
 * when all has been read. */
extern void part_tell(struct part *part, char const *instance);
extern void part_tell_logger(struct part *part, char const *instance);

/* The end; closes all. */
extern void part_close(struct part *part);

/* Waits until all have left. Returns what svdel exits with: 0, 99 or 111. */
extern int svdel_leave(struct service *services, unsigned int count, int listens,
                       int64_t deadline_ms);

/* Whether its directory may be removed; dies if not. */
extern void svdel_check_purge(struct service const *service, struct choice const *choice,
                              struct sv_places const *places);

/* Removes it, once nobody uses it. Returns 1; 0 after a warning. */
extern int svdel_purge(struct service const *service, struct choice const *choice,
                       struct sv_places const *places);

#endif
