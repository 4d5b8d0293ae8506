/* ISC license. */

/*
 * Notes what happened. During a round of events only memory is touched, and the page that
 * outlives us: a service that died is running again before anything is written down.
 */

#include <sys/wait.h>

#include <sv/clock.h>

#include "service.h"

/* The end of run that an event tells of; *value is the code, signal or errno. */
static enum sv_ending ending_of(struct sv_event const *event, uint32_t *value)
{
    *value = (uint32_t)event->error_number;
    if (event->kind == SV_EVENT_START_FAILED || event->kind == SV_EVENT_FINISH_FAILED
        || event->kind == SV_EVENT_SCRIPT_FAILED)
        return event->exec_failed ? SV_ENDING_EXEC : SV_ENDING_FORK;
    if (event->kind != SV_EVENT_DIED && event->kind != SV_EVENT_FINISH_DIED
        && event->kind != SV_EVENT_SCRIPT_DIED)
        return SV_ENDING_NONE;
    if (event->unseen) return SV_ENDING_UNKNOWN;
    if (WIFSIGNALED(event->wait_status)) {
        *value = (uint32_t)WTERMSIG(event->wait_status);
        return SV_ENDING_SIGNAL;
    }
    *value = (uint32_t)WEXITSTATUS(event->wait_status);
    return SV_ENDING_EXIT;
}

static void enqueue(struct service *service, struct sv_event const *event,
                    struct sv_cause const *cause, uint32_t pid)
{
    struct sv_status const *status = &service->status;
    uint32_t value;
    enum sv_ending ending = ending_of(event, &value);
    struct sv_journal_entry const entry = (struct sv_journal_entry){
        .serial = status->serial,
        .when = status->changed,
        .monotonic_ms = (uint64_t)event->now_ms,
        .pid = pid,
        .event = (uint8_t)event->kind,
        .phase = status->phase,
        .wanted = status->wanted,
        .ending = (uint8_t)ending,
        .ending_value = ending == SV_ENDING_NONE ? 0 : value,
        .cause = (uint8_t)cause->kind,
        .cause_detail = cause->detail,
        .cause_uid = cause->uid,
        .token = event->kind == SV_EVENT_COMMAND ? event->command.token : 0,
    };
    sv_recovery_queue(service->page, &entry);
}

static uint8_t flags_of(struct sv_machine const *machine)
{
    return (uint8_t)((machine->paused ? SV_STATUS_PAUSED : 0)
                     | (machine->leaving ? SV_STATUS_LEAVING : 0)
                     | (machine->draining ? SV_STATUS_DRAINING : 0)
                     | (machine->asked ? SV_STATUS_ASKED : 0)
                     | (machine->exec_failed ? SV_STATUS_EXEC_FAILED : 0)
                     | (machine->condemned ? SV_STATUS_CONDEMNED : 0)
                     | (machine->reloading ? SV_STATUS_RELOADING : 0));
}

/* The wall clock time of `at_ms` on the monotonic clock; unix time 0 for never. */
static struct timespec wall_time(struct timespec const *now, int64_t now_ms,
                                 int64_t at_ms)
{
    struct timespec when = {0, 0};

    if (at_ms == SV_NEVER) return when;
    int64_t milliseconds = now->tv_nsec / 1000000 + (at_ms - now_ms);
    when = *now;
    when.tv_sec += milliseconds / 1000;
    milliseconds %= 1000;
    if (milliseconds < 0) {
        milliseconds += 1000;
        when.tv_sec--;
    }
    when.tv_nsec = milliseconds * 1000000 + now->tv_nsec % 1000000;
    return when;
}

/* What the machine knows, as .status says it. */
static void copy_machine(struct sv_status *status, struct sv_machine const *machine,
                         int64_t now_ms)
{
    status->phase = (uint8_t)machine->phase;
    status->wanted = (uint8_t)machine->wanted;
    status->flags = flags_of(machine);
    if (status->next_start_ms != (uint64_t)machine->start_ms)
        status->next_start = wall_time(&status->changed, now_ms, machine->start_ms);
    status->next_start_ms = (uint64_t)machine->start_ms;
    status->started_ms = (uint64_t)machine->started_ms;
    status->kill_ms = (uint64_t)machine->kill_ms;
    status->quick_deaths = machine->quick_deaths;
    status->ready_ms = (uint64_t)machine->ready_ms;
    status->watchdog_every_ms = (uint64_t)machine->watchdog_every_ms;
}

