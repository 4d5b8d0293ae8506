/* ISC license. */

/*
 * logplan's protocol: from any situation towards a goal, one step at a time. Each
 * function below answers for one part of the directory, and with DONE if nothing is to be
 * done there.
 */

#include <sv/logplan.h>

/* A processed that is sealed stands for previous, which must go first: never both. */
static enum sv_logplan_step finish_processed(struct sv_logplan_situation const *now)
{
    if (now->previous != SV_LOGPLAN_OTHER_ABSENT) return SV_LOGPLAN_DROP_PREVIOUS;
    if (now->newstate) return SV_LOGPLAN_ADOPT_NEWSTATE;
    if (now->processed == SV_LOGPLAN_OTHER_TWIN) return SV_LOGPLAN_DROP_PROCESSED;
    return SV_LOGPLAN_FINISH_PROCESSED;
}

static int processed_counts(struct sv_logplan_situation const *now)
{
    return now->processed == SV_LOGPLAN_OTHER_SEALED
           || now->processed == SV_LOGPLAN_OTHER_TWIN;
}

/*
 * What a rotation has left behind, without another run of the processor. `whole`: nothing
 * can be missing in previous, and it needs no processor.
 */
static enum sv_logplan_step clear_away(struct sv_logplan_situation const *now, int whole)
{
    if (now->processor == SV_LOGPLAN_PROCESSOR_RUNNING) return SV_LOGPLAN_WAIT;
    if (processed_counts(now)) return finish_processed(now);
    if (now->processed == SV_LOGPLAN_OTHER_OPEN) return SV_LOGPLAN_DROP_PROCESSED;
    if (now->newstate) return SV_LOGPLAN_DROP_NEWSTATE;
    switch (now->previous) {
    case SV_LOGPLAN_OTHER_ABSENT: return SV_LOGPLAN_DONE;
    case SV_LOGPLAN_OTHER_TWIN: return SV_LOGPLAN_DROP_PREVIOUS;
    case SV_LOGPLAN_OTHER_OPEN:
    case SV_LOGPLAN_OTHER_SEALED: break;
    }
    return whole ? SV_LOGPLAN_FINISH_PREVIOUS : SV_LOGPLAN_RESCUE_PREVIOUS;
}

/*
 * For a directory that is not trusted, and before anything else: what tells that state
 * must go is still there then.
 */
static enum sv_logplan_step empty_state(struct sv_logplan_situation const *now)
{
    if (now->newstate) return SV_LOGPLAN_DROP_NEWSTATE;
    return now->state == SV_LOGPLAN_STATE_EMPTY ? SV_LOGPLAN_DONE
                                                : SV_LOGPLAN_RESET_STATE;
}

/* There is a previous that is whole, and that nothing stands for. */
static int previous_waits(struct sv_logplan_situation const *now)
{
    return now->previous == SV_LOGPLAN_OTHER_SEALED && !processed_counts(now);
}

static enum sv_logplan_step clear_trusted(struct sv_logplan_situation const *now,
                                          int processes)
{
    if (now->state == SV_LOGPLAN_STATE_ABSENT) return SV_LOGPLAN_RESET_STATE;
    if (previous_waits(now) && processes)
        return SV_LOGPLAN_DONE; /* PROCESS is for that, and replaces what else is left */
    return clear_away(now, previous_waits(now));
}

static enum sv_logplan_step clear_untrusted(struct sv_logplan_situation const *now)
{
    enum sv_logplan_step step = empty_state(now);

    if (step == SV_LOGPLAN_DONE) step = clear_away(now, 0);
    if (step != SV_LOGPLAN_DONE) return step;
    return now->current == SV_LOGPLAN_CURRENT_OPEN ? SV_LOGPLAN_RESCUE_CURRENT
                                                   : SV_LOGPLAN_DONE;
}

/* If it is held, but not taken, that, or a rotation, has failed in the middle. */
static int is_taken(struct sv_logplan_situation const *now)
{
    return now->vouched && now->current != SV_LOGPLAN_CURRENT_SEALED;
}

static enum sv_logplan_step start(struct sv_logplan_situation const *now, int processes)
{
    if (now->held) return is_taken(now) ? SV_LOGPLAN_DONE : SV_LOGPLAN_REOPEN_CURRENT;
    int trusted = now->vouched || now->current == SV_LOGPLAN_CURRENT_SEALED;
    enum sv_logplan_step step =
        trusted ? clear_trusted(now, processes) : clear_untrusted(now);
    if (step != SV_LOGPLAN_DONE) return step;
    if (now->current == SV_LOGPLAN_CURRENT_TWIN) return SV_LOGPLAN_DROP_CURRENT;
    if (!now->pruned) return SV_LOGPLAN_PRUNE;
    return now->current == SV_LOGPLAN_CURRENT_ABSENT ? SV_LOGPLAN_CREATE_CURRENT
                                                     : SV_LOGPLAN_REOPEN_CURRENT;
}

