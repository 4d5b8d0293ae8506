/* ISC license. */

/*
 * The plan of svtail: what it makes of the states that a log directory is found in, of
 * each way in which loggers rotate, and of a logger that never stands still, simulated.
 */

#include <sv/tailplan.h>

#include "tap.h"

#define A "@4000000000000001000000aa"
#define B "@4000000000000002000000aa"
#define C "@4000000000000003000000aa"

#define ROOM 4096
static struct sv_tailplan_file files[ROOM];
static struct sv_tailplan plan;

static void begin(char const *const *names)
{
    sv_tailplan_begin(&plan, files, ROOM);
    for (; *names; names++) sv_tailplan_note(&plan, *names);
}

static void settled(char const *const *names)
{
    begin(names);
    sv_tailplan_settle(&plan);
}

/* The names to be read, in order, each followed by a blank; "-" for one that has gone. */
static char const *reading(void)
{
    static char text[4096];
    text[0] = 0;
    for (size_t i = plan.first; i < plan.count; i++) {
        char const *name = sv_tailplan_name(plan.files + i);
        if (plan.files[i].done) continue;
        strcat(strcat(text, name ? name : "-"), " ");
    }
    return text;
}

static void comes(char const *name)
{
    sv_tailplan_event(&plan, SV_TAILPLAN_COMES, name, 0);
}

static void goes(char const *name)
{
    sv_tailplan_event(&plan, SV_TAILPLAN_GOES, name, 0);
}

static void moves(char const *from, char const *to)
{
    static uint32_t cookie;
    sv_tailplan_event(&plan, SV_TAILPLAN_LEAVES, from, ++cookie);
    sv_tailplan_event(&plan, SV_TAILPLAN_ENTERS, to, cookie);
}

static void read_next(void)
{
    sv_tailplan_done(&plan, sv_tailplan_next(&plan));
}

#define NAMES(...) \
    (char const *const[]) \
    { \
        __VA_ARGS__, 0 \
    }

static void check_lists(void)
{
    settled(NAMES("lock"));
    is_str(reading(), "", "no log, nothing to read");
    settled(NAMES("current", B ".s", "state", ".inflight", A ".u", "@short"));
    is_str(reading(), A ".u " B ".s current ", "old files by name, then current");
    settled(NAMES("current", "previous", A ".s"));
    is_str(reading(), A ".s previous current ", "previous stands between");
    settled(NAMES("current", "previous", "processed"));
    is_str(reading(), "previous current ", "processed is made of previous");
    settled(NAMES("current", "processed"));
    is_str(reading(), "processed current ", "and stands for it");
    settled(NAMES(A ".u", A ".t", "current"));
    is_str(reading(), A ".u current ", "of one label only what the logger wrote");
    settled(NAMES(A ".s.gz", A ".s", "current"));
    is_str(reading(), A ".s current ", "not what somebody makes of it");
    settled(NAMES("current", "previous", A ".s"));
    sv_tailplan_twin(&plan, 1);
    is_str(reading(), "previous current ", "a twin is the same file");
}

static void check_listing(void)
{
    begin(NAMES(B ".s", "previous"));
    goes(A ".s");
    moves("previous", C ".s");
    comes("current");
    sv_tailplan_settle(&plan);
    is_str(reading(), B ".s " C ".s current ", "what happens during the list counts");
    begin(NAMES("current", C ".s", B ".s"));
    moves("previous", C ".s");
    goes(B ".s");
    sv_tailplan_settle(&plan);
    is_str(reading(), C ".s current ", "whether the list had it already or not");
}

static void check_rotations(void)
{
    settled(NAMES("current"));
    moves("current", "previous");
    comes("current");
    is_str(reading(), "previous current ", "a rotation begins a file");
    moves("previous", A ".s");
    is_str(reading(), A ".s current ", "the one before it becomes an old one");
    read_next();
    is_str(reading(), "current ", "once read it is of no interest");
    goes(A ".s");
    is_str(reading(), "current ", "nor that it goes");
    moves("current", "previous");
    read_next();
    comes("current");
    moves("previous", B ".s");
    is_str(reading(), "current ", "read under any name it is read");
    moves("current", C ".u");
    comes("current");
    is_str(reading(), C ".u current ", "current can become an old file at once");
    goes(C ".u");
    is_str(reading(), "- current ", "what goes before it is read is missed");
    ok(!sv_tailplan_name(sv_tailplan_next(&plan)), "and has no name");
}

