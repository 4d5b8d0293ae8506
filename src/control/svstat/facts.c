/* ISC license. */

/*
 * What svstat -v says behind the contract's words.
 */

#include <sv/control.h>
#include <sv/errortext.h>

#include "svstat.h"

static void put_count(uint64_t count, char const *one, char const *many)
{
    out_number(count);
    out(count == 1 ? one : many);
}

static void put_uid(struct sv_status const *own)
{
    if (own->cause_uid == SV_CONTROL_UID_UNKNOWN) return;
    out(" by uid ");
    out_number(own->cause_uid);
}

/* As one would type it. */
static void put_command(uint32_t byte)
{
    enum sv_command_kind kind = sv_control_find((unsigned char)byte);
    char const letter = (char)byte;

    if (kind == SV_COMMAND_COUNT) {
        out("command ");
        out_number(byte);
    } else if (sv_control_words[kind].dialect == SV_DIALECT_OTHER) {
        out("svc --");
        out(sv_control_words[kind].option);
    } else {
        out("svc -");
        out_bytes(&letter, 1);
    }
}

void svstat_put_cause(struct sv_status const *own)
{
    enum sv_cause_kind kind = (enum sv_cause_kind)own->cause;

    switch (kind) {
    case SV_CAUSE_COMMAND:
        put_command(own->cause_detail);
        put_uid(own);
        break;
    case SV_CAUSE_EXIT:
        out("exit code ");
        out_number(own->cause_detail);
        break;
    case SV_CAUSE_KILLED:
        out("killed by ");
        out_signal(own->cause_detail);
        break;
    case SV_CAUSE_EXEC:
    case SV_CAUSE_FORK:
        out(sv_machine_cause_word(kind));
        out(": ");
        out(sv_errortext((int)own->cause_detail));
        break;
    case SV_CAUSE_NONE:
    case SV_CAUSE_SUPERVISE:
    case SV_CAUSE_SIGNAL:
    case SV_CAUSE_INPUT_ENDS:
    case SV_CAUSE_EXECUTED:
    case SV_CAUSE_LIMIT:
    case SV_CAUSE_GAVE_UP:
    case SV_CAUSE_SETTLED:
    case SV_CAUSE_KILL_TIMEOUT:
    case SV_CAUSE_FINISH_TIMEOUT:
    case SV_CAUSE_DRAIN_TIMEOUT:
    case SV_CAUSE_RUN_APPEARED:
    case SV_CAUSE_RESUMED:
    case SV_CAUSE_MOVED:
    case SV_CAUSE_UNSEEN:
    case SV_CAUSE_COUNT: out(sv_machine_cause_word(kind)); break;
    }
}

static void put_ending(struct sv_status const *own)
{
    switch ((enum sv_ending)own->ending) {
    case SV_ENDING_NONE:
    case SV_ENDING_COUNT: break;
    case SV_ENDING_EXIT:
        out("; last run: exit code ");
        out_number(own->ending_value);
        break;
    case SV_ENDING_SIGNAL:
        out("; last run: killed by ");
        out_signal(own->ending_value);
        break;
    case SV_ENDING_EXEC:
        out("; last run: unable to execute ./run: ");
        out(sv_errortext((int)own->ending_value));
        break;
    case SV_ENDING_FORK:
        out("; last run: unable to create a process: ");
        out(sv_errortext((int)own->ending_value));
        break;
    case SV_ENDING_UNKNOWN: out("; last run: ended unseen"); break;
    }
}

/* "3.2 s" until the monotonic time `at_ms`. */
static void put_left(struct reading const *reading, uint64_t at_ms)
{
    out_seconds((int64_t)at_ms - reading->now_ms, 1);
    out(" s");
}

static void put_backoff(struct reading const *reading)
{
    struct sv_status const *own = &reading->own;

    out("; backoff");
    if (own->next_start_ms < (uint64_t)SV_NEVER) {
        out(": next start in ");
        put_left(reading, own->next_start_ms);
    }
    if (own->quick_deaths > 1) {
        out(", died ");
        put_count(own->quick_deaths, " time in a row", " times in a row");
    }
}

static void put_kill(struct reading const *reading)
{
    if (reading->own.kill_ms >= (uint64_t)SV_NEVER) return;
    out(", SIGKILL in ");
    put_left(reading, reading->own.kill_ms);
}

static void put_phase(struct reading const *reading, int with_word)
{
    enum sv_phase phase = (enum sv_phase)reading->own.phase;

    switch (phase) {
    case SV_PHASE_DOWN:
    case SV_PHASE_UP:
    case SV_PHASE_COUNT: break;
    case SV_PHASE_BACKOFF: put_backoff(reading); break;
    case SV_PHASE_FINISHING:
        out("; finish script runs");
        if (reading->own.finish_pid) {
            out(" (pid ");
            out_number(reading->own.finish_pid);
            out(")");
        }
        put_kill(reading);
        break;
    case SV_PHASE_STOPPING:
        out("; stopping");
        put_kill(reading);
        break;
    case SV_PHASE_WAITING:
    case SV_PHASE_STARTING:
    case SV_PHASE_FAILED:
    case SV_PHASE_NO_RUN:
        if (with_word) out("; ");
        if (with_word) out(sv_machine_phase_word(phase));
        break;
    }
}

/* The state when supervise was last there, and what has become of the process. */
static void put_last_known(struct reading const *reading)
{
    if (!reading->has_family) return;
    out("; last known: ");
    if (reading->has_own)
        out(sv_machine_phase_word((enum sv_phase)reading->own.phase));
    else
        out(reading->family.pid ? "up" : "down");
    if (!reading->family.pid) return;
    out(", pid ");
    out_number(reading->family.pid);
    switch (reading->recorded) {
    case RECORDED_NONE: break;
    case RECORDED_RUNS: out(" still runs"); break;
    case RECORDED_GONE: out(" is gone"); break;
    case RECORDED_UNKNOWN: out(" may still run"); break;
    }
}

void svstat_put_facts(struct reading const *reading, int with_word)
{
    struct sv_status const *own = &reading->own;

    if (reading->trouble == TROUBLE_NOT_RUNNING) put_last_known(reading);
    if (!reading->has_own) return;
    if (reading->supervised) {
        put_phase(reading, with_word);
        if (own->flags & SV_STATUS_LEAVING) out("; supervise leaves when it is down");
        if (own->pid && own->ready.tv_sec) {
            out("; ready ");
            put_count(svstat_age(reading, &own->ready), " second", " seconds");
        }
    }
    put_ending(own);
    if (own->starts) {
        out("; started ");
        put_count(own->starts, " time", " times");
    }
    if (own->cause != SV_CAUSE_NONE) {
        out("; why: ");
        svstat_put_cause(own);
    }
}
