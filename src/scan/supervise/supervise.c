/* ISC license. */

/*
 * supervise: keeps one service running.
 *
 * Start-up may die. After it there is a loop that never does: it gathers events (a child
 * has ended, a command came, time has passed, a run script appeared), feeds them to the
 * machine, and writes down what has changed.
 */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <skalibs/allreadwrite.h>
#include <skalibs/djbunix.h>
#include <skalibs/selfpipe.h>
#include <skalibs/sig.h>

#include <sv/clock.h>
#include <sv/controlfifo.h>
#include <sv/message.h>
#include <sv/personality.h>
#include <sv/proctree.h>
#include <sv/servicedir.h>
#include <sv/statedir.h>

#include "service.h"

#define USAGE "supervise dir"
#define CONTROL_CHUNK 512

char const *PROG = "supervise";

/* daemontools names the service directory in its messages, encore does not. */
static void die_about(struct service const *service, char const *what, char const *file)
{
    if (sv_personality() == SV_PERSONALITY_DJB)
        sv_dieusys(111, what, service->dir_name, "/", file);
    sv_dieusys(111, what, file);
}

/* The last part of `path`, which may end in slashes. */
static char const *last_part(char *path)
{
    size_t length = strlen(path);

    while (length > 1 && path[length - 1] == '/') path[--length] = 0;
    char *slash = strrchr(path, '/');
    return slash && slash[1] ? slash + 1 : path;
}

static void set_name(struct service *service, char const *name, char const *suffix)
{
    size_t suffix_length = strlen(suffix);
    size_t length = strlen(name);

    if (length + suffix_length >= sizeof service->name)
        length = sizeof service->name - 1 - suffix_length;
    memcpy(service->name, name, length);
    memcpy(service->name + length, suffix, suffix_length + 1);
}

/*
 * The name that finish gets: the last part of the directory's, but NAME/log for the
 * logger of NAME, which svscan starts as "log", from within NAME.
 */
static void find_name(struct service *service)
{
    char path[PATH_MAX], here[PATH_MAX];
    size_t length = strlen(service->dir_name);

    if (!getcwd(here, sizeof here)) here[0] = 0;
    if (length >= sizeof path) length = sizeof path - 1; /* cannot happen: we are in it */
    memcpy(path, service->dir_name, length);
    path[length] = 0;
    char const *name = last_part(path);
    int is_here = name == path;
    if (!strcmp(name, ".") || !strcmp(name, "..")) {
        is_here = 1;
        name = last_part(here);
    }
    int is_logger = !strcmp(name, "log") && (!is_here || service->reads_pipe);
    char *slash = strrchr(is_here ? here : path, '/');
    if (!is_logger || !slash) {
        set_name(service, name, "");
        return;
    }
    *slash = 0;
    set_name(service, last_part(is_here ? here : path), "/log");
}

static void open_directories(struct service *service)
{
    char path[SV_STATEDIR_MAX];

    if (chdir(service->dir_name) < 0) sv_dieusys(111, "chdir to ", service->dir_name);
    service->dir = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (service->dir < 0) sv_dieusys(111, "open ", service->dir_name);
    find_name(service);
    if (sv_servicedir_has(service->dir, "down") < 0)
        sv_dieusys(111, "stat ", service->dir_name, "/down");
    service->state_dir = sv_statedir_open(1);
    if (service->state_dir >= 0) return;
    int error_number = errno;
    if (sv_statedir_path(path, sizeof path) < 0)
        sv_dieusys(111, "find a place for supervise");
    errno = error_number;
    if (*path == '/') sv_dieusys(111, "create ", path);
    die_about(service, "create ", path);
}

static void take_lock(struct service *service)
{
    int fd =
        openat(service->state_dir, "lock",
               O_WRONLY | O_NONBLOCK | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (fd < 0) die_about(service, "acquire ", "supervise/lock");
    if (flock(fd, LOCK_EX | LOCK_NB) < 0)
        die_about(service, "acquire ", "supervise/lock");
}

/*
 * Signals that whoever started us ignores (a shell does, for what it starts with &) would
 * be ignored by the service too, and SIGCHLD would keep its end from us.
 */
static void restore_signals(void)
{
    for (int number = 1; number < 32; number++)
        if (number != SIGKILL && number != SIGSTOP) (void)sig_restore(number);
}

static void catch_signals(struct service *service)
{
    sigset_t set;

    restore_signals();
    service->signals = selfpipe_init();
    if (service->signals < 0) sv_dieusys(111, "create pipe for ", service->dir_name);
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGTSTP);
    sigaddset(&set, SIGCONT);
    if (selfpipe_trapset(&set) < 0) sv_dieusys(111, "catch signals");
    (void)sig_ignore(SIGPIPE); /* a closed standard error is no reason to die */
}