static enum sv_logplan_step retire(struct sv_logplan_situation const *now, int processes)
{
    if (now->current == SV_LOGPLAN_CURRENT_ABSENT) return SV_LOGPLAN_CREATE_CURRENT;
    /* someone has taken current away, or the renewed directory is not empty */
    if (!now->held) return start(now, processes);
    if (now->current == SV_LOGPLAN_CURRENT_EMPTY) return SV_LOGPLAN_DONE;
    if (now->current == SV_LOGPLAN_CURRENT_TWIN) return SV_LOGPLAN_DROP_CURRENT;
    enum sv_logplan_step step = clear_away(now, !processes);
    if (step != SV_LOGPLAN_DONE) return step;
    if (!now->pruned) return SV_LOGPLAN_PRUNE;
    return now->current == SV_LOGPLAN_CURRENT_OPEN ? SV_LOGPLAN_SEAL_CURRENT
                                                   : SV_LOGPLAN_RETIRE_CURRENT;
}

/*
 * Nothing is to be run. What the processor made may be longer than previous was, for
 * which there is room.
 */
static enum sv_logplan_step end_process(struct sv_logplan_situation const *now)
{
    enum sv_logplan_step step = clear_away(now, 1);

    return step == SV_LOGPLAN_FINISH_PROCESSED && !now->pruned ? SV_LOGPLAN_PRUNE : step;
}

static enum sv_logplan_step process(struct sv_logplan_situation const *now, int processes)
{
    if (!now->held) return start(now, processes); /* likewise */
    if (!processes || now->previous == SV_LOGPLAN_OTHER_ABSENT
        || now->previous == SV_LOGPLAN_OTHER_TWIN || processed_counts(now))
        return end_process(now);
    switch (now->processor) {
    case SV_LOGPLAN_PROCESSOR_IDLE: return SV_LOGPLAN_START_PROCESSOR;
    case SV_LOGPLAN_PROCESSOR_RUNNING: return SV_LOGPLAN_WAIT;
    case SV_LOGPLAN_PROCESSOR_SUCCEEDED: break;
    }
    /*
     * someone has removed what it made: its success is forgotten before it starts again
     */
    return now->processed == SV_LOGPLAN_OTHER_OPEN ? SV_LOGPLAN_SEAL_PROCESSED
                                                   : SV_LOGPLAN_DROP_PROCESSED;
}

static enum sv_logplan_step finish(struct sv_logplan_situation const *now, int processes)
{
    if (!now->held && now->current != SV_LOGPLAN_CURRENT_ABSENT) return SV_LOGPLAN_DONE;
    enum sv_logplan_step step = clear_away(now, !processes);
    if (step != SV_LOGPLAN_DONE) return step;
    switch (now->current) {
    case SV_LOGPLAN_CURRENT_OPEN:
    case SV_LOGPLAN_CURRENT_EMPTY: return SV_LOGPLAN_SEAL_CURRENT;
    case SV_LOGPLAN_CURRENT_ABSENT:
    case SV_LOGPLAN_CURRENT_SEALED:
    case SV_LOGPLAN_CURRENT_TWIN: break;
    }
    return SV_LOGPLAN_DONE;
}

enum sv_logplan_step sv_logplan_next(enum sv_logplan_goal goal, int processes,
                                     struct sv_logplan_situation const *now)
{
    if (now->removed)
        return goal == SV_LOGPLAN_CLOSE ? SV_LOGPLAN_DONE : SV_LOGPLAN_RENEW_DIRECTORY;
    switch (goal) {
    case SV_LOGPLAN_START: return start(now, processes);
    case SV_LOGPLAN_RETIRE: return retire(now, processes);
    case SV_LOGPLAN_PROCESS: return process(now, processes);
    case SV_LOGPLAN_ABANDON:
        return now->held ? clear_away(now, !processes) : start(now, processes);
    case SV_LOGPLAN_CLOSE: return finish(now, processes);
    }
    return SV_LOGPLAN_DONE; /* cannot happen: the enum has no other value */
}

struct sv_logplan_room sv_logplan_keep(enum sv_logplan_goal goal, uint64_t files,
                                       struct sv_logplan_situation const *now)
{
    struct sv_logplan_room room = {.files = files - 1};
    int retires = goal == SV_LOGPLAN_RETIRE;

