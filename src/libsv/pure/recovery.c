/* ISC license. */

#include <string.h>
#include <sys/wait.h>

#include <sv/recovery.h>

/* The bits of sv_recovery_slot.flags; those of status.h have what is not here. */
#define AGAIN 1u
#define GAVE_UP 2u
#define SUCCEEDED 4u
#define HAS_LEFT 8u

/* The bits of decoder_flags. */
#define TO_GROUP 1u
#define TO_LOG 2u

int sv_recovery_is_ours(struct sv_recovery const *page, uint64_t device, uint64_t inode,
                        unsigned char const *boot_id)
{
    static unsigned char const unknown[SV_BOOT_ID];

    return !memcmp(page->magic, SV_RECOVERY_MAGIC, sizeof page->magic)
           && page->device == device && page->inode == inode
           && memcmp(boot_id, unknown, SV_BOOT_ID) != 0
           && !memcmp(page->boot_id, boot_id, SV_BOOT_ID);
}

void sv_recovery_init(struct sv_recovery *page, uint64_t device, uint64_t inode,
                      unsigned char const *boot_id)
{
    memset(page, 0, sizeof *page);
    memcpy(page->boot_id, boot_id, SV_BOOT_ID);
    page->device = device;
    page->inode = inode;
    __atomic_thread_fence(
        __ATOMIC_RELEASE); /* the magic makes it a page: it comes last */
    memcpy(page->magic, SV_RECOVERY_MAGIC, sizeof page->magic);
}

static uint32_t flags_of(struct sv_machine const *machine,
                         struct sv_recovery_doing const *doing)
{
    return (machine->again ? AGAIN : 0) | (machine->gave_up ? GAVE_UP : 0)
           | (machine->succeeded ? SUCCEEDED : 0) | (doing->has_left ? HAS_LEFT : 0);
}

static void store_decoder(struct sv_recovery_slot *slot, struct sv_control const *decoder)
{
    slot->decoder_flags =
        (decoder->to_group ? TO_GROUP : 0) | (decoder->to_log ? TO_LOG : 0);
    slot->mark_left = decoder->mark_left;
    slot->covers = decoder->covers;
    slot->mark_covers = decoder->mark_covers;
    slot->mark_uid = decoder->mark_uid;
    slot->decoder_uid = decoder->uid;
}

void sv_recovery_store(struct sv_recovery *page, struct sv_status const *status,
                       struct sv_machine const *machine, struct sv_control const *decoder,
                       struct sv_recovery_doing const *doing)
{
    uint64_t turn = page->turn + 1;
    struct sv_recovery_slot *slot = &page->slots[turn & 1];

    sv_status_pack(slot->status, status);
    store_decoder(slot, decoder);
    slot->settled_ms = machine->settled_ms;
    slot->drain_ms = machine->drain_ms;
    slot->drain_limit_ms = machine->drain_limit_ms;
    slot->pending = machine->pending;
    slot->pending_group = machine->pending_group;
    slot->pending_stop = machine->pending_stop;
    slot->reason = machine->reason.kind;
    slot->reason_detail = machine->reason.detail;
    slot->reason_uid = machine->reason.uid;
    slot->flags = flags_of(machine, doing);
    slot->child = machine->child;
    slot->forks_left = machine->forks_left;
    slot->forgiven_ms = doing->forgiven_ms;
    slot->run_pid = (uint32_t)doing->run_pid;
    slot->input_round = doing->input_round;
    slot->input_done = doing->input_done;
    slot->actions = doing->actions;
    slot->signals = doing->signals;
    slot->group_signals = doing->group_signals;
    slot->stop_signals = doing->stop_signals;
    __atomic_store_n(&page->turn, turn, __ATOMIC_RELEASE);
}

static void load_decoder(struct sv_recovery_slot const *slot, struct sv_control *decoder)
{
    decoder->to_group = (slot->decoder_flags & TO_GROUP) != 0;
    decoder->to_log = (slot->decoder_flags & TO_LOG) != 0;
    decoder->mark_left = slot->mark_left;
    decoder->covers = slot->covers;
    decoder->mark_covers = slot->mark_covers;
    decoder->mark_uid = slot->mark_uid;
    decoder->uid = slot->decoder_uid;
}

