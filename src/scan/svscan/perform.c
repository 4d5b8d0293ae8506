/* ISC license. */

/*
 * What the plan of an entry asks for is done here. Nothing in here waits, and what fails
 * is answered: the plan tries again by a deadline.
 */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sv/clock.h>
#include <sv/message.h>

#include "svscan.h"

#define EVERY_SECOND ", trying again every second"

/* Whether NAME/log is a directory: 1 or 0; -1 with errno if that cannot be told. */
static int has_log(struct entry const *entry)
{
    char path[NAME_MAX + sizeof "/log"];
    struct stat about;
    size_t length = strlen(table_text(entry));

    if (length > NAME_MAX) return 0; /* cannot happen: it was read from a directory */
    memcpy(path, table_text(entry), length);
    memcpy(path + length, "/log", sizeof "/log");
    if (!stat(path, &about)) return S_ISDIR(about.st_mode);
    return errno == ENOENT || errno == ENOTDIR || errno == ELOOP ? 0 : -1;
}

static void look(struct svscan *svscan, struct entry *entry, struct sv_scan_event *answer)
{
    int found = entry->is_own ? 1 : has_log(entry);

    answer->kind = found < 0 ? SV_SCAN_EVENT_LOOK_FAILED : SV_SCAN_EVENT_LOOKED;
    answer->has_log = found > 0;
    if (found < 0 && trouble_is_new(&svscan->troubles, TROUBLE_LOOK))
        sv_warnu("stat ", table_text(entry), "/log: ", sv_errortext(errno), EVERY_SECOND);
}

static void open_pipe(struct svscan *svscan, struct entry *entry,
                      struct sv_scan_event *answer)
{
    int ends[2];

    int taken = svscan_take_pipe(svscan, entry);
    answer->kind = taken > 0 ? SV_SCAN_EVENT_PIPE_OPENED : SV_SCAN_EVENT_PIPE_FAILED;
    if (taken > 0) return;
    if (taken < 0 || pipe2(ends, O_CLOEXEC) < 0) {
        if (trouble_is_new(&svscan->troubles, TROUBLE_PIPE))
            sv_warnu("create pipe for ", table_text(entry), ": ", sv_errortext(errno),
                     EVERY_SECOND);
        return;
    }
    answer->kind = SV_SCAN_EVENT_PIPE_OPENED;
    entry->reader = ends[0];
    entry->writer = ends[1];
}

static void close_end(int *end)
{
    if (*end >= 0) (void)close(*end); /* of a pipe: nothing is left behind in it */
    *end = -1;
}

/* Whether what is called that can be found in the directory of the entry. */
static int is_reachable(struct entry const *entry, char const *name)
{
    if (entry->is_own) return !access(table_text(entry), F_OK) || errno != ENOENT;
    if (entry->is_named) return 1;
    return entry->place >= 0 && !faccessat(entry->place, name, F_OK, 0);
}

/* A logger can take what is left only if its directory can still be reached. */
static void peek(struct entry *entry, struct sv_scan_event *answer)
{
    int count = 0;

    answer->kind = SV_SCAN_EVENT_PEEKED;
    if (ioctl(entry->reader, FIONREAD, &count) < 0) count = 0;
    int reachable = is_reachable(entry, "log");
    if (count && !reachable)
        sv_warn("the last lines of ", table_text(entry),
                " are lost: its logger has ended and its directory has gone");
    answer->input_left = count && reachable;
}

/* By its name; if that has gone, in the directory itself. */
static pid_t launch(struct svscan *svscan, struct entry const *entry, int is_log)
{
    char const *name = entry->is_named ? table_text(entry) : ".";
    int is_beside = is_log && *table_suffix(&entry->halves[SV_SCAN_SIDE_LOG]);
    struct launch_order const order = {
        .name = is_beside ? "log" : name,
        .instance = entry->instance,
        .dir = is_beside && entry->is_named ? name : 0,
        .device = entry->device,
        .inode = entry->inode,
        .place = entry->is_named ? -1 : entry->place,
        .from = is_log ? entry->reader : entry->writer,
        .to = is_log ? 0 : 1,
        .is_own = entry->is_own,
    };

    errno = ENOENT;
    return is_reachable(entry, order.name) ? launch_supervise(&svscan->launch, &order)
                                           : -1;
}

/* From now on what svscan says goes to its own logger. */
static void start_own(struct svscan *svscan, struct sv_scan_event *answer)
{
    answer->taken_over = svscan_own_speak(svscan);
    answer->kind =
        answer->taken_over ? SV_SCAN_EVENT_STARTED : SV_SCAN_EVENT_START_FAILED;
    if (!answer->taken_over && trouble_is_new(&svscan->troubles, TROUBLE_OWN))
        sv_warnu("write to ", svscan->log_name, ": ", sv_errortext(errno), EVERY_SECOND);
}

