/* ISC license. */

/*
 * Takes over from a supervise that was killed: its decisions, from the page; its service,
 * by a pidfd, as that is not our child; and whatever it had begun and not finished.
 */

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sv/child.h>
#include <sv/clock.h>
#include <sv/message.h>
#include <sv/process.h>
#include <sv/recoveryfile.h>
#include <sv/servicedir.h>

#include "beside.h"

#define LOOK_MS 1000  /* without a pidfd; daemontools' restart delay */
#define RELAY_MS 1000 /* how a service ended is known within that, or nobody knows */
#define ASK_MS 50     /* so often it is asked for */

/* The page ------------------------------------------------------------------------- */

/* The inode of the pipe on `fd`, 0 if it is none. */
static uint64_t pipe_on(int fd)
{
    struct stat about;

    return !fstat(fd, &about) && S_ISFIFO(about.st_mode) ? about.st_ino : 0;
}

/*
 * From here on readers of the page know that it is ours. For an image that was executed
 * anew it is so all the time: svscan must not start another one.
 */
static void sign(struct sv_recovery *page)
{
    uint64_t start = 0;

    page->input_pipe = pipe_on(0);
    page->output_pipe = pipe_on(1);
    page->has_standard = 1;
    (void)sv_process_start_time(getpid(), &start); /* or 0: unknown */
    __atomic_store_n(&page->supervise_start, start, __ATOMIC_RELEASE);
    page->supervise_pid = (uint32_t)getpid();
}

void service_warn_page(struct service *service)
{
    if (trouble_is_new(&service->page_trouble))
        sv_warnu("write ", service->dir_name, "/supervise/" SV_RECOVERY_FILE ": ",
                 sv_errortext(errno),
                 "; as long as that is so, whoever kills supervise loses its service");
}

void service_continue_counts(struct sv_status *status, struct sv_status const *earlier)
{
    status->serial = earlier->serial;
    status->starts = earlier->starts;
    status->control_bytes = earlier->control_bytes;
    status->ending = earlier->ending;
    status->ending_value = earlier->ending_value;
}

int service_open_page(struct service *service)
{
    unsigned char life[SV_BOOT_ID];

    if (sv_process_life(life) < 0) sv_dieusys(111, "read the boot id");
    int found = sv_recoveryfile_open(&service->page, service->state_dir, life);
    struct sv_recovery *page = service->page;
    if (found < -1) sv_dieusys(111, "map supervise/" SV_RECOVERY_FILE);
    service->is_mapped = found >= 0;
    if (found < 0) service_warn_page(service);
    struct sv_status earlier = {.serial = 0};
    int known = found > 0
                && sv_recovery_load(page, &earlier, &service->machine, &service->decoder,
                                    &service->doing);
    int resumes = known && !service->doing.has_left
                  && earlier.cause != SV_CAUSE_NONE; /* it had begun */
    service->status = earlier;
    if (!resumes) {
        sv_machine_init(&service->machine);
        service->status = (struct sv_status){.serial = 0};
        if (known) service_continue_counts(&service->status, &earlier);
        service->decoder = (struct sv_control){.covers = 0};
        service->doing = (struct sv_recovery_doing){.actions = 0};
        sv_recovery_clear_input(
            page); /* it has been obeyed, or was for an earlier life */
    }
    sv_process_boot_id(service->status.boot_id);
    sign(page);
    return resumes;
}

/* What was begun ------------------------------------------------------------------- */

/* The action that has asked for such a child, as a bit; 0: none has. */
static uint32_t asked_for(enum sv_child child)
{
    switch (child) {
    case SV_CHILD_RUN:
    case SV_CHILD_START: return (uint32_t)1 << SV_ACTION_START_RUN;
    case SV_CHILD_FINISH: return (uint32_t)1 << SV_ACTION_START_FINISH;
    case SV_CHILD_STOP: return (uint32_t)1 << SV_ACTION_START_STOP;
    case SV_CHILD_NONE:
    case SV_CHILD_COUNT: break;
    }
    return 0;
}

static enum sv_event_kind answer_about(enum sv_child child, int runs)
{
    if (child == SV_CHILD_RUN) return runs ? SV_EVENT_STARTED : SV_EVENT_START_FAILED;
    if (child == SV_CHILD_FINISH)
        return runs ? SV_EVENT_FINISH_STARTED : SV_EVENT_FINISH_FAILED;
    return runs ? SV_EVENT_SCRIPT_STARTED : SV_EVENT_SCRIPT_FAILED;
}

/*
 * The decision was to start something: was it? If there was no process, or it was killed
 * before it ran, it is as if nothing had been tried, and the machine tries again.
 */
