/* ISC license. */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <skalibs/types.h>

#include <sv/handover.h>

#define NAME "UPKEEP_HANDOVER"
#define REPLACED " (deleted)" /* proc(5), /proc/PID/exe */

int sv_handover_path(char *path, size_t size)
{
    size_t const suffix = sizeof REPLACED - 1;
    ssize_t length = readlink("/proc/self/exe", path, size - 1);

    if (length < 0) return 0;
    if ((size_t)length == size - 1) {
        errno = ENAMETOOLONG;
        return 0;
    }
    path[length] = 0;
    if ((size_t)length > suffix && !strcmp(path + length - suffix, REPLACED))
        path[(size_t)length - suffix] = 0;
    return 1;
}

static int set_kept(int const *fds, unsigned int count, int flags)
{
    for (unsigned int i = 0; i < count; i++)
        if (fds[i] >= 0 && fcntl(fds[i], F_SETFD, flags) < 0) return 0;
    return 1;
}

void sv_handover_execute(char const *path, char const *const *argv, int const *fds,
                         unsigned int count)
{
    char text[sizeof NAME "=" + PID_FMT + SV_HANDOVER_MAX * (1 + INT_FMT)];
    size_t length = sizeof NAME;

    if (count > SV_HANDOVER_MAX) {
        errno = E2BIG;
        return;
    }
    memcpy(text, NAME "=", sizeof NAME);
    length += pid_fmt(text + length, getpid());
    for (unsigned int i = 0; i < count; i++) {
        if (fds[i] < 0) continue;
        text[length++] = ' ';
        length += int_fmt(text + length, fds[i]);
    }
    text[length] = 0;
    /* the environment has our own array only until the next line */
    if (!putenv(text) && set_kept(fds, count, 0))
        (void)execve(path, (char *const *)argv,
                     environ); /* if it returns it has failed */
    int error_number = errno;
    (void)set_kept(fds, count, FD_CLOEXEC); /* they are open: it cannot fail */
    (void)unsetenv(NAME);
    errno = error_number;
}

/* The numbers in `text` behind the pid; 0 if it is not about this process. */
static unsigned int parse(char const *text, int fds[SV_HANDOVER_MAX])
{
    unsigned int count = 0;
    pid_t pid;
    size_t length = pid_scan(text, &pid);

    if (!length || pid != getpid()) return 0;
    for (text += length; *text == ' ' && count < SV_HANDOVER_MAX; text += length) {
        text++;
        length = int_scan(text, &fds[count]);
        if (!length || fcntl(fds[count], F_SETFD, FD_CLOEXEC) < 0) return 0;
        count++;
    }
    return *text ? 0 : count;
}

unsigned int sv_handover_take(int fds[SV_HANDOVER_MAX])
{
    char const *text = getenv(NAME);

    if (!text) return 0;
    unsigned int count = parse(text, fds);
    (void)unsetenv(NAME); /* its name is right */
    return count;
}
