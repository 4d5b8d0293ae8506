/* ISC license. */

/*
 * process (kernel): who a process is. A pid is given to another process once its own is
 * gone; pid and start time together are not, within one boot.
 */

#ifndef SV_PROCESS_H
#define SV_PROCESS_H

#include <stdint.h>
#include <sys/types.h>

#define SV_PROCESS_NAME 16 /* with its NUL: TASK_COMM_LEN of the kernel */

/* What /proc/PID/stat says, proc(5). */
struct sv_process {
    char name[SV_PROCESS_NAME]; /* any bytes but NUL; cut if it is longer */
    char state; /* 'R', 'S', ...; 'Z' and 'X': it has ended and is not reaped */
    pid_t parent;
    pid_t group;
    pid_t session;
    unsigned int threads;
    uint64_t start;              /* in clock ticks after the boot */
    int wait_status;             /* 'Z', 'X': as waitpid() would give it, if has_status */
    unsigned int has_status : 1; /* the kernel shows us that (same user, or root) */
};

/*
 * Looks at the process `pid` (> 0). Returns 1; 0 if there is none (*process is then
 * undefined); -1 with errno if that cannot be told (EPROTO: /proc/PID/stat is not as
 * proc(5) says).
 */
extern int sv_process_look(pid_t pid, struct sv_process *process);

/*
 * When the process `pid` (> 0) started, in clock ticks after the boot. Returns 1; 0 if
 * there is no such process, or only its zombie (*ticks is then untouched); -1 with errno
 * as sv_process_look.
 */
extern int sv_process_start_time(pid_t pid, uint64_t *ticks);

/*
 * Whether the process `pid` that started at `ticks` still runs, now in the same boot.
 * Returns 1 or 0; -1 with errno if that cannot be told (EPERM: /proc hides other users'
 * processes).
 */
extern int sv_process_is(pid_t pid, uint64_t ticks);

/* The start time of a process that was made at this time of CLOCK_BOOTTIME, in ns. */
extern uint64_t sv_process_ticks(int64_t boottime_ns);

/*
 * Sixteen bytes that name the life of process 1: this boot, this PID namespace, and
 * process 1 in it. Pids and start times mean something in one such life only; a container
 * has a new one each time that it is started. Returns 1; -1 with errno if that cannot be
 * told now. All zero if the kernel has no id of the boot.
 */
extern int sv_process_life(unsigned char *life);

/* The id of this boot, 16 bytes; all zero if the kernel does not tell. */
extern void sv_process_boot_id(unsigned char *boot_id);

#endif
