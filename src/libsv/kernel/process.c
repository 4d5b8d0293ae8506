/* ISC license. */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <skalibs/allreadwrite.h>
#include <skalibs/djbunix.h>
#include <skalibs/types.h>

#include <sv/process.h>
#include <sv/status.h>

#define STAT_MAX 1024 /* 52 numbers and a name of at most 64 bytes */

/* The text of field `number` (1 is the pid) of a line whose third field begins at `at`.
 */
static char const *field(char const *at, unsigned int number)
{
    for (unsigned int passed = 3; at && passed < number; passed++) {
        at = strchr(at, ' ');
        if (at) at++;
    }
    return at;
}

static int take_number(char const *at, uint64_t *value)
{
    return at && uint64_scan(at, value) > 0;
}

/* What stands between the parentheses. */
static void take_name(char const *text, char const *end, char *name)
{
    char const *begin = strchr(text, '(');
    size_t length = begin && begin < end ? (size_t)(end - begin) - 1 : 0;

    if (length >= SV_PROCESS_NAME) length = SV_PROCESS_NAME - 1;
    if (length) memcpy(name, begin + 1, length);
    name[length] = 0;
}

/*
 * The second field is the program's name in parentheses, and may itself hold blanks,
 * parentheses and newlines: the last ')' ends it.
 */
static int parse(char const *text, struct sv_process *process)
{
    uint64_t parent, group, session, threads, wait_status;
    char const *at = strrchr(text, ')');

    if (!at || at[1] != ' ' || !at[2]) return 0;
    take_name(text, at, process->name);
    at += 2;
    process->state = *at;
    if (!take_number(field(at, 4), &parent) || !take_number(field(at, 5), &group)
        || !take_number(field(at, 6), &session) || !take_number(field(at, 20), &threads)
        || !take_number(field(at, 22), &process->start)
        || !take_number(field(at, 52), &wait_status))
        return 0;
    process->parent = (pid_t)parent;
    process->group = (pid_t)group;
    process->session = (pid_t)session;
    process->threads = (unsigned int)threads;
    process->wait_status = (int)wait_status;
    return 1;
}

int sv_process_look(pid_t pid, struct sv_process *process)
{
    char path[sizeof "/proc//stat" + PID_FMT] = "/proc/";
    char text[STAT_MAX + 1];
    struct stat about;

    size_t length = strlen(path);
    length += pid_fmt(path + length, pid);
    memcpy(path + length++, "/stat", sizeof "/stat");
    int fd = open2(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return errno == ENOENT ? 0 : -1;
    ssize_t got = fd_read(fd, text, STAT_MAX); /* the kernel gives all of it at once */
    int error_number = errno;
    (void)close(fd); /* opened for reading */
    if (got < 0) {
        errno = error_number;
        return error_number == ESRCH ? 0 : -1; /* it went while we looked */
    }
    text[got] = 0;
    if (!parse(text, process)) {
        errno = EPROTO;
        return -1;
    }
    /* to others the kernel shows a 0; the files of a zombie are root's, not so this */
    path[length - 1] = 0;
    process->has_status =
        process->wait_status || (!stat(path, &about) && about.st_uid == geteuid());
    return 1;
}

int sv_process_start_time(pid_t pid, uint64_t *ticks)
{
    struct sv_process process;
    int there = sv_process_look(pid, &process);

    if (there <= 0) return there;
    /* the leader of the threads has ended, and others have not */
    if ((process.state == 'Z' || process.state == 'X') && process.threads < 2) return 0;
    *ticks = process.start;
    return 1;
}

int sv_process_is(pid_t pid, uint64_t ticks)
{
    uint64_t started;
    int there = sv_process_start_time(pid, &started);

    if (there > 0) return started == ticks;
    if (there < 0 || !kill(pid, 0) || errno != ESRCH) {
        /* with hidepid /proc looks empty to us; or it is a zombie */
        struct sv_process process;
        if (!there && sv_process_look(pid, &process) > 0) return 0;
        if (!there) errno = EPERM;
        return -1;
    }
    return 0;
}

uint64_t sv_process_ticks(int64_t boottime_ns)
{
    return (uint64_t)boottime_ns
           / (UINT64_C(1000000000) / (uint64_t)sysconf(_SC_CLK_TCK));
}

/* Returns 1; 0 if there is none; -1 with errno. */
static int read_boot_id(unsigned char *boot_id)
{
    char text[64];
    int fd = open2("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);

    memset(boot_id, 0, SV_BOOT_ID);
    if (fd < 0) return errno == ENOENT || errno == EACCES ? 0 : -1;
    ssize_t length = fd_read(fd, text, sizeof text);
    int error_number = errno;
    (void)close(fd); /* opened for reading */
    errno = error_number;
    if (length < 0) return -1;
    return sv_status_scan_boot_id(text, (size_t)length, boot_id);
}

void sv_process_boot_id(unsigned char *boot_id)
{
    (void)read_boot_id(boot_id); /* or all zero */
}

int sv_process_life(unsigned char *life)
{
    uint64_t mixed[2] = {0, 0};
    struct stat about;
    int known = read_boot_id(life);

    if (known <= 0) return known < 0 ? -1 : 1;
    if (stat("/proc/self/ns/pid", &about) < 0) return -1;
    mixed[0] = about.st_ino;
    if (sv_process_start_time(1, &mixed[1]) < 0 && errno != EACCES && errno != EPERM)
        return -1; /* hidden from us it is 0, always */
    for (size_t i = 0; i < SV_BOOT_ID; i++)
        life[i] ^= (unsigned char)(mixed[i / 8] >> 8 * (i % 8));
    return 1;
}
