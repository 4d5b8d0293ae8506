/* ISC license. */

/* Option files: each by itself, and what they have to do with each other. */

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>

#include <sv/errortext.h>
#include <sv/probe.h>
#include <sv/servicedir.h>

#include "svlint.h"

#define SECONDS_MS 100 /* a time below this was meant in seconds */
#define PROBE_SIZE 2048

#define TELL_FILE(service, about, name, ...) \
    TELL((service)->lint, about, .directory = (service)->path, .file = (name), \
         __VA_ARGS__)

/* In words what the others are about: there is no such file, or it is not usable. */
static int has(struct service const *service, char const *name)
{
    return svlint_has_name(&service->names, name);
}

static int has_setting(struct service const *service, enum sv_setting which)
{
    return has(service, sv_setting_file(which));
}

static int is_executable(struct service const *service, char const *name)
{
    return has(service, name) && svlint_can_execute(service->dir, name);
}

static void check_values(struct service const *service, uint32_t unusable)
{
    for (unsigned int i = 0; i < SV_SETTING_COUNT; i++) {
        enum sv_setting which = (enum sv_setting)i;
        if (!(unusable >> i & 1)) continue;
        if (which == SV_SETTING_NOTIFICATION_FD)
            TELL_FILE(service, NOTIFICATION_FD, sv_setting_file(which),
                      .remedy = "3 will do", .line = 1,
                      .text = {"it must hold ", sv_setting_holds(which)});
        else
            TELL_FILE(service, VALUE, sv_setting_file(which), .line = 1,
                      .remedy = "until then its default is used",
                      .text = {"it must hold ", sv_setting_holds(which)});
    }
}

static void check_times(struct service const *service)
{
    struct sv_settings const *settings = &service->settings;
    struct {
        enum sv_setting which;
        uint32_t ms;
    } const times[] = {
        {SV_SETTING_TIMEOUT_KILL, settings->timeout_kill_ms},
        {SV_SETTING_TIMEOUT_FINISH, settings->timeout_finish_ms},
        {SV_SETTING_TIMEOUT_READY, settings->timeout_ready_ms},
        {SV_SETTING_TIMEOUT_CONTROL, settings->timeout_control_ms},
    };

    for (size_t i = 0; i < sizeof times / sizeof *times; i++)
        if (times[i].ms && times[i].ms < SECONDS_MS)
            TELL_FILE(service, SMALL_TIME, sv_setting_file(times[i].which), .line = 1,
                      .remedy = "10 seconds are 10000",
                      .text = {"that time is in milliseconds, and so hardly any"});
}

static void check_down_signal(struct service const *service)
{
    char const *name = sv_setting_file(SV_SETTING_DOWN_SIGNAL);

    switch (service->settings.down_signal) {
    case SIGKILL:
        TELL_FILE(service, DOWN_SIGNAL, name, .line = 1,
                  .remedy = "TERM, and a time in timeout-kill, do the same more gently",
                  .text = {"SIGKILL leaves the service no time to clean up"});
        return;
    case SIGSTOP:
    case SIGTSTP:
    case SIGTTIN:
    case SIGTTOU:
    case SIGCONT:
    case SIGCHLD:
    case SIGURG:
    case SIGWINCH:
        TELL_FILE(service, DOWN_SIGNAL, name, .line = 1,
                  .remedy = "TERM, INT, QUIT and HUP are usual",
                  .text = {"this signal does not end a process"});
    }
}

/* Readiness -------------------------------------------------------------------------- */

static void check_ready(struct service const *service)
{
    struct sv_settings const *settings = &service->settings;
    int has_check = is_executable(service, "check") || has(service, "probe");
    int has_fd = settings->notification_fd > 0, has_socket = *settings->notify_socket;

    if (settings->timeout_ready_ms && !has_fd && !has_socket && !has_check)
        TELL_FILE(service, TIMEOUT_READY, sv_setting_file(SV_SETTING_TIMEOUT_READY),
                  .remedy = "add notification-fd, notify-socket, check or probe",
                  .text = {"without a way to say that it is ready the service is ready "
                           "when it is executed"});
    if (settings->watchdog_ms && !has_socket)
        TELL_FILE(service, WATCHDOG, sv_setting_file(SV_SETTING_WATCHDOG),
                  .remedy = "say abstract in notify-socket",
                  .text = {
                      "without notify-socket nobody can say that the service lives"});
    if (has_setting(service, SV_SETTING_WATCHDOG_SIGNAL) && !settings->watchdog_ms)
        TELL_FILE(service, WATCHDOG, sv_setting_file(SV_SETTING_WATCHDOG_SIGNAL),
                  .remedy = "put a time into watchdog",
                  .text = {"there is no watchdog to send it"});
    if (has_fd && has_socket)
        TELL_FILE(service, TWO_WAYS, sv_setting_file(SV_SETTING_NOTIFY_SOCKET),
                  .remedy = "remove one of them",
                  .text = {"notification-fd decides whether the service is ready, READY "
                           "on the socket does not"});
    if (is_executable(service, "check") && has(service, "probe"))
        TELL_FILE(service, TWO_WAYS, "probe", .remedy = "remove one of them",
                  .text = {"check is there, so probe does not count"});
}

