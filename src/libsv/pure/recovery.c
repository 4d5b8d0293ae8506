/* ISC license. */

#include <string.h>
#include <sys/wait.h>

#include <sv/recovery.h>

/* The bits of sv_recovery_slot.flags. */
#define PAUSED 1u
#define LEAVING 2u
#define DRAINING 4u
#define ASKED 8u
#define EXEC_FAILED 16u
#define GAVE_UP 32u
#define AGAIN 64u
#define SUCCEEDED 128u
#define HAS_LEFT 256u
#define CONDEMNED 512u
#define RELOADING 1024u
#define FIRST 2048u
#define PREPARED 4096u
#define UNSTOPPED 8192u

/* The bits of decoder_flags. */
#define TO_GROUP 1u
#define TO_LOG 2u
#define IN_TOKEN 4u

/* The bits of control: enum sv_command_kind, and the rest. */
#define CONTROL_KIND 0xFFu
#define CONTROL_TO_GROUP 0x100u
#define CONTROL_STEP 16

/* The bits of notice: the reader's state, and from here on how much it has taken. */
#define NOTICE_STATE 0xFFu
#define NOTICE_DONE 8

int sv_recovery_is_ours(struct sv_recovery const *page, uint64_t device, uint64_t inode,
                        unsigned char const *life)
{
    static unsigned char const unknown[SV_BOOT_ID];

    return !memcmp(page->magic, SV_RECOVERY_MAGIC, sizeof page->magic)
           && page->device == device && page->inode == inode
           && memcmp(life, unknown, SV_BOOT_ID) != 0
           && !memcmp(page->life, life, SV_BOOT_ID);
}

void sv_recovery_init(struct sv_recovery *page, uint64_t device, uint64_t inode,
                      unsigned char const *life)
{
    memset(page, 0, sizeof *page);
    memcpy(page->life, life, SV_BOOT_ID);
    page->device = device;
    page->inode = inode;
    __atomic_thread_fence(
        __ATOMIC_RELEASE); /* the magic makes it a page: it comes last */
    memcpy(page->magic, SV_RECOVERY_MAGIC, sizeof page->magic);
}

static uint32_t flags_of(struct sv_machine const *machine,
                         struct sv_recovery_doing const *doing)
{
    return (machine->paused ? PAUSED : 0) | (machine->leaving ? LEAVING : 0)
           | (machine->draining ? DRAINING : 0) | (machine->asked ? ASKED : 0)
           | (machine->exec_failed ? EXEC_FAILED : 0) | (machine->gave_up ? GAVE_UP : 0)
           | (machine->again ? AGAIN : 0) | (machine->succeeded ? SUCCEEDED : 0)
           | (machine->condemned ? CONDEMNED : 0) | (machine->reloading ? RELOADING : 0)
           | (machine->first ? FIRST : 0) | (machine->prepared ? PREPARED : 0)
           | (machine->unstopped ? UNSTOPPED : 0) | (doing->has_left ? HAS_LEFT : 0);
}

static void store_machine(struct sv_recovery_slot *slot, struct sv_machine const *machine)
{
    slot->wanted = machine->wanted;
    slot->child = machine->child;
    slot->phase = machine->phase;
    slot->pid = machine->pid;
    slot->forks_left = machine->forks_left;
    slot->quick_deaths = machine->quick_deaths;
    slot->pending = machine->pending;
    slot->pending_group = machine->pending_group;
    slot->pending_stop = machine->pending_stop;
    slot->reason = machine->reason.kind;
    slot->reason_detail = machine->reason.detail;
    slot->reason_uid = machine->reason.uid;
    slot->started_ms = machine->started_ms;
    slot->start_ms = machine->start_ms;
    slot->settled_ms = machine->settled_ms;
    slot->kill_ms = machine->kill_ms;
    slot->ready_ms = machine->ready_ms;
    slot->watchdog_ms = machine->watchdog_ms;
    slot->watchdog_every_ms = machine->watchdog_every_ms;
    slot->drain_ms = machine->drain_ms;
    slot->drain_limit_ms = machine->drain_limit_ms;
}

static void store_decoder(struct sv_recovery_slot *slot, struct sv_control const *decoder)
{
    slot->decoder_flags = (decoder->to_group ? TO_GROUP : 0)
                          | (decoder->to_log ? TO_LOG : 0)
                          | (decoder->in_token ? IN_TOKEN : 0);
    slot->decoder_token = decoder->token;
    slot->mark_left = decoder->mark_left;
    slot->covers = decoder->covers;
    slot->mark_covers = decoder->mark_covers;
    slot->mark_uid = decoder->mark_uid;
    slot->decoder_uid = decoder->uid;
}

