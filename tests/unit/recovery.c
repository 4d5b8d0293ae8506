/* ISC license. */

/*
 * The page that a killed supervise leaves. That every machine comes out as it went in is
 * shown by machine_explore, for all of them.
 */

#include <stddef.h>

#include <sv/recovery.h>

#include "tap.h"

static unsigned char const boot[SV_BOOT_ID] = "this boot, no ot";
static unsigned char const other_boot[SV_BOOT_ID] = "another boot, ye";

static struct sv_recovery page;

static void store(uint64_t serial, unsigned int letters)
{
    struct sv_status status = {.serial = serial, .cause_uid = 7};
    struct sv_machine machine;
    struct sv_control decoder = {.mark_left = 3,
                                 .covers = 4,
                                 .mark_covers = 5,
                                 .mark_uid = UINT64_C(1) << 33,
                                 .uid = 77,
                                 .to_log = 1};
    struct sv_recovery_doing doing = {
        .run_pid = 12,
        .forgiven_ms = 345,
        .actions = 1u << SV_ACTION_SIGNAL,
        .signals = 1u << 15,
        .group_signals = 2,
        .stop_signals = 4,
        .input_done = letters,
        .input_round = 9,
        .control = {.kind = SV_COMMAND_DOWN, .to_group = 1, .uid = 1000, .token = 66},
        .control_pid = 88,
        .control_start = UINT64_C(1) << 40,
        .control_kill_ms = SV_NEVER,
        .control_step = 0x302,
        .control_starts = 5};

    sv_machine_init(&machine);
    sv_recovery_store(&page, &status, &machine, &decoder, &doing);
}

static uint64_t loaded_serial(void)
{
    struct sv_status status;
    struct sv_machine machine;
    struct sv_control decoder;
    struct sv_recovery_doing doing;

    if (!sv_recovery_load(&page, &status, &machine, &decoder, &doing)) return 0;
    return status.serial;
}

static void whose_it_is(void)
{
    static unsigned char const unknown[SV_BOOT_ID];

    sv_recovery_init(&page, 1, 2, boot);
    ok(sv_recovery_is_ours(&page, 1, 2, boot), "it belongs to its file and its boot");
    ok(!sv_recovery_is_ours(&page, 3, 2, boot), "not to a file on another device");
    ok(!sv_recovery_is_ours(&page, 1, 3, boot), "not to a copy, which is another file");
    ok(!sv_recovery_is_ours(&page, 1, 2, other_boot), "not to another boot");
    sv_recovery_init(&page, 1, 2, unknown);
    ok(!sv_recovery_is_ours(&page, 1, 2, unknown),
       "and to nobody if the boot is not known");
    sv_recovery_init(&page, 1, 2, boot);
    page.magic[7]++;
    ok(!sv_recovery_is_ours(&page, 1, 2, boot), "another version is not ours");
}

/* Whatever part of a store has been done: the decision before counts until all has. */
static void torn_stores(void)
{
    static struct sv_recovery before, after;

    sv_recovery_init(&page, 1, 2, boot);
    is_int(loaded_serial(), 0, "an empty page holds no decision");
    for (uint64_t serial = 1; serial < 5; serial++) {
        store(serial, 0);
        before = page;
        store(serial + 1, 0);
        after = page;
        for (size_t done = 0; done <= sizeof page; done++) {
            page = before;
            memcpy(&page.slots, &after.slots,
                   done < sizeof page.slots ? done : sizeof page.slots);
            expect(loaded_serial() == serial, "%zu bytes of a store change nothing",
                   done);
        }
        page = before;
    }
    ok(1, "a store that was not finished changes nothing");
}

static void what_is_kept(void)
{
    struct sv_status status;
    struct sv_machine machine;
    struct sv_control decoder;
    struct sv_recovery_doing doing;

    sv_recovery_init(&page, 1, 2, boot);
    store(41, 17);
    ok(sv_recovery_load(&page, &status, &machine, &decoder, &doing), "it can be loaded");
    is_int(status.serial, 41, "with the status");
    ok(decoder.mark_left == 3 && decoder.covers == 4 && decoder.mark_covers == 5
           && decoder.mark_uid == UINT64_C(1) << 33 && decoder.uid == 77 && decoder.to_log
           && !decoder.to_group,
       "a mark that is half read");
    ok(doing.run_pid == 12 && doing.forgiven_ms == 345
           && doing.actions == 1u << SV_ACTION_SIGNAL && doing.signals == 1u << 15
           && doing.group_signals == 2 && doing.stop_signals == 4
           && doing.input_done == 17 && doing.input_round == 9 && !doing.has_left,
       "and what is to be done");
    ok(doing.control.kind == SV_COMMAND_DOWN && doing.control.to_group
           && doing.control.uid == 1000 && doing.control.token == 66
           && doing.control_pid == 88 && doing.control_start == UINT64_C(1) << 40
           && doing.control_kill_ms == SV_NEVER && doing.control_step == 0x302
           && doing.control_starts == 5,
       "and the control script, and what it is for");
    page.slots[page.turn & 1].phase = SV_PHASE_COUNT;
    is_int(loaded_serial(), 0, "a phase that there is not makes no sense");
    store(42, SV_RECOVERY_INPUT + 1);
    is_int(loaded_serial(), 0, "nor do more commands than there is room for");
    store(43, 0);
    page.slots[page.turn & 1].pid = 5;
    is_int(loaded_serial(), 0, "nor does a pid without a child");
}

