/* ISC license. */

/*
 * process (kernel): who a process is. A pid is given to another process once its own is
 * gone; pid and start time together are not, within one boot.
 */

#ifndef SV_PROCESS_H
#define SV_PROCESS_H

#include <stdint.h>
#include <sys/types.h>

/*
 * When the process `pid` (> 0) started, in clock ticks after the boot: field 22 of
 * /proc/PID/stat. Returns 1; 0 if there is no such process, or only its zombie (*ticks is
 * then untouched); -1 with errno if that cannot be told (EPROTO: /proc/PID/stat is not as
 * proc(5) says).
 */
extern int sv_process_start_time(pid_t pid, uint64_t *ticks);

/*
 * Whether the process `pid` that started at `ticks` still runs, now in the same boot.
 * Returns 1 or 0; -1 with errno if that cannot be told (EPERM: /proc hides other users'
 * processes).
 */
extern int sv_process_is(pid_t pid, uint64_t ticks);

#endif
