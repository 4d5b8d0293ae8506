/* ISC license. */

/*
 * logplan's protocol on a simulated directory: from every combination of files that can
 * be found there, every way things can go is walked: each step done, failing or killed
 * after each of its system calls, the processor succeeding, failing, given up or killed,
 * lines written in between and while it runs, rotation and clean exit at any moment, and
 * a start after every kill, itself killed anywhere. Whoever starts has the record of the
 * one before, and vouches for the directory, or has not. At every moment:
 *   - every line is in exactly one file that counts, or in one that retention removed;
 *   - no more files than allowed, previous and current included, and no more bytes;
 *   - what becomes a finished old file has been synced;
 *   - who vouches for a directory makes no other files of it than it had, and removes
 *     none if there were not too many;
 * That every goal is reached in a bounded number of steps is seen without a directory.
 */

#include <sv/logplan.h>

#include "tap.h"

#define OLD_MAX 10
#define LINES 4      /* written by multilog itself, in one world */
#define STEPS_MAX 24 /* to any goal, without failures */
#define WORLDS_MAX 3000000

/* Lines are bits. Those that were there at the beginning have the numbers from 16 on. */
struct file {
    uint32_t lines;
    unsigned char exists;
    unsigned char sealed; /* 0744 */
    unsigned char synced;
    unsigned char twin; /* it is one of the old files too */
};

struct directory {
    struct file current, previous, processed;
    unsigned char state; /* enum sv_logplan_state */
    unsigned char newstate;
    unsigned char old_count;
    uint32_t old[OLD_MAX]; /* their lines, in the order of their names */
    uint32_t removed;      /* lines that went with old files */
};

/* RESUMING: a rotation is put off, current stays current. */
enum phase { DEAD, READY, STARTING, RESUMING, RETIRING, PROCESSING, ABANDONING, CLOSING };

/*
 * All that the future depends on. Compared byte by byte: no padding may be left
 * undefined.
 */
struct world {
    struct directory disk;
    struct sv_logplan_situation mind;
    uint32_t written;
    unsigned char phase;
    unsigned char processes;
    unsigned char files;
    unsigned char total;   /* most lines in old files; 0: any number */
    unsigned char bounded; /* there have been no more than `files` */
    unsigned char opened;  /* current is open, and ours */
    unsigned char record;  /* the next one to start finds the record of this one */
};

/* Worlds seen, and those still to be walked on from --------------------------------- */

static struct world *worlds; /* in the order of discovery: also the queue */
static uint32_t world_count;
static uint32_t *table; /* open addressing, index + 1 */
static uint32_t table_mask;
static unsigned int problems;

static uint32_t hash(struct world const *world)
{
    unsigned char const *byte = (unsigned char const *)world;
    uint64_t value = 1469598103934665603u;
    for (size_t i = 0; i < sizeof *world; i++) value = (value ^ byte[i]) * 1099511628211u;
    return (uint32_t)(value >> 24);
}

static void make_room(void)
{
    table_mask = (1u << 23) - 1;
    worlds = malloc(WORLDS_MAX * sizeof *worlds);
    table = calloc(table_mask + 1, sizeof *table);
    if (worlds && table) return;
    diag("out of memory");
    exit(111);
}

static uint32_t counts(struct file const *file)
{
    return file->exists && !file->twin ? file->lines : 0;
}

/* previous, or processed once that stands for it. */
static struct file const *retired(struct directory const *disk)
{
    return disk->processed.exists && disk->processed.sealed ? &disk->processed
                                                            : &disk->previous;
}

/* What is bounded: not what a processor is still making, and no file twice. */
static unsigned int count_files(struct directory const *disk)
{
    struct file const *other = retired(disk);
    return disk->old_count + (disk->current.exists && !disk->current.twin)
           + (other->exists && !other->twin);
}

static unsigned int count_lines(uint32_t lines)
{
    unsigned int count = 0;
    for (; lines; lines &= lines - 1) count++;
    return count;
}

/*
 * The lines of old files, and of what will be one, are no more than allowed, unless one
 * file alone has more.
 */
static int is_within_total(struct world const *world)
{
    struct directory const *disk = &world->disk;
    uint32_t lines = counts(retired(disk));
    unsigned int files = lines != 0;
    for (unsigned int i = 0; i < disk->old_count; i++) {
        files += disk->old[i] != 0;
        lines |= disk->old[i];
    }
    return files == 1 || count_lines(lines) <= world->total;
}

