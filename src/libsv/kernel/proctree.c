/* ISC license. */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <skalibs/allreadwrite.h>
#include <skalibs/djbunix.h>
#include <skalibs/types.h>
#include <skalibs/unix-transactional.h>

#include <sv/process.h>
#include <sv/proctree.h>

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

#define PIDFS_MAGIC 0x50494446 /* linux/magic.h of 6.9 */
#define CHUNK 512

int sv_proctree_adopt_orphans(void)
{
    return !prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
}

/* The pids found so far; those from `asked` on have not been asked for their children. */
struct tree {
    pid_t pids[SV_PROCTREE_MAX];
    unsigned int count;
    unsigned int asked;
};

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
static pid_t take_digit(struct tree *tree, pid_t pid, char byte)
{
    if (byte >= '0' && byte <= '9') return pid * 10 + (byte - '0');
    if (pid && tree->count < SV_PROCTREE_MAX) tree->pids[tree->count++] = pid;
    return 0;
}

/* Adds the children of one thread, whose directory in `threads` is `name`. */
static int add_thread(struct tree *tree, int threads, char const *name)
{
    char path[NAME_MAX + sizeof "/children"];
    char chunk[CHUNK];
    pid_t pid = 0;
    ssize_t got;
    size_t length = strlen(name);

    memcpy(path, name, length);
    memcpy(path + length, "/children", sizeof "/children");
    int fd = open2_at(threads, path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return 0;
    while ((got = fd_read(fd, chunk, sizeof chunk)) > 0)
        for (ssize_t i = 0; i < got; i++) pid = take_digit(tree, pid, chunk[i]);
    (void)take_digit(tree, pid, ' ');
    (void)close(fd); /* opened for reading */
    return 1;
}

/*
 * Adds the children of `parent`. Returns how many of its threads could be asked: none if
 * it has just gone, or if the kernel keeps no such lists.
 */
static unsigned int add_children(struct tree *tree, pid_t parent)
{
    _Alignas(struct dirent64) char entries[CHUNK];
    unsigned int asked = 0;
    long length;
    int threads = open_threads(parent);

    if (threads < 0) return 0;
    while ((length = syscall(SYS_getdents64, threads, entries, sizeof entries)) > 0)
        for (char const *at = entries; at < entries + length;) {
            struct dirent64 const *entry = (struct dirent64 const *)at;
            if (entry->d_name[0] != '.')
                asked += (unsigned int)add_thread(tree, threads, entry->d_name);
            at += entry->d_reclen;
        }
    (void)close(threads); /* opened for reading */
    return asked;
}

int sv_proctree_signal(uint32_t signals)
{
    struct tree tree;

    tree.count = tree.asked = 0;
    if (!add_children(&tree, getpid())) {
        errno = ENOSYS;
        return -1;
    }
    while (tree.asked < tree.count) (void)add_children(&tree, tree.pids[tree.asked++]);
    for (unsigned int i = 0; i < tree.count; i++)
        for (int number = 1; number < 32; number++)
            if (signals >> number & 1)
                (void)kill(tree.pids[i], number); /* gone already is as good */
    return (int)tree.count;
}

pid_t sv_proctree_heir(uint64_t after, uint64_t *start)
{
    struct sv_process process;
    struct tree tree;
    pid_t heir = 0;

    tree.count = tree.asked = 0;
    if (!add_children(&tree, getpid())) return 0;
    for (unsigned int i = 0; i < tree.count; i++) {
        pid_t pid = tree.pids[i];
        if (sv_process_look(pid, &process) <= 0 || process.start < after) continue;
        if (process.state == 'Z' || process.state == 'X') continue;
        if (heir && (process.start > *start || (process.start == *start && pid > heir)))
            continue;
        heir = pid;
        *start = process.start;
    }
    return heir;
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
