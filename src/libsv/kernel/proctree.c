/* ISC license. */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <skalibs/allreadwrite.h>
#include <skalibs/djbunix.h>
#include <skalibs/types.h>

#include <sv/clock.h>
#include <sv/openat.h>
#include <sv/process.h>
#include <sv/proctree.h>

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

#define PIDFS_MAGIC 0x50494446 /* linux/magic.h of 6.9 */
#define CHUNK 512
#define ROOM 1024   /* processes that are remembered; more cost a look at everybody */
#define DEPTH 4096  /* generations: more are a circle, seen while pids changed hands */
#define KILL_MS 200 /* whoever forks faster than we kill has that long */

int sv_proctree_adopt_orphans(void)
{
    return !prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
}

/* The pids found so far; those from `asked` on have not been asked for their children. */
struct walk {
    pid_t pids[ROOM];
    unsigned int count;
    unsigned int asked;
    unsigned int is_full;     /* there were more */
    int lacks;                /* some could not be asked */
    pid_t const *skip;        /* SV_PROCTREE_SKIP; null: nobody is left out */
    sv_proctree_visit *visit; /* when one is found; null: nothing */
    void *data;
};

static int is_in(pid_t const *pids, pid_t pid)
{
    for (unsigned int i = 0; i < SV_PROCTREE_SKIP; i++)
        if (pids[i] == pid) return 1;
    return 0;
}

static void find(struct walk *walk, pid_t pid)
{
    if (walk->skip && is_in(walk->skip, pid)) return;
    if (walk->visit) walk->visit(pid, walk->data);
    if (walk->count < ROOM)
        walk->pids[walk->count++] = pid;
    else
        walk->is_full = 1;
}

/* Of a process that is no more nothing is missed. */
static int is_gone(int error_number)
{
    return error_number == ENOENT || error_number == ESRCH;
}

