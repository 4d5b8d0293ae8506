/* ISC license. */

/*
 * fghack: runs a program that goes into the background by itself, and stays until
 * everything that this has started is gone.
 *
 * The child has the writing end of a pipe, many times: what it leaves behind has at least
 * one of them, even if it closes some descriptors on its way. The pipe ends when the last
 * one is gone.
 */

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sv/about.h>
#include <sv/chain.h>
#include <sv/message.h>
#include <sv/stream.h>

#define USAGE "fghack child"

#define COPIES 30 /* as many as daemontools makes */
#define SPARE 8   /* free descriptors, where there is a limit */

char const *PROG = "fghack";

/*
 * The writing ends are for the child, and for what it starts: not close-on-exec. Where
 * there cannot be so many, a few descriptors are left for the child to begin with.
 */
static __attribute__((noreturn)) void become(char const *const *argv, int const *ends)
{
    int copies[COPIES];
    unsigned int count = 0;

    (void)close(ends[0]); /* only read from */
    while (count < COPIES && (copies[count] = dup(ends[1])) >= 0) count++;
    if (count < COPIES)
        for (unsigned int i = 0; i < SPARE && count; i++)
            (void)close(copies[--count]); /* nothing was written */
    (void)sv_chain_run(argv, 0);          /* if it returns it has failed */
    sv_dieusys(111, "run ", argv[0]);
}

int main(int argc, char const *const *argv)
{
    char bytes[512];
    int ends[2], how;
    ssize_t got;

    sv_about(argv, "usage: " USAGE "\n");
    if (argc < 2) sv_dieusage(100, USAGE);
    if (pipe(ends) < 0) sv_dieusys(111, "create pipe"); /* inherited on purpose */

    /* Who started us may ignore it; then the kernel would not keep how the child ended.
     */
    void (*before)(int) = signal(SIGCHLD, SIG_DFL);
    pid_t pid = fork();
    if (pid < 0) sv_dieusys(111, "fork");
    if (!pid) {
        if (before == SIG_IGN) (void)signal(SIGCHLD, SIG_IGN); /* as it was */
        become(argv + 1, ends);
    }
    (void)close(ends[1]); /* nothing was written */

    do got = sv_stream_read(ends[0], bytes, sizeof bytes);
    while (got > 0);
    pid_t waited;
    do waited = waitpid(pid, &how, 0);
    while (waited < 0 && errno == EINTR);
    if (waited < 0) sv_die(111, "wait failed: ", sv_errortext(errno));
    if (WIFSIGNALED(how)) sv_die(111, "child crashed");
    return WEXITSTATUS(how);
}
