/* ISC license. */

#include <errno.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sv/child.h>
#include <sv/process.h>

/* Spelled out for C libraries with older headers. */
#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal 424
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

/* linux/pidfd.h of 6.15: the first 64 bytes of struct pidfd_info, and what asks for it.
 */
struct info {
    uint64_t mask;
    uint64_t cgroup;
    uint32_t ids[11];
    int32_t exit_code;
};
#define GET_INFO _IOWR(0xff, 11, struct info)
#define INFO_EXIT (UINT64_C(1) << 3)

int sv_child_is_ours(pid_t pid)
{
    siginfo_t unused;

    return !waitid(P_PID, (id_t)pid, &unused, WEXITED | WNOHANG | WNOWAIT);
}

int sv_child_open(pid_t pid, uint64_t start, uint64_t inode)
{
    struct sv_process process;
    struct stat about;
    int fd = (int)syscall(SYS_pidfd_open, pid, 0);

    if (fd < 0) return -1;
    /* looked at after it was opened: what is seen is what is held, or what came later */
    int is_same = !inode || (!fstat(fd, &about) && about.st_ino == inode);
    int there = sv_process_look(pid, &process);
    if (is_same && there > 0 && process.start == start) return fd;
    /* hidden from us, as it is not dumpable, but the inode names one process only */
    int is_alive = sv_child_signal(fd, 0) || errno == EPERM;
    if (is_same && inode && !there && is_alive) return fd;
    int error_number = there < 0 ? errno : is_same && !there && is_alive ? EPERM : ESRCH;
    (void)close(fd); /* it means another process */
    errno = error_number;
    return -1;
}

int sv_child_end(int fd, pid_t pid, uint64_t start, int *wait_status)
{
    struct info info = {.mask = INFO_EXIT};
    struct sv_process process;

    if (!ioctl(fd, GET_INFO, &info) && info.mask & INFO_EXIT) {
        *wait_status = info.exit_code;
        return 1;
    }
    if (sv_process_look(pid, &process) <= 0 || process.start != start) return 0;
    if (process.state != 'Z' && process.state != 'X') return 0;
    *wait_status = process.wait_status;
    return process.has_status;
}

int sv_child_signal(int fd, int number)
{
    return !syscall(SYS_pidfd_send_signal, fd, number, 0, 0);
}
