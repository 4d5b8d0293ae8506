/* ISC license. */

/*
 * The program that is run while the services are watched.
 */

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <skalibs/posixplz.h>
#include <skalibs/selfpipe.h>

#include <sv/catch.h>
#include <sv/message.h>

#include "svwait.h"

static sigset_t mask; /* as we were started with */

int svwait_catch_ends(void)
{
    static int const numbers[] = {SIGCHLD, 0};

    (void)sigprocmask(SIG_SETMASK, 0, &mask); /* only asks */
    int fd = sv_catch(numbers);
    if (fd < 0) sv_dieusys(111, "catch signals");
    return fd;
}

/* The program gets the signals as we got them. */
pid_t svwait_run(char const *const *argv)
{
    posix_spawnattr_t attributes;
    sigset_t defaults;
    pid_t pid = 0;

    (void)sigemptyset(&defaults);
    (void)sigaddset(&defaults, SIGPIPE);
    int error = posix_spawnattr_init(&attributes);
    if (!error) error = posix_spawnattr_setsigmask(&attributes, &mask);
    if (!error) error = posix_spawnattr_setsigdefault(&attributes, &defaults);
    if (!error)
        error = posix_spawnattr_setflags(&attributes,
                                         POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    if (!error)
        error = posix_spawnp(&pid, argv[0], 0, &attributes, (char *const *)argv, environ);
    errno = error;
    if (error) sv_dieusys(error == ENOENT ? 127 : 126, "run ", argv[0]);
    return pid;
}

int svwait_has_ended(pid_t pid)
{
    int status, number;
    pid_t ended;

    while ((number = selfpipe_read()) > 0) {} /* there is only one */
    if (number < 0) sv_dieusys(111, "read signals");
    do ended = waitpid(pid, &status, WNOHANG);
    while (ended < 0 && errno == EINTR);
    if (ended < 0) sv_dieusys(111, "wait for the program");
    if (!ended) return 0;
    if (WIFSIGNALED(status)) _exit(128 + WTERMSIG(status));
    if (WEXITSTATUS(status)) _exit(WEXITSTATUS(status));
    return 1;
}
