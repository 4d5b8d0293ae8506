/* ISC license. */

/*
 * Takes over what an svscan before us has left: the supervise processes that live, and
 * the pipe between a service and its logger. An svscan that is the first to come finds
 * nothing, at the price of a directory that cannot be opened.
 */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <skalibs/djbunix.h>
#include <skalibs/types.h>

#include <sv/child.h>
#include <sv/message.h>
#include <sv/pipeback.h>
#include <sv/process.h>

#include "svscan.h"
#include "trace.h"

/* Pipes ------------------------------------------------------------------------------ */

/* A process that may have an end of the pipe. */
struct holder {
    pid_t pid;
    uint64_t start; /* 0: not known */
    int fd;
};

#define HOLDERS (2 + 3 * ORPHANS)

/* The supervises first: who they are is certain, and we may look at them. */
static unsigned int list_holders(struct holder *holders, struct trace const *main,
                                 struct trace const *log)
{
    unsigned int count = 0;

    if (main->supervise)
        holders[count++] = (struct holder){main->supervise, main->start, 1};
    if (log->supervise) holders[count++] = (struct holder){log->supervise, log->start, 0};
    for (unsigned int i = 0; i < ORPHANS; i++) {
        if (log->children[i].pid)
            holders[count++] =
                (struct holder){log->children[i].pid, log->children[i].start, 0};
        if (!main->children[i].pid) continue;
        for (int fd = 1; fd <= 2; fd++)
            holders[count++] =
                (struct holder){main->children[i].pid, main->children[i].start, fd};
    }
    return count;
}

/*
 * Opens the pipe from the first who has it. Returns 1; 0 if nobody does, *denied being
 * the errno if somebody may not be asked; -1 with errno if we lack something.
 */
static int open_from(struct holder const *holders, unsigned int count, uint64_t inode,
                     int *ends, int *denied)
{
    for (unsigned int i = 0; i < count; i++) {
        struct holder const *holder = &holders[i];
        if (holder->start && sv_process_is(holder->pid, holder->start) <= 0) continue;
        int opened = sv_pipeback_open(holder->pid, holder->fd, inode, ends);
        if (opened > 0) return 1;
        if (opened < 0 && trace_is_lack(errno)) return -1;
        if (opened < 0) *denied = errno;
    }
    return 0;
}

static void warn_split(struct svscan const *svscan, struct entry const *entry)
{
    char const *name = table_text(entry);

    if (entry->is_own) {
        sv_warnu(
            "take back the pipe to ", name, ": ", sv_errortext(errno),
            "; services that run already write to the old one, and their supervises: "
            "for a new one: svc -dx ",
            svscan->dir_name, "/NAME");
        return;
    }
    sv_warnu("take back the pipe between ", name,
             " and its logger: ", sv_errortext(errno), "; what ", name,
             " writes is lost when its logger's supervise ends; to give them a new "
             "pipe: svc -dx ",
             svscan->dir_name, "/", name);
}

/*
 * The pipe is the one that the logger's supervise has, or had: that is started first, so
 * it knows. What MAIN writes to need not be one to a logger: perhaps svscan was started
 * with a pipe.
 */
int svscan_take_pipe(struct svscan *svscan, struct entry *entry)
{
    struct half *main_half = &entry->halves[SV_SCAN_SIDE_MAIN];
    struct half *log_half = &entry->halves[SV_SCAN_SIDE_LOG];
    struct holder holders[HOLDERS];
    struct trace main, log;
    int ends[2], denied = 0;

    /* the MAIN of our own log is we: it has left nothing */
    main = (struct trace){.supervise = 0};
    if (!entry->is_own && trace_read(main_half, svscan->life, &main) < 0) return -1;
    if (trace_read(log_half, svscan->life, &log) < 0) return -1;
    main_half->is_vacant = !main.supervise;
    log_half->is_vacant = !log.supervise;
    if (!log.input) return 0;
    unsigned int count = list_holders(holders, &main, &log);
    int taken = svscan_kept_pipe(svscan, log.input, ends);
    if (!taken) taken = open_from(holders, count, log.input, ends, &denied);
    if (!taken && entry->is_own) taken = svscan_own_find_pipe(log.input, ends);
    entry->is_split = !taken && main.supervise && main.output == log.input;
    if (taken > 0) {
        entry->reader = ends[0];
        entry->writer = ends[1];
    } else if (!taken && denied) {
        errno = denied;
        warn_split(svscan, entry);
    }
    return taken;
}

/* Processes -------------------------------------------------------------------------- */

/*
 * A logger that reads another pipe than its service writes to reads that to its end, and
 * is started again with ours.
 */
static void end_logger(struct half *half)
{
    half->has_other_pipe = 0;
    sv_warn("the logger of ", table_text(half->entry),
            " reads another pipe than its service writes to: it is started again");
    (void)svscan_signal(half, SIGHUP); /* it lives, or that is as good */
}

static void compare_pipes(struct svscan const *svscan, struct half *half,
                          struct trace const *trace)
{
    struct entry *entry = half->entry;
    int is_log = half->side == SV_SCAN_SIDE_LOG;
    uint64_t theirs = is_log ? trace->input : trace->output;

    if (entry->reader < 0 || theirs == sv_pipeback_inode(entry->reader)) return;
    if (!is_log && !entry->is_split) svscan_warn_log(svscan, entry);
    if (!is_log) return;
    half->has_other_pipe = half->read_other_pipe = 1;
    if (!entry->is_split) end_logger(half);
}

int svscan_take_over(struct svscan *svscan, struct half *half)
{
    struct trace trace;
    int is_vacant = half->is_vacant;

    half->is_vacant = 0;
    if (is_vacant || trace_read(half, svscan->life, &trace) <= 0 || !trace.supervise)
        return 0;
    if (sv_child_is_ours(trace.supervise))
        table_set_pid(&svscan->table, half, trace.supervise);
    else if (!svscan_hold(svscan, half, trace.supervise, trace.start))
        return 0;
    compare_pipes(svscan, half, &trace);
    return 1;
}

void svscan_join_logger(struct entry *entry)
{
    struct half *log = &entry->halves[SV_SCAN_SIDE_LOG];

    entry->is_split = 0;
    if (log->pid && log->has_other_pipe) end_logger(log);
}

/* Places ----------------------------------------------------------------------------- */

void svscan_keep_place(struct entry *entry)
{
    char path[sizeof "/proc//cwd" + PID_FMT] = "/proc/";
    struct stat about;
    size_t length = strlen(path);
    pid_t pid = entry->halves[SV_SCAN_SIDE_MAIN].pid;

    if (entry->place >= 0 || !pid) return;
    length += pid_fmt(path + length, pid);
    memcpy(path + length, "/cwd", sizeof "/cwd");
    int place = open2(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (place < 0) return; /* then it has to do without */
    if (!fstat(place, &about) && about.st_dev == entry->device
        && about.st_ino == entry->inode)
        entry->place = place;
    else
        (void)close(place); /* only a place */
}

void svscan_drop_place(struct entry *entry)
{
    if (entry->place >= 0) (void)close(entry->place); /* only a place */
    entry->place = -1;
}