/* ok comes last: whoever finds it read finds everything else in place. */
static void open_fifos(struct service *service)
{
    int writer; /* stays open as long as we live */

    service->control = sv_controlfifo_make(service->state_dir, "control", &writer);
    if (service->control < 0) die_about(service, "read ", "supervise/control");
    service_write(service);
    if (sv_controlfifo_make(service->state_dir, "ok", &writer) < 0)
        die_about(service, "read ", "supervise/ok");
}

/* Only a logger has an input that can end: a terminal that hangs up must stop nobody
 * else. */
static int reads_pipe(void)
{
    struct stat about;

    return !fstat(0, &about) && S_ISFIFO(about.st_mode);
}

static void start_up(struct service *service)
{
    if (!fd_sanitize()) sv_dieusys(111, "open /dev/null");
    service->reads_pipe = reads_pipe();
    service->watch = service->journal = -1;
    service->watch_retry_ms = service->complain_ms = SV_NEVER;
    service->fails_on_100 = sv_personality() == SV_PERSONALITY_ENCORE;
    catch_signals(service);
    open_directories(service);
    take_lock(service);
    if (!sv_proctree_adopt_orphans())
        sv_warnusys("adopt the orphans of ", service->dir_name);
    sv_machine_init(&service->machine);
    sv_setting_defaults(&service->settings);
    service_open_records(service);
    service->status.wanted = SV_WANTED_DOWN;
    sv_clock_wall(&service->status.since);
    service->status.changed = service->status.since;
    service->status.next_start_ms = service->status.kill_ms = (uint64_t)SV_NEVER;
    service->status.cause_uid = SV_CONTROL_UID_UNKNOWN;
    service->status_changed = 1;
    open_fifos(service);
}

static void feed_command(struct service *service, struct sv_command const *command)
{
    struct sv_event event = {.kind = SV_EVENT_COMMAND,
                             .now_ms = sv_clock_monotonic_ms(),
                             .command = *command};

    if (!command->to_log) service_feed(service, &event); /* loggers here: not yet */
}

static void feed_letter(struct service *service, enum sv_command_kind kind)
{
    struct sv_command command = {.kind = kind, .uid = SV_CONTROL_UID_UNKNOWN};

    feed_command(service, &command);
}

static void reap(struct service *service)
{
    int pid, wait_status;

    while ((pid = wait_nohang(&wait_status)) > 0)
        service_child_ended(service, pid, wait_status);
}

static void take_signals(struct service *service)
{
    int number;

    while ((number = selfpipe_read()) > 0) {
        if (number == SIGCHLD) reap(service);
        if (number == SIGTERM || number == SIGINT)
            service_event(service, SV_EVENT_TERMINATE);
        if (number == SIGHUP && service->reads_pipe)
            service_event(service, SV_EVENT_DRAIN);
        if (number == SIGTSTP) feed_letter(service, SV_COMMAND_PAUSE);
        if (number == SIGCONT) feed_letter(service, SV_COMMAND_CONTINUE);
    }
}

static void take_commands(struct service *service)
{
    unsigned char bytes[CONTROL_CHUNK];
    struct sv_command command;
    ssize_t length;

    while ((length = fd_read(service->control, (char *)bytes, sizeof bytes)) > 0) {
        service->status.control_bytes += (uint64_t)length;
        service->status_changed = 1;
        for (ssize_t i = 0; i < length; i++)
            if (sv_control_decode(&service->decoder, bytes[i], &command))
                feed_command(service, &command);
    }
    sv_control_end_batch(&service->decoder);
}

static void round_of_events(struct service *service)
{
    iopause_fd fds[3] = {
        {.fd = service->signals, .events = IOPAUSE_READ},
        {.fd = service->control, .events = IOPAUSE_READ},
        {.fd = service->watch, .events = IOPAUSE_READ},
    };
    int64_t deadline_ms = sv_machine_deadline(&service->machine);

    if (service->watch_retry_ms < deadline_ms) deadline_ms = service->watch_retry_ms;
    if (service->complain_ms < deadline_ms) deadline_ms = service->complain_ms;
    if (sv_clock_wait(fds, 3, deadline_ms) < 0) fds[0].revents = IOPAUSE_READ;
    if (fds[0].revents) take_signals(service);
    if (!service->leaving && fds[1].revents) take_commands(service);
    if (!service->leaving
        && (fds[2].revents || service->watch_retry_ms <= sv_clock_monotonic_ms()))
        service_run_watch_ready(service);
    if (!service->leaving
        && sv_machine_deadline(&service->machine) <= sv_clock_monotonic_ms())
        service_event(service, SV_EVENT_TIME);
    if (service->complain_ms <= sv_clock_monotonic_ms()) service_complain(service);
    service_watch_run(service);
    service_write(service);
}

int main(int argc, char const *const *argv)
{
    static struct service service; /* untouched parts of it cost no memory */

    if (argc != 2) sv_dieusage(100, USAGE);
    service.dir_name = argv[1];
    start_up(&service);

    /* From here on nothing is a reason to exit. */
    service_event(&service, SV_EVENT_BEGIN);
    service_watch_run(&service);
    service_write(&service);
    while (!service.leaving) round_of_events(&service);
    return 0;
}