/* Whether the world is as it must be at any moment. */
static int is_sound(struct world const *world)
{
    struct directory const *disk = &world->disk;
    uint32_t sum = disk->removed;
    uint32_t part[OLD_MAX + 2];
    unsigned int parts = 0;

    for (unsigned int i = 0; i < disk->old_count; i++) part[parts++] = disk->old[i];
    part[parts++] = counts(&disk->current);
    part[parts++] = counts(retired(disk));
    for (unsigned int i = 0; i < parts; i++) {
        if (sum & part[i])
            return expect(0, "a line is there twice: %x", (unsigned int)(sum & part[i]));
        sum |= part[i];
    }
    if (sum != world->written)
        return expect(0, "lost: %x", (unsigned int)(world->written & ~sum));
    unsigned int count = count_files(disk);
    if (!world->bounded) return 1;
    if (world->total && world->phase != DEAD && world->phase != STARTING
        && !is_within_total(world))
        return expect(0, "more than %u lines in old files", world->total);
    return expect(count <= world->files, "%u files of %u", count, world->files);
}

static void visit(struct world const *world, char const *how)
{
    if (!is_sound(world)) {
        diag("after %s, phase %d, current %d/%x previous %d/%x processed %d/%x old %d",
             how, world->phase, world->disk.current.exists,
             (unsigned int)world->disk.current.lines, world->disk.previous.exists,
             (unsigned int)world->disk.previous.lines, world->disk.processed.exists,
             (unsigned int)world->disk.processed.lines, world->disk.old_count);
        problems++;
        return;
    }
    uint32_t place = hash(world) & table_mask;
    for (; table[place]; place = (place + 1) & table_mask)
        if (!memcmp(worlds + table[place] - 1, world, sizeof *world)) return;
    if (world_count == WORLDS_MAX) {
        diag("more than %d worlds", WORLDS_MAX);
        exit(1);
    }
    worlds[world_count++] = *world;
    table[place] = world_count;
}

/* What a look at the directory says ------------------------------------------------- */

static enum sv_logplan_current look_current(struct file const *file)
{
    if (!file->exists) return SV_LOGPLAN_CURRENT_ABSENT;
    if (file->twin) return SV_LOGPLAN_CURRENT_TWIN;
    if (file->sealed) return SV_LOGPLAN_CURRENT_SEALED;
    return file->lines ? SV_LOGPLAN_CURRENT_OPEN : SV_LOGPLAN_CURRENT_EMPTY;
}

static enum sv_logplan_other look_other(struct file const *file)
{
    if (!file->exists) return SV_LOGPLAN_OTHER_ABSENT;
    if (file->twin) return SV_LOGPLAN_OTHER_TWIN;
    return file->sealed ? SV_LOGPLAN_OTHER_SEALED : SV_LOGPLAN_OTHER_OPEN;
}

static void look(struct world *world)
{
    struct sv_logplan_situation *mind = &world->mind;
    mind->current = look_current(&world->disk.current);
    mind->previous = look_other(&world->disk.previous);
    mind->processed = look_other(&world->disk.processed);
    mind->state = world->disk.state;
    mind->newstate = world->disk.newstate;
    mind->pruned = 0;
    mind->held = world->opened && world->disk.current.exists;
}

/* The steps, one system call after the other ---------------------------------------- */

static unsigned int calls_left; /* before the kill or the failure */

/* To be asked before each system call. */
static int may_call(void)
{
    if (!calls_left) return 0;
    calls_left--;
    return 1;
}

static int drop(struct file *file)
{
    if (!may_call()) return 0;
    *file = (struct file){0};
    return 1;
}

static int make_old(struct directory *disk, struct file *file, int must_be_synced)
{
    if (!may_call()) return 0;
    expect(!must_be_synced || file->synced, "a finished file has been synced");
    expect(file->exists && !file->twin, "there is a file to be renamed");
    if (disk->old_count == OLD_MAX) {
        diag("too many old files");
        exit(1);
    }
    disk->old[disk->old_count++] = file->lines;
    *file = (struct file){0};
    return 1;
}

static int has_excess(struct world const *world, struct sv_logplan_room room)
{
    struct directory const *disk = &world->disk;
    uint32_t lines = 0;
    if (disk->old_count > room.files) return 1;
    if (!world->total || !disk->old_count) return 0;
    for (unsigned int i = 0; i < disk->old_count; i++) lines |= disk->old[i];
    unsigned int count = count_lines(lines);
    if (!count) return 0;
    if (room.current) count += count_lines(disk->current.lines);
    if (room.previous) count += count_lines(disk->previous.lines);
    if (room.processed) count += count_lines(disk->processed.lines);
    return count > world->total;
}

