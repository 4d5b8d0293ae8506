/* ISC license. */

/*
 * The notify socket of a service (sdnotify.h), each run's own. The run has a duplicate of
 * it, so it lives as long as the run does, and the next supervise takes it from there.
 * A message is stored in the page before it is taken off the socket.
 */

#include <errno.h>
#include <stdio.h> /* snprintf */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sv/clock.h>
#include <sv/message.h>
#include <sv/notifysocket.h>
#include <sv/process.h>
#include <sv/proctree.h>
#include <sv/sdnotify.h>
#include <sv/statefile.h>

#include "beside.h"

#define NUMBER 31        /* of the run's duplicate; scripts use the low ones */
#define ENVIRONMENT 1024 /* variables that a run may have */
#define GENERATIONS 256  /* between a process and its service */
#define MESSAGES 16      /* in one round; others have their turn */
#define REST 4096        /* when a run has ended: any of them may name what goes on */
#define SAID_FILE ".said"

/* What it has said for people, as it stands in a file of its own. */
static SV_LARGE char status_text[SV_RECOVERY_MESSAGE];
static SV_LARGE char errno_text[16];

static void close_socket(struct service *service)
{
    if (service->notify >= 0) (void)close(service->notify); /* only read from */
    service->notify = -1;
}

int service_notify_number(struct service const *service)
{
    return service->settings.notification_fd == NUMBER ? NUMBER - 1 : NUMBER;
}

void service_notify_begin(struct service *service)
{
    struct sv_recovery *page = service->page;
    char const *where = service->settings.notify_socket;

    page->message_length = 0;
    if (service->has_said) (void)unlinkat(service->state_dir, SAID_FILE, 0);
    if (service->has_said) status_text[0] = errno_text[0] = 0;
    service->has_said = 0;
    close_socket(service);
    page->notify_name[0] = 0;
    if (!*where) return;
    service->notify =
        sv_notifysocket_open(where, page->notify_name, sizeof page->notify_name);
    if (service->notify >= 0) {
        trouble_over(&service->notify_trouble);
        return;
    }
    page->notify_name[0] = 0;
    if (trouble_is_new(&service->notify_trouble))
        sv_warnu("create the notify socket of ", service->dir_name, ": ",
                 sv_errortext(errno), "; it is started without one");
}

static int is_variable(char const *entry, char const *name)
{
    size_t length = strlen(name);

    return !strncmp(entry, name, length) && entry[length] == '=';
}

char const *const *service_notify_environment(struct service *service)
{
    static SV_LARGE char const *variables[ENVIRONMENT];
    static SV_LARGE char socket_text[sizeof "NOTIFY_SOCKET=" + SV_NOTIFYSOCKET_NAME];
    static SV_LARGE char watchdog_text[sizeof "WATCHDOG_USEC=000" + 3 * sizeof(int)];
    unsigned int count = 0;
    uint32_t watchdog_ms = service->settings.watchdog_ms;

    if (service->notify < 0 && !watchdog_ms) return 0;
    for (char **entry = environ; *entry && count < ENVIRONMENT - 3; entry++)
        if (!is_variable(*entry, "NOTIFY_SOCKET") && !is_variable(*entry, "WATCHDOG_USEC")
            && !is_variable(*entry, "WATCHDOG_PID"))
            variables[count++] = *entry;
    if (service->notify >= 0) {
        (void)snprintf(socket_text, sizeof socket_text, "NOTIFY_SOCKET=%s",
                       service->page->notify_name); /* it fits */
        variables[count++] = socket_text;
    }
    if (watchdog_ms) {
        (void)snprintf(watchdog_text, sizeof watchdog_text, "WATCHDOG_USEC=%u000",
                       watchdog_ms); /* it fits */
        variables[count++] = watchdog_text;
    }
    variables[count] = 0;
    return variables;
}

/* Whether the process is the main one, below it, below us, or in the session of run. */
static int belongs(struct service const *service, pid_t pid)
{
    struct sv_process process;

    for (unsigned int i = 0; i < GENERATIONS && pid > 1; i++) {
        if (pid == service->machine.pid) return 1;
        if (pid == getpid()) return i > 0;
        if (sv_process_look(pid, &process) <= 0) return 0;
        if (process.session == service->doing.run_pid) return 1;
        pid = process.parent;
    }
    return 0;
}

