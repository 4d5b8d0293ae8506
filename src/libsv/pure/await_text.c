/* ISC license. */

/*
 * What a service did instead of what was awaited, in words.
 */

#include <string.h>

#include <sv/await.h>
#include <sv/text.h>

static void append(char *text, char const *more)
{
    sv_text_append(text, SV_AWAIT_TEXT, more);
}

static void append_number(char *text, uint64_t number)
{
    sv_text_append_number(text, SV_AWAIT_TEXT, number);
}

/* "WORDS4.0 s", if that is a time to come; what is over is so at any moment. */
static void append_left(char *text, char const *words, uint64_t at_ms, int64_t now_ms)
{
    if (at_ms >= (uint64_t)SV_NEVER) return;
    uint64_t left_ms = (int64_t)at_ms > now_ms ? at_ms - (uint64_t)now_ms : 0;
    append(text, words);
    append_number(text, left_ms / 1000);
    append(text, ".");
    append_number(text, left_ms / 100 % 10);
    append(text, " s");
}

static void append_times(char *text, unsigned int count)
{
    append_number(text, count);
    append(text, count == 1 ? " time" : " times");
}

static void append_deaths(char *text, struct sv_await const *await)
{
    int exited = await->ending == SV_ENDING_EXIT;
    int tried = await->ending == SV_ENDING_EXEC || await->ending == SV_ENDING_FORK;
    int alike = await->same_deaths == await->deaths;
    char ending[SV_CAUSETEXT];

    sv_causetext_ending(ending, await->ending, await->ending_value);
    if (await->deaths == 1 && exited) append(text, "died with ");
    if (await->deaths > 1) {
        append(text, tried && alike ? "failed to start " : "died ");
        append_times(text, await->deaths);
        append(text, !alike ? ", last: " : exited ? " with " : ", ");
    }
    append(text, ending);
}

/* Why it is down, or going down; not if that is the death itself. */
static void append_why(char *text, struct sv_await const *await)
{
    enum sv_cause_kind kind = await->cause.kind;
    char why[SV_CAUSETEXT];

    if (kind == SV_CAUSE_NONE || kind == SV_CAUSE_SUPERVISE || kind == SV_CAUSE_RESUMED)
        return;
    if (await->deaths
        && (kind == SV_CAUSE_EXIT || kind == SV_CAUSE_KILLED || kind == SV_CAUSE_EXEC
            || kind == SV_CAUSE_FORK || kind == SV_CAUSE_UNSEEN))
        return;
    sv_causetext(why, kind, await->cause.detail, await->cause.uid);
    append(text, ": ");
    append(text, why);
}

static void append_phase(char *text, struct sv_await const *await, int64_t now_ms)
{
    switch (await->phase) {
    case SV_PHASE_DOWN:
        append(text, "down");
        append_why(text, await);
        break;
    case SV_PHASE_WAITING: append(text, "waits for what it needs"); break;
    case SV_PHASE_STARTING: append(text, "runs, but is not ready"); break;
    case SV_PHASE_UP: append(text, "runs"); break;
    case SV_PHASE_STOPPING:
        append(text, "stopping");
        append_why(text, await);
        append_left(text, ", SIGKILL in ", await->kill_ms, now_ms);
        break;
    case SV_PHASE_FINISHING:
        append(text, "finish script runs");
        append_left(text, ", SIGKILL in ", await->kill_ms, now_ms);
        break;
    case SV_PHASE_BACKOFF:
        if (await->next_start_ms >= (uint64_t)SV_NEVER) append(text, "about to start");
        append_left(text, "next try in ", await->next_start_ms, now_ms);
        break;
    case SV_PHASE_FAILED:
        append(text, "failed");
        append_why(text, await);
        break;
    case SV_PHASE_NO_RUN: append(text, "no run script"); break;
    case SV_PHASE_PREPARING: append(text, "start script runs"); break;
    case SV_PHASE_STARTED: append(text, "started"); break;
    case SV_PHASE_CLEANING: append(text, "stop script runs"); break;
    case SV_PHASE_COUNT: break; /* cannot happen: no phase */
    }
}

void sv_await_text(char text[SV_AWAIT_TEXT], struct sv_await const *await, int64_t now_ms)
{
    *text = 0;
    if (await->commands) {
        append(text, "supervise has not taken the command");
    } else if (!await->known) {
        append(text, !await->is_family ? "supervise has not been there"
                     : await->pid      ? "runs"
                                       : "does not run");
    } else {
        if (await->deaths) append_deaths(text, await);
        if (await->deaths) append(text, ", ");
        append_phase(text, await, now_ms);
    }
}
