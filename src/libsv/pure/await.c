/* ISC license. */

/*
 * What a wait is told, and what follows from it. What is said of it: await_text.c.
 */

#include <string.h>

#include <sv/await.h>
#include <sv/control.h>

/* All has been done that is to be done. */
static int is_ready(enum sv_phase phase)
{
    return phase == SV_PHASE_UP || phase == SV_PHASE_STARTED;
}

/* A run that is not being stopped. */
static int is_up(enum sv_phase phase)
{
    return phase == SV_PHASE_STARTING || is_ready(phase);
}

static int runs(enum sv_phase phase)
{
    return is_up(phase) || phase == SV_PHASE_STOPPING || phase == SV_PHASE_PREPARING;
}

/* What comes behind a run. */
static int finishes(enum sv_phase phase)
{
    return phase == SV_PHASE_FINISHING || phase == SV_PHASE_CLEANING;
}

/* The goals that need a run. */
static int needs_run(enum sv_goal goal)
{
    return goal == SV_GOAL_UP || goal == SV_GOAL_READY || goal == SV_GOAL_RERUN
           || goal == SV_GOAL_RESTARTED;
}

/* Whether the goal is reached in this phase. */
static int is_there(struct sv_await const *await)
{
    enum sv_phase phase = await->phase;

    switch (await->goal) {
    case SV_GOAL_UP: return is_up(phase);
    case SV_GOAL_READY: return is_ready(phase);
    case SV_GOAL_DOWN: return !runs(phase) && !await->starts;
    case SV_GOAL_FINISHED: return !runs(phase) && !finishes(phase) && !await->starts;
    case SV_GOAL_RERUN: return await->rerun && is_up(phase);
    case SV_GOAL_RESTARTED: return await->rerun && is_ready(phase);
    case SV_GOAL_FAILED: return phase == SV_PHASE_FAILED;
    case SV_GOAL_COUNT: break; /* cannot happen: no goal */
    }
    return 0;
}

void sv_await_begin(struct sv_await *await, enum sv_goal goal, uint32_t token,
                    unsigned int commands)
{
    *await = (struct sv_await){
        .goal = goal,
        .token = token,
        .commands = commands,
        .phase = SV_PHASE_DOWN,
        .wanted = SV_WANTED_DOWN,
        .cause = {SV_CAUSE_NONE, 0, SV_CONTROL_UID_UNKNOWN},
        .next_start_ms = (uint64_t)SV_NEVER,
        .kill_ms = (uint64_t)SV_NEVER,
    };
}

/* How things are by this record. */
static void copy_state(struct sv_await *await, struct sv_status const *status)
{
    await->known = 1;
    await->is_family = 0;
    await->phase = (enum sv_phase)status->phase;
    await->wanted = (enum sv_wanted)status->wanted;
    await->cause.kind = (enum sv_cause_kind)status->cause;
    await->cause.detail = status->cause_detail;
    await->cause.uid = status->cause_uid;
}

static void copy_times(struct sv_await *await, struct sv_status const *status)
{
    await->pid = status->pid;
    await->next_start_ms = status->next_start_ms;
    await->kill_ms = status->kill_ms;
}

/* The goals that a service without a supervise can have reached. */
static int needs_none(enum sv_goal goal)
{
    return goal == SV_GOAL_DOWN || goal == SV_GOAL_FINISHED;
}

void sv_await_base(struct sv_await *await, struct sv_status const *status, int supervised)
{
    await->has_base = 1;
    await->base_serial = status->serial;
    await->base_starts = status->starts;
    await->base_control = status->control_bytes;
    await->base_pid = status->pid;
    copy_state(await, status);
    copy_times(await, status);
    if (!await->commands && is_there(await) && (supervised || needs_none(await->goal)))
        await->reached = 1;
    if (!supervised) await->known = 0;
}

/* Deaths are counted, and those behind each other that are alike. */
static void count_death(struct sv_await *await, enum sv_ending ending, uint32_t value)
{
    int is_same =
        await->deaths && await->ending == ending && await->ending_value == value;

    await->deaths++;
    await->same_deaths = is_same ? await->same_deaths + 1 : 1;
    await->ending = ending;
    await->ending_value = value;
}

static int is_ours(struct sv_await const *await, struct sv_journal_entry const *entry)
{
    return await->token && entry->event == SV_EVENT_COMMAND
           && entry->token == await->token;
}

static int starts_a_run(uint32_t letter)
{
    enum sv_command_kind kind = sv_control_find((unsigned char)letter);

    return kind == SV_COMMAND_UP || kind == SV_COMMAND_UP_ALWAYS
           || kind == SV_COMMAND_ONCE || kind == SV_COMMAND_ONCE_ALWAYS;
}

