/* ISC license. */

/*
 * What the parts of svwait share.
 *
 *     svwait.c     the command line, and what is awaited in which order
 *     services.c   the services
 *     program.c    the program that is run meanwhile
 */

#ifndef SV_SVWAIT_H
#define SV_SVWAIT_H

#include <stdint.h>
#include <sys/types.h>

#include <sv/awaitdir.h>

struct choice {
    enum sv_goal goal;
    int any;                    /* one of the services is enough */
    int64_t timeout_ms;         /* INT64_MAX: waits for ever */
    char const *const *program; /* null: none is run */
};

struct service {
    enum sv_await_result is; /* at the last look */
    struct sv_awaitdir where;
};

struct services {
    struct service *list;
    unsigned int count;
    struct sv_watch watch;
};

enum verdict {
    VERDICT_OPEN,    /* go on */
    VERDICT_REACHED, /* by all, or by one if one is enough */
    VERDICT_NEVER    /* out of reach */
};

/* Watches all of them; dies if there is one that cannot be waited for. */
extern void svwait_watch(struct services *services, char const *const *names,
                         unsigned int count, struct choice const *choice);

/* Looks at those that are not there yet, whatever happened. */
extern void svwait_look_at_all(struct services *services);

/* Looks at those that have news. */
extern void svwait_take_news(struct services *services);

extern enum verdict svwait_judge(struct services const *services,
                                 struct choice const *choice);

/* Says what they do instead of what was awaited; `late`: so far. */
extern void svwait_complain(struct services const *services, int late);

/* From here on ends of children come as a descriptor, which is returned; or dies. */
extern int svwait_catch_ends(void);

/* Runs it, found as the shell does. Returns its pid, or dies. */
extern pid_t svwait_run(char const *const *argv);

/*
 * The descriptor is readable: has the program ended? Returns 1 if it has and did well; 0
 * if it has not ended; if it has failed svwait ends as it did.
 */
extern int svwait_has_ended(pid_t pid);

#endif