static void store_doing(struct sv_recovery_slot *slot,
                        struct sv_recovery_doing const *doing)
{
    struct sv_command const *control = &doing->control;

    slot->run_pid = doing->run_pid;
    slot->run_start = doing->run_start;
    slot->shared_group = doing->shared_group;
    slot->shared_session = doing->shared_session;
    slot->forgiven_ms = doing->forgiven_ms;
    slot->input_round = doing->input_round;
    slot->input_done = doing->input_done;
    slot->actions = doing->actions;
    slot->signals = doing->signals;
    slot->group_signals = doing->group_signals;
    slot->stop_signals = doing->stop_signals;
    slot->control = (uint32_t)control->kind | (control->to_group ? CONTROL_TO_GROUP : 0)
                    | (uint32_t)doing->control_step << CONTROL_STEP;
    slot->control_uid = control->uid;
    slot->control_token = control->token;
    slot->control_pid = doing->control_pid;
    slot->control_start = (int64_t)doing->control_start;
    slot->control_kill_ms = doing->control_kill_ms;
    slot->notice = doing->notice.state | doing->notice_done << NOTICE_DONE;
    slot->control_starts = doing->control_starts;
}

void sv_recovery_store(struct sv_recovery *page, struct sv_status const *status,
                       struct sv_machine const *machine, struct sv_control const *decoder,
                       struct sv_recovery_doing const *doing)
{
    uint64_t turn = page->turn + 1;
    struct sv_recovery_slot *slot = &page->slots[turn & 1];

    sv_status_pack(slot->status, status);
    store_machine(slot, machine);
    store_decoder(slot, decoder);
    slot->flags = flags_of(machine, doing);
    store_doing(slot, doing);
    __atomic_store_n(&page->turn, turn, __ATOMIC_RELEASE);
    __atomic_thread_fence(__ATOMIC_SEQ_CST); /* before anything is done about it */
}

static void load_decoder(struct sv_recovery_slot const *slot, struct sv_control *decoder)
{
    decoder->to_group = (slot->decoder_flags & TO_GROUP) != 0;
    decoder->to_log = (slot->decoder_flags & TO_LOG) != 0;
    decoder->in_token = (slot->decoder_flags & IN_TOKEN) != 0;
    decoder->token = slot->decoder_token;
    decoder->mark_left = slot->mark_left;
    decoder->covers = slot->covers;
    decoder->mark_covers = slot->mark_covers;
    decoder->mark_uid = slot->mark_uid;
    decoder->uid = slot->decoder_uid;
}

static void load_doing(struct sv_recovery_slot const *slot,
                       struct sv_recovery_doing *doing)
{
    doing->run_pid = slot->run_pid;
    doing->run_start = slot->run_start;
    doing->shared_group = slot->shared_group;
    doing->shared_session = slot->shared_session;
    doing->forgiven_ms = slot->forgiven_ms;
    doing->actions = slot->actions;
    doing->signals = slot->signals;
    doing->group_signals = slot->group_signals;
    doing->stop_signals = slot->stop_signals;
    doing->input_done = slot->input_done;
    doing->input_round = slot->input_round;
    doing->has_left = (slot->flags & HAS_LEFT) != 0;
    doing->control = (struct sv_command){
        .kind = (enum sv_command_kind)(slot->control & CONTROL_KIND),
        .to_group = (slot->control & CONTROL_TO_GROUP) != 0,
        .uid = slot->control_uid,
        .token = slot->control_token,
    };
    doing->control_step = slot->control >> CONTROL_STEP;
    doing->control_pid = slot->control_pid;
    doing->control_start = (uint64_t)slot->control_start;
    doing->control_kill_ms = slot->control_kill_ms;
    doing->control_starts = slot->control_starts;
    doing->notice.state = (unsigned char)slot->notice;
    doing->notice_done = slot->notice >> NOTICE_DONE;
}

