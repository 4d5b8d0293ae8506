/* ISC license. */

/* Waiting: for input, for signals, for better times. */

#include <signal.h>
#include <sys/wait.h>

#include <skalibs/djbunix.h>
#include <skalibs/selfpipe.h>
#include <skalibs/sig.h>

#include <sv/clock.h>
#include <sv/message.h>

#include "multilog.h"

#define FIRST_PAUSE_MS 100
#define LONGEST_PAUSE_MS 5000

/* The same trouble within this time after the last pause is not worth another line. */
#define QUIET_MS 10000

void multilog_catch(struct multilog *multilog)
{
    static int const caught[] = {SIGTERM, SIGALRM, SIGCHLD};

    /* inherited as ignored, the kernel would keep the ends of processors from us */
    (void)signal(SIGCHLD, SIG_DFL);
    /* whoever reads our alerts may go away */
    (void)signal(SIGPIPE, SIG_IGN);
    multilog->signals = selfpipe_init();
    if (multilog->signals < 0) sv_dieusys(111, "create a pipe for signals");
    for (unsigned int i = 0; i < sizeof caught / sizeof *caught; i++)
        if (!selfpipe_trap(caught[i])) sv_dieusys(111, "catch signals");
}

static void reap(struct multilog *multilog)
{
    int wstat;
    pid_t pid;

    while ((pid = wait_nohang(&wstat)) > 0)
        for (size_t i = 0; i < multilog->output_count; i++)
            if (multilog->outputs[i].directory.pid == pid) {
                multilog->outputs[i].directory.pid = 0;
                multilog->outputs[i].wstat = wstat;
            }
}

static void see_to_signals(struct multilog *multilog)
{
    int number;

    /* 0: no more; -1: it does not work, and the next wait tells */
    while ((number = selfpipe_read()) > 0) {
        if (number == SIGTERM) multilog->leaving = 1;
        if (number == SIGALRM) multilog->rotating = 1;
        if (number == SIGCHLD) reap(multilog);
    }
}

int multilog_wait(struct multilog *multilog, int reading, int64_t deadline_ms)
{
    iopause_fd fds[] = {{.fd = multilog->signals, .events = IOPAUSE_READ},
                        {.fd = 0, .events = IOPAUSE_READ}};

    if (sv_clock_wait(fds, reading ? 2 : 1, deadline_ms) <= 0) return 0;
    if (fds[0].revents) see_to_signals(multilog);
    return reading && fds[1].revents;
}

static void say(char const *path, struct sv_logdir_trouble const *what)
{
    char const *slash = what->file && *path ? "/" : "";
    char const *file = what->file ? what->file : "";

    if (what->error)
        sv_warnu(what->verb, path, slash, file, what->tail,
                 ", pausing: ", sv_errortext(what->error));
    else
        sv_warn(what->verb, path, ", pausing");
}

void multilog_pause(struct multilog *multilog, struct trouble *trouble, char const *path,
                    struct sv_logdir_trouble const *what)
{
    int64_t now_ms = sv_clock_monotonic_ms();
    int known = trouble->verb == what->verb && trouble->file == what->file
                && trouble->error == what->error && now_ms - trouble->last_ms < QUIET_MS;

    if (!known) say(path, what);
    if (!known || !trouble->delay_ms)
        trouble->delay_ms = FIRST_PAUSE_MS;
    else if (trouble->delay_ms < LONGEST_PAUSE_MS / 2)
        trouble->delay_ms *= 2;
    else
        trouble->delay_ms = LONGEST_PAUSE_MS;
    trouble->verb = what->verb;
    trouble->file = what->file;
    trouble->error = what->error;
    trouble->last_ms = now_ms + trouble->delay_ms;
    (void)multilog_wait(multilog, 0, trouble->last_ms);
}

void multilog_well(struct trouble *trouble)
{
    trouble->delay_ms = 0;
}
