/* ISC license. */

/*
 * atmoment MICROSECONDS PROGRAM [ARGUMENT...]: runs it and kills it with SIGKILL so long
 * after it was executed. Prints `killed`, or if it has ended by itself before, `exit
 * CODE` or `signal NUMBER`. What it has started itself lives on. Exit codes: 0, 100
 * usage, 111.
 */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S 1000000000L

static int fail(char const *what)
{
    (void)fprintf(stderr, "atmoment: unable to %s: %s\n", what, strerror(errno));
    return 111;
}

/* The pipe closes when the program is executed. */
static pid_t start(char **program)
{
    int executed[2];
    char byte;

    if (pipe2(executed, O_CLOEXEC) < 0) return -1;
    pid_t pid = fork();
    if (!pid) {
        (void)execvp(program[0], program);
        _exit(fail("run it"));
    }
    (void)close(executed[1]);
    if (pid > 0 && read(executed[0], &byte, 1) < 0) return -1;
    (void)close(executed[0]);
    return pid;
}

int main(int argc, char **argv)
{
    struct timespec moment;
    siginfo_t how = {0};

    if (argc < 3) return 100;
    pid_t pid = start(argv + 2);
    if (pid < 0) return fail("start");
    (void)clock_gettime(CLOCK_MONOTONIC, &moment); /* there is always this clock */
    moment.tv_nsec += strtol(argv[1], 0, 10) * 1000;
    moment.tv_sec += moment.tv_nsec / NS_PER_S;
    moment.tv_nsec %= NS_PER_S;
    /* nothing is waited for: this is the moment of the crash */
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &moment, 0) == EINTR)
        ;
    int over = !waitid(P_PID, (id_t)pid, &how, WEXITED | WNOWAIT | WNOHANG) && how.si_pid;
    (void)kill(pid, SIGKILL); /* a zombie at least */
    if (waitid(P_PID, (id_t)pid, &how, WEXITED) < 0) return fail("wait");
    if (!over && how.si_code == CLD_KILLED && how.si_status == SIGKILL)
        (void)puts("killed");
    else
        (void)printf("%s %d\n", how.si_code == CLD_EXITED ? "exit" : "signal",
                     how.si_status);
    return 0;
}
