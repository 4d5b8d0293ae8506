/* ISC license. */

/*
 * What svstat -v says behind the contract's words.
 */

#include <sv/causetext.h>
#include <sv/errortext.h>

#include "svstat.h"

static void put_count(uint64_t count, char const *one, char const *many)
{
    out_number(count);
    out(count == 1 ? one : many);
}

void svstat_put_cause(struct sv_status const *own)
{
    char text[SV_CAUSETEXT];

    sv_causetext(text, (enum sv_cause_kind)own->cause, own->cause_detail, own->cause_uid);
    out(text);
}

static void put_ending(struct sv_status const *own)
{
    char text[SV_CAUSETEXT];

    sv_causetext_ending(text, (enum sv_ending)own->ending, own->ending_value);
    if (!*text) return;
    out("; last run: ");
    out(text);
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

static void put_waiting(struct reading const *reading)
{
    out("; waiting");
    if (!reading->waiting) return;
    out(" for ");
    out(reading->waiting);
}

static void put_starting(struct reading const *reading)
{
    out("; starting");
    if (reading->own.ready_ms >= (uint64_t)SV_NEVER) return;
    out(": must be ready in ");
    put_left(reading, reading->own.ready_ms);
}

static void put_script(char const *name)
{
    out("; ");
    out(name);
    out(" script runs");
}

static void put_phase(struct reading const *reading, int with_word)
{
    enum sv_phase phase = (enum sv_phase)reading->own.phase;

    switch (phase) {
    case SV_PHASE_DOWN:
    case SV_PHASE_COUNT: break;
    case SV_PHASE_UP:
        if (reading->own.flags & SV_STATUS_RELOADING) out("; reloading");
        break;
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
    case SV_PHASE_WAITING: put_waiting(reading); break;
    case SV_PHASE_STARTING: put_starting(reading); break;
    case SV_PHASE_PREPARING: put_script("start"); break;
    case SV_PHASE_CLEANING: put_script("stop"); break;
    case SV_PHASE_STARTED: out("; start script succeeded, nothing to run"); break;
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
    if (reading->status_text) {
        out("; says: ");
        out(reading->status_text);
    }
    if (reading->status_errno) {
        out("; says why it fails: ");
        out(sv_errortext(reading->status_errno));
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
