/* ISC license. */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <sv/neighbour.h>
#include <sv/openat.h>
#include <sv/process.h>
#include <sv/statedir.h>
#include <sv/statefile.h>
#include <sv/status.h>

#define TRIES 8
#define NOTICED (DN_CREATE | DN_RENAME | DN_DELETE | DN_MULTISHOT)

/* Closes `fd`, only read from, without touching errno. Returns -1. */
static int give_up(int fd)
{
    int error_number = errno;

    (void)close(fd);
    errno = error_number;
    return -1;
}

static int is_missing(int error_number)
{
    return error_number == ENOENT || error_number == ENOTDIR || error_number == ELOOP;
}

static int is_this_boot(struct sv_status const *status)
{
    unsigned char boot_id[SV_BOOT_ID];

    sv_process_boot_id(boot_id);
    return !memcmp(boot_id, status->boot_id, sizeof boot_id);
}

/* What its own record says. */
static enum sv_neighbour_state judge(struct sv_status const *status,
                                     struct sv_neighbour_time *when)
{
    if (!is_this_boot(status)) return SV_NEIGHBOUR_UNREADY;
    if (status->phase == SV_PHASE_STARTED) {
        *when = (struct sv_neighbour_time){status->ready, -1};
        return SV_NEIGHBOUR_READY;
    }
    if (status->phase != SV_PHASE_UP || !status->pid) return SV_NEIGHBOUR_UNREADY;
    int runs = sv_process_is((pid_t)status->pid, status->pid_start);
    *when = (struct sv_neighbour_time){status->ready, (int64_t)status->started_ms};
    /* a /proc that hides it: the record must do */
    return runs ? SV_NEIGHBOUR_READY : SV_NEIGHBOUR_UNREADY;
}

/* Another suite's supervise: whoever runs is ready. */
static enum sv_neighbour_state judge_family(int state_dir, struct sv_neighbour_time *when)
{
    unsigned char packed[SV_STATUS_ENCORE];
    struct sv_status_family family;
    ssize_t got = sv_statefile_read(state_dir, SV_STATUS_FILE, packed, sizeof packed);

    if (got < 0 || !sv_status_unpack_family(packed, (size_t)got, &family) || !family.pid)
        return SV_NEIGHBOUR_UNREADY;
    *when = (struct sv_neighbour_time){family.since, -1};
    return SV_NEIGHBOUR_READY;
}

enum sv_neighbour_state sv_neighbour_look(int scan_dir, char const *name,
                                          struct sv_neighbour_time *when)
{
    unsigned char packed[SV_STATUS_OWN];
    struct sv_status status;

    int state_dir = sv_statedir_find_at(scan_dir, name, 0);
    if (state_dir < 0) {
        int error_number = errno;
        if (!is_missing(error_number)) return SV_NEIGHBOUR_UNTOLD;
        return faccessat(scan_dir, name, F_OK, 0) < 0 ? SV_NEIGHBOUR_UNKNOWN
                                                      : SV_NEIGHBOUR_UNREADY;
    }
    ssize_t got = sv_statefile_read(state_dir, SV_STATUS_OWN_FILE, packed, sizeof packed);
    enum sv_neighbour_state state =
        got < 0 && errno == ENOENT      ? judge_family(state_dir, when)
        : got < 0 && !is_missing(errno) ? SV_NEIGHBOUR_UNTOLD
        : got >= 0 && sv_status_unpack(packed, (size_t)got, &status)
            ? judge(&status, when)
            : SV_NEIGHBOUR_UNREADY;
    (void)give_up(state_dir);
    return state;
}

/* Takes over `fd`. */
static int notice(int fd, long what)
{
    if (fd < 0) return -1;
    return fcntl(fd, F_NOTIFY, what) < 0 ? give_up(fd) : fd;
}

int sv_neighbour_watch_directory(int dir)
{
    return notice(sv_openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0),
                  NOTICED | DN_MODIFY);
}

/*
 * Where it can be seen that a neighbour without a state directory gets one: where that is
 * to be made, or the scan directory.
 */
static int watch_above(int scan_dir, char const *name, int is_there)
{
    int fd = is_there ? sv_statedir_parent_at(scan_dir, name)
                      : sv_openat(scan_dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);

    return notice(fd, NOTICED);
}

static int has_come(int scan_dir, char const *name, int was_there)
{
    int fd;

    if (!was_there) return !faccessat(scan_dir, name, F_OK, 0);
    fd = sv_statedir_find_at(scan_dir, name, 0);
    if (fd >= 0) (void)close(fd); /* only a place */
    return fd >= 0;
}

/*
 * What has come between the look and the watch is not seen from above: then the watch is
 * too high up, and nothing would ever be heard of that neighbour again.
 */
int sv_neighbour_watch(int scan_dir, char const *name)
{
    for (unsigned int tries = 0; tries < TRIES; tries++) {
        int fd = sv_statedir_find_at(scan_dir, name, 1);
        if (fd >= 0 || !is_missing(errno))
            return notice(fd, NOTICED); /* a record is renamed to its name */
        int is_there = !faccessat(scan_dir, name, F_OK, 0);
        fd = watch_above(scan_dir, name, is_there);
        if (fd < 0 && !is_missing(errno)) return -1;
        if (fd >= 0 && !has_come(scan_dir, name, is_there)) return fd;
        if (fd >= 0) (void)close(fd); /* only watched */
    }
    errno = EAGAIN; /* it comes and goes all the time */
    return -1;
}
