/* ISC license. */

/*
 * runit's control scripts: control/LETTER in the service directory, run when a command
 * comes, instead of its signal or beside it. While one runs no other command is taken;
 * all else goes on.
 *
 * A command has up to three kinds of them:
 *
 *   before   u, for what starts a service: then the command is obeyed
 *   instead  the letter of a signal: the command is noted first, so that a service that
 *            the script ends is not started again against it; afterwards its signal is
 *            sent, unless the script says with exit code 0 that it need not be
 *   after    d and x: then the signal has been sent
 *
 * Where all that is stands in the page, in `doing`: a script that was started is never
 * started again.
 */

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <skalibs/selfpipe.h>

#include <sv/child.h>
#include <sv/clock.h>
#include <sv/message.h>
#include <sv/servicedir.h>
#include <sv/spawn.h>

#include "beside.h"

#define LEAVE_MS 5000 /* a script that may take for ever has that long when we leave */

/* The parts of doing->control_step. */
#define NUMBER 0xFFu       /* which script, from 1; 0: none */
#define TERMINATING 0x100u /* not of a command but of SIGTERM */
#define ALONE 0x200u       /* nothing follows it any more */

#define SCRIPT_NAME "control/?" /* with the letter in place of the last character */

/* The scripts ---------------------------------------------------------------------- */

/* The letter of the script that is at `step`, 0 if there is none any more. */
static char letter_at(struct service const *service, unsigned int step)
{
    struct sv_recovery_doing const *doing = &service->doing;
    char const *letters =
        step & TERMINATING ? "tdx" : sv_control_scripts(doing->control.kind);
    unsigned int number = step & NUMBER;

    return number && number <= strlen(letters) ? letters[number - 1] : 0;
}

/* Has the file name of that script in path[]. Returns 0 if there is none any more. */
static int name_script(struct service const *service, unsigned int step, char *path)
{
    char letter = letter_at(service, step);

    memcpy(path, SCRIPT_NAME, sizeof SCRIPT_NAME);
    path[sizeof SCRIPT_NAME - 2] = letter;
    return letter != 0;
}

/* The step at or behind `step` that has a script to be executed, 0 if there is none. */
static unsigned int find_script(struct service const *service, unsigned int step)
{
    char path[sizeof SCRIPT_NAME];

    if (step & ALONE) return 0;
    for (; name_script(service, step, path); step++)
        if (sv_servicedir_is_executable(service->dir, path)) return step;
    return 0;
}

static int is_before(struct service const *service, unsigned int step)
{
    return letter_at(service, step) == 'u';
}

static int is_instead(struct service const *service, unsigned int step)
{
    return (step & NUMBER) == 1 && !is_before(service, step);
}

/* What the machine is told ---------------------------------------------------------- */

static void feed(struct service *service, struct sv_command const *command,
                 unsigned int step, int has_script, int handled)
{
    struct sv_event event = {.kind = step & TERMINATING ? SV_EVENT_TERMINATE
                                                        : SV_EVENT_COMMAND,
                             .now_ms = sv_clock_monotonic_ms(),
                             .command = *command};

    event.command.has_script = has_script != 0;
    event.command.handled = handled != 0;
    service_feed(service, &event);
}

/* The run that the command was for is still there. */
static int is_same_run(struct service const *service)
{
    return service->machine.child == SV_CHILD_RUN
           && service->doing.control_starts == (uint32_t)service->status.starts;
}

/* Processes ------------------------------------------------------------------------- */

/* What cannot be executed is as good as not there. */
static void warn_script(struct service *service, char const *path)
{
    int is_missing = errno == ENOENT;

    if (is_missing && !sv_servicedir_is_executable(service->dir, path))
        return; /* it has just been removed */
    if (is_missing) errno = ENOENT;
    if (!trouble_is_new(&service->script_trouble)) return;
    if (is_missing)
        sv_warnu("start ", service->dir_name, "/", path,
                 ": its interpreter: file does not exist");
    else
        sv_warnusys("start ", service->dir_name, "/", path);
}

static int64_t limit_from(struct service const *service, int64_t now_ms)
{
    uint32_t timeout_ms = service->settings.timeout_control_ms;

    return timeout_ms ? now_ms + timeout_ms : SV_NEVER;
}

