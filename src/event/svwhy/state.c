/* ISC license. */

/* What a service is doing, and what comes next. */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <sv/clock.h>
#include <sv/needs.h>
#include <sv/process.h>
#include <sv/statedir.h>
#include <sv/statefile.h>

#include "svwhy.h"

static int is_due(uint64_t at_ms)
{
    return at_ms && at_ms < (uint64_t)SV_NEVER;
}

/* Who it is that supervise says it is, or was. */
static void look_at_supervise(struct service *service)
{
    struct sv_status const *status = &service->status;
    unsigned char boot_id[SV_BOOT_ID];

    sv_process_boot_id(boot_id);
    service->is_this_boot = !memcmp(boot_id, status->boot_id, sizeof boot_id);
    service->is_supervised =
        service->is_this_boot
            ? sv_process_is((pid_t)status->supervise_pid, status->supervise_start)
            : 0;
}

int svwhy_read(struct service *service, int dir)
{
    unsigned char packed[SV_STATUS_OWN + 1];
    ssize_t length = sv_statefile_read(dir, SV_STATUS_OWN_FILE, packed, sizeof packed);

    if (length < 0) return 0;
    errno = ENODATA;
    if (!sv_status_unpack(packed, (size_t)length, &service->status)) return 0;
    sv_clock_wall(&service->now);
    service->now_ms = sv_clock_monotonic_ms();
    look_at_supervise(service);
    return 1;
}

static void put_since(struct service const *service, struct timespec const *since)
{
    put(" since ");
    put_time(since, 0);
    put(" (");
    put_age(service->now.tv_sec - since->tv_sec);
    put(")");
}

/* The first line. */
static void put_state(struct service const *service)
{
    struct sv_status const *status = &service->status;
    enum sv_phase phase = (enum sv_phase)status->phase;
    int is_up = phase == SV_PHASE_UP || phase == SV_PHASE_DOWN;

    put(service->path);
    put(service->is_supervised ? " is " : " was ");
    put(sv_machine_phase_word(phase));
    put_since(service, is_up ? &status->since : &status->changed);
    if (status->pid) {
        put(", pid ");
        put_number(status->pid);
    }
    if (status->flags & SV_STATUS_PAUSED) put(", paused");
    if (status->flags & SV_STATUS_RELOADING) put(", reloading");
    if (status->flags & SV_STATUS_CONDEMNED) put(", to be ended because it has failed");
    put(", wanted ");
    put(sv_machine_wanted_word((enum sv_wanted)status->wanted));
    put("\n");
}

/* Nobody looks after it. */
static void put_unsupervised(struct service const *service)
{
    struct sv_status const *status = &service->status;

    put(INDENT "supervise is not running; that is what it was when supervise was last "
               "there\n");
    if (!status->pid) return;
    int runs =
        service->is_this_boot ? sv_process_is((pid_t)status->pid, status->pid_start) : 0;
    put(INDENT "pid ");
    put_number(status->pid);
    put(runs < 0 ? " may still run\n" : runs ? " still runs\n" : " is gone\n");
}

/* What comes next ------------------------------------------------------------------- */

/* The phase of the service `name` beside this one, null if it is not known. */
static char const *phase_beside(struct service const *service, char const *name)
{
    char path[SV_STATEDIR_MAX + SV_NEEDS_NAME + 8];
    struct service other;
    size_t length = strlen(service->path);

    if (length > SV_STATEDIR_MAX) return 0;
    memcpy(path, service->path, length);
    memcpy(path + length, "/../", 4);
    strcpy(path + length + 4, name);
    int dir = sv_statedir_find(path, 0);
    if (dir < 0) return 0;
    int known = svwhy_read(&other, dir);
    (void)close(dir); /* only a place */
    if (!known) return 0;
    if (!other.is_supervised) return "not supervised";
    return sv_machine_phase_word((enum sv_phase)other.status.phase);
}

/* Those of the needed services that are not up. */
static void put_needs(struct service const *service)
{
    static char text[SV_NEEDS_SIZE];
    struct sv_need need;
    int dir = open(service->path, O_PATH | O_DIRECTORY | O_CLOEXEC), count = 0, result;

    if (dir < 0) return;
    ssize_t length = sv_statefile_follow(dir, SV_NEEDS_FILE, text, sizeof text);
    (void)close(dir); /* only a place */
    if (length < 0) return;
    struct sv_needs needs = {.text = text, .length = (size_t)length};
    while ((result = sv_needs_next(&needs, &need))) {
        char const *phase = result > 0 ? phase_beside(service, need.name) : 0;
        if (result < 0 || (phase && !strcmp(phase, "up"))) continue;
        put(count++ ? ", " : ": ");
        put(need.name);
        put(" (");
        put(phase ? phase : "not known");
        put(")");
    }
}

/* "; SIGKILL in 3.2 s" */
static void put_kill(struct service const *service, char const *otherwise)
{
    if (is_due(service->status.kill_ms)) {
        put("; SIGKILL in ");
        put_left((int64_t)service->status.kill_ms - service->now_ms);
    } else {
        put(otherwise);
    }
}

static void put_backoff(struct service const *service)
{
    struct sv_status const *status = &service->status;

    if (!is_due(status->next_start_ms)) {
        put("it is started at once");
        return;
    }
    put("next start in ");
    put_left((int64_t)status->next_start_ms - service->now_ms);
    if (status->quick_deaths < 2) return;
    put("; it has died quickly ");
    put_number(status->quick_deaths);
    put(" times in a row");
}

static void put_next(struct service const *service)
{
    struct sv_status const *status = &service->status;

    put(INDENT "next: ");
    switch ((enum sv_phase)status->phase) {
    case SV_PHASE_DOWN: put("it stays down until svc -u or svc -o"); break;
    case SV_PHASE_WAITING:
        put("it is started when what it needs is ready");
        put_needs(service);
        break;
    case SV_PHASE_STARTING:
        put("it is up when it says that it is ready");
        if (!is_due(status->ready_ms)) break;
        put(", within ");
        put_left((int64_t)status->ready_ms - service->now_ms);
        break;
    case SV_PHASE_UP: put("nothing, as long as it runs"); break;
    case SV_PHASE_STOPPING:
        put("its process has been asked to end");
        put_kill(service, ", and there is no timeout-kill");
        break;
    case SV_PHASE_FINISHING:
        put("its finish script runs");
        put_kill(service, "");
        break;
    case SV_PHASE_BACKOFF: put_backoff(service); break;
    case SV_PHASE_FAILED: put("it stays down until svc -u or svc -o"); break;
    case SV_PHASE_NO_RUN:
        put("it is started when there is an executable run script");
        break;
    case SV_PHASE_PREPARING: put("its start script runs, then it is started"); break;
    case SV_PHASE_STARTED:
        put("nothing: its start script has done all, there is no run script");
        break;
    case SV_PHASE_CLEANING: put("its stop script runs, then it is down"); break;
    case SV_PHASE_COUNT: break; /* cannot happen: it was checked when it was read */
    }
    if (status->flags & SV_STATUS_LEAVING) put("; supervise leaves when it is down");
    put("\n");
}

void svwhy_put_state(struct service const *service)
{
    put_state(service);
    if (service->is_supervised)
        put_next(service);
    else
        put_unsupervised(service);
}