    room.current = retires && now->held;
    room.processed = now->processed == SV_LOGPLAN_OTHER_SEALED;
    room.previous = previous_waits(now);
    /* for RETIRE, previous and a new current come on top */
    if (retires || room.processed || room.previous) room.files--;
    return room;
}

char const *sv_logplan_step_name(enum sv_logplan_step step)
{
    switch (step) {
#define STEP(name, meaning) \
    case SV_LOGPLAN_##name: return #name;
        SV_LOGPLAN_STEPS(STEP)
#undef STEP
    }
    return "?"; /* cannot happen: the enum has no other value */
}

static void hold(struct sv_logplan_situation *now)
{
    if (now->current == SV_LOGPLAN_CURRENT_ABSENT)
        now->current = SV_LOGPLAN_CURRENT_EMPTY;
    if (now->current == SV_LOGPLAN_CURRENT_SEALED)
        now->current = SV_LOGPLAN_CURRENT_OPEN; /* or empty: it does no harm */
    now->held = 1;
    now->vouched = 1; /* whatever fails from here on, nobody else has written to it */
    now->pruned = 0;  /* to how many is another goal's matter */
}

static void lose_current(struct sv_logplan_situation *now)
{
    now->current = SV_LOGPLAN_CURRENT_ABSENT;
    now->held = 0;
}

/*
 * With it goes what is known of the run that made it: it must not vouch for another one.
 */
static void lose_processed(struct sv_logplan_situation *now)
{
    now->processed = SV_LOGPLAN_OTHER_ABSENT;
    now->processor = SV_LOGPLAN_PROCESSOR_IDLE;
}

static void run_processor(struct sv_logplan_situation *now)
{
    now->processor = SV_LOGPLAN_PROCESSOR_RUNNING;
    now->processed = SV_LOGPLAN_OTHER_OPEN;
    now->newstate = 1;
    if (now->state == SV_LOGPLAN_STATE_ABSENT) now->state = SV_LOGPLAN_STATE_EMPTY;
}

static void begin_anew(struct sv_logplan_situation *now)
{
    now->vouched = 0;
    now->processor = SV_LOGPLAN_PROCESSOR_IDLE;
}

static int makes_old(enum sv_logplan_step step)
{
    return step == SV_LOGPLAN_FINISH_PROCESSED || step == SV_LOGPLAN_FINISH_PREVIOUS
           || step == SV_LOGPLAN_RESCUE_PREVIOUS || step == SV_LOGPLAN_RESCUE_CURRENT;
}

void sv_logplan_after(enum sv_logplan_step step, struct sv_logplan_situation *now)
{
    if (makes_old(step)) now->pruned = 0; /* there may be one too many now */
    switch (step) {
    case SV_LOGPLAN_DONE:
    case SV_LOGPLAN_WAIT: break;
    case SV_LOGPLAN_RENEW_DIRECTORY: begin_anew(now); break;
    case SV_LOGPLAN_RESET_STATE: now->state = SV_LOGPLAN_STATE_EMPTY; break;
    case SV_LOGPLAN_DROP_NEWSTATE: now->newstate = 0; break;
    case SV_LOGPLAN_ADOPT_NEWSTATE:
        now->newstate = 0;
        now->state =
            SV_LOGPLAN_STATE_FULL; /* or empty: nobody asks before the next look */
        break;
    case SV_LOGPLAN_FINISH_PROCESSED:
    case SV_LOGPLAN_DROP_PROCESSED: lose_processed(now); break;
    case SV_LOGPLAN_FINISH_PREVIOUS:
    case SV_LOGPLAN_RESCUE_PREVIOUS:
    case SV_LOGPLAN_DROP_PREVIOUS: now->previous = SV_LOGPLAN_OTHER_ABSENT; break;
    case SV_LOGPLAN_RESCUE_CURRENT:
    case SV_LOGPLAN_DROP_CURRENT: lose_current(now); break;
    case SV_LOGPLAN_PRUNE: now->pruned = 1; break;
    case SV_LOGPLAN_CREATE_CURRENT:
    case SV_LOGPLAN_REOPEN_CURRENT: hold(now); break;
    case SV_LOGPLAN_SEAL_CURRENT: now->current = SV_LOGPLAN_CURRENT_SEALED; break;
    case SV_LOGPLAN_RETIRE_CURRENT:
        lose_current(now);
        now->previous = SV_LOGPLAN_OTHER_SEALED;
        break;
    case SV_LOGPLAN_START_PROCESSOR: run_processor(now); break;
    case SV_LOGPLAN_SEAL_PROCESSED:
        now->processed = SV_LOGPLAN_OTHER_SEALED;
        now->processor = SV_LOGPLAN_PROCESSOR_IDLE;
        break;
    }
}