static int start(struct service *service)
{
    struct sv_recovery_doing *doing = &service->doing;
    char path[sizeof SCRIPT_NAME];
    char const *const argv[] = {path, service_argument(service), 0};
    struct sv_recovery_birth *birth = &service->page->control_birth;
    struct sv_spawn how = {.file = path,
                           .argv = argv,
                           .dir = -1,
                           .new_session = 1,
                           .birth = &birth->spawned};

    (void)name_script(service, doing->control_step, path); /* it was found */
    service_load_settings(service);
    sv_recovery_begin_control(service->page, doing->control_step,
                              sv_clock_monotonic_ms());
    pid_t pid = sv_spawn(&how);
    if (pid <= 0) {
        warn_script(service, path);
        return 0;
    }
    service->last_script = doing->control_pid = pid;
    doing->control_start = service_start_of(&birth->spawned);
    doing->control_kill_ms = limit_from(service, sv_clock_monotonic_ms());
    service_store(service);
    sv_recovery_end_control(service->page);
    return 1;
}

/* The machine has still to be told something when the script at `step` is over. */
static int is_awaited(struct service const *service, unsigned int step)
{
    if (step & ALONE || service->leaving) return 0;
    return is_before(service, step)
           || (is_instead(service, step) && is_same_run(service));
}

/* The script is over, or there was none. That is stored with what it leads to. */
static void conclude(struct service *service, int succeeded)
{
    struct sv_recovery_doing *doing = &service->doing;
    unsigned int step = doing->control_step;
    struct sv_command const command = doing->control;

    if (service->script >= 0) (void)close(service->script); /* only looked at */
    service->script = -1;
    doing->control_pid = 0;
    doing->control_step = find_script(service, step + 1);
    if (is_awaited(service, step))
        feed(service, &command, step, 0, succeeded);
    else
        service_store(service);
    sv_recovery_end_control(service->page);
}

/* Starts the script that is next, or whatever comes behind it if it cannot be. */
static void start_next(struct service *service)
{
    struct sv_recovery_doing const *doing = &service->doing;

    while (doing->control_step && !doing->control_pid)
        if (!start(service)) conclude(service, 0);
}

static void go_on(struct service *service, int succeeded)
{
    conclude(service, succeeded);
    start_next(service);
}

/* Commands -------------------------------------------------------------------------- */

/* The control of a logger cannot be customised, as under runit. */
static int is_logger(struct service const *service)
{
    size_t length = strlen(service->name);

    return length > 4 && !strcmp(service->name + length - 4, "/log");
}

static int begin(struct service *service, struct sv_command const *command,
                 unsigned int flags)
{
    struct sv_recovery_doing *doing = &service->doing;
    unsigned int first = 1 | flags;

    if (is_logger(service)) return 0;
    doing->control = *command;
    doing->control_starts = (uint32_t)service->status.starts;
    doing->control_pid = 0;
    int starts = is_before(service, first);
    if (starts == (service->machine.child == SV_CHILD_RUN)) return 0;
    doing->control_step = find_script(service, first);
    if (!doing->control_step) return 0;
    if (starts) {
        service_store(service);
    } else {
        doing->control.token = 0; /* who waits for the command counts it once */
        feed(service, command, first, doing->control_step == first, 0);
    }
    start_next(service);
    return 1;
}

int service_scripts_begin(struct service *service, struct sv_command const *command)
{
    return begin(service, command, 0);
}

int service_scripts_terminate(struct service *service)
{
    static struct sv_command const command = {.kind = SV_COMMAND_EXIT,
                                              .uid = SV_CONTROL_UID_UNKNOWN};

    if (!service->doing.control_step) return begin(service, &command, TERMINATING);
    service->doing.control_step |= ALONE;
    return 0;
}

/* Ends ------------------------------------------------------------------------------ */

static int is_success(int wait_status)
{
    return WIFEXITED(wait_status) && !WEXITSTATUS(wait_status);
}

int service_script_ended(struct service *service, int pid, int wait_status)
{
    if (!service->doing.control_pid || pid != service->doing.control_pid) return 0;
    if (is_success(wait_status)) trouble_over(&service->script_trouble);
    go_on(service, is_success(wait_status));
    return 1;
}

/* The one that another supervise has started. */
void service_adopted_script_ended(struct service *service)
{
    struct sv_recovery_doing const *doing = &service->doing;
    int wait_status;
    int known = 0;

    /* again, for it may be reaped between the two ways to know */
    for (unsigned int i = 0; i < 2 && !known; i++)
        known = sv_child_end(service->script, doing->control_pid, doing->control_start,
                             &wait_status);

    go_on(service, known && is_success(wait_status));
}

