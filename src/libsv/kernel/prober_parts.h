/* ISC license. */

/* Between the files of prober. */

#ifndef PROBER_PARTS_H
#define PROBER_PARTS_H

#include <skalibs/iopause.h>

#include <sv/prober.h>

/* Puts the strings, up to a null, into the reason; returns `result`. */
extern enum sv_prober_result sv_prober_say(struct sv_prober const *prober,
                                           enum sv_prober_result result, ...)
    __attribute__((sentinel));
#define SAY(prober, result, ...) sv_prober_say((prober), (result), __VA_ARGS__, (char *)0)

/* BAD, or TROUBLE if it is us who lack something: "unable to VERB OBJECT: reason". */
extern enum sv_prober_result sv_prober_unable(struct sv_prober const *prober,
                                              char const *verb, char const *object);

/* BAD: the time is up. */
extern enum sv_prober_result sv_prober_late(struct sv_prober const *prober,
                                            char const *while_doing);

/*
 * Waits until `fd` is ready for `events`: GOOD. Otherwise what is to be returned:
 * STOPPED, or TROUBLE; BAD with `while_doing` if the time is up.
 */
extern enum sv_prober_result sv_prober_wait(struct sv_prober const *prober, int fd,
                                            short events, char const *while_doing);

/* A connected socket in *fd, non-blocking: GOOD. */
extern enum sv_prober_result sv_prober_connect(struct sv_prober const *prober,
                                               struct sv_probe const *probe, int *fd);

extern enum sv_prober_result sv_prober_http(struct sv_prober const *prober,
                                            struct sv_probe const *probe);
extern enum sv_prober_result sv_prober_line(struct sv_prober const *prober,
                                            struct sv_probe const *probe);

#endif
