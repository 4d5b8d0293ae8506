/* ISC license. */

/*
 * What the machine does with a command: the rows COMMAND of the table in machine.h.
 */

#include "machine_step.h"

static void want_up(struct sv_step const *step, enum sv_wanted wanted)
{
    struct sv_machine *machine = step->machine;

    if (machine->wanted == SV_WANTED_DOWN) machine->first = 1;
    machine->wanted = wanted;
    machine->quick_deaths = 0;
    machine->gave_up = 0;
    machine->again = machine->phase != SV_PHASE_UP && machine->phase != SV_PHASE_STARTING
                     && machine->phase != SV_PHASE_STARTED;
    if (!sv_step_is_idle(step) || machine->phase == SV_PHASE_STARTED) return;
    machine->exec_failed = 0;
    sv_step_start_at(step, step->event->now_ms);
}

static void want_no_restart(struct sv_step const *step)
{
    step->machine->wanted = SV_WANTED_ONCE;
    step->machine->again = 0;
    if (sv_step_is_idle(step) && step->machine->phase != SV_PHASE_STARTED)
        sv_step_go_down(step);
}

/* What a command does to the file `down`, besides what its small letter does. */
static void obey_about_down_file(struct sv_step const *step)
{
    enum sv_command_kind kind = step->event->command.kind;

    if (kind == SV_COMMAND_UP_ALWAYS) sv_step_act(step, SV_ACTION_REMOVE_DOWN);
    if (kind == SV_COMMAND_DOWN_ALWAYS || kind == SV_COMMAND_ONCE_ALWAYS)
        sv_step_act(step, SV_ACTION_MAKE_DOWN);
}

/* Commands that mean nothing without a running service. */
static void obey_about_run(struct sv_step const *step)
{
    struct sv_command const *command = &step->event->command;

    sv_step_because(step, SV_CAUSE_COMMAND, sv_control_words[command->kind].byte);
    int is_run = step->machine->child == SV_CHILD_RUN;
    int is_script =
        step->machine->child == SV_CHILD_START || step->machine->child == SV_CHILD_STOP;
    if (command->kind == SV_COMMAND_RESTART) {
        if (!is_run) return; /* but it was asked for */
        step->machine->again = 1;
        sv_step_stop_child(step);
    } else if (command->kind == SV_COMMAND_RELOAD) {
        if (is_run) sv_step_send(step, step->settings->reload_signal, command->to_group);
    } else if (is_run || is_script) {
        sv_step_send(step, sv_control_signal(command->kind), command->to_group);
    }
}

/* Also when nothing runs: something may have been left behind. */
static void obey_kill_tree(struct sv_step const *step)
{
    sv_step_because(step, SV_CAUSE_COMMAND, sv_control_words[SV_COMMAND_KILL_TREE].byte);
    if (step->machine->child == SV_CHILD_RUN) {
        step->machine->asked = 1;
        step->machine->reason = step->actions->cause;
    }
    sv_step_act(step, SV_ACTION_KILL_TREE);
}

/* What changes what is wanted. */
static void obey_about_wanted(struct sv_step const *step)
{
    enum sv_command_kind kind = step->event->command.kind;

    sv_step_because(step, SV_CAUSE_COMMAND, sv_control_words[kind].byte);
    obey_about_down_file(step);
    if (kind == SV_COMMAND_UP || kind == SV_COMMAND_UP_ALWAYS)
        want_up(step, SV_WANTED_UP);
    else if (kind == SV_COMMAND_ONCE || kind == SV_COMMAND_ONCE_ALWAYS)
        want_up(step, SV_WANTED_ONCE);
    else if (kind == SV_COMMAND_NO_RESTART)
        want_no_restart(step);
    else if (kind == SV_COMMAND_EXIT)
        step->machine->leaving = 1;
    else
        sv_step_want_down(step);
}

void sv_step_obey(struct sv_step const *step)
{
    enum sv_command_kind kind = step->event->command.kind;

    switch (kind) {
    case SV_COMMAND_UP:
    case SV_COMMAND_UP_ALWAYS:
    case SV_COMMAND_ONCE:
    case SV_COMMAND_ONCE_ALWAYS:
    case SV_COMMAND_DOWN:
    case SV_COMMAND_DOWN_ALWAYS:
    case SV_COMMAND_NO_RESTART:
    case SV_COMMAND_EXIT: obey_about_wanted(step); break;
    case SV_COMMAND_RESTART:
    case SV_COMMAND_RELOAD:
    case SV_COMMAND_PAUSE:
    case SV_COMMAND_CONTINUE:
    case SV_COMMAND_HANGUP:
    case SV_COMMAND_ALARM:
    case SV_COMMAND_INTERRUPT:
    case SV_COMMAND_TERMINATE:
    case SV_COMMAND_KILL:
    case SV_COMMAND_QUIT:
    case SV_COMMAND_USER1:
    case SV_COMMAND_USER2:
    case SV_COMMAND_WINDOW:
    case SV_COMMAND_ABORT:
    case SV_COMMAND_WINDOW_S6:
    case SV_COMMAND_PAUSE_GROUP:
    case SV_COMMAND_CONTINUE_GROUP:
    case SV_COMMAND_KILL_GROUP: obey_about_run(step); break;
    case SV_COMMAND_KILL_TREE: obey_kill_tree(step); break;
    case SV_COMMAND_UPGRADE: break; /* about supervise, not about the service */
    case SV_COMMAND_GROUP:          /* cannot happen: the decoder */
    case SV_COMMAND_PROCESS:        /* keeps modifiers to itself */
    case SV_COMMAND_LOG:
    case SV_COMMAND_MAIN:
    case SV_COMMAND_COUNT: break;
    }
}