/* Who the child is. The kernel is asked for more about it in service_write(). */
static void copy_child(struct service *service)
{
    struct sv_machine const *machine = &service->machine;
    struct sv_status *status = &service->status;
    uint32_t run = machine->child == SV_CHILD_RUN ? (uint32_t)machine->pid : 0;
    uint32_t finish = machine->child != SV_CHILD_RUN ? (uint32_t)machine->pid : 0;

    if (status->pid != run) {
        status->pid = run;
        status->pid_start = run ? service->child_start : 0;
        status->pid_inode = 0;
    }
    if (status->finish_pid != finish) {
        status->finish_pid = finish;
        status->finish_start = finish ? service->child_start : 0;
    }
}

/*
 * A death has the same label everywhere: by that it is recognised in .death_tally. A
 * birth has the one that the new process has written itself.
 */
static void note_time(struct service *service, struct sv_event const *event)
{
    int is_birth = event->kind == SV_EVENT_STARTED
                   || event->kind == SV_EVENT_SCRIPT_STARTED
                   || event->kind == SV_EVENT_FINISH_STARTED;

    if (is_birth && service->born.tv_sec)
        service->status.changed = service->born;
    else if (event->kind == SV_EVENT_DIED && !event->heir && service->tally->count)
        service->status.changed = sv_tally_last(service->tally);
    else
        sv_clock_wall(&service->status.changed);
}

/* Since when it is ready; a run that ends is not ready any more. */
static void note_ready(struct sv_status *status, struct sv_machine const *machine)
{
    if (machine->phase != SV_PHASE_UP && machine->phase != SV_PHASE_STARTED)
        status->ready = (struct timespec){0, 0};
    else if (!status->ready.tv_sec)
        status->ready = status->changed;
}

void service_record(struct service *service, struct sv_event const *event,
                    struct sv_cause const *cause)
{
    struct sv_status *status = &service->status;
    struct sv_machine const *machine = &service->machine;
    int ended = event->kind == SV_EVENT_DIED || event->kind == SV_EVENT_FINISH_DIED
                || event->kind == SV_EVENT_SCRIPT_DIED;
    uint32_t pid = status->pid ? status->pid : status->finish_pid;
    uint32_t value;

    if (status->serial >= service->journal_serial + SV_RECOVERY_QUEUE)
        service_write_journal(service); /* or the oldest would be lost */
    status->serial++;
    service->linger_ms = 0;
    /* it is, if the journal cannot be written: readers see that from the serials */
    if (status->serial > service->journal_serial + SV_RECOVERY_QUEUE)
        service->journal_serial = status->serial - SV_RECOVERY_QUEUE;
    note_time(service, event);
    copy_machine(status, machine, event->now_ms);
    copy_child(service);
    if (service->has_said) status->flags |= SV_STATUS_SAID;
    status->cause = (uint8_t)cause->kind;
    status->cause_detail = cause->detail;
    status->cause_uid = cause->uid;
    if (event->kind == SV_EVENT_STARTED) status->starts++;
    if (event->kind == SV_EVENT_STARTED || event->kind == SV_EVENT_BEGIN
        || event->kind == SV_EVENT_SCRIPT_STARTED || event->kind == SV_EVENT_SCRIPT_DIED
        || (event->kind == SV_EVENT_DIED && !status->pid))
        status->since = status->changed;
    note_ready(status, machine);
    if ((event->kind == SV_EVENT_DIED && !status->pid)
        || event->kind == SV_EVENT_START_FAILED) {
        status->ending = (uint8_t)ending_of(event, &value);
        status->ending_value = value;
    }
    enqueue(service, event, cause, ended ? pid : (uint32_t)machine->pid);
    service->status_changed = 1;
}

void service_foresee(struct service const *service, struct sv_event const *birth,
                     struct sv_status *status)
{
    struct sv_machine machine = service->machine;
    struct sv_actions actions;
    uint32_t pid = (uint32_t)birth->pid;

    *status = service->status;
    sv_machine_step(&machine, birth, &service->settings, &actions);
    status->changed = service->born;
    if (birth->kind != SV_EVENT_FINISH_STARTED) status->since = service->born;
    copy_machine(status, &machine, birth->now_ms);
    status->pid = machine.child == SV_CHILD_RUN ? pid : 0;
    status->finish_pid = machine.child == SV_CHILD_RUN ? 0 : pid;
}

void service_record_deadlines(struct service *service)
{
    service->status.kill_ms = (uint64_t)service->machine.kill_ms;
    service->status.ready_ms = (uint64_t)service->machine.ready_ms;
    service->status_changed = 1;
}

void service_store(struct service *service)
{
    sv_recovery_store(service->page, &service->status, &service->machine,
                      &service->decoder, &service->doing);
}