/* A command of ours. Behind an `x` that makes supervise leave none is taken any more. */
static void take_command(struct sv_await *await, struct sv_journal_entry const *entry)
{
    int rests = entry->phase == SV_PHASE_DOWN || entry->phase == SV_PHASE_FAILED;

    if (await->commands) await->commands--;
    if (entry->cause_detail == sv_control_words[SV_COMMAND_EXIT].byte) await->leaves = 1;
    if (await->leaves && rests) await->commands = 0;
    if (starts_a_run(entry->cause_detail))
        await->starts = entry->phase == SV_PHASE_BACKOFF;
    else if (rests)
        await->starts = 0;
}

/* Whether the patient care about it: that supervise comes and goes does not count. */
static int is_news(struct sv_await const *await, struct sv_journal_entry const *entry)
{
    enum sv_event_kind event = (enum sv_event_kind)entry->event;

    if (event == SV_EVENT_BEGIN || event == SV_EVENT_RESUME || event == SV_EVENT_TERMINATE
        || event == SV_EVENT_DRAIN)
        return 0;
    if (event == SV_EVENT_TIME || event == SV_EVENT_FINISH_STARTED
        || event == SV_EVENT_FINISH_FAILED || event == SV_EVENT_FINISH_DIED
        || (event == SV_EVENT_SCRIPT_DIED && entry->phase == SV_PHASE_DOWN))
        return await->fresh || entry->phase == SV_PHASE_FAILED;
    return entry->cause != SV_CAUSE_SIGNAL;
}

/* The causes of what finish does are of interest only if it gives up. */
static int is_telling(struct sv_journal_entry const *entry)
{
    switch (entry->event) {
    case SV_EVENT_FINISH_STARTED:
    case SV_EVENT_FINISH_FAILED:
    case SV_EVENT_FINISH_DIED:
        return entry->cause == SV_CAUSE_GAVE_UP || entry->cause == SV_CAUSE_LIMIT;
    case SV_EVENT_TIME: return 0;
    default: return 1; /* not an enum: what stands in a journal */
    }
}

static void take_event(struct sv_await *await, struct sv_journal_entry const *entry)
{
    int died = entry->event == SV_EVENT_DIED && entry->cause != SV_CAUSE_MOVED;

    if (died || entry->event == SV_EVENT_START_FAILED)
        count_death(await, (enum sv_ending)entry->ending, entry->ending_value);
    if (entry->event == SV_EVENT_STARTED || entry->event == SV_EVENT_NO_RUN) {
        await->rerun = 1;
        await->starts = 0;
    }
    if (entry->phase == SV_PHASE_DOWN || entry->phase == SV_PHASE_FAILED)
        await->starts = 0;
}

void sv_await_entry(struct sv_await *await, struct sv_journal_entry const *entry)
{
    unsigned int awaited = await->commands;

    if (await->reached) return;
    if (is_ours(await, entry)) take_command(await, entry);
    if (await->commands) return; /* not our time yet */
    if (!awaited) take_event(await, entry);
    await->fresh = is_news(await, entry) != 0;
    await->known = 1;
    await->phase = (enum sv_phase)entry->phase;
    await->wanted = (enum sv_wanted)entry->wanted;
    if (is_telling(entry)) {
        await->cause.kind = (enum sv_cause_kind)entry->cause;
        await->cause.detail = entry->cause_detail;
        await->cause.uid = entry->cause_uid;
    }
    await->next_start_ms = await->kill_ms = (uint64_t)SV_NEVER; /* .status has them */
    if (is_there(await)) await->reached = 1;
}

void sv_await_missed(struct sv_await *await)
{
    await->missed = 1;
}

/* How many runs have ended since the base, as far as records tell. */
static uint64_t count_ends(struct sv_await const *await, struct sv_status const *status)
{
    uint64_t begun = status->starts - await->base_starts + (await->base_pid != 0);

    return begun - (begun && status->pid != 0);
}

/* Without entries: what must have happened between the base and this record. */
static void conclude(struct sv_await *await, struct sv_status const *status)
{
    int went_on = await->has_base && status->starts >= await->base_starts;
    uint64_t ends = went_on ? count_ends(await, status) : 0;

    await->rerun |= went_on && status->starts > await->base_starts;
    await->starts = 0;
    await->fresh =
        status->serial > await->base_serial && await->cause.kind != SV_CAUSE_SUPERVISE
        && await->cause.kind != SV_CAUSE_RESUMED && await->cause.kind != SV_CAUSE_SIGNAL;
    if (await->deaths < ends) {
        await->deaths = (unsigned int)ends;
        await->same_deaths = 1;
        await->ending = (enum sv_ending)status->ending;
        await->ending_value = status->ending_value;
    }
    if (await->goal == SV_GOAL_DOWN && ends) await->reached = 1;
    if (await->goal == SV_GOAL_FINISHED && ends > (uint64_t)finishes(await->phase))
        await->reached = 1;
    if (is_there(await)) await->reached = 1;
}

