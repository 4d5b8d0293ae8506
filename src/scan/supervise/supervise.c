/* ISC license. */

/*
 * supervise: keeps one service running.
 *
 * Start-up may die. After it there is a loop that never does: it gathers events (a child
 * has ended, a command came, time has passed, a run script appeared), feeds them to the
 * machine, and writes down what has changed.
 */

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <skalibs/allreadwrite.h>
#include <skalibs/selfpipe.h>

#include <sv/about.h>
#include <sv/clock.h>
#include <sv/message.h>
#include <sv/stack.h>
#include <sv/voice.h>

#include "beside.h"

#define USAGE "supervise dir"
#define END_MS 5
#define DEAF_MS 1000
#define FDS 8 /* that are waited for */

char const *PROG = "supervise";

static void feed_plain(struct service *service, struct sv_command const *command)
{
    struct sv_event event = {.kind = SV_EVENT_COMMAND,
                             .now_ms = sv_clock_monotonic_ms(),
                             .command = *command};

    service_feed(service, &event);
}

static void feed_command(struct service *service, struct sv_command const *command)
{
    if (command->to_log && command->kind != SV_COMMAND_EXIT)
        service_logger_command(service, command);
    else if (command->kind == SV_COMMAND_UPGRADE)
        service_begin_upgrade(service);
    else if (!service_scripts_begin(service, command))
        feed_plain(service, command);
}

/* What comes as a signal, and at once. */
static void feed_letter(struct service *service, enum sv_command_kind kind)
{
    struct sv_command command = {.kind = kind, .uid = SV_CONTROL_UID_UNKNOWN};

    feed_plain(service, &command);
}

/*
 * waitid() stores who has ended where the next supervise looks, should we be killed
 * before we have decided what that means.
 */
static void reap(struct service *service)
{
    siginfo_t *end = &service->page->end;
    int wait_status;

    while (!service->leaving) {
        end->si_pid = 0;
        if (waitid(P_ALL, 0, end, WEXITED | WNOHANG) < 0 && errno == EINTR) continue;
        int pid = end->si_pid;
        if (!pid) return;
        service_told_ended(service, pid);
        if (sv_recovery_end_of(service->page, pid, &wait_status)
            && !service_checker_ended(service, pid, wait_status)
            && !service_check_ended(service, pid)
            && !service_script_ended(service, pid, wait_status)
            && !service_logger_ended(service, pid))
            service_child_ended(service, pid, wait_status, 0);
    }
}

/* SIGCHLD is also how svscan says that it has told us of an end. */
static void take_ends(struct service *service)
{
    reap(service);
    service_look_for_relayed(service);
}

/*
 * What has been told to end mostly does so at once, hundreds may be told at the same
 * time, and somebody may wait for the end: what is written down waits a moment for that.
 */
static void defer_writing(struct service *service)
{
    int64_t now_ms = sv_clock_monotonic_ms();

    if (service->machine.child != SV_CHILD_RUN) return;
    if (service->write_ms > now_ms + END_MS) service->write_ms = now_ms + END_MS;
    service->write_waits = service->write_ms > now_ms;
}

static void end(struct service *service, enum sv_event_kind kind)
{
    if (kind != SV_EVENT_TERMINATE || !service_scripts_terminate(service))
        service_event(service, kind);
    defer_writing(service);
}

/* What is there and cannot be read is left alone for a while, or we would spin. */
static void grow_deaf(struct service *service, char const *what)
{
    service->deaf_ms = sv_clock_monotonic_ms() + DEAF_MS;
    if (trouble_is_new(&service->read_trouble))
        sv_warnusys("read ", what, " for ", service->dir_name, ", trying every second");
}

static void take_signals(struct service *service)
{
    int number = 0;

    while (!service->leaving && (number = selfpipe_read()) > 0) {
        if (number == SIGCHLD) take_ends(service);
        if (number == SIGTERM || number == SIGINT) end(service, SV_EVENT_TERMINATE);
        if (number == SIGHUP && service->reads_pipe) end(service, SV_EVENT_DRAIN);
        if (number == SIGTSTP) feed_letter(service, SV_COMMAND_PAUSE);
        if (number == SIGUSR2) service_begin_upgrade(service);
        if (number == SIGIO) service->needs_seen = service->logger.has_changed = 1;
        if (number == SIGCONT) feed_letter(service, SV_COMMAND_CONTINUE);
    }
    if (number < 0) grow_deaf(service, "signals");
}

