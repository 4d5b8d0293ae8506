/* ISC license. */

/*
 * heir (pure): who goes on when a process of a daemon that goes into the background has
 * ended.
 *
 * Candidates are the processes that it may have left. One that is not in the session
 * of run is preferred: that is what a daemon wants, and no helper that run starts beside
 * it. Of these one with the name of the one that has ended, for that forked it and
 * executed nothing since; and of these the one that started last, for whoever goes into
 * the background has nothing more to do after its fork.
 *
 * If nobody has that name, the one that has ended was a script that has called a daemon.
 * Then it is the one that became our child first, for that was an orphan before the
 * script ended, other than what the script had started beside it.
 *
 * After a takeover candidates come from among everybody's orphans. Then those count that
 * are known to belong to the service; and if there is none, one that has the name of the
 * one that has ended, but only if it is the only one.
 */

#ifndef SV_HEIR_H
#define SV_HEIR_H

#include <stdint.h>
#include <sys/types.h>

struct sv_heir {
    pid_t pid;
    uint64_t start;                 /* process.h */
    unsigned int is_ours : 1;       /* it belongs to the service for certain */
    unsigned int same_name : 1;     /* as the one that has ended */
    unsigned int other_session : 1; /* than that of run */
};

struct sv_heir_choice {
    struct sv_heir best;  /* pid 0: nobody yet */
    unsigned int guesses; /* candidates that have nothing but the name */
};

/*
 * Takes a candidate into account, in the order of the kernel's list of our children. A
 * choice that is all zero is an empty one.
 */
extern void sv_heir_consider(struct sv_heir_choice *choice,
                             struct sv_heir const *candidate);

/* The pid of the one, and *start; 0 if there is none. */
extern pid_t sv_heir_chosen(struct sv_heir_choice const *choice, uint64_t *start);

#endif