static void check_processors(void)
{
    settled(NAMES("current"));
    moves("current", "previous");
    comes("current");
    comes("processed");
    is_str(reading(), "previous current ", "what is processed is read as it was written");
    goes("processed");
    comes("processed");
    goes("previous");
    is_str(reading(), "processed current ", "or else as it was processed");
    moves("processed", A ".s");
    is_str(reading(), A ".s current ", "as an old file too");
    read_next();
    moves("current", "previous");
    read_next();
    comes("current");
    comes("processed");
    goes("previous");
    moves("processed", B ".s");
    is_str(reading(), "current ", "but not if it has been read before it was processed");
    moves("current", "previous");
    comes("current");
    comes("processed");
    goes("previous");
    moves("processed", C ".gz");
    ok(!sv_tailplan_is_raw(sv_tailplan_next(&plan)), "with a suffix it may be anything");
}

static void check_others(void)
{
    settled(NAMES("current"));
    moves("current", "previous");
    comes("current");
    comes(A ".s");
    goes("previous");
    is_str(reading(), A ".s current ", "daemontools links and unlinks");
    read_next();
    read_next();
    moves("current", B ".u");
    comes("current");
    comes(B ".t");
    moves(B ".t", B ".s");
    goes(B ".u");
    is_str(reading(), "current ", "svlogd processes old files");
    moves("current", C ".u");
    comes(C ".t");
    comes("current");
    goes(C ".u");
    moves(C ".t", C ".s");
    is_str(reading(), C ".s current ", "which may have been missed");
    settled(NAMES(B ".s", "current"));
    comes(A ".s");
    goes("current");
    is_str(reading(), B ".s - ", "an older name is not one of ours");
    settled(NAMES("current"));
    moves("processed", A ".s");
    goes("current");
    is_str(reading(), "- ", "nor is what was made of a file that is not known");
    settled(NAMES(B ".s", "current"));
    comes(B ".s.gz");
    goes(B ".s");
    is_str(reading(), B ".s.gz current ", "compressed later it is the same file");
    plan.frozen = 1;
    moves("current", "previous");
    comes("current");
    is_str(reading(), B ".s.gz previous ", "a frozen plan gets no files");
}

static void check_moves(void)
{
    settled(NAMES("current"));
    sv_tailplan_event(&plan, SV_TAILPLAN_LEAVES, "current", 7);
    is_str(reading(), "current ", "a name that leaves stays until it arrives");
    sv_tailplan_event(&plan, SV_TAILPLAN_ENTERS, "previous", 7);
    is_str(reading(), "previous ", "then it is another one");
    sv_tailplan_event(&plan, SV_TAILPLAN_LEAVES, "previous", 8);
    sv_tailplan_lapse(&plan);
    is_str(reading(), "- ", "or it has gone elsewhere");
    sv_tailplan_event(&plan, SV_TAILPLAN_ENTERS, A ".s", 9);
    is_str(reading(), "- ", "an old file from elsewhere is not one of ours");
}

/* A directory that is written to all the time ---------------------------------------- */

#define NAMES_MAX 64

struct entry {
    char name[SV_LOGPLAN_NAME];
    int generation;
};

static struct entry entries[NAMES_MAX];
static unsigned int entry_count;
static int generation;      /* of current */
static unsigned int labels; /* so far */

static struct told {
    enum sv_tailplan_event event;
    char name[SV_LOGPLAN_NAME];
    uint32_t cookie;
} queue[4096];
static unsigned int told_count;
static int watching;

static uint64_t state;
static unsigned int below(unsigned int limit)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (unsigned int)((state >> 11) % limit);
}

static void tell(enum sv_tailplan_event event, char const *name, uint32_t cookie)
{
    if (!watching) return;
    struct told *told = queue + told_count++;
    told->event = event;
    told->cookie = cookie;
    strcpy(told->name, name);
}

static struct entry *find(char const *name)
{
    for (unsigned int i = 0; i < entry_count; i++)
        if (!strcmp(entries[i].name, name)) return entries + i;
    return 0;
}

static void make(char const *name, int of)
{
    struct entry *entry = entries + entry_count++;
    strcpy(entry->name, name);
    entry->generation = of;
    tell(SV_TAILPLAN_COMES, name, 0);
}

static void drop(char const *name)
{
    struct entry *entry = find(name);
    if (!entry) return;
    tell(SV_TAILPLAN_GOES, name, 0); /* first: `name` may stand in the entry */
    *entry = entries[--entry_count];
}

static void change_name(char const *from, char const *to)
{
    static uint32_t cookie = 100;
    tell(SV_TAILPLAN_LEAVES, from, ++cookie);
    tell(SV_TAILPLAN_ENTERS, to, cookie);
    strcpy(find(from)->name, to);
}

static void finish(char const *name, char suffix, int links)
{
    char old[SV_LOGPLAN_NAME];
    snprintf(old, sizeof old, "@40000000%016u.%c", ++labels, suffix);
    if (!links) {
        change_name(name, old);
        return;
    }
    make(old, find(name)->generation);
    drop(name);
}