static int prune(struct world *world, struct sv_logplan_room room)
{
    struct directory *disk = &world->disk;
    while (has_excess(world, room)) {
        if (!may_call()) return 0;
        disk->removed |= disk->old[0];
        expect(!disk->current.twin && !disk->previous.twin && !disk->processed.twin,
               "twins are seen to first");
        memmove(disk->old, disk->old + 1, (OLD_MAX - 1) * sizeof *disk->old);
        disk->old[--disk->old_count] = 0;
    }
    return 1;
}

static int start_processor(struct directory *disk)
{
    if (!drop(&disk->processed)) return 0;
    if (!may_call()) return 0;
    disk->processed.exists = 1;
    if (!may_call()) return 0;
    if (disk->state == SV_LOGPLAN_STATE_ABSENT) disk->state = SV_LOGPLAN_STATE_EMPTY;
    if (!may_call()) return 0;
    disk->newstate = 0;
    if (!may_call()) return 0;
    disk->newstate = 1;
    return may_call(); /* the spawn */
}

static int sync_and_seal(struct file *file)
{
    if (!may_call()) return 0;
    file->synced = 1;
    if (!may_call()) return 0;
    file->sealed = 1;
    return 1;
}

/* It has been opened. */
static int take_current(struct world *world)
{
    if (!may_call()) return 0; /* the look at its end */
    world->opened = 1;
    if (!may_call()) return 0;
    world->disk.current.sealed = 0;
    return 1;
}

static int act(struct world *world, enum sv_logplan_goal goal, enum sv_logplan_step step)
{
    struct directory *disk = &world->disk;
    switch (step) {
    case SV_LOGPLAN_DONE:
    case SV_LOGPLAN_WAIT:
    case SV_LOGPLAN_RENEW_DIRECTORY: return 1;
    case SV_LOGPLAN_RESET_STATE:
        if (!may_call()) return 0;
        disk->state = SV_LOGPLAN_STATE_EMPTY;
        return 1;
    case SV_LOGPLAN_DROP_NEWSTATE:
        if (!may_call()) return 0;
        disk->newstate = 0;
        return 1;
    case SV_LOGPLAN_ADOPT_NEWSTATE:
        if (!may_call()) return 0;
        disk->newstate = 0;
        disk->state = SV_LOGPLAN_STATE_FULL;
        return 1;
    case SV_LOGPLAN_DROP_PROCESSED: return drop(&disk->processed);
    case SV_LOGPLAN_FINISH_PROCESSED: return make_old(disk, &disk->processed, 1);
    case SV_LOGPLAN_DROP_PREVIOUS: return drop(&disk->previous);
    case SV_LOGPLAN_FINISH_PREVIOUS:
        expect(!world->processes, "nothing gets round the processor");
        return make_old(disk, &disk->previous, 1);
    case SV_LOGPLAN_RESCUE_PREVIOUS:
        expect(!world->mind.vouched || !disk->previous.sealed
                   || (goal != SV_LOGPLAN_START && goal != SV_LOGPLAN_PROCESS),
               "a previous that is whole is no .u file, unless it is given up");
        return make_old(disk, &disk->previous, 0);
    case SV_LOGPLAN_DROP_CURRENT: return drop(&disk->current);
    case SV_LOGPLAN_RESCUE_CURRENT:
        expect(!world->mind.vouched, "nor is a current that somebody vouches for");
        return make_old(disk, &disk->current, 0);
    case SV_LOGPLAN_PRUNE:
        return prune(world, sv_logplan_keep(goal, world->files, &world->mind));
    case SV_LOGPLAN_CREATE_CURRENT:
        if (!may_call()) return 0;
        expect(!disk->current.exists, "there is no current to be overwritten");
        disk->current = (struct file){.exists = 1};
        return take_current(world);
    case SV_LOGPLAN_REOPEN_CURRENT: return may_call() && take_current(world);
    case SV_LOGPLAN_SEAL_CURRENT: return sync_and_seal(&disk->current);
    case SV_LOGPLAN_RETIRE_CURRENT:
        if (!may_call()) return 0;
        expect(!disk->previous.exists, "there is no previous to be overwritten");
        disk->previous = disk->current;
        disk->current = (struct file){0};
        world->opened = 0;
        return 1;
    case SV_LOGPLAN_START_PROCESSOR: return start_processor(disk);
    case SV_LOGPLAN_SEAL_PROCESSED: return sync_and_seal(&disk->processed);
    }
    return 0;
}