static void check_checks(struct service const *service)
{
    static enum sv_setting const about_checks[] = {SV_SETTING_CHECK_INTERVAL,
                                                   SV_SETTING_CHECK_TIMEOUT,
                                                   SV_SETTING_CHECK_SUCCESSES,
                                                   SV_SETTING_HEALTH};

    if (is_executable(service, "check") || has(service, "probe")) return;
    for (size_t i = 0; i < sizeof about_checks / sizeof *about_checks; i++)
        if (has_setting(service, about_checks[i]))
            TELL_FILE(service, NO_CHECK, sv_setting_file(about_checks[i]),
                      .remedy = "add an executable check, or probe",
                      .text = {"there is nothing to check with"});
}

static void check_probe(struct service const *service)
{
    char text[PROBE_SIZE + 1];
    char const *words[SV_PROBE_WORDS + 1], *why;
    struct sv_probe probe;
    struct stat about;

    if (!has(service, "probe")) return;
    ssize_t length = svlint_read_file(service->dir, "probe", text, PROBE_SIZE, &about);
    if (length < 0) {
        if (svlint_is_trouble(errno))
            svlint_trouble(service->lint, "read", service->path, "probe");
        else
            TELL_FILE(service, PROBE, "probe",
                      .text = {"unable to read it: ", sv_errortext(errno)});
        return;
    }
    int count = sv_probe_split(text, (size_t)length, words, &why);
    if (!count) why = "there is nothing in it";
    if (count <= 0 || !sv_probe_parse(&probe, words, (size_t)count, &why))
        TELL_FILE(service, PROBE, "probe", .line = 1, .remedy = "see svprobe(8)",
                  .text = {"it cannot be used: ", why});
}

/* Restarts --------------------------------------------------------------------------- */

static void check_restarts(struct service const *service)
{
    static enum sv_setting const about_restarts[] = {SV_SETTING_RESTART_DELAY,
                                                     SV_SETTING_RESTART_LIMIT};
    struct sv_settings const *settings = &service->settings;

    if (settings->limit_seconds && settings->limit_deaths >= settings->max_death_tally)
        TELL_FILE(service, LIMIT_TALLY, sv_setting_file(SV_SETTING_RESTART_LIMIT),
                  .line = 1, .remedy = "raise max-death-tally above it",
                  .text = {"so many deaths are not kept: a supervise that begins anew "
                           "does not know them all"});
    for (size_t i = 0; i < 2 && settings->restart == SV_RESTART_NEVER; i++)
        if (has_setting(service, about_restarts[i]))
            TELL_FILE(service, NO_RESTART, sv_setting_file(about_restarts[i]),
                      .remedy = "remove it, or change restart",
                      .text = {"the service is never started again"});
}

static void check_limits(struct service const *service)
{
    if (has_setting(service, SV_SETTING_TIMEOUT_FINISH) && !has(service, "finish"))
        TELL_FILE(service, NO_SCRIPT, sv_setting_file(SV_SETTING_TIMEOUT_FINISH),
                  .remedy = "remove it", .text = {"there is no finish"});
    if (has_setting(service, SV_SETTING_TIMEOUT_CONTROL) && !has(service, "control"))
        TELL_FILE(service, NO_SCRIPT, sv_setting_file(SV_SETTING_TIMEOUT_CONTROL),
                  .remedy = "remove it", .text = {"there are no control scripts"});
}

void svlint_settings(struct service *service)
{
    struct sv_servicedir_absent absent = {.files = 0};
    uint32_t unusable = 0;
    enum sv_setting failed;

    sv_setting_defaults(&service->settings);
    if (!sv_servicedir_settings(service->dir, &absent, &service->settings, &unusable,
                                &failed)) {
        svlint_trouble(service->lint, "read", service->path, sv_setting_file(failed));
        return;
    }
    check_values(service, unusable);
    check_times(service);
    check_down_signal(service);
    check_ready(service);
    check_checks(service);
    check_probe(service);
    check_restarts(service);
    check_limits(service);
}
