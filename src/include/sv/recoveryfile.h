/* ISC license. */

/*
 * recoveryfile (kernel): supervise/.recovery, the page that recovery.h describes.
 */

#ifndef SV_RECOVERYFILE_H
#define SV_RECOVERYFILE_H

#include <sv/recovery.h>

/*
 * Maps .recovery of the state directory `dir` and sets *page; `life` is what
 * sv_process_life() says. What is there and not to be trusted (another life, a copy, not
 * a file of our own) is made anew. The caller holds the lock. Returns 1 if an earlier
 * supervise has left the page; 0 if it is empty; -1 with errno if there can be no file:
 * then the page is memory, empty, and what it says is lost when we are killed; -2 with
 * errno if there may be one and it cannot be had now (ENOMEM, ENFILE ...): whoever went
 * on would start what may be running.
 */
extern int sv_recoveryfile_open(struct sv_recovery **page, int dir,
                                unsigned char const *life);

/*
 * After -1: makes the file from what the page holds, and maps it. Returns 1; 0 with
 * errno, then the page is as it was.
 */
extern int sv_recoveryfile_retry(struct sv_recovery *page, int dir);

/*
 * Copies the page of `dir` for a look. Returns 1; 0 if there is none that is to be
 * trusted; -1 with errno.
 */
extern int sv_recoveryfile_peek(struct sv_recovery *copy, int dir,
                                unsigned char const *life);

/*
 * Tells the supervise of `dir` that its child `pid`, which was ours at the end, ended
 * with `wait_status`. Returns 1; 0 with errno.
 */
extern int sv_recoveryfile_relay(int dir, int pid, int wait_status);

#endif