static void kill_script(struct service const *service)
{
    if (service->script < 0 || sv_child_signal(service->script, SIGKILL))
        (void)kill(-service->doing.control_pid, SIGKILL); /* gone already is as good */
}

/* If it cannot even be killed nobody waits for it any more. */
void service_script_timeout(struct service *service)
{
    struct sv_recovery_doing const *doing = &service->doing;
    char path[sizeof SCRIPT_NAME];

    kill_script(service);
    (void)name_script(service, doing->control_step, path); /* there is one */
    errno = ETIMEDOUT;
    if (trouble_is_new(&service->script_trouble))
        sv_warn(service->dir_name, "/", path, " is killed: it takes longer than ",
                sv_setting_file(SV_SETTING_TIMEOUT_CONTROL), " allows");
    go_on(service, 0);
}

int64_t service_script_deadline(struct service const *service)
{
    return service->doing.control_pid ? service->doing.control_kill_ms : SV_NEVER;
}

void service_scripts_leave(struct service *service)
{
    struct sv_recovery_doing const *doing = &service->doing;
    int64_t limit_ms = sv_clock_monotonic_ms() + LEAVE_MS;
    int wait_status;

    if (doing->control_pid && doing->control_step & ALONE) {
        kill_script(service);
        return;
    }
    while (doing->control_pid) {
        iopause_fd fds[2] = {{.fd = service->signals, .events = IOPAUSE_READ},
                             {.fd = service->script, .events = IOPAUSE_READ}};
        int64_t deadline_ms =
            doing->control_kill_ms == SV_NEVER ? limit_ms : doing->control_kill_ms;
        if (sv_clock_wait(fds, 2, deadline_ms) < 0) return; /* it goes on by itself */
        while (selfpipe_read() > 0) continue;               /* what they say is seen to */
        if (fds[1].revents && service->script >= 0)
            service_adopted_script_ended(service);
        else if (waitpid(doing->control_pid, &wait_status, WNOHANG) > 0)
            (void)service_script_ended(service, doing->control_pid, wait_status);
        else if (sv_clock_monotonic_ms() >= deadline_ms)
            service_script_timeout(service);
    }
}

/* Taking over ------------------------------------------------------------------------ */

void service_scripts_look(struct service *service)
{
    int pid = service->doing.control_pid;

    service->script_is_over =
        pid && sv_recovery_end_of(service->page, pid, &service->script_status);
}

/* It was to be started: was it? Returns 0 if it was not, and is to be started again. */
static int settle_birth(struct service *service)
{
    struct sv_recovery_doing *doing = &service->doing;
    struct sv_recovery_birth const *birth = &service->page->control_birth;
    struct sv_spawn_birth const *spawned = &birth->spawned;
    char path[sizeof SCRIPT_NAME];

    if (birth->child != doing->control_step || !spawned->pid || !spawned->last_ns)
        return 0;
    if (spawned->error_number) {
        (void)name_script(service, doing->control_step, path); /* it was found */
        errno = spawned->error_number;
        warn_script(service, path);
        go_on(service, 0);
        return 1;
    }
    service->last_script = doing->control_pid = spawned->pid;
    doing->control_start = service_start_of(spawned);
    doing->control_kill_ms = limit_from(service, birth->started_ms);
    service_store(service);
    return 1;
}

/* One that cannot be held is not waited for. */
static void hold(struct service *service)
{
    struct sv_recovery_doing const *doing = &service->doing;

    if (!doing->control_pid || sv_child_is_ours(doing->control_pid)) return;
    service->script = sv_child_open(doing->control_pid, doing->control_start, 0);
    if (service->script < 0) go_on(service, 0);
}

void service_scripts_resume(struct service *service)
{
    struct sv_recovery_doing const *doing = &service->doing;

    if (!doing->control_step) {
        sv_recovery_end_control(service->page); /* it was of a command that is done */
        return;
    }
    service->last_script = doing->control_pid;
    if (service->script_is_over) {
        (void)service_script_ended(service, doing->control_pid, service->script_status);
        return;
    }
    if (!doing->control_pid && !settle_birth(service)) {
        start_next(service);
        return;
    }
    sv_recovery_end_control(service->page);
    hold(service);
}
