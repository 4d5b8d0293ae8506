/* ISC license. */

/*
 * trace: what the supervise of one side has left in its directory (recovery.h), whether
 * it lives or not. Only a look: what follows from it is decided elsewhere.
 */

#ifndef SV_SVSCAN_TRACE_H
#define SV_SVSCAN_TRACE_H

#include <stdint.h>
#include <sys/types.h>

#include "table.h"

struct trace {
    pid_t supervise;        /* it lives, and looks after this very directory; 0: none */
    uint64_t start;         /* its start time; defined if (supervise) */
    uint64_t input, output; /* inodes of the pipes on its 0 and 1; 0: none, or unknown */
    struct {
        pid_t pid;      /* 0: none; whether it lives has not been looked at */
        uint64_t start; /* its start time, 0: not known */
        uint64_t since; /* it did not start earlier, 0: not known */
    } children[ORPHANS];
    unsigned int has_left : 1;   /* it exited because it was told to */
    unsigned int unfinished : 1; /* its service, or finish, may still have to be ended */
};

/*
 * The service directory of a side, O_PATH: by its name if that still leads there, else by
 * what was kept when the name went. Returns the descriptor; -1 with errno.
 */
extern int trace_open_service(struct half const *half);

/* Its state directory. Returns the descriptor; -1 with errno. */
extern int trace_open_state(struct half const *half);

/* Whether we lack something (EMFILE, ENFILE, ENOMEM): later it may be different. */
extern int trace_is_lack(int error_number);

/*
 * Looks. Returns 1; 0 if there is nothing that is to be trusted, or it cannot be reached;
 * -1 with errno if we lack something to look with. Unless it is 1 *trace is all
 * zero.
 */
extern int trace_read(struct half const *half, unsigned char const *life,
                      struct trace *trace);

#endif