static void load_machine(struct sv_recovery_slot const *slot, struct sv_machine *machine)
{
    *machine = (struct sv_machine){
        .wanted = (enum sv_wanted)slot->wanted,
        .child = (enum sv_child)slot->child,
        .phase = (enum sv_phase)slot->phase,
        .pid = slot->pid,
        .paused = (slot->flags & PAUSED) != 0,
        .leaving = (slot->flags & LEAVING) != 0,
        .draining = (slot->flags & DRAINING) != 0,
        .asked = (slot->flags & ASKED) != 0,
        .exec_failed = (slot->flags & EXEC_FAILED) != 0,
        .gave_up = (slot->flags & GAVE_UP) != 0,
        .again = (slot->flags & AGAIN) != 0,
        .succeeded = (slot->flags & SUCCEEDED) != 0,
        .condemned = (slot->flags & CONDEMNED) != 0,
        .reloading = (slot->flags & RELOADING) != 0,
        .first = (slot->flags & FIRST) != 0,
        .prepared = (slot->flags & PREPARED) != 0,
        .unstopped = (slot->flags & UNSTOPPED) != 0,
        .ready_ms = slot->ready_ms,
        .watchdog_ms = slot->watchdog_ms,
        .watchdog_every_ms = slot->watchdog_every_ms,
        .forks_left = slot->forks_left,
        .quick_deaths = slot->quick_deaths,
        .pending = slot->pending,
        .pending_group = slot->pending_group,
        .pending_stop = slot->pending_stop,
        .started_ms = slot->started_ms,
        .start_ms = slot->start_ms,
        .settled_ms = slot->settled_ms,
        .kill_ms = slot->kill_ms,
        .drain_ms = slot->drain_ms,
        .drain_limit_ms = slot->drain_limit_ms,
        .reason = {.kind = (enum sv_cause_kind)slot->reason,
                   .detail = slot->reason_detail,
                   .uid = slot->reason_uid},
    };
}

static int makes_sense(struct sv_recovery_slot const *slot)
{
    return slot->wanted < SV_WANTED_COUNT && slot->child < SV_CHILD_COUNT
           && slot->phase < SV_PHASE_COUNT && slot->reason < SV_CAUSE_COUNT
           && slot->pid >= 0 && (slot->child == SV_CHILD_NONE) == !slot->pid
           && slot->input_done <= SV_RECOVERY_INPUT
           && (slot->control & CONTROL_KIND) < SV_COMMAND_COUNT
           && (slot->notice & NOTICE_STATE) < SV_NOTICE_STATES
           && slot->notice >> NOTICE_DONE <= SV_RECOVERY_NOTICE;
}

int sv_recovery_load(struct sv_recovery const *page, struct sv_status *status,
                     struct sv_machine *machine, struct sv_control *decoder,
                     struct sv_recovery_doing *doing)
{
    struct sv_recovery_slot const *slot = &page->slots[page->turn & 1];

    if (!page->turn || !sv_status_unpack(slot->status, SV_STATUS_OWN, status)) return 0;
    if (!makes_sense(slot)) return 0;
    load_machine(slot, machine);
    load_decoder(slot, decoder);
    load_doing(slot, doing);
    return 1;
}

void sv_recovery_queue(struct sv_recovery *page, struct sv_journal_entry const *entry)
{
    sv_journal_pack(page->queue[entry->serial % SV_RECOVERY_QUEUE], entry);
}

int sv_recovery_queued(struct sv_recovery const *page, uint64_t serial,
                       struct sv_journal_entry *entry)
{
    return sv_journal_unpack(page->queue[serial % SV_RECOVERY_QUEUE], entry)
           && entry->serial == serial;
}

static void begin(struct sv_recovery *page, struct sv_recovery_birth *birth,
                  uint32_t child, int64_t now_ms)
{
    page->end.si_pid = 0; /* the new process may get the pid of the old one */
    birth->spawned.pid = birth->spawned.error_number = 0;
    birth->spawned.first_ns = birth->spawned.last_ns = 0;
    birth->started_ms = now_ms;
    __atomic_thread_fence(__ATOMIC_RELEASE);
    birth->child = child;
}

void sv_recovery_begin_birth(struct sv_recovery *page, enum sv_child child,
                             int64_t now_ms)
{
    page->relayed_pid = 0; /* for the same reason as the end */
    begin(page, &page->birth, child, now_ms);
}

void sv_recovery_end_birth(struct sv_recovery *page)
{
    page->birth.child = SV_CHILD_NONE;
}

void sv_recovery_begin_control(struct sv_recovery *page, unsigned int step,
                               int64_t now_ms)
{
    begin(page, &page->control_birth, step, now_ms);
}

void sv_recovery_end_control(struct sv_recovery *page)
{
    page->control_birth.child = 0;
}

void sv_recovery_clear_input(struct sv_recovery *page)
{
    memset(page->input, 0, sizeof page->input);
    __atomic_store_n(&page->round, page->round + 1, __ATOMIC_RELEASE);
}

int sv_recovery_end_of(struct sv_recovery const *page, int pid, int *wait_status)
{
    siginfo_t const *end = &page->end;

    if (!pid || end->si_pid != pid) return 0;
    *wait_status = end->si_status;
    if (end->si_code == CLD_EXITED) *wait_status = (end->si_status & 255) << 8;
    if (end->si_code == CLD_DUMPED) *wait_status |= 128;
    return 1;
}