static void start(struct svscan *svscan, struct entry *entry,
                  struct sv_scan_event *answer)
{
    int is_log = answer->side == SV_SCAN_SIDE_LOG;
    struct half *half = &entry->halves[answer->side];

    if (entry->is_own && !is_log) {
        start_own(svscan, answer);
        return;
    }
    if (entry->is_own) svscan_own_look_again(svscan);
    answer->kind = SV_SCAN_EVENT_STARTED;
    answer->taken_over = svscan_take_over(svscan, half) != 0;
    if (answer->taken_over) return;
    pid_t pid = launch(svscan, entry, is_log);
    if (pid > 0) {
        table_set_pid(&svscan->table, half, pid);
        if (!is_log) svscan_join_logger(entry);
        return;
    }
    answer->kind = SV_SCAN_EVENT_START_FAILED;
    if ((entry->is_own || is_reachable(entry, "."))
        && trouble_is_new(&svscan->troubles, TROUBLE_LAUNCH))
        sv_warnu("start supervise ", table_text(entry), table_suffix(half), ": ",
                 sv_errortext(errno), EVERY_SECOND);
}

/* Returns 1 if *answer says that it failed, or that it is done already. */
static int stop(struct svscan *svscan, struct entry *entry, enum sv_scan_side side,
                struct sv_scan_event *answer)
{
    struct half const *half = &entry->halves[side];
    int is_log = side == SV_SCAN_SIDE_LOG;

    answer->side = side;
    if (entry->is_own && !is_log) {
        svscan_own_hush(svscan);
        answer->kind = SV_SCAN_EVENT_DIED;
        answer->exited_well = 1;
        return 1;
    }
    if (svscan_signal(half, is_log ? SIGHUP : SIGTERM)) return 0;
    answer->kind = SV_SCAN_EVENT_STOP_FAILED;
    if (trouble_is_new(&svscan->troubles, TROUBLE_STOP))
        sv_warnu("stop supervise ", table_text(entry), table_suffix(half), ": ",
                 sv_errortext(errno), EVERY_SECOND);
    return 1;
}

static void watch(struct svscan *svscan, struct entry *entry)
{
    if (svscan->watch.fd < 0) return; /* which has been warned about */
    if (entry->is_own) return;        /* its logger is known */
    if (*entry->instance) return;     /* that of its template was there before it */
    int watch_id = sv_watch_add(&svscan->watch, table_text(entry), SV_WATCH_COMES);
    if (watch_id < 0 && errno != ENOENT && errno != EEXIST
        && trouble_is_new(&svscan->troubles, TROUBLE_YOUNG))
        sv_warnusys("watch ", table_text(entry), " for a log directory");
    table_set_watch(&svscan->table, entry, watch_id);
}

static void unwatch(struct svscan *svscan, struct entry *entry)
{
    /* when we leave, all watches end at once: see svscan_leave() */
    if (entry->watch_id >= 0 && !svscan->leaving)
        sv_watch_remove(&svscan->watch, entry->watch_id);
    table_set_watch(&svscan->table, entry, -1);
}

void svscan_warn_log(struct svscan const *svscan, struct entry const *entry)
{
    char const *name = table_text(entry);

    sv_warn(name, "/log came too late for the running ", name, "; to use it: svc -dx ",
            svscan->dir_name, "/", name);
}

static void warn_left(struct entry const *entry, enum sv_scan_side side)
{
    sv_warn("gave up ending ", table_text(entry), table_suffix(&entry->halves[side]),
            ": its supervise was killed again and again; what it looked after may still "
            "run");
}

/* Nobody waits for the entry any more. Returns who did, or null. */
static struct entry *release(struct svscan *svscan, struct entry *entry)
{
    struct entry *heir = entry->heir;

    svscan_order_gone(svscan, entry);
    table_end_ending(&svscan->table, entry);
    entry->heir = 0;
    if (heir) heir->awaited = 0;
    return heir;
}

static void forget(struct svscan *svscan, struct entry *entry)
{
    if (entry->awaited) entry->awaited->heir = 0;
    svscan_order_gone(svscan, entry);
    svscan_drop_place(entry);
    if (entry->is_own) svscan->own = 0;
    table_remove(&svscan->table, entry);
}

