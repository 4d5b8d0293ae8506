/* ISC license. */

/*
 * svscan: looks after a scan directory. For each service directory in it there is a
 * supervise, and a second one with a pipe between them if it has a log directory.
 *
 * Start-up may die. After it there is a loop that never does: it gathers events (a child
 * has ended, a name has come or gone, a signal, a command, a deadline) and feeds them to
 * the plans of the entries.
 */

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <skalibs/djbunix.h>
#include <skalibs/selfpipe.h>
#include <skalibs/sig.h>

#include <sv/about.h>
#include <sv/catch.h>
#include <sv/clock.h>
#include <sv/message.h>
#include <sv/option.h>
#include <sv/process.h>
#include <sv/proctree.h>

#include "svscan.h"

#define USAGE "svscan [dir [logdir]]"
#define RETRY_MS 1000

void svscan_leave(struct svscan *svscan)
{
    if (svscan->leaving) return;
    svscan->leaving = 1;
    svscan_order_begin(svscan);
    /* only now: the kernel takes up to 20 ms to end watches, in which services end too */
    sv_watch_close(&svscan->watch);
    svscan->watch_id = -1;
}

static void take_signals(struct svscan *svscan)
{
    int number;

    while ((number = selfpipe_read()) > 0) {
        if (number == SIGCHLD) svscan_reap(svscan);
        if (number == SIGTERM || number == SIGINT || number == SIGQUIT)
            svscan_leave(svscan);
        if (number == SIGHUP || number == SIGALRM) svscan->scan_wanted = 1;
    }
    if (number < 0 && trouble_is_new(&svscan->troubles, TROUBLE_WAIT))
        sv_warnusys("read signals");
}

static void catch_signals(struct svscan *svscan)
{
    /*
     * USR1 and USR2 are taken and mean nothing: they must not end process 1 or a session
     */
    static int const numbers[] = {SIGCHLD, SIGTERM, SIGINT,  SIGQUIT, SIGHUP,
                                  SIGALRM, SIGUSR1, SIGUSR2, 0};

    (void)sig_restore(SIGCHLD); /* ignored, it would keep exit codes from us */
    svscan->signals = sv_catch(numbers);
    if (svscan->signals < 0) sv_dieusys(111, "catch signals");
}

static void start_up(struct svscan *svscan)
{
    svscan->watch.fd = svscan->watch_id = svscan->control = svscan->held = -1;
    svscan->due_ms = svscan->rescan_ms = svscan->check_ms = SV_SCAN_NEVER;
    svscan->check_over_ms = SV_SCAN_NEVER;
    svscan->lock = svscan->control_writer = -1;
    svscan->handed_count = sv_handover_take(svscan->handed);
    if (!fd_sanitize()) sv_dieusys(111, "open /dev/null");
    if (svscan->handed_count) svscan_keep_pipes(svscan);
    if (!launch_prepare(&svscan->launch, svscan->handed_count > 0, svscan->log_name != 0))
        sv_dieusys(111, "set up descriptors");
    /* an image that was executed anew is there already; the name may be relative */
    if (!svscan->handed_count && chdir(svscan->dir_name) < 0)
        sv_dieusys(111, "chdir to ", svscan->dir_name);
    if (!launch_find(&svscan->launch)) sv_dieusys(111, "find supervise");
    catch_signals(svscan);
    svscan_open_state(svscan);
    if (!sv_proctree_adopt_orphans()) sv_warnusys("adopt orphans");
    if (sv_process_life(svscan->life) < 0) sv_dieusys(111, "read the boot id");
}

static void wait_for_events(struct svscan *svscan, iopause_fd *fds, unsigned int count)
{
    int64_t deadline_ms = svscan->due_ms;

    if (svscan->rescan_ms < deadline_ms) deadline_ms = svscan->rescan_ms;
    if (svscan->check_ms < deadline_ms) deadline_ms = svscan->check_ms;
    if (svscan->check_over_ms < deadline_ms) deadline_ms = svscan->check_over_ms;
    if (sv_clock_wait(fds, count, deadline_ms) >= 0) return;
    if (trouble_is_new(&svscan->troubles, TROUBLE_WAIT)) sv_warnusys("wait for events");
    /* without descriptors that works always; then all of them are tried */
    (void)sv_clock_wait(0, 0, sv_clock_monotonic_ms() + RETRY_MS);
    for (unsigned int i = 0; i < count; i++)
        fds[i].revents = fds[i].fd >= 0 ? IOPAUSE_READ : 0;
}

static void round_of_events(struct svscan *svscan)
{
    iopause_fd fds[4] = {
        {.fd = svscan->signals, .events = IOPAUSE_READ},
        {.fd = svscan->control, .events = IOPAUSE_READ},
        {.fd = svscan->watch.fd, .events = IOPAUSE_READ},
        {.fd = svscan->held, .events = IOPAUSE_READ},
    };

    wait_for_events(svscan, fds, 4);
    if (fds[0].revents) take_signals(svscan);
    if (fds[3].revents) svscan_read_held(svscan);
    svscan_check_held(svscan);
    if (fds[1].revents) svscan_read_control(svscan);
    if (fds[2].revents && svscan->watch.fd >= 0) svscan_read_watch(svscan);
    if (svscan->scan_wanted || svscan->rescan_ms <= sv_clock_monotonic_ms())
        svscan_scan(svscan);
    svscan_pass_time(svscan);
    svscan_order_go_on(svscan);
    svscan_own_end(svscan);
    svscan_upgrade_if_due(svscan);
}

static void parse(struct svscan *svscan, int argc, char const *const *argv)
{
    struct sv_options options = SV_OPTIONS("", 0);

    if (sv_option_next(&options, argc, argv) != SV_OPTION_END) {
        sv_option_complain(&options);
        sv_dieusage(100, USAGE);
    }
    svscan->dir_name = options.index < argc ? argv[options.index] : ".";
    svscan->log_name = options.index + 1 < argc ? argv[options.index + 1] : 0;
}

int main(int argc, char const *const *argv)
{
    static struct svscan svscan; /* untouched parts of it cost no memory */

    PROG = "svscan";
    sv_about(argv, "usage: " USAGE "\n");
    if (argc == 2 && !strcmp(argv[1], "--check")) return svscan_check(&svscan);
    parse(&svscan, argc, argv);
    start_up(&svscan);

    /* From here on nothing is a reason to exit but being told to. */
    svscan_scan(&svscan);
    svscan_end_upgrade(&svscan);
    while (!svscan.abandoning && (!svscan.leaving || svscan.table.first))
        round_of_events(&svscan);
    return 0;
}