void service_take_input(struct service *service)
{
    struct sv_recovery const *page = service->page;
    struct sv_recovery_doing *doing = &service->doing;
    struct sv_command command;

    if (doing->input_round != page->round) doing->input_done = 0;
    doing->input_round = page->round;
    while (!service->leaving && !doing->control_step && !service->logger.awaited_ms
           && doing->input_done < sizeof page->input) {
        unsigned char byte = page->input[doing->input_done++];
        if (!byte) continue; /* no command; behind the last one there are only these */
        service->status.control_bytes++;
        service->status_changed = 1;
        if (sv_control_decode(&service->decoder, byte, &command))
            feed_command(service, &command);
    }
}

/* A batch ends where the FIFO is empty: a chunk that is full may not be the end of it. */
static void take_rest(struct service *service)
{
    unsigned char const *input = service->page->input;
    int left = 0;

    service_take_input(service);
    if (service->doing.control_step || service->logger.awaited_ms) return;
    if (input[sizeof service->page->input - 1]
        && !ioctl(service->control, FIONREAD, &left) && left)
        return;
    sv_control_end_batch(&service->decoder);
}

/* One chunk a round: whoever writes without end must not keep us from all the rest. */
void service_take_commands(struct service *service)
{
    struct sv_recovery *page = service->page;

    service_take_input(service); /* what is left of the last chunk comes first */
    if (service->leaving || service->doing.control_step || service->logger.awaited_ms)
        return;
    sv_recovery_clear_input(page);
    ssize_t length = fd_read(service->control, (char *)page->input, sizeof page->input);
    if (length < 0 && errno != EAGAIN) grow_deaf(service, "commands");
    service->stops = 0;
    take_rest(service);
    if (service->stops) defer_writing(service);
}

/* When something is due, whatever happens. */
static int64_t deadline_of(struct service const *service)
{
    int64_t deadline_ms = sv_machine_deadline(&service->machine);

    if (service->watch_retry_ms < deadline_ms) deadline_ms = service->watch_retry_ms;
    if (service->complain_ms < deadline_ms) deadline_ms = service->complain_ms;
    if (service->adopted_ms < deadline_ms) deadline_ms = service->adopted_ms;
    if (service->check_ms < deadline_ms) deadline_ms = service->check_ms;
    if (service_script_deadline(service) < deadline_ms)
        deadline_ms = service_script_deadline(service);
    if (service->write_ms < deadline_ms) deadline_ms = service->write_ms;
    if (service->check_due_ms < deadline_ms) deadline_ms = service->check_due_ms;
    if (service->needs_ms < deadline_ms) deadline_ms = service->needs_ms;
    if (service->logger.retry_ms < deadline_ms) deadline_ms = service->logger.retry_ms;
    if (service->logger.awaited_ms && service->logger.awaited_ms < deadline_ms)
        deadline_ms = service->logger.awaited_ms;
    if (service->deaf_ms && service->deaf_ms < deadline_ms)
        deadline_ms = service->deaf_ms;
    return deadline_ms;
}

/* What is due, whatever else has happened. */
static void pass_time(struct service *service)
{
    if (!service->leaving
        && sv_machine_deadline(&service->machine) <= sv_clock_monotonic_ms())
        service_event(service, SV_EVENT_TIME);
    if (service->complain_ms <= sv_clock_monotonic_ms()) service_complain(service);
    if (service->check_ms <= sv_clock_monotonic_ms()) service_check_timeout(service);
}

/*
 * What goes on beside the service as long as its state wants that: once more if that has
 * led to another state, for then nothing else may wake us.
 */
static void tend(struct service *service)
{
    uint64_t serial;

    do {
        serial = service->status.serial;
        service_watch_run(service);
        if (!service->leaving) service_tend_needs(service);
        if (!service->leaving) service_tend_check(service);
        if (!service->leaving) service_logger_tend(service);
    } while (!service->leaving && service->status.serial != serial);
}