static void settle_birth(struct service *service)
{
    struct sv_recovery_birth const *birth = &service->page->birth;
    struct sv_spawn_birth const *spawned = &birth->spawned;
    int is_run = birth->child == SV_CHILD_RUN;
    struct sv_event event = {.now_ms = birth->started_ms, .pid = spawned->pid};

    if (!(service->doing.actions & asked_for((enum sv_child)birth->child))) return;
    service->doing.actions = 0; /* what came before it was done */
    if (!spawned->pid || !spawned->last_ns) {
        sv_recovery_end_birth(service->page);
        return;
    }
    event.kind = answer_about((enum sv_child)birth->child, !spawned->error_number);
    event.says_ready = is_run && service_says_ready(service);
    if (spawned->error_number) {
        event.error_number = spawned->error_number;
        event.exec_failed = 1;
        event.run_exists =
            is_run
            && sv_servicedir_is_executable(service->dir, service_run_name(service));
    } else {
        service->child_start = service_start_of(spawned);
        if (is_run) service->doing.run_pid = spawned->pid;
        if (is_run) service->doing.run_start = service->child_start;
    }
    service_feed(service, &event);
}

/* Nobody knows whether these have been performed: they are, again. */
static void repeat_actions(struct service *service)
{
    struct sv_event unused;

    for (unsigned int kind = SV_ACTION_MAKE_DOWN; kind <= SV_ACTION_SWEEP; kind++)
        if (service->doing.actions >> kind & 1)
            (void)service_perform(service, (enum sv_action_kind)kind, &unused);
    service->doing.actions = 0;
    service_store(service);
}

/* The child ------------------------------------------------------------------------ */

void service_let_go(struct service *service)
{
    if (service->adopted >= 0) (void)close(service->adopted); /* only looked at */
    service->adopted = -1;
    service->adopted_is_over = 0;
    service->adopted_ms = SV_NEVER;
}

static void adopt(struct service *service);

/* It may have left another process in its place. */
static void child_is_over(struct service *service, int wait_status, int unseen)
{
    service_let_go(service);
    service_child_ended(service, service->machine.pid, wait_status, unseen);
    adopt(service);
}

static uint64_t child_start(struct service const *service)
{
    struct sv_status const *status = &service->status;

    return service->machine.child == SV_CHILD_RUN ? status->pid_start
                                                  : status->finish_start;
}

/* How it ended, from whoever knows. Returns 1 or 0. */
static int find_end(struct service const *service, int *wait_status)
{
    struct sv_recovery const *page = service->page;
    int pid = service->machine.pid;

    if (sv_recovery_end_of(page, pid, wait_status)) return 1;
    if (page->relayed_pid == (uint32_t)pid) {
        *wait_status = page->relayed_status;
        return 1;
    }
    return service->adopted >= 0
           && sv_child_end(service->adopted, pid, child_start(service), wait_status);
}

/* Whoever reaps it, or svscan, makes it known how, but that does not take long. */
void service_adopted_ended(struct service *service)
{
    int64_t now_ms = sv_clock_monotonic_ms();
    int wait_status;

    if (!service->adopted_is_over) service->over_ms = now_ms + RELAY_MS;
    service->adopted_is_over = 1;
    service->adopted_ms = now_ms + ASK_MS;
    if (find_end(service, &wait_status))
        child_is_over(service, wait_status, 0);
    else if (now_ms >= service->over_ms)
        child_is_over(service, 0, 1);
}

/*
 * Holds the child that another supervise has started. Returns 0 if it is there no more.
 */
int service_hold(struct service *service)
{
    struct sv_status const *status = &service->status;
    int is_run = service->machine.child == SV_CHILD_RUN;
    int pid = service->machine.pid;

    service_let_go(service);
    if (!pid || sv_child_is_ours(pid)) return 1;
    service->adopted =
        sv_child_open(pid, child_start(service), is_run ? status->pid_inode : 0);
    if (service->adopted >= 0) {
        service_tree_note(service);
        return 1;
    }
    if (errno == ESRCH) return 0;
    if (trouble_is_new(&service->adopt_trouble))
        sv_warnusys("watch the process of ", service->dir_name, ", looking every second");
    service->adopted_ms = sv_clock_monotonic_ms() + LOOK_MS;
    return sv_process_is(pid, child_start(service)) != 0;
}

static void adopt(struct service *service)
{
    if (!service_hold(service)) service_adopted_ended(service);
}

void service_look_at_adopted(struct service *service)
{
    if (service->adopted_is_over)
        service_adopted_ended(service);
    else
        adopt(service); /* it could not be held */
}

void service_look_for_relayed(struct service *service)
{
    struct sv_recovery const *page = service->page;

    if (service->machine.pid && page->relayed_pid == (uint32_t)service->machine.pid)
        child_is_over(service, page->relayed_status, 0);
}

/* Before anything is signalled it is known who is there. */
void service_resume(struct service *service)
{
    service->status_changed = service->tally_changed = 1;
    service_scripts_look(service);
    service_load_settings(service);
    if (service->machine.phase == SV_PHASE_BACKOFF)
        service_look_at_run(service); /* its time has not come yet */
    service_ready_resume(service);
    settle_birth(service);
    int there = service_hold(service);
    service->adopted_is_over = !there;
    repeat_actions(service);
    service->adopted_is_over = 0;
    service_notify_resume(service);
    if (!there) service_adopted_ended(service);
    service_event(service, SV_EVENT_RESUME);
    service_ready_take(service);
    service_scripts_resume(service);
    service_take_input(service);
}