static void load_doing(struct sv_recovery_slot const *slot,
                       struct sv_recovery_doing *doing)
{
    doing->run_pid = (int)slot->run_pid;
    doing->forgiven_ms = slot->forgiven_ms;
    doing->actions = slot->actions;
    doing->signals = slot->signals;
    doing->group_signals = slot->group_signals;
    doing->stop_signals = slot->stop_signals;
    doing->input_done = slot->input_done;
    doing->input_round = slot->input_round;
    doing->has_left = (slot->flags & HAS_LEFT) != 0;
}

/* The machine is in the slot, and in the status that is packed there. */
static void load_machine(struct sv_recovery_slot const *slot,
                         struct sv_status const *status, struct sv_machine *machine)
{
    sv_machine_init(machine);
    machine->wanted = (enum sv_wanted)status->wanted;
    machine->child = (enum sv_child)slot->child;
    machine->phase = (enum sv_phase)status->phase;
    machine->pid = (int)(status->pid ? status->pid : status->finish_pid);
    machine->paused = (status->flags & SV_STATUS_PAUSED) != 0;
    machine->leaving = (status->flags & SV_STATUS_LEAVING) != 0;
    machine->draining = (status->flags & SV_STATUS_DRAINING) != 0;
    machine->asked = (status->flags & SV_STATUS_ASKED) != 0;
    machine->exec_failed = (status->flags & SV_STATUS_EXEC_FAILED) != 0;
    machine->gave_up = (slot->flags & GAVE_UP) != 0;
    machine->again = (slot->flags & AGAIN) != 0;
    machine->succeeded = (slot->flags & SUCCEEDED) != 0;
    machine->forks_left = slot->forks_left;
    machine->quick_deaths = status->quick_deaths;
    machine->pending = slot->pending;
    machine->pending_group = slot->pending_group;
    machine->pending_stop = slot->pending_stop;
    machine->started_ms = (int64_t)status->started_ms;
    machine->start_ms = (int64_t)status->next_start_ms;
    machine->kill_ms = (int64_t)status->kill_ms;
    machine->settled_ms = slot->settled_ms;
    machine->drain_ms = slot->drain_ms;
    machine->drain_limit_ms = slot->drain_limit_ms;
    machine->reason = (struct sv_cause){.kind = (enum sv_cause_kind)slot->reason,
                                        .detail = slot->reason_detail,
                                        .uid = slot->reason_uid};
}

int sv_recovery_load(struct sv_recovery const *page, struct sv_status *status,
                     struct sv_machine *machine, struct sv_control *decoder,
                     struct sv_recovery_doing *doing)
{
    struct sv_recovery_slot const *slot = &page->slots[page->turn & 1];

    if (!page->turn || !sv_status_unpack(slot->status, SV_STATUS_OWN, status)) return 0;
    if (slot->child >= SV_CHILD_COUNT || slot->reason >= SV_CAUSE_COUNT) return 0;
    load_machine(slot, status, machine);
    if ((machine->child == SV_CHILD_NONE) != !machine->pid) return 0;
    load_decoder(slot, decoder);
    load_doing(slot, doing);
    return doing->input_done <= SV_RECOVERY_INPUT;
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

void sv_recovery_begin_birth(struct sv_recovery *page, enum sv_child child,
                             int64_t now_ms)
{
    page->end.si_pid = 0; /* the new process may get the pid of the old one */
    page->relayed_pid = 0;
    page->birth.spawned.pid = page->birth.spawned.error_number = 0;
    page->birth.spawned.first_ns = page->birth.spawned.last_ns = 0;
    page->birth.started_ms = now_ms;
    __atomic_thread_fence(__ATOMIC_RELEASE);
    page->birth.child = child;
}

void sv_recovery_end_birth(struct sv_recovery *page)
{
    page->birth.child = SV_CHILD_NONE;
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
