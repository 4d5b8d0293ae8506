/* ISC license. */

/*
 * Supervise processes that are not our children: an svscan before us has started them and
 * was killed, or told to leave them. Each is held by a pidfd, and all of these are behind
 * one epoll descriptor: at rest they cost nothing. What cannot be held so is looked at
 * every second.
 */

#include <errno.h>
#include <signal.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <sv/child.h>
#include <sv/clock.h>
#include <sv/message.h>
#include <sv/process.h>

#include "svscan.h"

#define CHECK_MS 1000

/* Has *half's pidfd watched. Returns 1; 0 with errno. */
static int watch(struct svscan *svscan, struct half *half)
{
    struct epoll_event wanted = {.events = EPOLLIN, .data = {.ptr = half}};

    if (svscan->held < 0) svscan->held = epoll_create1(EPOLL_CLOEXEC);
    return svscan->held >= 0
           && !epoll_ctl(svscan->held, EPOLL_CTL_ADD, half->pidfd, &wanted);
}

/*
 * Tries to hold it. Returns 1 if it is held, or at least there; 0 if it is there no more.
 */
static int try_to_hold(struct svscan *svscan, struct half *half)
{
    half->pidfd = sv_child_open(half->pid, half->start, 0);
    if (half->pidfd < 0 && errno == ESRCH) return 0;
    if (half->pidfd >= 0 && watch(svscan, half)) return 1;
    int error_number = errno;
    if (half->pidfd >= 0) (void)close(half->pidfd); /* of no use */
    half->pidfd = -1;
    svscan->check_ms = sv_clock_monotonic_ms() + CHECK_MS;
    errno = error_number;
    if (trouble_is_new(&svscan->troubles, TROUBLE_HOLD))
        sv_warnu("wait for the end of supervise ", table_text(half->entry),
                 table_suffix(half), ": ", sv_errortext(errno),
                 "; looking every second whether it lives");
    return sv_process_is(half->pid, half->start) != 0; /* if in doubt, it is there */
}

int svscan_hold(struct svscan *svscan, struct half *half, pid_t pid, uint64_t start)
{
    half->pid = pid;
    half->start = start;
    half->is_foreign = 1;
    if (try_to_hold(svscan, half)) return 1;
    svscan_let_go(svscan, half);
    return 0;
}

void svscan_let_go(struct svscan *svscan, struct half *half)
{
    table_set_pid(&svscan->table, half, 0);
    if (half->pidfd >= 0) (void)close(half->pidfd); /* which ends the watch, too */
    half->pidfd = -1;
    half->is_foreign = half->has_other_pipe = half->read_other_pipe = 0;
}

/* One at a time: what has been let go of is not told of any more. */
void svscan_read_held(struct svscan *svscan)
{
    struct epoll_event event;

    while (epoll_wait(svscan->held, &event, 1, 0) > 0) {
        struct half *half = event.data.ptr;
        svscan_ended(svscan, half, 0);
    }
}

void svscan_check_held(struct svscan *svscan)
{
    struct entry *entry;

    if (svscan->check_ms > sv_clock_monotonic_ms()) return;
    svscan->check_ms = SV_SCAN_NEVER;
    table_walk(&svscan->table);
    while ((entry = table_next(&svscan->table)))
        for (unsigned int side = 0; side < SV_SCAN_SIDE_COUNT; side++) {
            struct half *half = &entry->halves[side];
            if (!half->is_foreign || half->pidfd >= 0) continue;
            if (try_to_hold(svscan, half)) continue;
            svscan_ended(svscan, half, 0);
            break; /* there may be no entry any more; if there is, its turn comes */
        }
}

int svscan_signal(struct half const *half, int number)
{
    int sent;

    if (half->is_foreign && half->pidfd >= 0)
        sent = sv_child_signal(half->pidfd, number);
    else if (half->is_foreign && !sv_process_is(half->pid, half->start))
        return 1;
    else
        sent = !kill(half->pid, number);
    return sent || errno == ESRCH; /* it has just ended, which we will be told */
}
