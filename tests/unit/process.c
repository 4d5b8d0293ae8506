/* ISC license. */

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sv/process.h>

#include "tap.h"

/*
 * A child with that name that does nothing until it is killed. It has the name when this
 * returns.
 */
static pid_t child_named(char const *name)
{
    int ready[2];
    char byte;

    if (pipe2(ready, O_CLOEXEC) < 0) exit(111);
    pid_t pid = fork();
    if (!pid) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        prctl(PR_SET_NAME, name);
        (void)!write(ready[1], "", 1);
        for (;;) pause();
    }
    (void)!read(ready[0], &byte, 1);
    close(ready[0]);
    close(ready[1]);
    return pid;
}

static void names(void)
{
    static char const *const names[] = {"plain",     "a b", ") Z 1 2 3", "((()",
                                        "x) R 0 (y", "",    "line\nfeed"};
    uint64_t first = 0, ticks;

    for (unsigned int i = 0; i < sizeof names / sizeof *names; i++) {
        pid_t pid = child_named(names[i]);
        ticks = 0;
        is_int(sv_process_start_time(pid, &ticks), 1, "child %u has a start time", i);
        if (!i) first = ticks;
        ok(ticks >= first && ticks - first < 6000, "a likely one, whatever its name is");
        is_int(sv_process_is(pid, ticks), 1, "it is the one that started then");
        is_int(sv_process_is(pid, ticks + 1), 0, "and none that started at another time");
        kill(pid, SIGKILL);
        siginfo_t info;
        waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT);
        is_int(sv_process_start_time(pid, &ticks), 0, "its zombie does not count");
        is_int(sv_process_is(pid, ticks), 0, "so it is gone");
        waitpid(pid, 0, 0);
        uint64_t untouched = 42;
        is_int(sv_process_start_time(pid, &untouched), 0, "nor does nothing");
        is_int(untouched, 42, "of which there is no time");
    }
}

int main(void)
{
    uint64_t before, again;

    is_int(sv_process_start_time(getpid(), &before), 1, "a process sees itself");
    names();
    is_int(sv_process_start_time(getpid(), &again), 1, "it still does");
    is_int(again, before, "and its start time stays");
    is_int(sv_process_start_time(2147483647, &again), 0, "there is no such pid");
    return done();
}