static void queue(void)
{
    struct sv_journal_entry entry = {.serial = 0, .cause_uid = 3}, found;

    sv_recovery_init(&page, 1, 2, boot);
    ok(!sv_recovery_queued(&page, 0, &found), "nothing waits in an empty page");
    for (entry.serial = 1; entry.serial <= SV_RECOVERY_QUEUE + 2; entry.serial++)
        sv_recovery_queue(&page, &entry);
    for (uint64_t serial = 1; serial <= SV_RECOVERY_QUEUE + 2; serial++)
        expect(sv_recovery_queued(&page, serial, &found) == (serial > 2),
               "of ten the last eight wait, not number %d", (int)serial);
    page.queue[4 % SV_RECOVERY_QUEUE][20] ^= 1;
    ok(!sv_recovery_queued(&page, 4, &found), "a torn one does not");
    ok(sv_recovery_queued(&page, 5, &found) && found.cause_uid == 3, "the others do");
}

static void ends(void)
{
    int wait_status = -1;

    sv_recovery_init(&page, 1, 2, boot);
    ok(!sv_recovery_end_of(&page, 0, &wait_status), "nobody has ended in an empty page");
    page.end.si_pid = 99;
    page.end.si_code = CLD_EXITED;
    page.end.si_status = 7;
    ok(!sv_recovery_end_of(&page, 98, &wait_status), "an end is about one process");
    ok(sv_recovery_end_of(&page, 99, &wait_status) && wait_status == 7 << 8,
       "an exit code is where waitpid() has it");
    page.end.si_code = CLD_KILLED;
    page.end.si_status = 9;
    ok(sv_recovery_end_of(&page, 99, &wait_status) && wait_status == 9, "so is a signal");
    page.end.si_code = CLD_DUMPED;
    page.end.si_status = 11;
    ok(sv_recovery_end_of(&page, 99, &wait_status) && wait_status == (11 | 128),
       "with or without a core");
    page.relayed_pid = 99;
    sv_recovery_begin_birth(&page, SV_CHILD_RUN, 5);
    ok(!sv_recovery_end_of(&page, 99, &wait_status) && !page.relayed_pid,
       "a new process may get the pid of the old one, not its end");
    ok(page.birth.child == SV_CHILD_RUN && page.birth.started_ms == 5
           && !page.birth.spawned.pid && !page.birth.spawned.last_ns,
       "of a birth nothing is known at first");
    sv_recovery_end_birth(&page);
    ok(page.birth.child == SV_CHILD_NONE, "and nothing has to be known at last");
    page.end.si_pid = page.relayed_pid = 99;
    page.control_birth.spawned.pid = 98;
    sv_recovery_begin_control(&page, 2, 6);
    ok(!sv_recovery_end_of(&page, 99, &wait_status) && page.relayed_pid == 99
           && page.control_birth.child == 2 && page.control_birth.started_ms == 6
           && !page.control_birth.spawned.pid,
       "a control script is born in the same way, but an end that was told stays");
    sv_recovery_end_control(&page);
    ok(!page.control_birth.child && page.birth.child == SV_CHILD_NONE,
       "in a place of its own");
}

static void input(void)
{
    sv_recovery_init(&page, 1, 2, boot);
    memset(page.input, 'u', sizeof page.input);
    uint64_t round = page.round;
    sv_recovery_clear_input(&page);
    ok(page.round != round, "it is another input then");
    for (size_t i = 0; i < sizeof page.input; i++)
        expect(!page.input[i], "byte %zu of a cleared input is 0", i);
}

int main(void)
{
    whose_it_is();
    torn_stores();
    what_is_kept();
    queue();
    ends();
    input();
    return done();
}