/* Performs one action. Returns 1 if *answer is the event that answers it. */
static int perform(struct svscan *svscan, struct entry *entry, enum sv_scan_action action,
                   struct entry **released, struct sv_scan_event *answer)
{
    switch (action) {
    case SV_SCAN_ACTION_WATCH: watch(svscan, entry); return 0;
    case SV_SCAN_ACTION_UNWATCH: unwatch(svscan, entry); return 0;
    case SV_SCAN_ACTION_WARN_LOG: svscan_warn_log(svscan, entry); return 0;
    case SV_SCAN_ACTION_WARN_LEFT_MAIN: warn_left(entry, SV_SCAN_SIDE_MAIN); return 0;
    case SV_SCAN_ACTION_WARN_LEFT_LOG: warn_left(entry, SV_SCAN_SIDE_LOG); return 0;
    case SV_SCAN_ACTION_STOP_MAIN: return stop(svscan, entry, SV_SCAN_SIDE_MAIN, answer);
    case SV_SCAN_ACTION_STOP_LOG:
        if (stop(svscan, entry, SV_SCAN_SIDE_LOG, answer)) return 1;
        /* only now: a logger that ends before its supervise knows why is started again */
        close_end(&entry->writer);
        return 0;
    case SV_SCAN_ACTION_RELEASE: *released = release(svscan, entry); return 0;
    case SV_SCAN_ACTION_CLOSE_PIPE:
        close_end(&entry->reader);
        close_end(&entry->writer);
        entry->is_split = 0;
        return 0;
    case SV_SCAN_ACTION_FORGET: forget(svscan, entry); return 0;
    case SV_SCAN_ACTION_LOOK: look(svscan, entry, answer); return 1;
    case SV_SCAN_ACTION_OPEN_PIPE: open_pipe(svscan, entry, answer); return 1;
    case SV_SCAN_ACTION_PEEK: peek(entry, answer); return 1;
    case SV_SCAN_ACTION_START_MAIN:
    case SV_SCAN_ACTION_START_LOG:
        answer->side =
            action == SV_SCAN_ACTION_START_LOG ? SV_SCAN_SIDE_LOG : SV_SCAN_SIDE_MAIN;
        start(svscan, entry, answer);
        return 1;
    case SV_SCAN_ACTION_COUNT: break; /* cannot happen: no action */
    }
    return 0;
}

/* Feeds one entry. Returns who need not wait for it any more, or null. */
static struct entry *feed(struct svscan *svscan, struct entry *entry,
                          struct sv_scan_event const *first)
{
    struct sv_scan_event event = *first;
    struct sv_scan_actions actions;
    struct entry *released = 0;
    int is_answered;

    do {
        is_answered = 0;
        event.now_ms = sv_clock_monotonic_ms();
        sv_scanplan_step(&entry->plan, &event, &actions);
        event = (struct sv_scan_event){.kind = SV_SCAN_EVENT_TIME};
        int is_over = entry->plan.forgotten;
        int64_t deadline_ms = sv_scanplan_deadline(&entry->plan);
        if (entry->is_own) svscan_own_step_aside();
        for (unsigned int i = 0; i < actions.count; i++)
            is_answered = perform(svscan, entry, actions.list[i], &released, &event);
        svscan_own_come_back();
        if (is_over) break; /* FORGET was the last action: there is no entry any more */
        if (deadline_ms < svscan->due_ms) svscan->due_ms = deadline_ms;
    } while (is_answered);
    return released;
}

void svscan_feed(struct svscan *svscan, struct entry *entry,
                 struct sv_scan_event const *event)
{
    static struct sv_scan_event const cleared = {.kind = SV_SCAN_EVENT_CLEARED};

    entry = feed(svscan, entry, event);
    while (entry) entry = feed(svscan, entry, &cleared);
}

void svscan_tell(struct svscan *svscan, struct entry *entry, enum sv_scan_event_kind kind)
{
    struct sv_scan_event event = {.kind = kind};

    svscan_feed(svscan, entry, &event);
}

void svscan_log_appeared(struct svscan *svscan, struct entry *entry)
{
    if (entry->is_named && has_log(entry) > 0)
        svscan_tell(svscan, entry, SV_SCAN_EVENT_LOG_APPEARED);
}

void svscan_pass_time(struct svscan *svscan)
{
    int64_t now_ms = sv_clock_monotonic_ms();
    struct entry *entry;

    if (svscan->due_ms > now_ms) return;
    svscan->due_ms = SV_SCAN_NEVER;
    table_walk(&svscan->table);
    while ((entry = table_next(&svscan->table))) {
        int64_t deadline_ms = sv_scanplan_deadline(&entry->plan);
        if (deadline_ms <= now_ms)
            svscan_tell(svscan, entry, SV_SCAN_EVENT_TIME);
        else if (deadline_ms < svscan->due_ms)
            svscan->due_ms = deadline_ms;
    }
}
