/* ISC license. */

/*
 * The value of each field.
 */

#include <string.h>

#include <skalibs/sig.h>

#include <sv/control.h>
#include <sv/errortext.h>

#include "fields.h"

static struct value none(void)
{
    return (struct value){.kind = VALUE_NONE};
}

static struct value no_number(void)
{
    return (struct value){.kind = VALUE_NO_NUMBER};
}

static struct value flag(int is_set)
{
    return (struct value){.kind = VALUE_FLAG, .number = is_set != 0};
}

static struct value number(uint64_t value)
{
    return (struct value){.kind = VALUE_NUMBER, .number = (int64_t)value};
}

static struct value words(char const *text)
{
    return (struct value){.kind = VALUE_WORDS, .text = text};
}

static struct value stamp(struct timespec const *when)
{
    return (struct value){.kind = VALUE_STAMP, .stamp = *when};
}

/* Seconds until the monotonic time `at_ms`. */
static struct value seconds_until(struct reading const *reading, uint64_t at_ms)
{
    int64_t left_ms = (int64_t)at_ms - reading->now_ms;

    if (!reading->supervised || at_ms >= (uint64_t)SV_NEVER) return no_number();
    return (struct value){.kind = VALUE_SECONDS, .number = left_ms > 0 ? left_ms : 0};
}

/* Whether the process runs: 1, 0, or -1 if nobody can tell. */
static int is_up(struct reading const *reading)
{
    if (!reading->has_family) return -1;
    if (!reading->family.pid || reading->supervised) return reading->family.pid != 0;
    switch (reading->recorded) {
    case RECORDED_RUNS: return 1;
    case RECORDED_NONE:
    case RECORDED_GONE: return 0;
    case RECORDED_UNKNOWN: break;
    }
    return -1;
}

static int is_down(struct reading const *reading)
{
    return is_up(reading) == 0;
}

/* The same as s6 says it: a service that is down is ready when it may be started. */
static int is_ready(struct reading const *reading)
{
    struct sv_status const *own = &reading->own;
    int up = is_up(reading);

    if (!reading->has_own || up < 0) return -1;
    return up ? own->ready.tv_sec != 0 : own->phase != SV_PHASE_FINISHING;
}

static struct timespec const *ready_since(struct reading const *reading)
{
    return is_up(reading) ? &reading->own.ready : &reading->family.since;
}

static int ended_by(struct reading const *reading, enum sv_ending ending)
{
    return reading->has_own && is_down(reading) && reading->own.ending == ending;
}

static struct value field_service(struct reading const *reading)
{
    return (struct value){.kind = VALUE_BYTES, .text = reading->service};
}

static struct value field_up(struct reading const *reading)
{
    int up = is_up(reading);

    return up < 0 ? none() : flag(up);
}

static struct value field_wanted(struct reading const *reading)
{
    if (!reading->has_family) return none();
    if (!reading->family.want) return words("once");
    return words(reading->family.want == 'u' ? "up" : "down");
}

static struct value field_wantedup(struct reading const *reading)
{
    return reading->has_family ? flag(reading->family.want != 'd') : none();
}

static struct value field_normallyup(struct reading const *reading)
{
    int looked = reading->trouble != TROUBLE_CHDIR && reading->trouble != TROUBLE_CONTROL
                 && reading->trouble != TROUBLE_DOWN;

    return looked ? flag(!reading->has_down) : none();
}

static struct value field_ready(struct reading const *reading)
{
    int ready = is_ready(reading);

    return ready < 0 ? none() : flag(ready);
}

static struct value field_paused(struct reading const *reading)
{
    return reading->has_family ? flag(reading->family.pid && reading->family.paused)
                               : none();
}

static struct value field_pid(struct reading const *reading)
{
    return is_up(reading) > 0 ? number(reading->family.pid) : no_number();
}

static struct value field_phase(struct reading const *reading)
{
    if (!reading->has_own) return none();
    return words(sv_machine_phase_word((enum sv_phase)reading->own.phase));
}

static struct value field_exitcode(struct reading const *reading)
{
    return ended_by(reading, SV_ENDING_EXIT) ? number(reading->own.ending_value)
                                             : no_number();
}

static struct value field_signal(struct reading const *reading)
{
    if (!ended_by(reading, SV_ENDING_SIGNAL)) return none();
    return (struct value){.kind = VALUE_SIGNAL, .number = reading->own.ending_value};
}

static struct value field_signum(struct reading const *reading)
{
    return ended_by(reading, SV_ENDING_SIGNAL) ? number(reading->own.ending_value)
                                               : no_number();
}

static struct value field_execerror(struct reading const *reading)
{
    if (!reading->has_own || reading->own.ending != SV_ENDING_EXEC) return none();
    return words(sv_errortext((int)reading->own.ending_value));
}

static struct value field_ending(struct reading const *reading)
{
    static char const *const endings[SV_ENDING_COUNT] = {
        [SV_ENDING_NONE] = "none",     [SV_ENDING_EXIT] = "exit",
        [SV_ENDING_SIGNAL] = "signal", [SV_ENDING_EXEC] = "exec",
        [SV_ENDING_FORK] = "fork",     [SV_ENDING_UNKNOWN] = "unknown"};

    return reading->has_own ? words(endings[reading->own.ending]) : none();
}

static struct value field_endingvalue(struct reading const *reading)
{
    if (!reading->has_own || reading->own.ending == SV_ENDING_NONE
        || reading->own.ending == SV_ENDING_UNKNOWN)
        return no_number();
    return number(reading->own.ending_value);
}

