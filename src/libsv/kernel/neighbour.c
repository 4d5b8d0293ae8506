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
        *when = (struct sv_neighbour_time){status->changed, -1};
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

int sv_neighbour_watch(int scan_dir, char const *name)
{
    int fd = sv_statedir_find_at(scan_dir, name, 1);
    if (fd < 0 && is_missing(errno))
        fd = faccessat(scan_dir, name, F_OK, 0) < 0
                 ? sv_openat(scan_dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0)
                 : sv_statedir_parent_at(scan_dir, name);
    return notice(fd, NOTICED); /* a record is renamed to its name */
}
