/* ISC license. */

/*
 * What the parts of svc share.
 *
 *     options.c   reads the command line
 *     tell.c      tells one service
 *     wait.c      waits for what becomes of services that were told
 *     order.c     tells those too that a service needs, or that need it
 *     svc.c       for all of them
 */

#ifndef SV_SVC_H
#define SV_SVC_H

#include <stdint.h>

#include <sv/awaitdir.h>
#include <sv/control.h>
#include <sv/renamed.h>
#include <sv/watch.h>

#define BATCH_ENCORE 32 /* bytes, the leading 'l' included; one more is an error */
#define BATCH_DJB 20    /* bytes; what does not fit is dropped */
_Static_assert(BATCH_ENCORE - 1 <= SV_CONTROL_MARK_COVERS,
               "svc_tell() drops one byte at most");

/* What the operator asked for, in the order of typing. */
struct batch {
    unsigned char bytes[BATCH_ENCORE];
    unsigned int size; /* of what the personality allows */
    unsigned int length;
    unsigned int
        start; /* a letter counts once from here on: behind the last 'L' or 'l' */
};

/* Who is told besides the services that are named. */
enum along { ALONG_NOBODY, ALONG_NEEDS, ALONG_DEPENDENTS };

struct request {
    struct batch batch;
    int strict;            /* the exit code tells whether all could be told */
    enum sv_goal goal;     /* SV_GOAL_COUNT: nothing is waited for */
    int64_t timeout_ms;    /* INT64_MAX: waits for ever */
    uint32_t token;        /* of what we send, if anything is waited for */
    unsigned int commands; /* how many of ours supervise will note in its journal */
    enum along along;
    int restarts; /* DEPENDENTS: they are ended, and started again */
};

/* What has become of one service. */
enum outcome {
    OUTCOME_OPEN,    /* told, and waited for */
    OUTCOME_DONE,    /* told, and the goal is reached, if there is one */
    OUTCOME_INSTEAD, /* it did something else */
    OUTCOME_LATE,    /* the time was over */
    OUTCOME_TROUBLE  /* it could not be told, or not be waited for */
};

/* How news of the services come: by signals, or where that does not work by a watch. */
struct news {
    struct sv_renamed renamed;
    struct sv_watch watch; /* open if it is needed */
};

/* One service that is told, and then perhaps waited for. */
struct errand {
    char const *service; /* as the operator names it */
    struct request const *request;
    enum outcome outcome;
    struct sv_awaitdir where; /* defined if it is OPEN */
};

/*
 * Fills *request from the command line; ends the program if it is wrong, or is only to be
 * helped. Returns the index of the first service in argv.
 */
extern int svc_read_options(int argc, char const *const *argv, struct request *request);

/* From here on the request can be waited for: chooses the token, counts the commands. */
extern void svc_prepare_wait(struct request *request);

/*
 * *request becomes `from` with the one command `byte` (0: with its own ones) and that
 * goal, ready to be waited for.
 */
extern void svc_derive(struct request *request, struct request const *from,
                       unsigned char byte, enum sv_goal goal);

/*
 * Tells the service errand->service, which we are in and which is of that instance
 * (statedir.h), and sets the outcome; says what is wrong. What is to be waited for is
 * watched before; `news` is not used if the request has no goal.
 */
extern void svc_tell(struct errand *errand, char const *instance, struct news *news);

/* Begins; ends the program if that cannot be done. */
extern void svc_open_news(struct news *news);

/* Says why the service cannot be waited for: errno. */
extern void svc_warn_no_wait(struct errand const *errand);

/*
 * Waits for `count` errands, of which those that are OPEN have been told by now, until
 * none is OPEN any more; says of each that does something else what that is.
 */
extern void svc_wait(struct errand *errands, unsigned int count, struct news *news,
                     int64_t deadline_ms);

/*
 * Tells all of them, then waits for those whose requests have a goal. Returns what svc
 * --strict --wait exits with.
 */
extern int svc_send(struct errand *errands, unsigned int count, int64_t deadline_ms);

/*
 * Tells the services and who is to come along, as request->along says. Returns the same.
 */
extern int svc_in_order(struct request const *request, char const *const *services,
                        unsigned int count, int64_t deadline_ms);

#endif