/* Where things can go from a world -------------------------------------------------- */

static void enter(struct world world, enum phase phase, char const *how)
{
    world.phase = (unsigned char)phase;
    visit(&world, how);
}

/*
 * Killed: what was in memory is gone, and the record may be. A processor may live on, and
 * write to its files until another run replaces them, which do not count.
 */
static void die(struct world world, char const *how)
{
    memset(&world.mind, 0, sizeof world.mind);
    world.opened = 0;
    enter(world, DEAD, how);
    world.record = 0;
    enter(world, DEAD, how);
}

static enum sv_logplan_goal goal_of(enum phase phase)
{
    switch (phase) {
    case STARTING:
    case RESUMING: return SV_LOGPLAN_START;
    case RETIRING: return SV_LOGPLAN_RETIRE;
    case PROCESSING: return SV_LOGPLAN_PROCESS;
    case ABANDONING: return SV_LOGPLAN_ABANDON;
    case CLOSING:
    case DEAD:
    case READY: break;
    }
    return SV_LOGPLAN_CLOSE;
}

/* What a start leaves: no more than a previous, for the processor. */
static void check_started(struct world const *world)
{
    struct directory const *disk = &world->disk;
    expect(disk->state != SV_LOGPLAN_STATE_ABSENT, "after the start there is a state");
    if (world->processes && disk->previous.exists) {
        expect(disk->previous.sealed && !disk->previous.twin && !disk->processed.sealed,
               "what waits for the processor is whole");
        return;
    }
    expect(!disk->previous.exists && !disk->processed.exists && !disk->newstate,
           "and nothing is left of former rotations");
}

static void reached(struct world const *world)
{
    struct world next = *world;
    switch ((enum phase)world->phase) {
    case STARTING:
        check_started(world);
        next.bounded = 1;
        next.record = 1;
        enter(next, READY, "start");
        break;
    case RESUMING: enter(next, READY, "start"); break;
    case RETIRING:
        expect(!world->disk.current.lines && world->mind.held,
               "a retired current is empty");
        enter(next, READY, "retire");
        break;
    case PROCESSING:
    case ABANDONING:
        expect(!world->disk.previous.exists, "no previous is left");
        expect(world->mind.processor == SV_LOGPLAN_PROCESSOR_IDLE,
               "nor a processor's success");
        enter(next, READY, "process");
        break;
    case CLOSING:
        /* a new current that could not be made, or taken, is the next one's business */
        if (world->disk.current.exists && !world->mind.held) {
            die(next, "close");
            break;
        }
        expect(!world->disk.current.exists
                   || (world->disk.current.sealed && world->disk.current.synced),
               "a closed current is clean");
        expect(!world->disk.previous.exists && !world->disk.processed.exists,
               "nothing is left of a rotation");
        die(next, "close");
        break;
    case DEAD:
    case READY: break;
    }
}

static void walk_processor(struct world const *world)
{
    struct world next = *world;

    die(next, "kill while the processor runs");
    next.disk.processed.lines = world->disk.previous.lines & -world->disk.previous.lines;
    die(next, "kill while the processor writes");
    next.mind.processor = SV_LOGPLAN_PROCESSOR_IDLE;
    visit(&next, "failed processor");
    next = *world;
    next.disk.processed.lines = world->disk.previous.lines;
    die(next, "kill when the processor is done");
    next.mind.processor = SV_LOGPLAN_PROCESSOR_SUCCEEDED;
    visit(&next, "processor");
}

/* Nothing that is known of the disk after a step is wrong. */
static void check_mind(struct world const *world, char const *name)
{
    struct world seen = *world;
    struct sv_logplan_situation const *mind = &world->mind;
    look(&seen);
    expect(seen.mind.current == mind->current
               || (seen.mind.current == SV_LOGPLAN_CURRENT_EMPTY
                   && mind->current == SV_LOGPLAN_CURRENT_OPEN),
           "%s: current is what was expected", name);
    expect(seen.mind.previous == mind->previous && seen.mind.processed == mind->processed
               && seen.mind.state == mind->state && seen.mind.newstate == mind->newstate
               && seen.mind.held == mind->held,
           "%s: all is as expected", name);
}

