/* ISC license. */

/*
 * prober (kernel): performs one probe (probe.h), or the check of a service directory,
 * and is back at its deadline, whatever the other side does.
 *
 * Nothing is left behind: what a command has started, as far as it stayed in its process
 * group, is killed when the command has ended or the time is up.
 */

#ifndef SV_PROBER_H
#define SV_PROBER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include <sv/probe.h>

#define SV_PROBER_REASON \
    256 /* room for a reason, enough for any; longer ones are cut \
         */

enum sv_prober_result {
    SV_PROBER_GOOD,
    SV_PROBER_BAD,
    SV_PROBER_TROUBLE, /* it is not known: there is no such check, or we have no memory,
                          no descriptor, no process */
    SV_PROBER_STOPPED  /* `watched` has become readable; there is no reason then */
};

/*
 * How far a log has been read, so that the next look at it reads only what is new. All
 * zero but `since` before the first. For another log or expression it begins anew.
 */
struct sv_prober_log {
    struct timespec since;     /* older lines do not count; 0: all do */
    uint32_t which;            /* log and expression: a checksum */
    dev_t device;              /* of the file that was read last ... */
    ino_t inode;               /* ... 0: none yet */
    off_t at;                  /* ... the beginning of the first line not seen */
    struct timespec looked;    /* when that was */
    unsigned int is_found : 1; /* and that stays so */
};

struct sv_prober {
    int64_t deadline_ms;       /* of sv_clock_monotonic_ms; INT64_MAX: none */
    int watched;               /* a descriptor, or -1 */
    struct sv_prober_log *log; /* null: each line counts, nothing is remembered */
    char *reason; /* why it is not good; SV_PROBER_REASON bytes; "" if it is */
};

/*
 * Performs it. In a log, a line that begins with a TAI64N label counts if the label is
 * not before log->since, and the expression sees what follows the label and a blank; one
 * without counts unless it was there when the file was last written before then. A line
 * counts once it has its end. Old files of a log directory are read as well, if they have
 * been written since then.
 */
extern enum sv_prober_result sv_prober_probe(struct sv_prober const *prober,
                                             struct sv_probe const *probe);

/* Runs argv[0], searched for in PATH: good if it exits 0. */
extern enum sv_prober_result sv_prober_command(struct sv_prober const *prober,
                                               char const *const *argv);

/*
 * Runs the first of the paths `scripts` (ends in a null) that is an executable file, with
 * `argument`, if it is not null, as its only one; if there is none, performs the probe in
 * the file `probe` of the working directory.
 */
extern enum sv_prober_result sv_prober_check(struct sv_prober const *prober,
                                             char const *const *scripts,
                                             char const *argument);

#endif
