/* ISC license. */

/*
 * Writes down what happened. During a round of events only memory is touched: a service
 * that died is running again before anything is written about its death.
 */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sv/clock.h>
#include <sv/journalfile.h>
#include <sv/message.h>
#include <sv/personality.h>
#include <sv/process.h>
#include <sv/proctree.h>
#include <sv/statefile.h>

#include "service.h"

/* The end of run that an event tells of; *value is the code, signal or errno. */
static enum sv_ending ending_of(struct sv_event const *event, uint32_t *value)
{
    *value = (uint32_t)event->error_number;
    if (event->kind == SV_EVENT_START_FAILED || event->kind == SV_EVENT_FINISH_FAILED)
        return event->exec_failed ? SV_ENDING_EXEC : SV_ENDING_FORK;
    if (event->kind != SV_EVENT_DIED && event->kind != SV_EVENT_FINISH_DIED)
        return SV_ENDING_NONE;
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
    struct sv_journal_entry *entry = &service->queue[service->queued];
    uint32_t value;
    enum sv_ending ending = ending_of(event, &value);

    *entry = (struct sv_journal_entry){
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
    };
    service->queued++;
}

static uint8_t flags_of(struct sv_machine const *machine)
{
    return (uint8_t)((machine->paused ? SV_STATUS_PAUSED : 0)
                     | (machine->leaving ? SV_STATUS_LEAVING : 0)
                     | (machine->draining ? SV_STATUS_DRAINING : 0)
                     | (machine->asked ? SV_STATUS_ASKED : 0)
                     | (machine->exec_failed ? SV_STATUS_EXEC_FAILED : 0));
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
    status->next_start = wall_time(&status->changed, now_ms, machine->start_ms);
    status->next_start_ms = (uint64_t)machine->start_ms;
    status->started_ms = (uint64_t)machine->started_ms;
    status->kill_ms = (uint64_t)machine->kill_ms;
    status->quick_deaths = machine->quick_deaths;
}

/* Who the child is. The kernel is asked for more about it in service_write(). */
static void copy_child(struct sv_status *status, struct sv_machine const *machine)
{
    uint32_t run = machine->child == SV_CHILD_RUN ? (uint32_t)machine->pid : 0;
    uint32_t finish = machine->child == SV_CHILD_FINISH ? (uint32_t)machine->pid : 0;

    if (status->pid != run) {
        status->pid = run;
        status->pid_start = status->pid_inode = 0;
    }
    if (status->finish_pid != finish) {
        status->finish_pid = finish;
        status->finish_start = 0;
    }
}

void service_record(struct service *service, struct sv_event const *event,
                    struct sv_cause const *cause)
{
    struct sv_status *status = &service->status;
    struct sv_machine const *machine = &service->machine;
    int ended = event->kind == SV_EVENT_DIED || event->kind == SV_EVENT_FINISH_DIED;
    uint32_t pid = status->pid ? status->pid : status->finish_pid;
    uint32_t value;

    if (service->queued == SV_JOURNAL_QUEUE) service_write(service);
    status->serial++;
    sv_clock_wall(&status->changed);
    copy_machine(status, machine, event->now_ms);
    copy_child(status, machine);
    status->cause = (uint8_t)cause->kind;
    status->cause_detail = cause->detail;
    status->cause_uid = cause->uid;
    if (event->kind == SV_EVENT_STARTED) status->starts++;
    if (event->kind == SV_EVENT_STARTED || event->kind == SV_EVENT_DIED
        || event->kind == SV_EVENT_BEGIN)
        status->since = status->changed;
    if (event->kind == SV_EVENT_STARTED)
        status->ready = status->changed;
    else if (!status->pid)
        status->ready = (struct timespec){0, 0};
    if (event->kind == SV_EVENT_DIED || event->kind == SV_EVENT_START_FAILED) {
        status->ending = (uint8_t)ending_of(event, &value);
        status->ending_value = value;
    }
    enqueue(service, event, cause, ended ? pid : (uint32_t)machine->pid);
    service->status_changed = 1;
}

/* Opens the journal; service->status.serial becomes no lower than what is in it. */
static void open_journal(struct service *service)
{
    uint64_t last = service->status.serial;

    service->journal = sv_journalfile_open(service->state_dir, &last);
    if (service->journal >= 0) {
        trouble_over(&service->journal_trouble);
        if (last > service->status.serial) service->status.serial = last;
    } else if (trouble_is_new(&service->journal_trouble)) {
        sv_warnusys("open ", service->dir_name, "/supervise/" SV_JOURNAL_FILE);
    }
}