/* Opens /proc/PID/task, where the kernel keeps a list of children for each thread. */
static int open_threads(pid_t pid)
{
    char path[sizeof "/proc//task" + PID_FMT] = "/proc/";
    size_t length = strlen(path);

    length += pid_fmt(path + length, pid);
    memcpy(path + length, "/task", sizeof "/task");
    return open2(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* Takes the next byte of a list of decimal pids, `pid` being the one half read. */
static pid_t take_digit(struct walk *walk, pid_t pid, char byte)
{
    if (byte >= '0' && byte <= '9') return pid * 10 + (byte - '0');
    if (pid) find(walk, pid);
    return 0;
}

/* Adds the children of one thread, whose directory in `threads` is `name`. */
static int add_thread(struct walk *walk, int threads, char const *name)
{
    char path[NAME_MAX + sizeof "/children"];
    char chunk[CHUNK];
    pid_t pid = 0;
    ssize_t got;
    size_t length = strlen(name);

    memcpy(path, name, length);
    memcpy(path + length, "/children", sizeof "/children");
    int fd = sv_openat(threads, path, O_RDONLY | O_CLOEXEC, 0);
    if (fd < 0) {
        walk->lacks |= !is_gone(errno);
        return 0;
    }
    while ((got = fd_read(fd, chunk, sizeof chunk)) > 0)
        for (ssize_t i = 0; i < got; i++) pid = take_digit(walk, pid, chunk[i]);
    (void)take_digit(walk, pid, ' ');
    if (got < 0) walk->lacks |= !is_gone(errno);
    (void)close(fd); /* opened for reading */
    return 1;
}

/*
 * Adds the children of `parent`. Returns how many of its threads could be asked: none if
 * it has just gone, or if the kernel keeps no such lists.
 */
static unsigned int add_children(struct walk *walk, pid_t parent)
{
    _Alignas(struct dirent64) char entries[CHUNK];
    unsigned int asked = 0;
    long length;
    int threads = open_threads(parent);

    if (threads < 0) {
        walk->lacks |= !is_gone(errno);
        return 0;
    }
    while ((length = syscall(SYS_getdents64, threads, entries, sizeof entries)) > 0)
        for (char const *at = entries; at < entries + length;) {
            struct dirent64 const *entry = (struct dirent64 const *)at;
            if (entry->d_name[0] != '.')
                asked += (unsigned int)add_thread(walk, threads, entry->d_name);
            at += entry->d_reclen;
        }
    if (length < 0) walk->lacks |= !is_gone(errno);
    (void)close(threads); /* opened for reading */
    return asked;
}

/* Follows the kernel's lists of children. Returns 0 if they do not tell everything. */
static int follow(struct walk *walk, struct sv_proctree const *where)
{
    int knows = 1;

    walk->count = walk->asked = walk->is_full = walk->lacks = 0;
    walk->skip = where->skip;
    if (where->from) find(walk, where->from);
    if (where->below && !add_children(walk, where->below)) knows = 0;
    while (walk->asked < walk->count) (void)add_children(walk, walk->pids[walk->asked++]);
    return knows && !walk->lacks && !walk->is_full && !where->session;
}

/* Whether the process is there, by its ancestors. Returns 1 or 0; -1: it is not known. */
static int belongs(struct sv_proctree const *where, pid_t pid)
{
    struct sv_process process;

    if (pid == where->below) return 0;
    for (unsigned int i = 0; i < DEPTH && pid > 0 && !is_in(where->skip, pid); i++) {
        if (pid == where->from) return 1;
        int found = sv_process_look(pid, &process);
        if (found <= 0) return found;
        if (where->session && process.session == where->session) return 1;
        pid = process.parent;
        if (where->below && pid == where->below) return 1;
    }
    return 0;
}

/* Looks at everybody. Returns 1; 0 if not all could be looked at. */
static int look_at_all(struct sv_proctree const *where, sv_proctree_visit *visit,
                       void *data)
{
    _Alignas(struct dirent64) char entries[CHUNK];
    unsigned int pid;
    long length;
    int is_certain = 1;
    int all = open2("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (all < 0) return 0;
    while ((length = syscall(SYS_getdents64, all, entries, sizeof entries)) > 0)
        for (char const *at = entries; at < entries + length;) {
            struct dirent64 const *entry = (struct dirent64 const *)at;
            int found = uint0_scan(entry->d_name, &pid) ? belongs(where, (pid_t)pid) : 0;
            if (found > 0) visit((pid_t)pid, data);
            if (found < 0) is_certain = 0;
            at += entry->d_reclen;
        }
    (void)close(all); /* opened for reading */
    return is_certain && !length;
}

int sv_proctree_each(struct sv_proctree const *where, sv_proctree_visit *visit,
                     void *data)
{
    struct walk walk;

    walk.visit = 0;
    if (where->session || !follow(&walk, where)) return look_at_all(where, visit, data);
    for (unsigned int i = 0; i < walk.count; i++) visit(walk.pids[i], data);
    return 1;
}

int sv_proctree_children(pid_t parent, sv_proctree_visit *visit, void *data)
{
    struct walk walk;

    walk.count = walk.is_full = walk.lacks = 0;
    walk.skip = 0;
    walk.visit = visit;
    walk.data = data;
    return add_children(&walk, parent) != 0;
}

/* One pass over those who are to die, and whom it has met: a count and a sum. */
struct pass {
    pid_t keep;
    unsigned int count;
    uint64_t sum;
};

static void count_one(struct pass *pass, pid_t pid)
{
    pass->count++;
    pass->sum += (uint64_t)pid * UINT64_C(0x9E3779B97F4A7C15);
}

static void stop_one(pid_t pid, void *data)
{
    (void)kill(pid, SIGSTOP); /* gone already is as good */
    count_one(data, pid);
}

/* What has ended must go, or it would hide the rest. */
static void kill_one(pid_t pid, void *data)
{
    struct pass *pass = data;

    count_one(pass, pid);
    (void)kill(pid, SIGKILL); /* gone already is as good */
    if (pid != pass->keep)
        (void)waitid(P_PID, (id_t)pid, 0, WEXITED | WNOHANG); /* if it is ours to reap */
}

static int has_met_others(struct pass const *pass, struct pass const *before)
{
    return pass->count != before->count || pass->sum != before->sum;
}

/*
 * The orphans of `from` do not become ours: while it and all below it are being killed,
 * none of them may lose its parent before it has been found.
 */
static void hold(struct sv_proctree const *where, int64_t limit_ms)
{
    struct pass before, pass = {.count = 0};
    struct walk walk;

    walk.visit = stop_one;
    walk.data = &pass;
    do {
        before = pass;
        pass = (struct pass){.count = 0};
        (void)follow(&walk, where); /* what is not found is not held */
    } while (has_met_others(&pass, &before) && sv_clock_monotonic_ms() < limit_ms);
}

/*
 * Those below us at once when they are found: a process that forks and exits, again and
 * again, would be another one a moment later.
 */
static int kill_pass(struct sv_proctree const *where, struct pass *pass)
{
    struct walk walk;

    walk.visit = where->from ? 0 : kill_one;
    walk.data = pass;
    int is_certain = follow(&walk, where);
    for (unsigned int i = 0; where->from && i < walk.count; i++)
        kill_one(walk.pids[i], pass);
    return is_certain || look_at_all(where, kill_one, pass);
}

/*
 * A process that has been sent SIGKILL forks no more, but until it has ended its children
 * may be found, or not. So passes are made until two have met the same processes.
 */
int sv_proctree_kill(struct sv_proctree const *where, pid_t keep)
{
    int64_t limit_ms = sv_clock_monotonic_ms() + KILL_MS;
    struct pass before, pass = {.count = 0};

    if (where->from) hold(where, limit_ms);
    do {
        before = pass;
        pass = (struct pass){.keep = keep};
        if (!kill_pass(where, &pass)) return 0;
        if (pass.count) (void)sched_yield(); /* they are to end; cannot fail */
    } while (has_met_others(&pass, &before) && sv_clock_monotonic_ms() < limit_ms);
    return 1;
}

uint64_t sv_proctree_pidfd_inode(pid_t pid)
{
    struct stat about;
    struct statfs where;
    int fd = (int)syscall(SYS_pidfd_open, pid, 0);

    if (fd < 0) return 0;
    int known = !fstatfs(fd, &where) && where.f_type == PIDFS_MAGIC && !fstat(fd, &about);
    (void)close(fd); /* only looked at */
    return known ? about.st_ino : 0;
}