static struct value field_updownsince(struct reading const *reading)
{
    return reading->has_family ? stamp(&reading->family.since) : none();
}

static struct value field_readysince(struct reading const *reading)
{
    return is_ready(reading) > 0 ? stamp(ready_since(reading)) : none();
}

static struct value field_updownfor(struct reading const *reading)
{
    if (!reading->has_family) return no_number();
    return number(svstat_age(reading, &reading->family.since));
}

static struct value field_readyfor(struct reading const *reading)
{
    if (is_ready(reading) <= 0) return no_number();
    return number(svstat_age(reading, ready_since(reading)));
}

static struct value field_starts(struct reading const *reading)
{
    return reading->has_own ? number(reading->own.starts) : no_number();
}

static struct value field_quickdeaths(struct reading const *reading)
{
    return reading->has_own ? number(reading->own.quick_deaths) : no_number();
}

static int will_start(struct reading const *reading)
{
    return reading->has_own && reading->supervised
           && reading->own.phase == SV_PHASE_BACKOFF
           && reading->own.next_start_ms < (uint64_t)SV_NEVER;
}

static struct value field_nextstart(struct reading const *reading)
{
    return will_start(reading) ? stamp(&reading->own.next_start) : none();
}

static struct value field_nextstartin(struct reading const *reading)
{
    if (!will_start(reading)) return no_number();
    return seconds_until(reading, reading->own.next_start_ms);
}

static struct value field_killin(struct reading const *reading)
{
    return reading->has_own ? seconds_until(reading, reading->own.kill_ms) : no_number();
}

static struct value field_readyin(struct reading const *reading)
{
    if (!reading->has_own || reading->own.phase != SV_PHASE_STARTING) return no_number();
    return seconds_until(reading, reading->own.ready_ms);
}

static struct value field_waitingfor(struct reading const *reading)
{
    return reading->waiting ? words(reading->waiting) : none();
}

static struct value field_reloading(struct reading const *reading)
{
    if (!reading->has_own) return none();
    return flag(reading->own.flags & SV_STATUS_RELOADING);
}

static struct value field_statustext(struct reading const *reading)
{
    return reading->status_text ? words(reading->status_text) : none();
}

static struct value field_statuserrno(struct reading const *reading)
{
    return reading->status_errno ? number((uint64_t)reading->status_errno) : no_number();
}

static struct value field_cause(struct reading const *reading)
{
    static char const *const causes[SV_CAUSE_COUNT] = {
#define SVSTAT_CAUSE(name, meaning) [SV_CAUSE_##name] = #name,
        SV_CAUSES(SVSTAT_CAUSE)
#undef SVSTAT_CAUSE
    };

    if (!reading->has_own) return none();
    return (struct value){.kind = VALUE_NAME, .text = causes[reading->own.cause]};
}

static struct value field_causedetail(struct reading const *reading)
{
    struct sv_status const *own = &reading->own;

    if (!reading->has_own) return no_number();
    if (own->cause != SV_CAUSE_COMMAND || own->cause_detail <= ' '
        || own->cause_detail > '~')
        return number(own->cause_detail);
    return (struct value){.kind = VALUE_LETTER, .number = own->cause_detail};
}

static struct value field_causeuid(struct reading const *reading)
{
    if (!reading->has_own || reading->own.cause_uid == SV_CONTROL_UID_UNKNOWN)
        return no_number();
    return number(reading->own.cause_uid);
}

static struct value field_changed(struct reading const *reading)
{
    return reading->has_own ? stamp(&reading->own.changed) : none();
}

static struct value field_serial(struct reading const *reading)
{
    return reading->has_own ? number(reading->own.serial) : no_number();
}

static struct value field_controlbytes(struct reading const *reading)
{
    return reading->has_own ? number(reading->own.control_bytes) : no_number();
}

static struct value field_finishpid(struct reading const *reading)
{
    if (!reading->has_own || !reading->supervised || !reading->own.finish_pid)
        return no_number();
    return number(reading->own.finish_pid);
}

static struct value field_tree(struct reading const *reading)
{
    int up = is_up(reading);

    if (up < 0 || (!up && !reading->supervised)) return none();
    return (struct value){.kind = VALUE_TREE, .number = up ? reading->family.pid : 0};
}

static struct value field_supervised(struct reading const *reading)
{
    return flag(reading->supervised);
}

static struct value field_supervisepid(struct reading const *reading)
{
    if (!reading->has_own || !reading->supervised) return no_number();
    return number(reading->own.supervise_pid);
}

static struct value field_recordedpid(struct reading const *reading)
{
    if (!reading->has_family || !reading->family.pid) return no_number();
    return number(reading->family.pid);
}

static struct value field_pidruns(struct reading const *reading)
{
    int up = is_up(reading);

    if (reading->supervised || !reading->has_family || !reading->family.pid || up < 0)
        return none();
    return flag(up);
}

static struct value field_error(struct reading const *reading)
{
    if (reading->trouble == TROUBLE_NONE) return none();
    return (struct value){.kind = VALUE_TROUBLE};
}

struct value svstat_value(struct reading const *reading, enum field field)
{
    static struct value (*const functions[FIELD_COUNT])(struct reading const *) = {
#define SVSTAT_FUNCTION(name, meaning) [FIELD_##name] = field_##name,
        SVSTAT_FIELDS(SVSTAT_FUNCTION)
#undef SVSTAT_FUNCTION
    };

    return functions[field](reading);
}