void sv_await_status(struct sv_await *await, struct sv_status const *status,
                     uint64_t sent, int blind)
{
    if (await->reached) return;
    if (!blind && !await->missed) {
        if (!await->known) copy_state(await, status);
        if (await->phase == (enum sv_phase)status->phase) copy_times(await, status);
        return;
    }
    if (await->commands && status->control_bytes < await->base_control + sent) return;
    await->commands = 0;
    await->missed = 0;
    copy_state(await, status);
    copy_times(await, status);
    conclude(await, status);
}

/* Whether another run, or none, is there than was at the base. */
static int has_changed(struct sv_await const *await,
                       struct sv_status_family const *family)
{
    return await->has_base
           && (family->pid != await->base_pid
               || family->since.tv_sec != await->base_since.tv_sec
               || family->since.tv_nsec != await->base_since.tv_nsec);
}

static int family_is_there(struct sv_await const *await,
                           struct sv_status_family const *family)
{
    int is_stopping = family->state == SV_ENCORE_STOPPING;
    int has_ended = await->base_pid && has_changed(await, family);

    switch (await->goal) {
    case SV_GOAL_UP:
    case SV_GOAL_READY: return family->pid && !is_stopping;
    case SV_GOAL_DOWN: return !family->pid || has_ended;
    case SV_GOAL_FINISHED:
        return family->pid ? has_ended : !is_stopping && family->run_state != 2;
    case SV_GOAL_RERUN:
    case SV_GOAL_RESTARTED: return family->pid && has_changed(await, family);
    case SV_GOAL_FAILED: return family->state == SV_ENCORE_FAILED;
    case SV_GOAL_COUNT: break; /* cannot happen: no goal */
    }
    return 0;
}

void sv_await_family(struct sv_await *await, struct sv_status_family const *family)
{
    int failed = family->state == SV_ENCORE_FAILED;

    await->is_family = 1;
    await->pid = family->pid;
    await->known = failed != 0;
    if (failed) {
        await->phase = SV_PHASE_FAILED;
        await->fresh = has_changed(await, family) != 0;
    }
    if (family_is_there(await, family)) await->reached = 1;
}

void sv_await_base_family(struct sv_await *await, struct sv_status_family const *family,
                          int supervised)
{
    await->has_base = 1;
    await->base_pid = family->pid;
    await->base_since = family->since;
    await->commands = 0; /* nobody notes them */
    if (supervised || needs_none(await->goal)) sv_await_family(await, family);
}

int sv_await_family_shows(enum sv_goal goal, unsigned int size)
{
    return goal != SV_GOAL_FAILED || size >= SV_STATUS_ENCORE;
}

/* Whether the service stays away from the goal if it is left alone. */
static int is_out_of_reach(struct sv_await const *await)
{
    enum sv_phase phase = await->phase;

    if (await->goal == SV_GOAL_FAILED) return phase == SV_PHASE_DOWN;
    if (!needs_run(await->goal)) return 0;
    if (phase == SV_PHASE_DOWN || phase == SV_PHASE_FAILED) return 1;
    return await->wanted == SV_WANTED_DOWN
           && (phase == SV_PHASE_STOPPING || finishes(phase));
}

enum sv_await_result sv_await_judge(struct sv_await const *await)
{
    int is_final = await->fresh || !await->patient
                   || (await->phase == SV_PHASE_FAILED && !await->prepared);

    if (await->reached) return SV_AWAIT_REACHED;
    if (await->commands || !await->known) return SV_AWAIT_ON;
    return is_out_of_reach(await) && is_final ? SV_AWAIT_NEVER : SV_AWAIT_ON;
}

enum sv_goal sv_await_find(char const *word)
{
    for (unsigned int goal = 0; goal < SV_GOAL_COUNT; goal++)
        if (!strcmp(word, sv_await_goal_word((enum sv_goal)goal)))
            return (enum sv_goal)goal;
    return SV_GOAL_COUNT;
}

char const *sv_await_goal_word(enum sv_goal goal)
{
    switch (goal) {
#define SV_AWAIT_WORD(name, word, lack) \
    case SV_GOAL_##name: return word;
        SV_GOALS(SV_AWAIT_WORD)
#undef SV_AWAIT_WORD
    case SV_GOAL_COUNT: break;
    }
    return "unknown";
}

char const *sv_await_goal_lack(enum sv_goal goal)
{
    switch (goal) {
#define SV_AWAIT_LACK(name, word, lack) \
    case SV_GOAL_##name: return lack;
        SV_GOALS(SV_AWAIT_LACK)
#undef SV_AWAIT_LACK
    case SV_GOAL_COUNT: break;
    }
    return "unknown";
}
