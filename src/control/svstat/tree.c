/* ISC license. */

/*
 * The processes of a service: its main process, or its finish script, all that is below,
 * and what was left behind. For this one needs to be nobody special: the kernel tells
 * everybody who is in a cgroup, and who whose child is.
 */

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sv/cgroup.h>
#include <sv/process.h>
#include <sv/proctree.h>
#include <sv/statedir.h>

#include "svstat.h"

#define ROOM 4096 /* processes that are shown */

enum part { PART_MAIN, PART_FINISH, PART_CHILD, PART_ORPHAN };

static char const *const part_words[] = {
    [PART_MAIN] = "main",
    [PART_FINISH] = "finish",
    [PART_CHILD] = "child",
    [PART_ORPHAN] = "orphan",
};

static struct entry {
    pid_t pid;
    pid_t parent;
    enum part part;
    char name[SV_PROCESS_NAME];
} entries[ROOM]; /* untouched parts of it cost no memory */

static unsigned int count;

static struct entry *find(pid_t pid)
{
    for (unsigned int i = 0; i < count; i++)
        if (entries[i].pid == pid) return &entries[i];
    return 0;
}

static void add(pid_t pid, enum part part)
{
    struct sv_process process;

    if (count == ROOM || find(pid) || sv_process_look(pid, &process) <= 0) return;
    if (process.state == 'Z' || process.state == 'X') return;
    struct entry *entry = &entries[count++];
    *entry = (struct entry){.pid = pid, .parent = process.parent, .part = part};
    memcpy(entry->name, process.name, sizeof entry->name);
}

static void add_child(pid_t pid, void *data)
{
    (void)data;
    add(pid, PART_CHILD);
}

static void add_orphan(pid_t pid, void *data)
{
    (void)data;
    add(pid, PART_ORPHAN);
}

static void add_from(pid_t pid, enum part part)
{
    struct sv_proctree const where = {.from = pid};

    add(pid, part);
    (void)sv_proctree_each(&where, add_child, 0); /* without /proc there is nothing */
}

/* The directory whose numbers are in the name of the cgroup: an instance has only its
 * state directory to itself. */
static int look_at_home(char const *service, struct stat *about)
{
    char instance[SV_INSTANCE_MAX];

    sv_statedir_instance(service, instance);
    if (!*instance) return stat(service, about);
    int dir = sv_statedir_find(service, 0);
    if (dir < 0) return -1;
    int result = fstat(dir, about);
    (void)close(dir); /* only a place */
    return result;
}

/* Who is in the service's cgroup. Returns 0 if it has none. */
static int add_cgroup(struct reading const *reading, pid_t pid, pid_t supervise)
{
    char name[SV_CGROUP_NAME];
    struct stat about;

    if (!pid && !supervise) return 0;
    if (look_at_home(reading->service, &about) < 0) return 0;
    sv_cgrouppath_name(name, about.st_dev, about.st_ino);
    int cgroup = sv_cgroup_open_named(name, pid, supervise, 0);
    if (cgroup < 0) return 0;
    unsigned int members = sv_cgroup_each(cgroup, add_orphan, 0);
    (void)close(cgroup); /* opened for reading */
    return members != 0;
}

/* A run that another supervise has started, which was killed, is not below this one. */
static void add_session(pid_t pid, pid_t supervise)
{
    struct sv_proctree where = {.from = 0};
    struct sv_process process;

    if (!pid || sv_process_look(pid, &process) <= 0) return;
    if (supervise && process.parent == supervise) return;
    where.session = process.session;
    (void)sv_proctree_each(&where, add_orphan, 0); /* without /proc there is nothing */
}

unsigned int svstat_read_tree(struct reading const *reading, pid_t pid)
{
    int is_ours = reading->has_own && reading->supervised;
    struct sv_proctree const where = {.below = is_ours ? (pid_t)reading->own.supervise_pid
                                                       : 0};
    pid_t finish = is_ours ? (pid_t)reading->own.finish_pid : 0;

    count = 0;
    if (pid) add_from(pid, PART_MAIN);
    if (finish) add_from(finish, PART_FINISH);
    if (where.below) (void)sv_proctree_each(&where, add_orphan, 0); /* the same */
    if (!add_cgroup(reading, pid ? pid : finish, where.below))
        add_session(pid, where.below);
    return count;
}

/* A name that is one word and has none of our separators. */
static void put_word(char const *name)
{
    for (; *name; name++) {
        int is_odd =
            (unsigned char)*name < ' ' || *name == 0x7F || *name == ',' || *name == ':';
        out_bytes(*name == ' ' ? "-" : is_odd ? "?" : name, 1);
    }
}

void svstat_put_tree(void)
{
    for (unsigned int i = 0; i < count; i++) {
        if (i) out(",");
        out_number((uint64_t)entries[i].pid);
        out(":");
        put_word(entries[i].name);
        out(":");
        out(part_words[entries[i].part]);
    }
}

void svstat_put_tree_json(void)
{
    out("[");
    for (unsigned int i = 0; i < count; i++) {
        out(i ? ",{\"pid\":" : "{\"pid\":");
        out_number((uint64_t)entries[i].pid);
        out(",\"parent\":");
        out_number((uint64_t)entries[i].parent);
        out(",\"name\":\"");
        (void)svstat_put_escaped(entries[i].name); /* for people; no UTF-8 at worst */
        out("\",\"is\":\"");
        out(part_words[entries[i].part]);
        out("\"}");
    }
    out("]");
}

/* The next one from `i` on whose parent is `parent`; of `parent` 0, whose parent is none
 * of them. */
static unsigned int next_child(unsigned int i, pid_t parent)
{
    while (i < count
           && (parent ? entries[i].parent != parent : !!find(entries[i].parent)))
        i++;
    return i;
}

static void put_line(struct entry const *entry, unsigned int depth)
{
    for (unsigned int i = 0; i <= depth; i++) out("  ");
    out_number((uint64_t)entry->pid);
    out(" ");
    out_visible(entry->name);
    if (entry->part == PART_FINISH) out(" (finish script)");
    if (entry->part == PART_ORPHAN) out(" (left behind)");
    out("\n");
}

/* Each line is followed by those of its children. */
void svstat_put_tree_lines(void)
{
    unsigned int depth = 0, i = next_child(0, 0);
    pid_t parent = 0;

    /* no more than there are: while pids changed hands, a circle may have been seen */
    for (unsigned int left = count; left && i < count; left--) {
        put_line(&entries[i], depth);
        unsigned int next = next_child(0, entries[i].pid);
        if (next < count) {
            parent = entries[i].pid;
            depth++;
        } else {
            next = next_child(i + 1, parent);
        }
        while (next >= count && parent) {
            struct entry const *above = find(parent);
            parent = --depth ? above->parent : 0;
            next = next_child((unsigned int)(above - entries) + 1, parent);
        }
        i = next;
    }
}