static void round_of_events(struct service *service)
{
    int is_deaf = service->deaf_ms > sv_clock_monotonic_ms(), pid = service->machine.pid;
    int awaits = service->doing.control_step || service->logger.awaited_ms;
    iopause_fd fds[FDS] = {
        {.fd = is_deaf ? -1 : service->signals, .events = IOPAUSE_READ},
        {.fd = is_deaf || awaits ? -1 : service->control, .events = IOPAUSE_READ},
        {.fd = service->watch, .events = IOPAUSE_READ},
        {.fd = service->adopted_is_over ? -1 : service->adopted, .events = IOPAUSE_READ},
        {.fd = service->ready, .events = IOPAUSE_READ},
        {.fd = service->notify, .events = IOPAUSE_READ},
        {.fd = service->script, .events = IOPAUSE_READ},
        {.fd = service->logger.held, .events = IOPAUSE_READ},
    };

    if (sv_clock_wait(fds, FDS, deadline_of(service)) < 0) fds[0].revents = IOPAUSE_READ;
    service_tree_note(service);
    service->write_waits = 0;
    if (!is_deaf) service->deaf_ms = 0;
    if (fds[0].revents) take_signals(service);
    /* svscan may have told us: then what is held now is the one that goes on */
    if (fds[3].revents && service->adopted >= 0 && service->machine.pid == pid)
        service_adopted_ended(service);
    if (service->adopted_ms <= sv_clock_monotonic_ms()) service_look_at_adopted(service);
    /* what it said before it ended does not matter; what it says now is of this run */
    if (fds[4].revents && service->ready == fds[4].fd) service_ready_read(service);
    if (fds[5].revents && service->notify == fds[5].fd) service_notify_read(service);
    if (fds[6].revents && service->script >= 0) service_adopted_script_ended(service);
    if (fds[7].revents && service->logger.held >= 0) service_logger_held_ended(service);
    if (service_script_deadline(service) <= sv_clock_monotonic_ms())
        service_script_timeout(service);
    if (!service->leaving && awaits && !service_logger_is_awaited(service))
        take_rest(service);
    if (fds[1].revents) service_take_commands(service);
    if (!service->leaving
        && (fds[2].revents || service->watch_retry_ms <= sv_clock_monotonic_ms()))
        service_run_watch_ready(service);
    pass_time(service);
    tend(service);
    if (service->leaving || !service->write_waits) service_write(service);
    if (!service->leaving) service_end_watch_run(service);
    /* not while it is being found out how the child ended */
    if (service->upgrading && !service->leaving && !service->adopted_is_over)
        service_upgrade(service);
}

/* Takes over, and takes what nobody has told us of: ends, and the rest of a batch. */
static void resume(struct service *service)
{
    service_resume(service);
    if (!service->leaving) reap(service);
    take_rest(service);
}

/*
 * --check, --logger and then --instance ARG are for our own use: what svscan starts does
 * not tell by its name which instance it is of, and what was executed anew is somewhere
 * else. Returns whether there was --check.
 */
static int read_options(struct service *service, int argc, char const *const *argv)
{
    int checks = argc > 2 && !strcmp(argv[1], "--check");

    argc -= checks;
    argv += checks;
    service->is_logger = argc > 2 && !strcmp(argv[1], "--logger");
    argc -= service->is_logger;
    argv += service->is_logger;
    if (service->is_logger) service->instance = "";
    if (argc > 3 && !strcmp(argv[1], "--instance") && !strchr(argv[2], '/')) {
        service->instance = argv[2];
        argc -= 2;
        argv += 2;
    }
    if (argc != 2) sv_dieusage(100, USAGE);
    service->dir_name = argv[1];
    return checks;
}

int main(int argc, char const *const *argv)
{
    static struct service service;
    static SV_LARGE struct sv_tally tally;

    sv_about(argv, "usage: " USAGE "\n");
    if (read_options(&service, argc, argv)) return service_check(&service);
    service.tally = &tally;
    int resumes = service_start_up(&service);

    /* From here on nothing is a reason to exit, or to wait. */
    sv_voice_never_wait();
    if (resumes)
        resume(&service);
    else
        service_event(&service, SV_EVENT_BEGIN);
    tend(&service);
    service_write(&service);
    sv_stack_release();
    while (!service.leaving) round_of_events(&service);
    service_scripts_leave(&service);
    service_logger_leave(&service);
    _exit(0); /* exit() would only touch pages that no one has needed so far */
}
