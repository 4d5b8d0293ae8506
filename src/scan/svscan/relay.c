/* ISC license. */

/*
 * Ends. When a supervise that is our child is killed, its service becomes our child; then
 * we are the only one who gets its exit code, and write it down where the next supervise
 * of that service looks.
 */

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <skalibs/djbunix.h>

#include <sv/child.h>
#include <sv/clock.h>
#include <sv/message.h>
#include <sv/process.h>
#include <sv/recoveryfile.h>

#include "svscan.h"
#include "trace.h"

static void tell_end(struct svscan *svscan, struct half *half, pid_t pid, int wait_status)
{
    int state = trace_open_state(half);
    int told = state >= 0 && sv_recoveryfile_relay(state, pid, wait_status);
    int error_number = errno;

    if (state >= 0) (void)close(state); /* only a place */
    errno = error_number;
    if (told) {
        if (half->pid) (void)svscan_signal(half, SIGCHLD); /* or it looks by itself */
    } else if (errno != ENOENT && trouble_is_new(&svscan->troubles, TROUBLE_RELAY)) {
        sv_warnusys("tell supervise ", table_text(half->entry), " how its service ended");
    }
}

/* `pid`, which is none of our supervises, has been reaped. */
static void note_end(struct svscan *svscan, pid_t pid, int wait_status)
{
    struct orphan *orphan = table_find_orphan(&svscan->table, pid);
    struct end *end = &svscan->ends[svscan->end_count++ % ENDS];

    *end = (struct end){pid, wait_status, sv_process_ticks(sv_clock_boottime_ns())};
    if (!orphan) return; /* nobody's, or its supervise has ended and we do not know yet */
    struct half *half = orphan->half;
    table_set_orphan(&svscan->table, half, (unsigned int)(orphan - half->orphans), 0);
    tell_end(svscan, half, pid, wait_status);
}

/* An end that was noted, of a process that did not start before `since`. */
static struct end const *find_end(struct svscan const *svscan, pid_t pid, uint64_t since)
{
    for (unsigned int i = 0; i < ENDS; i++) {
        struct end const *end = &svscan->ends[i];
        if (end->pid == pid && since && end->ticks >= since) return end;
    }
    return 0;
}

/* What the supervise of `half` has left may have ended before it did. */
static void inherit(struct svscan *svscan, struct half *half, struct trace const *trace)
{
    for (unsigned int i = 0; i < ORPHANS; i++) {
        pid_t pid = trace->children[i].pid;
        int is_ours = pid && sv_child_is_ours(pid);
        table_set_orphan(&svscan->table, half, i, is_ours ? pid : 0);
        if (!pid || is_ours) continue;
        struct end const *end = find_end(svscan, pid, trace->children[i].since);
        if (end) tell_end(svscan, half, pid, end->wait_status);
    }
}

void svscan_ended(struct svscan *svscan, struct half *half, int const *wait_status)
{
    struct sv_scan_event died = {.kind = SV_SCAN_EVENT_DIED, .side = half->side};
    struct trace trace;

    int read_other_pipe = half->read_other_pipe;
    svscan_let_go(svscan, half);
    died.exited_well =
        wait_status && WIFEXITED(*wait_status) && !WEXITSTATUS(*wait_status);
    int found = died.exited_well ? 0 : trace_read(half, svscan->life, &trace);
    if (found > 0 && trace.supervise) {
        died.unfinished = 1; /* it found the lock held: that one is taken over */
    } else if (found > 0) {
        inherit(svscan, half, &trace);
        died.exited_well = trace.has_left;
        died.unfinished = trace.unfinished && !trace.has_left;
    }
    if (read_other_pipe) died.exited_well = 0; /* of ours it has read nothing */
    svscan_feed(svscan, half->entry, &died);
}

void svscan_reap(struct svscan *svscan)
{
    int pid, wait_status;

    while ((pid = wait_nohang(&wait_status)) > 0) {
        struct half *half = table_find_pid(&svscan->table, pid);
        if (svscan_checker_ended(svscan, pid, wait_status)) continue;
        if (half)
            svscan_ended(svscan, half, &wait_status);
        else
            note_end(svscan, pid, wait_status);
    }
}
