/* ISC license. */

/* Waiting: for input, for better times; and what signals and changes mean. */

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <skalibs/djbunix.h>

#include <sv/clock.h>
#include <sv/message.h>
#include <sv/watch.h>

#include "multilog.h"

#define LONGEST_PAUSE_MS 5000

/* One directory may be told of before all are open: there is one watch for all. */
static struct sv_watch watch = {.fd = -1};

/* Changes come as a signal: waiting for one descriptor less is quicker. */
static int open_watch(void)
{
    if (!sv_watch_open(&watch)) return 0;
    if (!fcntl(watch.fd, F_SETOWN, getpid())
        && !fcntl(watch.fd, F_SETFL, O_ASYNC | O_NONBLOCK))
        return 1;
    sv_watch_close(&watch);
    return 0;
}

/* Without it, a directory that is removed is noticed at the next rotation. */
void multilog_watch(struct output *output)
{
    if (watch.fd < 0 && !open_watch()) return;
    if (output->watch >= 0) sv_watch_remove(&watch, output->watch);
    output->watch =
        sv_watch_add(&watch, output->directory.path, SV_WATCH_GOES | SV_WATCH_SELF);
}

static void see_to_changes(struct multilog *multilog)
{
    struct sv_watch_event event;

    while (sv_watch_read(&watch, &event) > 0)
        for (size_t i = 0; i < multilog->output_count; i++) {
            struct output *output = multilog->outputs + i;
            int about_all = event.kind == SV_WATCH_OVERFLOW;
            if (!about_all && event.id != output->watch) continue;
            if (event.kind == SV_WATCH_ENDED) output->watch = -1;
            if (about_all || event.kind == SV_WATCH_ENDED
                || (event.kind == SV_WATCH_NAME
                    && sv_logdir_has_lost(&output->directory)))
                output->watched_stale = 1;
        }
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

/* Whoever asks twice does not want to wait for a processor: the record has all. */
static void be_terminated(struct multilog *multilog)
{
    if (multilog->program.stays) return;
    if (multilog->leaving && multilog->durable) _exit(multilog->leave_code);
    multilog->leaving = 1;
}

static void see_to_signals(struct multilog *multilog)
{
    unsigned int numbers = multilog_signals();

    if (numbers & 1u << SIGTERM) be_terminated(multilog);
    if (numbers & 1u << SIGALRM) multilog->rotating = 1;
    if (numbers & 1u << SIGHUP) multilog->rereading = 1;
    if (numbers & 1u << SIGCHLD) reap(multilog);
    if (numbers & 1u << SIGIO) see_to_changes(multilog);
}

int multilog_wait(struct multilog *multilog, int reading, int64_t deadline_ms)
{
    int events = 0;

    if (reading)
        events = multilog_await_input(deadline_ms, &multilog->available);
    else
        multilog_await_signal(deadline_ms);
    if (!events) see_to_signals(multilog);
    return events;
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

int64_t multilog_complain(struct trouble *trouble, char const *path,
                          struct sv_logdir_trouble const *what, uint64_t first_ms)
{
    int64_t now_ms = sv_clock_monotonic_ms();
    int64_t first = first_ms ? (int64_t)first_ms : SV_LOGSCRIPT_PAUSE_DEFAULT;
    int64_t longest = first > LONGEST_PAUSE_MS ? first : LONGEST_PAUSE_MS;
    int known = trouble->verb == what->verb && trouble->file == what->file
                && trouble->error == what->error
                && now_ms - trouble->last_ms < MULTILOG_QUIET_MS;

    if (!known) say(path, what);
    if (!known || !trouble->delay_ms)
        trouble->delay_ms = first;
    else if (trouble->delay_ms < longest / 2)
        trouble->delay_ms *= 2;
    else
        trouble->delay_ms = longest;
    trouble->verb = what->verb;
    trouble->file = what->file;
    trouble->error = what->error;
    trouble->last_ms = now_ms + trouble->delay_ms;
    return trouble->delay_ms;
}

void multilog_leave_now(struct multilog const *multilog)
{
    if (multilog->leaving && multilog->durable) _exit(multilog->leave_code);
}

void multilog_pause(struct multilog *multilog, struct trouble *trouble, char const *path,
                    struct sv_logdir_trouble const *what, uint64_t first_ms)
{
    (void)multilog_complain(trouble, path, what, first_ms);
    multilog_leave_now(multilog);
    (void)multilog_wait(multilog, 0, trouble->last_ms);
    multilog_leave_now(multilog);
}

void multilog_well(struct trouble *trouble)
{
    trouble->delay_ms = 0;
}
