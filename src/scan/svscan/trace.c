/* ISC license. */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <skalibs/djbunix.h>
#include <skalibs/types.h>

#include <sv/openat.h>
#include <sv/pipeback.h>
#include <sv/process.h>
#include <sv/recoveryfile.h>
#include <sv/statedir.h>

#include "trace.h"

#define PLACE (O_PATH | O_DIRECTORY | O_CLOEXEC)

/* Closes `fd` without touching errno. Returns -1. */
static int give_up(int fd)
{
    int error_number = errno;

    (void)close(fd); /* only a place */
    errno = error_number;
    return -1;
}

static int open_entry(struct entry const *entry)
{
    struct stat about;

    if (!entry->is_named && entry->place >= 0)
        return fcntl(entry->place, F_DUPFD_CLOEXEC, 0);
    int fd = open2(table_text(entry), PLACE);
    if (fd < 0) return -1;
    if (fstat(fd, &about) < 0) return give_up(fd);
    if (about.st_dev == entry->device && about.st_ino == entry->inode) return fd;
    errno = ENOENT; /* the name is another one's now */
    return give_up(fd);
}

int trace_open_service(struct half const *half)
{
    int entry = open_entry(half->entry);

    int is_direct = half->entry->is_own && half->entry->is_direct;
    if (entry < 0 || half->side == SV_SCAN_SIDE_MAIN || is_direct) return entry;
    int log = sv_openat(entry, "log", PLACE, 0);
    (void)give_up(entry);
    return log;
}

int trace_open_state(struct half const *half)
{
    int service = trace_open_service(half);

    if (service < 0) return -1;
    int state = sv_statedir_open_at(service, half->entry->instance, 0);
    (void)give_up(service);
    return state;
}

/*
 * Whether the working directory of the process is the service directory: a record that
 * was brought here must not make us end somebody else's supervise. Where we may not look
 * (EACCES) the record has to do: it belongs to us.
 */
static int is_at_home(pid_t pid, int service)
{
    char path[sizeof "/proc//cwd" + PID_FMT] = "/proc/";
    struct stat home, about;
    size_t length = strlen(path);

    length += pid_fmt(path + length, pid);
    memcpy(path + length, "/cwd", sizeof "/cwd");
    if (fstat(service, &home) < 0) return 0;
    if (stat(path, &about) < 0) return errno == EACCES;
    return about.st_dev == home.st_dev && about.st_ino == home.st_ino;
}

/* What its descriptor is now; what the record says where that cannot be told. */
static void look_at_pipe(pid_t pid, int fd, uint64_t *inode)
{
    if (!sv_pipeback_look(pid, fd, inode)) *inode = 0;
}

static void note_children(struct trace *trace, struct sv_recovery const *page)
{
    struct sv_recovery_birth const *birth = &page->birth;
    struct sv_recovery_doing doing;
    struct sv_machine machine;
    struct sv_control decoder;
    struct sv_status status;

    if (birth->child != SV_CHILD_NONE && !birth->spawned.error_number) {
        trace->children[1].pid = birth->spawned.pid;
        trace->children[1].since = sv_process_ticks(birth->spawned.first_ns);
        trace->unfinished = birth->spawned.pid != 0;
    }
    if (!sv_recovery_load(page, &status, &machine, &decoder, &doing)) return;
    trace->has_left = doing.has_left != 0;
    if (machine.child != SV_CHILD_NONE || machine.phase == SV_PHASE_FINISHING
        || machine.phase == SV_PHASE_CLEANING)
        trace->unfinished = 1;
    trace->children[0].pid = machine.pid;
    trace->children[0].start =
        machine.child == SV_CHILD_RUN ? status.pid_start : status.finish_start;
    trace->children[0].since = trace->children[0].start;
    if (trace->children[1].pid == machine.pid) trace->children[1].pid = 0;
}

/* Returns 0 if it is the record of another directory. */
static int fill(struct trace *trace, struct sv_recovery const *page, int service)
{
    pid_t pid = (pid_t)page->supervise_pid;
    int is_alive = pid > 0 && sv_process_is(pid, page->supervise_start) > 0;

    if (is_alive && !is_at_home(pid, service)) return 0;
    trace->input = page->has_standard ? page->input_pipe : 0;
    trace->output = page->has_standard ? page->output_pipe : 0;
    note_children(trace, page);
    if (!is_alive) return 1;
    trace->supervise = pid;
    trace->start = page->supervise_start;
    if (page->has_standard) return 1; /* it keeps them as long as it lives */
    look_at_pipe(pid, 0, &trace->input);
    look_at_pipe(pid, 1, &trace->output);
    return 1;
}

int trace_is_lack(int error_number)
{
    return error_number == EMFILE || error_number == ENFILE || error_number == ENOMEM;
}

int trace_read(struct half const *half, unsigned char const *life, struct trace *trace)
{
    struct sv_recovery page;
    int found = -1;

    *trace = (struct trace){.supervise = 0};
    int service = trace_open_service(half);
    if (service < 0) return trace_is_lack(errno) ? -1 : 0;
    int state = sv_statedir_open_at(service, half->entry->instance, 0);
    if (state >= 0) found = sv_recoveryfile_peek(&page, state, life);
    int error_number = errno;
    if (state >= 0) (void)close(state); /* only a place */
    if (found > 0) found = fill(trace, &page, service);
    (void)close(service); /* only a place */
    errno = error_number;
    return found < 0 && !trace_is_lack(errno) ? 0 : found;
}