/* A start that is vouched for leaves the files as they are. */
static void check_start(struct world const *before, struct world const *after,
                        char const *name)
{
    unsigned int count = count_files(&before->disk);
    unsigned int made = after->disk.current.exists && !before->disk.current.exists;
    if (before->phase != STARTING || !before->mind.vouched) return;
    expect(count_files(&after->disk) <= count + made, "%s: a start makes no files", name);
    if (!before->bounded || count + !before->disk.current.exists > before->files) return;
    expect(before->disk.removed == after->disk.removed || before->total,
           "%s: a start removes nothing", name);
}

static void fail(struct world next, char const *name)
{
    enum phase phase = next.phase;
    look(&next);
    enter(next, phase, name); /* again */
    if (phase == RETIRING) enter(next, CLOSING, name);
    if (phase == RETIRING) enter(next, RESUMING, name);
    if (phase == PROCESSING) enter(next, READY, name);
}

static void walk_step(struct world const *world)
{
    enum sv_logplan_goal goal = goal_of((enum phase)world->phase);
    enum sv_logplan_step step = sv_logplan_next(goal, world->processes, &world->mind);
    char const *name = sv_logplan_step_name(step);
    int done = 0;

    if (step == SV_LOGPLAN_DONE) {
        reached(world);
        return;
    }
    if (step == SV_LOGPLAN_WAIT) {
        walk_processor(world);
        if (world->phase == PROCESSING) enter(*world, READY, name);
        return;
    }
    for (unsigned int calls = 0; !done; calls++) {
        struct world next = *world;
        calls_left = calls;
        done = act(&next, goal, step);
        check_start(world, &next, name);
        die(next, name);
        if (!done) {
            fail(next, name);
            continue;
        }
        sv_logplan_after(step, &next.mind);
        check_mind(&next, name);
        visit(&next, name);
    }
}

static uint32_t next_line(struct world const *world)
{
    for (unsigned int i = 0; i < LINES; i++)
        if (!(world->written & 1u << i)) return 1u << i;
    return 0;
}

/* Lines are written, and whatever else comes. */
static void walk_on(struct world const *world)
{
    struct world next = *world;
    uint32_t line = next_line(world);

    die(next, "kill");
    enter(next, CLOSING, "ready");
    if (next.disk.current.lines) enter(next, RETIRING, "ready");
    if (next.disk.previous.exists || next.disk.processed.exists) {
        enter(next, PROCESSING, "ready");
        enter(next, ABANDONING, "ready");
    }
    if (next.mind.processor == SV_LOGPLAN_PROCESSOR_RUNNING) walk_processor(world);
    if (!line) return;
    next.disk.current.lines |= line;
    next.disk.current.synced = 0;
    next.mind.current = SV_LOGPLAN_CURRENT_OPEN;
    next.written |= line;
    visit(&next, "write");
}

static void walk(struct world const *world)
{
    struct world next = *world;

    switch ((enum phase)world->phase) {
    case DEAD:
        look(&next);
        next.mind.vouched = next.record;
        enter(next, STARTING, "look");
        break;
    case READY:
        expect(next.mind.held && next.disk.current.exists && !next.disk.current.sealed,
               "there is a current to write to");
        expect(next.mind.vouched, "whoever writes to it vouches for it");
        walk_on(world);
        break;
    case STARTING:
    case RESUMING:
    case RETIRING:
    case PROCESSING:
    case ABANDONING:
    case CLOSING: walk_step(world); break;
    }
}

/* The beginnings -------------------------------------------------------------------- */

#define CURRENT_LINE (1u << 16)
#define PREVIOUS_LINE (1u << 17)
#define OLD_LINE (1u << 18)

/* Kinds of files a directory may be found with; a twin is an old file too. */
enum found { NONE, EMPTY, OPEN, SEALED, TWIN, FOUND };

static struct file found(enum found kind, uint32_t line)
{
    struct file file = {0};
    file.exists = kind != NONE;
    file.sealed = kind == SEALED || kind == TWIN;
    file.synced = file.sealed;
    file.twin = kind == TWIN;
    if (kind != NONE && kind != EMPTY) file.lines = line;
    return file;
}

