/* ISC license. */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <skalibs/allreadwrite.h>
#include <skalibs/djbunix.h>
#include <skalibs/types.h>

#include <sv/cgroup.h>
#include <sv/clock.h>
#include <sv/openat.h>

#define CGROUP2_MAGIC 0x63677270 /* linux/magic.h */
#define MEMBERS "cgroup.procs"
#define LINE 1024 /* of mountinfo; one of a cgroup is not longer */
#define CHUNK 512
#define DEPTH 16 /* cgroups in one another that a service may make */
#define KILL_MS 200

/* Where it is --------------------------------------------------------------------- */

int sv_cgroup_of(pid_t pid, char *own)
{
    char path[sizeof "/proc//cgroup" + PID_FMT] = "/proc/self";
    char text[SV_CGROUP_PATH + CHUNK];
    size_t length = strlen("/proc/");

    length = pid ? length + pid_fmt(path + length, pid) : strlen(path);
    memcpy(path + length, "/cgroup", sizeof "/cgroup");
    int fd = open2(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return 0;
    length = allread(fd, text, sizeof text);
    (void)close(fd); /* opened for reading */
    return sv_cgrouppath_own(text, length, own);
}

/* Opens the directory if it is what the mount table says it is. */
static int open_checked(char const *path)
{
    struct statfs about;
    int fd = open2(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

    if (fd < 0) return -1;
    if (!fstatfs(fd, &about) && about.f_type == CGROUP2_MAGIC) return fd;
    (void)close(fd); /* something else has been mounted over it */
    errno = ENOENT;
    return -1;
}

/* Looks for it in the lines of `text`, and drops those. Returns a descriptor or -1. */
static int take_lines(char *text, size_t *length, char const *own)
{
    char path[SV_CGROUP_PATH];
    size_t done = 0;
    int fd = -1;

    while (fd < 0) {
        char const *end = memchr(text + done, '\n', *length - done);
        if (!end) break;
        size_t line = (size_t)(end - text) - done;
        if (sv_cgrouppath_mounted(text + done, line, own, path)) fd = open_checked(path);
        done += line + 1;
    }
    if (!done && *length == LINE) done = LINE; /* too long a line is none of ours */
    memmove(text, text + done, *length - done);
    *length -= done;
    return fd;
}

int sv_cgroup_open(char const *own)
{
    char text[LINE];
    size_t length = 0;
    ssize_t got;
    int cgroup = -1;
    int fd = open2("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);

    if (fd < 0) return -1;
    while (cgroup < 0 && (got = fd_read(fd, text + length, LINE - length)) > 0) {
        length += (size_t)got;
        cgroup = take_lines(text, &length, own);
    }
    (void)close(fd); /* opened for reading */
    errno = ENOENT;
    return cgroup;
}

/* The cgroup that `pid` is in, as far as it leads to one called `name`, unless we are in
 * it too. */
static int open_around(char const *name, pid_t pid, char const *ours)
{
    char theirs[SV_CGROUP_PATH];

    if (!sv_cgroup_of(pid, theirs)) return -1;
    size_t length = sv_cgrouppath_find(theirs, name);
    if (!length) return -1;
    theirs[length] = 0;
    if (!strncmp(ours, theirs, length) && (!ours[length] || ours[length] == '/'))
        return -1;
    return sv_cgroup_open(theirs);
}

int sv_cgroup_open_named(char const *name, pid_t pid, pid_t parent, int create)
{
    char ours[SV_CGROUP_PATH];
    int cgroup = -1;

    if (!sv_cgroup_of(parent, ours)) {
        errno = ENOENT;
        return -1;
    }
    if (pid) cgroup = open_around(name, pid, ours);
    if (cgroup >= 0) return cgroup;
    int place = sv_cgroup_open(ours);
    if (place < 0) return -1;
    if (!create || !mkdirat(place, name, 0755) || errno == EEXIST)
        cgroup =
            sv_openat(place, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
    int error_number = errno;
    (void)close(place); /* only a place */
    errno = error_number;
    return cgroup;
}

int sv_cgroup_has(char const *name, pid_t pid)
{
    char theirs[SV_CGROUP_PATH];

    return sv_cgroup_of(pid, theirs) && sv_cgrouppath_find(theirs, name);
}

/* Who is in it -------------------------------------------------------------------- */

struct each {
    sv_proctree_visit *visit;
    void *data;
    unsigned int count;
};

/* Those in it, not those in the cgroups below. */
static void each_member(int cgroup, struct each *each)
{
    char chunk[CHUNK];
    pid_t pid = 0, self = getpid();
    ssize_t got;
    int fd = sv_openat(cgroup, MEMBERS, O_RDONLY | O_CLOEXEC, 0);

    if (fd < 0) return;
    while ((got = fd_read(fd, chunk, sizeof chunk)) > 0)
        for (ssize_t i = 0; i < got; i++) {
            if (chunk[i] >= '0' && chunk[i] <= '9') {
                pid = pid * 10 + (chunk[i] - '0');
                continue;
            }
            if (pid && pid != self) { /* 0: in a PID namespace where we cannot see it */
                each->visit(pid, each->data);
                each->count++;
            }
            pid = 0;
        }
    (void)close(fd); /* opened for reading */
}

/*
 * Opens the next cgroup in the one that `cgroup` is open on, which is read as a directory
 * from where it was. Returns -1 if there is none; *name, which may be null, is its name.
 */
static int open_next(int cgroup, char *name)
{
    _Alignas(struct dirent64) char entries[CHUNK];
    long length;

    while ((length = syscall(SYS_getdents64, cgroup, entries, sizeof entries)) > 0)
        for (char const *at = entries; at < entries + length;) {
            struct dirent64 const *entry = (struct dirent64 const *)at;
            at += entry->d_reclen;
            if (entry->d_type != DT_DIR || entry->d_name[0] == '.') continue;
            if (lseek(cgroup, entry->d_off, SEEK_SET) < 0) return -1;
            int below = sv_openat(cgroup, entry->d_name,
                                  O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
            if (below < 0) continue; /* it has just been removed */
            if (name) strcpy(name, entry->d_name);
            return below;
        }
    return -1;
}

unsigned int sv_cgroup_each(int cgroup, sv_proctree_visit *visit, void *data)
{
    struct each each = {.visit = visit, .data = data};
    int path[DEPTH];
    unsigned int depth = 0;

    path[0] = cgroup;
    each_member(cgroup, &each);
    (void)lseek(cgroup, 0, SEEK_SET); /* a directory: cannot fail */
    for (;;) {
        int below = depth + 1 < DEPTH ? open_next(path[depth], 0) : -1;
        if (below >= 0) {
            path[++depth] = below;
            each_member(below, &each);
        } else if (depth) {
            (void)close(path[depth--]); /* opened for reading */
        } else {
            return each.count;
        }
    }
}

/* The end ------------------------------------------------------------------------- */

static int write_one(int cgroup, char const *file)
{
    int fd = sv_openat(cgroup, file, O_WRONLY | O_CLOEXEC, 0);

    if (fd < 0) return 0;
    int done = fd_write(fd, "1", 1) == 1;
    (void)close(fd); /* written at once or not at all */
    return done;
}

static void kill_one(pid_t pid, void *data)
{
    uint64_t *sum = data;

    (void)kill(pid, SIGKILL); /* gone already is as good */
    *sum += (uint64_t)pid * UINT64_C(0x9E3779B97F4A7C15);
}

int sv_cgroup_kill(int cgroup)
{
    int64_t limit_ms = sv_clock_monotonic_ms() + KILL_MS;
    uint64_t before, sum = 0;
    int found = 0;

    if (write_one(cgroup, "cgroup.kill")) return 1;
    do { /* until two passes have met the same: those have been killed and fork no more */
        before = sum;
        sum = 0;
        if (!sv_cgroup_each(cgroup, kill_one, &sum)) continue;
        found = 1;
        (void)sched_yield(); /* they are to end; cannot fail */
    } while (sum != before && sv_clock_monotonic_ms() < limit_ms);
    return found;
}

/* Removes a cgroup that is in none of the cgroups in `cgroup`. Returns 0 if there is
 * none. */
static int remove_innermost(int cgroup)
{
    char name[NAME_MAX + 1];
    int place = cgroup, next, done = 0;

    (void)lseek(cgroup, 0, SEEK_SET); /* a directory: cannot fail */
    int below = open_next(cgroup, name);
    while (below >= 0 && (next = open_next(below, name)) >= 0) {
        if (place != cgroup) (void)close(place); /* only a place */
        place = below;
        below = next;
    }
    if (below >= 0) done = !unlinkat(place, name, AT_REMOVEDIR);
    if (below >= 0) (void)close(below);      /* only a place */
    if (place != cgroup) (void)close(place); /* the same */
    return done;
}

int sv_cgroup_remove(int cgroup, char const *name)
{
    while (remove_innermost(cgroup)) continue;
    int place = sv_openat(cgroup, "..", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
    if (place < 0) return errno == ENOENT;
    int done = !unlinkat(place, name, AT_REMOVEDIR) || errno == ENOENT;
    int error_number = errno;
    (void)close(place); /* only a place */
    errno = error_number;
    return done;
}

static int is_populated(int fd)
{
    char text[CHUNK];
    ssize_t length = pread(fd, text, sizeof text - 1, 0);

    text[length > 0 ? length : 0] = 0;
    return strstr(text, "populated 1") != 0;
}

void sv_cgroup_wait(int cgroup, unsigned int limit_ms)
{
    int64_t left_ms, end_ms = sv_clock_monotonic_ms() + limit_ms;
    int fd = sv_openat(cgroup, "cgroup.events", O_RDONLY | O_CLOEXEC, 0);
    struct pollfd change = {.fd = fd, .events = POLLPRI};

    if (fd < 0) return;
    while (is_populated(fd) && (left_ms = end_ms - sv_clock_monotonic_ms()) > 0)
        (void)poll(&change, 1, (int)left_ms); /* looked at again in any case */
    (void)close(fd);                          /* opened for reading */
}
