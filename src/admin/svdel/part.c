/* ISC license. */

/*
 * A supervise that is to leave, of whichever suite. That it has gone is seen by its FIFO:
 * who holds the writing end is told when nobody reads any more.
 */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <sv/child.h>
#include <sv/clock.h>
#include <sv/control.h>
#include <sv/controlfifo.h>
#include <sv/process.h>
#include <sv/statedir.h>
#include <sv/statefile.h>
#include <sv/status.h>

#include "svdel.h"

#define PATIENCE_MS 5000 /* for a supervise that does not read */

/* Our own record. Returns 1; 0 if there is none of this boot. */
static int read_status(int state_dir, struct sv_status *status)
{
    unsigned char packed[SV_STATUS_OWN], boot_id[SV_BOOT_ID];
    ssize_t got = sv_statefile_read(state_dir, SV_STATUS_OWN_FILE, packed, sizeof packed);

    if (got < 0 || !sv_status_unpack(packed, (size_t)got, status)) return 0;
    sv_process_boot_id(boot_id);
    return !memcmp(boot_id, status->boot_id, sizeof boot_id);
}

/* Nobody reads: is there a process all the same? */
static void find_orphan(struct part *part, int state_dir)
{
    struct sv_status status;

    if (!read_status(state_dir, &status)) return;
    uint32_t pid = status.pid ? status.pid : status.finish_pid;
    uint64_t start = status.pid ? status.pid_start : status.finish_start;
    if (!pid) return;
    part->pidfd = sv_child_open((pid_t)pid, start, status.pid ? status.pid_inode : 0);
    part->pid = pid;
    if (part->pidfd >= 0) part->state = PART_ORPHANED;
}

void part_close(struct part *part)
{
    if (part->state == PART_THERE) (void)close(part->control); /* nothing is pending */
    if (part->state == PART_ORPHANED) (void)close(part->pidfd);
    part->state = PART_ABSENT;
}

int part_open(struct part *part, char const *instance)
{
    part->state = PART_ABSENT;
    part->tell_ms = INT64_MAX;
    if (part->dir < 0) return 1;
    int state_dir = sv_statedir_place(part->dir, instance);
    if (state_dir < 0) return errno == ENOENT;
    part->control = sv_controlfifo_open(state_dir, "control");
    if (part->control >= 0) part->state = PART_THERE;
    int error_number =
        part->control >= 0 || errno == ENXIO || errno == ENOENT ? 0 : errno;
    if (part->control < 0 && !error_number) find_orphan(part, state_dir);
    (void)close(state_dir); /* only a place */
    errno = error_number;
    return !error_number;
}

int part_fd(struct part const *part)
{
    if (part->state == PART_THERE) return part->control;
    return part->state == PART_ORPHANED ? part->pidfd : -1;
}

/* Another supervise may have come; then it is told as the one before. */
int part_look(struct part *part, char const *instance)
{
    int64_t tell_ms = part->tell_ms;

    part_close(part);
    if (!part_open(part, instance)) return 0;
    part->tell_ms = tell_ms;
    return 1;
}

/* Brings it down, and has supervise leave; ours notes who has asked for it. */
static void send_end(struct part *part, int is_ours)
{
    unsigned char bytes[SV_CONTROL_MARK + 2];
    size_t length = is_ours ? SV_CONTROL_MARK : 0;

    if (is_ours) sv_control_mark(bytes, 2, getuid());
    bytes[length++] = 'd';
    bytes[length++] = 'x';
    /* if it cannot be told it is still there in the end, which is said then */
    (void)sv_controlfifo_write(part->control, bytes, length,
                               sv_clock_monotonic_ms() + PATIENCE_MS);
}

/* Whether our svscan, or somebody else, has been here before. */
static int is_told(struct sv_status const *status, int is_ours, unsigned int flags)
{
    return is_ours && status->flags & flags;
}

/* Our record, if the supervise that is there is ours; else it says nothing of it. */
static int read_ours(struct part const *part, char const *instance,
                     struct sv_status *status)
{
    int state_dir = sv_statedir_place(part->dir, instance);
    int is_ours = state_dir >= 0 && read_status(state_dir, status)
                  && status->supervise_pid
                  && sv_process_is((pid_t)status->supervise_pid, status->supervise_start);

    if (state_dir >= 0) (void)close(state_dir); /* only a place */
    return is_ours;
}

void part_tell(struct part *part, char const *instance)
{
    struct sv_status status;

    part->tell_ms = INT64_MAX;
    if (part->state != PART_THERE) return;
    int is_ours = read_ours(part, instance, &status);
    if (!is_told(&status, is_ours, SV_STATUS_LEAVING)) send_end(part, is_ours);
}

/* As svscan does it. Returns 1 if it could be told. */
static int hang_up(struct sv_status const *status)
{
    int fd = sv_child_open((pid_t)status->supervise_pid, status->supervise_start, 0);
    int is_sent = fd >= 0 && sv_child_signal(fd, SIGHUP);

    if (fd >= 0) (void)close(fd); /* it only holds the process */
    return is_sent;
}

/* Anybody else's supervise knows nothing better than a signal for its logger. */
void part_tell_logger(struct part *part, char const *instance)
{
    struct sv_status status;

    part->tell_ms = INT64_MAX;
    if (part->state != PART_THERE) return;
    int is_ours = read_ours(part, instance, &status);
    if (is_told(&status, is_ours, SV_STATUS_LEAVING | SV_STATUS_DRAINING)) return;
    if (!is_ours || !hang_up(&status)) send_end(part, is_ours);
}