static void tell(struct service *service, enum sv_event_kind kind, int64_t value_ms)
{
    struct sv_event event = {.kind = kind,
                             .now_ms = sv_clock_monotonic_ms(),
                             .value_ms = value_ms,
                             .cause = SV_CAUSE_NONE};

    if (kind == SV_EVENT_READY) event.cause = SV_CAUSE_READY;
    if (kind == SV_EVENT_CONDEMNED) event.cause = SV_CAUSE_TRIGGERED;
    if (service->machine.child != SV_CHILD_RUN) return;
    service_feed(service, &event);
    if (kind == SV_EVENT_EXTEND) service_record_deadlines(service);
}

/* Our own children are seen to elsewhere when they end. */
static int is_one_of_ours(struct service const *service, pid_t pid)
{
    return pid == service->check_pid || pid == service->checker
           || pid == service->doing.control_pid;
}

/* The main process is another one from now on, if that is one of the service's. */
static void take_main(struct service *service, pid_t pid)
{
    struct sv_event event = {.kind = SV_EVENT_MAIN,
                             .now_ms = sv_clock_monotonic_ms(),
                             .pid = pid};
    uint64_t start;

    if (service->machine.child != SV_CHILD_RUN || pid == service->machine.pid) return;
    if (is_one_of_ours(service, pid) || !belongs(service, pid)
        || sv_process_start_time(pid, &start) <= 0) {
        errno = ESRCH;
        if (trouble_is_new(&service->message_trouble))
            sv_warn(service->dir_name,
                    " named a main process that is not one of its own");
        return;
    }
    service->child_start = start;
    service_feed(service, &event);
    if (service->machine.pid == pid && !service_hold(service))
        service_adopted_ended(service);
}

/* Reads what an earlier supervise has noted. */
static void read_said(struct service const *service)
{
    static SV_LARGE char text[sizeof status_text + sizeof errno_text + 32];
    ssize_t length =
        sv_statefile_read(service->state_dir, SAID_FILE, text, sizeof text - 1);

    text[length > 0 ? length : 0] = 0;
    for (char *line = text; *line;) {
        char *end = line + strcspn(line, "\n");
        char *next = *end ? end + 1 : end;
        *end = 0;
        if (!strncmp(line, "STATUS=", 7))
            (void)snprintf(status_text, sizeof status_text, "%s", line + 7);
        if (!strncmp(line, "ERRNO=", 6))
            (void)snprintf(errno_text, sizeof errno_text, "%s", line + 6);
        line = next;
    }
}

static void write_said(struct service *service, struct sv_sdnotify const *said)
{
    static SV_LARGE char text[sizeof status_text + sizeof errno_text + 32];

    if (said->has_status)
        (void)sv_sdnotify_copy_status(status_text, sizeof status_text, said->status,
                                      said->status_length);
    if (said->has_errno)
        (void)snprintf(errno_text, sizeof errno_text, "%d", said->error_number);
    int length =
        snprintf(text, sizeof text, "%s%s%s%s%s%s", *status_text ? "STATUS=" : "",
                 status_text, *status_text ? "\n" : "", *errno_text ? "ERRNO=" : "",
                 errno_text, *errno_text ? "\n" : "");
    service->has_said = 1;
    (void)sv_statefile_write(service->state_dir, SAID_FILE, text,
                             (size_t)length); /* it is a remark, nothing depends on it */
    service->status.flags |= SV_STATUS_SAID;
    service->status_changed = 1; /* for those who watch */
}

static void obey(struct service *service, struct sv_sdnotify const *said)
{
    if (said->main_pid) take_main(service, said->main_pid);
    if (said->has_status || said->has_errno) write_said(service, said);
    if (said->has_extend_usec)
        tell(service, SV_EVENT_EXTEND, sv_sdnotify_ms(said->extend_usec));
    if (said->has_watchdog_usec)
        tell(service, SV_EVENT_ALIVE,
             said->watchdog_usec && said->watchdog_usec != UINT64_MAX
                 ? sv_sdnotify_ms(said->watchdog_usec)
                 : SV_NEVER);
    if (said->stopping)
        tell(service, SV_EVENT_STOPS, 0);
    else if (said->ready)
        tell(service, SV_EVENT_READY, 0);
    else if (said->reloading)
        tell(service, SV_EVENT_RELOADS, 0);
    if (said->watchdog) tell(service, SV_EVENT_ALIVE, 0);
    if (said->watchdog_trigger) tell(service, SV_EVENT_CONDEMNED, 0);
}