/* What cannot be written is missing: readers see that from the serials. */
static void write_journal(struct service *service)
{
    unsigned int i = 0;

    if (service->journal < 0) open_journal(service);
    if (service->journal >= 0) {
        while (i < service->queued
               && sv_journalfile_write(service->journal, &service->queue[i]))
            i++;
        if (i == service->queued)
            trouble_over(&service->journal_trouble);
        else if (trouble_is_new(&service->journal_trouble))
            sv_warnusys("write ", service->dir_name, "/supervise/" SV_JOURNAL_FILE);
    }
    service->queued = 0;
}

static void write_tally(struct service *service)
{
    static unsigned char packed[SV_TALLY_MAX * SV_TALLY_RECORD];
    size_t length =
        sv_tally_pack(packed, &service->tally, service->settings.max_death_tally);

    service->tally_changed = 0;
    if (sv_statefile_write(service->state_dir, SV_TALLY_FILE, packed, length))
        trouble_over(&service->tally_trouble);
    else if (trouble_is_new(&service->tally_trouble))
        sv_warnusys("write ", service->dir_name, "/supervise/" SV_TALLY_FILE);
}

static int write_status(struct service *service)
{
    unsigned char own[SV_STATUS_OWN], family[SV_STATUS_ENCORE];
    struct sv_status_family words;
    size_t length =
        sv_personality() == SV_PERSONALITY_DJB ? SV_STATUS_DJB : SV_STATUS_ENCORE;

    sv_status_pack(own, &service->status);
    sv_status_to_family(&service->status, &words);
    sv_status_pack_family(family, &words);
    return sv_statefile_write(service->state_dir, SV_STATUS_OWN_FILE, own, sizeof own)
           && sv_statefile_write(service->state_dir, SV_STATUS_FILE, family, length);
}

/* What makes the child recognisable, should we not be the one who waits for it in the
 * end. */
static void identify_child(struct sv_status *status)
{
    if (status->pid && !status->pid_start) {
        (void)sv_process_start_time((pid_t)status->pid,
                                    &status->pid_start); /* or 0: unknown */
        status->pid_inode = sv_proctree_pidfd_inode((pid_t)status->pid);
    }
    if (status->finish_pid && !status->finish_start)
        (void)sv_process_start_time((pid_t)status->finish_pid, &status->finish_start);
}

void service_write(struct service *service)
{
    if (service->queued) write_journal(service);
    if (service->status_changed) {
        identify_child(&service->status);
        if (write_status(service)) {
            service->status_changed = 0;
            trouble_over(&service->status_trouble);
        } else if (trouble_is_new(&service->status_trouble)) {
            sv_warnusys("write ", service->dir_name, "/supervise/status");
        }
    }
    if (service->tally_changed) write_tally(service);
}

/* Reads what an earlier supervise left, as far as it goes on: serial and count of starts.
 */
static void read_earlier(struct service *service)
{
    unsigned char own[SV_STATUS_OWN + 1];
    struct sv_status earlier;
    ssize_t length =
        sv_statefile_read(service->state_dir, SV_STATUS_OWN_FILE, own, sizeof own);

    if (length < 0 || !sv_status_unpack(own, (size_t)length, &earlier)) return;
    service->status.serial = earlier.serial;
    service->status.starts = earlier.starts;
    service->status.control_bytes = earlier.control_bytes;
    service->status.ending = earlier.ending;
    service->status.ending_value = earlier.ending_value;
}

static void read_tally(struct service *service)
{
    static unsigned char packed[SV_TALLY_MAX * SV_TALLY_RECORD];
    ssize_t length =
        sv_statefile_read(service->state_dir, SV_TALLY_FILE, packed, sizeof packed);
    struct timespec now;

    if (length <= 0) return;
    sv_clock_wall(&now);
    sv_tally_unpack(&service->tally, packed, (size_t)length, &now,
                    sv_clock_monotonic_ms(), service->settings.max_death_tally);
}

static void read_boot_id(unsigned char *boot_id)
{
    char text[64];
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);

    if (fd < 0) return; /* all zero: no boot is known */
    ssize_t length = read(fd, text, sizeof text);
    (void)close(fd); /* opened for reading */
    if (length > 0) (void)sv_status_scan_boot_id(text, (size_t)length, boot_id);
}

void service_open_records(struct service *service)
{
    struct sv_status *status = &service->status;

    read_earlier(service);
    read_tally(service);
    open_journal(service);
    read_boot_id(status->boot_id);
    status->supervise_pid = (uint32_t)getpid();
    (void)sv_process_start_time(getpid(), &status->supervise_start); /* or 0: unknown */
}