static void begin(enum found current, enum found previous, enum found processed,
                  int state, int newstate, unsigned int old)
{
    struct world world;
    struct directory *disk = &world.disk;
    unsigned int twins = (current == TWIN) + (previous == TWIN) + (processed == TWIN);

    if (twins > 1 || (twins && old == OLD_MAX - 2)) return;
    memset(&world, 0, sizeof world);
    for (unsigned int i = 0; i < old; i++) disk->old[disk->old_count++] = OLD_LINE << i;
    disk->current = found(current, CURRENT_LINE);
    disk->previous = found(previous, PREVIOUS_LINE);
    /* it is made of previous; unless it is complete, of a part of it, here of nothing */
    disk->processed = found(processed, processed == OPEN ? 0 : PREVIOUS_LINE);
    if (twins)
        disk->old[disk->old_count++] = current == TWIN ? CURRENT_LINE : PREVIOUS_LINE;
    if (previous == TWIN && (processed == SEALED || processed == TWIN))
        return; /* nobody makes it */
    disk->state = (unsigned char)state;
    disk->newstate = (unsigned char)newstate;
    world.phase = DEAD;
    for (unsigned int i = 0; i < disk->old_count; i++) world.written |= disk->old[i];
    world.written |= disk->current.lines | disk->previous.lines;
    if (disk->processed.sealed) world.written |= disk->processed.lines;
    /* a bound on lines is tried where the rest is simple */
    int simple = state == SV_LOGPLAN_STATE_EMPTY && !newstate && !twins;
    for (unsigned int bits = 0; bits < (simple ? 16 : 8); bits++) {
        world.processes = bits & 1;
        world.record = bits >> 1 & 1;
        world.files = bits >> 2 & 1 ? 3 : 2;
        world.total = bits >> 3 ? 3 : 0;
        world.bounded = !world.total && count_files(disk) <= world.files;
        visit(&world, "the beginning");
    }
}

static void begin_everywhere(void)
{
    for (int current = NONE; current < FOUND; current++)
        for (int previous = NONE; previous < FOUND; previous++)
            for (int processed = NONE; processed < FOUND; processed++)
                for (int state = 0; state < 3; state++)
                    for (int newstate = 0; newstate < 2; newstate++)
                        for (unsigned int old = 0; old < 4; old++)
                            begin((enum found)current, (enum found)previous,
                                  (enum found)processed, state, newstate, old);
}

/* Any goal in any situation, sensible or not, has an answer. */
static void check_total(void)
{
    unsigned int asked = 0;
    int good = 1;
    for (unsigned int bits = 0; bits < 5u * 4 * 4 * 3 * 3 * 32; bits++) {
        unsigned int rest = bits;
        struct sv_logplan_situation situation = {0};
        situation.current = (enum sv_logplan_current)(rest % 5), rest /= 5;
        situation.previous = (enum sv_logplan_other)(rest % 4), rest /= 4;
        situation.processed = (enum sv_logplan_other)(rest % 4), rest /= 4;
        situation.state = (enum sv_logplan_state)(rest % 3), rest /= 3;
        situation.processor = (enum sv_logplan_processor)(rest % 3), rest /= 3;
        situation.newstate = rest & 1;
        situation.removed = rest >> 1 & 1;
        situation.held = rest >> 2 & 1;
        situation.pruned = rest >> 3 & 1;
        situation.vouched = rest >> 4 & 1;
        for (int goal = SV_LOGPLAN_START; goal <= SV_LOGPLAN_CLOSE; goal++)
            for (int processes = 0; processes < 2; processes++) {
                struct sv_logplan_situation now = situation;
                unsigned int steps = 0;
                enum sv_logplan_step step;
                while (
                    (step = sv_logplan_next((enum sv_logplan_goal)goal, processes, &now))
                    != SV_LOGPLAN_DONE) {
                    asked++;
                    if (step == SV_LOGPLAN_WAIT)
                        now.processor = SV_LOGPLAN_PROCESSOR_SUCCEEDED;
                    sv_logplan_after(step, &now);
                    if (step == SV_LOGPLAN_RENEW_DIRECTORY)
                        now = (struct sv_logplan_situation){0};
                    good &= expect(++steps < 2 * STEPS_MAX, "goal %d ends", goal);
                    if (steps == 2 * STEPS_MAX) break;
                }
            }
    }
    ok(good, "every goal is reached from every situation: %u steps", asked);
}

int main(void)
{
    make_room();
    check_total();
    begin_everywhere();
    uint32_t beginnings = world_count;
    ok(beginnings > 1000, "%u directories to begin with", (unsigned int)beginnings);
    for (uint32_t i = 0; i < world_count && problems < 10; i++) {
        struct world world = worlds[i];
        walk(&world);
    }
    ok(!problems, "%u worlds: no line lost or doubled, never too many files",
       (unsigned int)world_count);
    free(worlds);
    free(table);
    return done();
}
