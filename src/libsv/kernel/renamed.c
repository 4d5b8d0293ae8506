/* ISC license. */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <sv/renamed.h>

/* Real-time signals are queued, each with its descriptor; where the queue is full the
 * kernel sends SIGIO instead. */
int sv_renamed_open(struct sv_renamed *renamed)
{
    sigset_t set;

    (void)sigemptyset(&set); /* the arguments are right */
    (void)sigaddset(&set, SIGRTMIN);
    (void)sigaddset(&set, SIGIO);
    renamed->fd = -1;
    if (sigprocmask(SIG_BLOCK, &set, 0) < 0) return 0;
    renamed->fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    return renamed->fd >= 0;
}

int sv_renamed_add(struct sv_renamed *renamed, int dir)
{
    if (renamed->fd < 0) {
        errno = EBADF;
        return 0;
    }
    return fcntl(dir, F_SETSIG, SIGRTMIN) >= 0
           && fcntl(dir, F_NOTIFY, DN_RENAME | DN_MULTISHOT) >= 0;
}

int sv_renamed_read(struct sv_renamed *renamed, int dirs[SV_RENAMED_MAX])
{
    struct signalfd_siginfo signals[SV_RENAMED_MAX];
    ssize_t got;

    do got = read(renamed->fd, signals, sizeof signals);
    while (got < 0 && errno == EINTR);
    if (got < 0) return errno == EAGAIN ? 0 : -1;
    int count = (int)((size_t)got / sizeof *signals);
    for (int i = 0; i < count; i++)
        dirs[i] = signals[i].ssi_signo == (uint32_t)SIGIO ? -1 : signals[i].ssi_fd;
    return count;
}