/* The message that stands in the page. */
static void take_message(struct service *service)
{
    struct sv_recovery *page = service->page;
    struct sv_sdnotify said;
    size_t length = page->message_length;

    if (length > sizeof page->message) length = 0; /* cannot happen: it was stored so */
    if (length && !belongs(service, page->message_pid)) {
        errno = EACCES;
        if (trouble_is_new(&service->message_trouble))
            sv_warn("a process that does not belong to ", service->dir_name,
                    " writes to its notify socket; that does not count");
    } else if (length && sv_sdnotify_parse(&said, page->message, length)) {
        obey(service, &said);
    }
    page->message_length = 0;
}

void service_notify_read(struct service *service)
{
    struct sv_recovery *page = service->page;
    int barrier = -1, socket = service->notify;
    unsigned int most = service->hears_the_rest ? REST : MESSAGES;

    for (unsigned int i = 0; i < most && service->notify == socket; i++) {
        int got =
            sv_notifysocket_read(socket, page->message, sizeof page->message,
                                 &page->message_pid, &page->message_length, &barrier);
        if (!got) return;
        if (got > 0)
            take_message(service);
        else if (errno != EMSGSIZE) {
            sv_warnu("read the notify socket of ", service->dir_name, ": ",
                     sv_errortext(errno),
                     "; what it says is not heard until it is restarted");
            close_socket(service);
            return;
        }
        if (barrier >= 0) service_write(service); /* who asks then sees what was said */
        sv_notifysocket_answer(&barrier);
    }
}

struct search {
    char const *name;
    int number;
    int fd; /* -1: not found yet */
};

static void ask(pid_t pid, void *data)
{
    struct search *search = data;

    if (search->fd < 0)
        search->fd = sv_notifysocket_take(pid, search->number, search->name);
}

/* What the image before has handed over; -1: nothing. */
static int handed_socket(struct service const *service)
{
    struct stat about;

    for (unsigned int i = 0; i < service->handed_count; i++)
        if (!fstat(service->handed[i], &about) && S_ISSOCK(about.st_mode))
            return service->handed[i];
    return -1;
}

/*
 * The image before has handed its socket over; else the main process has it; and if that
 * has ended, perhaps after it has named another one, who is left of its session.
 */
static int find_socket(struct service *service)
{
    struct search search = {.name = service->page->notify_name,
                            .number = service_notify_number(service),
                            .fd = -1};
    struct sv_proctree const where = {.session = service->doing.run_pid};

    int handed = handed_socket(service);
    if (handed >= 0) return handed;
    ask(service->machine.pid, &search);
    int error_number = errno;
    if (search.fd < 0 && error_number == ESRCH && where.session)
        (void)sv_proctree_each(&where, ask, &search); /* or nobody has it */
    errno = error_number;
    return search.fd;
}

void service_notify_resume(struct service *service)
{
    struct sv_recovery *page = service->page;

    service->has_said = (service->status.flags & SV_STATUS_SAID) != 0;
    if (service->has_said) read_said(service);
    page->notify_name[sizeof page->notify_name - 1] = 0;
    if (!*page->notify_name || service->machine.child != SV_CHILD_RUN) {
        service->notify = handed_socket(service); /* of a run that is over */
        return;
    }
    service->notify = find_socket(service);
    /* what had that name may be there no more, but who has it still sends to the name */
    if (service->notify < 0 && *page->notify_name == '/')
        service->notify = sv_notifysocket_open(page->notify_name, page->notify_name,
                                               sizeof page->notify_name);
    if (service->notify < 0 && errno != ESRCH) /* the run has ended, if it is that */
        sv_warnu("take over the notify socket of ", service->dir_name, ": ",
                 sv_errortext(errno),
                 "; what it says is not heard until it is restarted");
    if (page->message_length) take_message(service);
}