static void prune(void)
{
    struct entry *oldest = 0;
    for (unsigned int i = 0; i < entry_count; i++)
        if (*entries[i].name == '@'
            && (!oldest || strcmp(entries[i].name, oldest->name) < 0))
            oldest = entries + i;
    if (oldest) drop(oldest->name);
}

/* One step of a logger; any may be the last before a kill, and the next is a recovery. */
static void step(int processes, int links)
{
    unsigned int old = 0;
    for (unsigned int i = 0; i < entry_count; i++) old += *entries[i].name == '@';
    if (old > 8 || !below(20)) {
        prune();
    } else if (!find("current")) {
        make("current", ++generation);
    } else if (!find("previous") && !find("processed")) {
        if (below(10))
            change_name("current", "previous");
        else
            finish("current", 'u', links);
    } else if (!processes || (!below(10) && !find("processed"))) {
        finish("previous", processes ? 'u' : 's', links);
    } else if (!find("processed")) {
        make("processed", find("previous")->generation);
    } else if (find("previous")) {
        drop(below(5) ? "previous" : "processed");
    } else
        finish("processed", 's', links);
}

static void take_in(void)
{
    for (unsigned int i = 0; i < told_count; i++)
        sv_tailplan_event(&plan, queue[i].event, queue[i].name, queue[i].cookie);
    told_count = 0;
}

/* As readdir does it: name after name, while things go on. */
static void list_slowly(int processes, int links)
{
    char names[NAMES_MAX][SV_LOGPLAN_NAME];
    unsigned int count = entry_count;
    for (unsigned int i = 0; i < count; i++) strcpy(names[i], entries[i].name);
    for (unsigned int i = 0; i < count; i++) {
        while (!below(3)) step(processes, links);
        if (find(names[i]) || below(2)) sv_tailplan_note(&plan, names[i]);
    }
    for (unsigned int i = 0; i < entry_count; i++) {
        int listed = 0;
        for (unsigned int j = 0; j < count; j++)
            listed |= !strcmp(names[j], entries[i].name);
        if (!listed && below(2)) sv_tailplan_note(&plan, entries[i].name);
    }
}

/* Reads the next file. Returns what it was, 0 if it has gone, -1 if there is none. */
static int read_one(int processes, int links)
{
    for (;;) {
        struct sv_tailplan_file *file = sv_tailplan_next(&plan);
        if (!file) return -1;
        char const *name = sv_tailplan_name(file);
        char tried[SV_LOGPLAN_NAME] = "";
        struct entry *entry = 0;
        if (name) {
            strcpy(tried, name);
            while (!below(3)) step(processes, links);
            entry = find(tried);
        }
        int got = entry ? entry->generation : 0;
        if (name) take_in();
        file = sv_tailplan_next(&plan);
        char const *now = sv_tailplan_name(file);
        if ((now && strcmp(now, tried)) || (!now && name)) continue;
        if (now && !got) return -2; /* cannot be: it has the name */
        sv_tailplan_done(&plan, file);
        return got;
    }
}

/* Runs a logger and a reader for a while. Returns whether all was as it should be. */
static int run_one(uint64_t seed, int processes, int links)
{
    int good = 1, expected = 0;
    state = seed * 2654435761u + 88172645463325252u;
    entry_count = told_count = labels = 0;
    generation = watching = 0;
    for (unsigned int i = below(60); i; i--) step(processes, links);
    sv_tailplan_begin(&plan, files, ROOM);
    watching = 1;
    list_slowly(processes, links);
    take_in();
    sv_tailplan_settle(&plan);
    for (unsigned int i = 0; i < 200 && good; i++) {
        for (unsigned int j = below(8) * below(8); j; j--) step(processes, links);
        take_in();
        for (unsigned int j = below(6); j; j--) {
            int got = read_one(processes, links);
            if (got == -1) break;
            if (!expected && got > 0) expected = got;
            if (expected)
                good &=
                    expect(!got || got == expected, "seed %llu: file %d is read, not %d",
                           (unsigned long long)seed, expected, got);
            if (expected) expected++;
        }
        good &= expect(plan.count - plan.first < 3000, "nothing piles up");
    }
    return good;
}

int main(void)
{
    check_lists();
    check_listing();
    check_rotations();
    check_processors();
    check_others();
    check_moves();
    int good = 1;
    for (uint64_t seed = 1; seed <= 400 && good; seed++) good = run_one(seed, 0, 0);
    ok(good, "400 busy logs are read in order, each file once");
    for (uint64_t seed = 1; seed <= 400 && good; seed++) good = run_one(seed, 1, 0);
    ok(good, "400 with a processor");
    for (uint64_t seed = 1; seed <= 400 && good; seed++)
        good = run_one(seed, (int)seed & 1, 1);
    ok(good, "400 of another multilog, that links and unlinks");
    return done();
}
