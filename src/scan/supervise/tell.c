/* ISC license. */

/*
 * encore's notify script: ./notify SCRIPT EVENT PID CODE, whenever start, run, stop or
 * log has started or ended. Nobody waits for it. The journal tells more, and all.
 */

#include <errno.h>
#include <string.h>
#include <sys/wait.h>

#include <skalibs/types.h>

#include <sv/message.h>
#include <sv/servicedir.h>
#include <sv/spawn.h>

#include "beside.h"

#define UNSEEN 256 /* the exit code of what nobody saw end, as finish gets it */

/* What is told of. */
struct news {
    char const *script;
    char const *event; /* null: nothing is told */
    int pid;
    unsigned int code;
};

static char const *script_of(struct service const *service, enum sv_child child)
{
    switch (child) {
    case SV_CHILD_RUN: return service_run_name(service);
    case SV_CHILD_START: return "start";
    case SV_CHILD_STOP: return "stop";
    case SV_CHILD_FINISH: /* encore knows no finish */
    case SV_CHILD_NONE:
    case SV_CHILD_COUNT: break;
    }
    return 0;
}

static void describe_end(struct news *news, struct sv_event const *event)
{
    int status = event->wait_status;

    news->event = WIFSIGNALED(status) ? "killed" : "exit";
    if (event->unseen)
        news->code = UNSEEN;
    else if (WIFSIGNALED(status))
        news->code = (unsigned int)WTERMSIG(status);
    else
        news->code = (unsigned int)WEXITSTATUS(status);
}

static struct news describe(struct service const *service, struct sv_event const *event,
                            struct sv_machine const *before)
{
    struct sv_machine const *machine = &service->machine;
    struct news news = {.event = 0};

    if (event->kind == SV_EVENT_STARTED || event->kind == SV_EVENT_SCRIPT_STARTED) {
        news.script = script_of(service, machine->child);
        news.event = "start";
        news.pid = machine->pid;
    } else if (event->kind == SV_EVENT_SCRIPT_DIED
               || (event->kind == SV_EVENT_DIED && machine->child == SV_CHILD_NONE)) {
        news.script = script_of(service, before->child);
        news.pid = before->pid;
        describe_end(&news, event);
    }
    return news;
}

/* Should there be more at a time, the first ones count as the service's. */
static void remember(struct service *service, int pid)
{
    memmove(service->told + 1, service->told,
            sizeof service->told - sizeof *service->told);
    service->told[0] = pid;
}

static void start(struct service *service, struct news const *news)
{
    char pid_text[UINT_FMT], code[UINT_FMT];
    char const *const argv[] = {"./notify", news->script, news->event, pid_text, code, 0};
    struct sv_spawn const how = {.file = *argv,
                                 .argv = argv,
                                 .dir = -1,
                                 .new_session = 1};

    pid_text[uint_fmt(pid_text, (unsigned int)news->pid)] = 0;
    code[uint_fmt(code, news->code)] = 0;
    pid_t pid = sv_spawn(&how);
    if (pid > 0) {
        trouble_over(&service->notice_trouble);
        remember(service, pid);
    } else if (trouble_is_new(&service->notice_trouble)) {
        sv_warnusys("start ", service->dir_name, "/notify");
    }
}

/* The logger's has a directory that is known to be without anything else. */
static int has_notify(struct service const *service)
{
    return service->is_encore
           && (service->is_logger
               || sv_servicedir_may_have(&service->absent, SV_SERVICEDIR_NOTIFY))
           && sv_servicedir_is_executable(service->dir, "notify");
}

void service_tell(struct service *service, struct sv_event const *event,
                  struct sv_machine const *before)
{
    struct news const news = describe(service, event, before);

    if (news.event && news.script && has_notify(service)) start(service, &news);
}

void service_told_ended(struct service *service, int pid)
{
    for (unsigned int i = 0; i < SV_TOLD; i++)
        if (service->told[i] == pid) service->told[i] = 0;
}
