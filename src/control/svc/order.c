/* ISC license. */

/*
 * svc --with-needs and --with-dependents: who else is to be told, and in which order.
 * `needs` is read in the directory that a service is named in.
 *
 * What needs others is ended before these, level by level: the next one is told when the
 * last one has finished. To start them there is no need for that: supervise waits by
 * itself.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h> /* asprintf */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <skalibs/types.h>

#include <sv/controlfifo.h>
#include <sv/message.h>
#include <sv/needsfile.h>
#include <sv/openat.h>
#include <sv/statedir.h>
#include <sv/statefile.h>
#include <sv/status.h>

#include "svc.h"

/* The services of one scan directory. Whom to tell is reached and has a path. */
struct group {
    struct request const *request;
    char *scandir;
    struct sv_needsfile all;
    uint32_t *list;       /* needed ones first */
    char const **paths;   /* of each node; null: it is not told */
    unsigned char *again; /* of each node: what starts it again, 'u' or 'o'; or 0 */
    struct errand *errands;
};

static void *allocate(size_t count, size_t size)
{
    void *room = calloc(count ? count : 1, size);

    if (!room) sv_dieusys(111, "allocate memory");
    return room;
}

/* Reading ---------------------------------------------------------------------------- */

static void split(char const *service, char **scandir, char **name)
{
    if (sv_needsfile_split(service, scandir, name)) return;
    if (errno == EINVAL)
        sv_die(100, "give ", service, " by its name in the scan directory");
    sv_dieusys(111, "allocate memory");
}

static void load(struct group *group)
{
    int dir = sv_openat(AT_FDCWD, group->scandir, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);

    if (dir < 0 || !sv_needsfile_load(&group->all, dir, 0, 0))
        sv_dieusys(111, "read directory ", group->scandir);
    (void)close(dir); /* only read from */
    uint32_t count = group->all.order.node_count;
    group->list = allocate(count, sizeof *group->list);
    group->paths = allocate(count, sizeof *group->paths);
    group->again = allocate(count, sizeof *group->again);
    group->errands = allocate(count, sizeof *group->errands);
    (void)sv_order_sort(&group->all.order, group->list); /* how many does not matter */
}

/* The first service that is left, and those in the same directory; *taken grows. */
static void take_services(struct group *group, char const *const *services,
                          unsigned int count, unsigned char *taken)
{
    enum sv_order_way way =
        group->request->along == ALONG_NEEDS ? SV_ORDER_NEEDS : SV_ORDER_DEPENDENTS;

    for (unsigned int i = 0; i < count; i++) {
        char *scandir, *name;
        if (taken[i]) continue;
        split(services[i], &scandir, &name);
        if (!group->scandir) {
            group->scandir = strdup(scandir);
            if (!group->scandir) sv_dieusys(111, "allocate memory");
            load(group);
        }
        if (!strcmp(scandir, group->scandir)) {
            uint32_t node = sv_needsfile_find(&group->all, name);
            if (node == SV_ORDER_NONE) sv_die(100, "there is no service ", services[i]);
            taken[i] = 1;
            group->paths[node] = services[i];
            sv_order_reach(&group->all.order, node, way);
        }
        free(scandir);
        free(name);
    }
}

/* Whether there is a supervise to be told; if that is not known, telling it will show. */
static int is_supervised(char const *path)
{
    int dir = sv_statedir_find(path, 0);
    int listens = dir < 0 ? -(errno != ENOENT) : sv_controlfifo_listening(dir, "control");

    if (dir >= 0) (void)close(dir); /* only a place */
    return listens != 0;
}

/* Names those that come along, but for dependents that nobody looks after. */
static void name_others(struct group *group)
{
    for (uint32_t i = 0; i < group->all.services; i++) {
        char *path;
        if (!group->all.order.nodes[i].reached || group->paths[i]) continue;
        size_t length = strlen(group->scandir);
        char const *slash = group->scandir[length - 1] == '/' ? "" : "/";
        if (asprintf(&path, "%s%s%s", group->scandir, slash, group->all.names[i]) < 0)
            sv_dieusys(111, "allocate memory");
        if (group->request->along == ALONG_NEEDS || is_supervised(path))
            group->paths[i] = path;
        else
            free(path);
    }
}

static void report_unknown(struct group const *group)
{
    struct sv_order const *order = &group->all.order;

    for (uint32_t i = 0; i < order->edge_count; i++) {
        char line[UINT_FMT];
        uint32_t node = order->edges[i].to[SV_ORDER_DEPENDENTS];
        uint32_t needed = order->edges[i].to[SV_ORDER_NEEDS];
        if (!order->nodes[node].reached || needed < group->all.services) continue;
        line[uint_fmt(line, group->all.needs[i].line)] = 0;
        sv_warn(group->scandir, "/", group->all.names[node], "/" SV_NEEDS_FILE ":", line,
                ": there is no service ", group->all.names[needed]);
    }
}

/* One for each component of what is reached. */
static void report_cycles(struct group *group)
{
    struct sv_order *order = &group->all.order;
    uint32_t *path = allocate(order->node_count, sizeof *path);
    unsigned char *told = allocate(order->node_count, 1);

    for (uint32_t i = 0; i < order->node_count; i++) {
        uint32_t component = order->nodes[i].component;
        if (!order->nodes[i].reached || told[component]) continue;
        told[component] = 1;
        if (!sv_order_cycle(order, i, path)) continue;
        char *text = sv_needsfile_cycle(&group->all, i);
        if (!text) sv_dieusys(111, "allocate memory");
        sv_warn(group->scandir, ": cycle: ", text);
        free(text);
    }
    free(path);
    free(told);
}

static void make(struct group *group, struct request const *request,
                 char const *const *services, unsigned int count, unsigned char *taken)
{
    *group = (struct group){.request = request};
    take_services(group, services, count, taken);
    name_others(group);
    report_unknown(group);
    report_cycles(group);
}

/* Dependents ------------------------------------------------------------------------- */

/* What would start the service again as it is now: 'u', 'o', or 0 if it is down. */
static unsigned char wanted_of(char const *path)
{
    unsigned char packed[SV_STATUS_OWN];
    struct sv_status status;
    struct sv_status_family family;
    unsigned char letter = 0;
    int dir = sv_statedir_find(path, 0);

    if (dir < 0) return 0;
    ssize_t got = sv_statefile_read(dir, SV_STATUS_OWN_FILE, packed, sizeof packed);
    if (got >= 0 && sv_status_unpack(packed, (size_t)got, &status)) {
        if (status.wanted == SV_WANTED_UP) letter = 'u';
        if (status.wanted == SV_WANTED_ONCE && status.pid) letter = 'o';
    } else {
        got = sv_statefile_read(dir, SV_STATUS_FILE, packed, SV_STATUS_ENCORE);
        if (got >= 0 && sv_status_unpack_family(packed, (size_t)got, &family))
            letter = family.want == 'u' ? 'u' : !family.want && family.pid ? 'o' : 0;
    }
    (void)close(dir); /* only a place */
    return letter;
}

/* Sends it to all of a level. */
static int tell_level(struct group *group, uint32_t level, struct request const *request,
                      int64_t deadline_ms)
{
    struct sv_order_node const *nodes = group->all.order.nodes;
    int restarts = group->request->restarts;
    unsigned int count = 0;

    for (uint32_t i = 0; i < group->all.services; i++) {
        if (!nodes[i].reached || nodes[i].level != level || !group->paths[i]) continue;
        if (restarts) group->again[i] = wanted_of(group->paths[i]);
        if (restarts && !group->again[i]) continue;
        group->errands[count++] =
            (struct errand){.service = group->paths[i], .request = request};
    }
    return svc_send(group->errands, count, deadline_ms);
}

/* Starts again what was told to end. Who needs others waits for them by itself. */
static int start_again(struct group *group, enum sv_goal goal, int64_t deadline_ms)
{
    struct request up, once;
    unsigned int count = 0;

    svc_derive(&up, group->request, 'u', goal);
    svc_derive(&once, group->request, 'o', goal);
    for (uint32_t i = 0; i < group->all.order.node_count; i++) {
        uint32_t node = group->list[i];
        if (!group->again[node]) continue;
        group->errands[count++] =
            (struct errand){.service = group->paths[node],
                            .request = group->again[node] == 'u' ? &up : &once};
    }
    return svc_send(group->errands, count, deadline_ms);
}

static void warn_rest(struct group const *group, uint32_t level)
{
    struct sv_order_node const *nodes = group->all.order.nodes;

    for (uint32_t i = 0; i < group->all.services; i++)
        if (nodes[i].reached && nodes[i].level > level && group->paths[i])
            sv_warn("left ", group->paths[i],
                    " as it is: who depends on it has not ended");
}

static int take_down(struct group *group, int64_t deadline_ms)
{
    struct request const *last = group->request;
    uint32_t levels =
        sv_order_levels(&group->all.order, group->list, SV_ORDER_DEPENDENTS);
    struct request down;
    int code = 0;

    svc_derive(&down, last, last->restarts ? 'd' : 0, SV_GOAL_FINISHED);
    for (uint32_t level = 0; level < levels && !code; level++) {
        int waits = last->restarts || level + 1 < levels;
        code = tell_level(group, level, waits ? &down : last, deadline_ms);
        if (code && level + 1 < levels) warn_rest(group, level);
    }
    if (!last->restarts) return code;
    int failed = start_again(group, code ? SV_GOAL_COUNT : last->goal, deadline_ms);
    return code ? code : failed;
}

/* All -------------------------------------------------------------------------------- */

int svc_in_order(struct request const *request, char const *const *services,
                 unsigned int count, int64_t deadline_ms)
{
    unsigned char *taken = allocate(count, 1);
    struct errand *errands = 0;
    unsigned int told = 0;
    int code = 0;

    for (unsigned int i = 0; i < count && !code; i++) {
        struct group group;
        if (taken[i]) continue;
        make(&group, request, services, count, taken);
        if (request->along == ALONG_DEPENDENTS) {
            code = take_down(&group, deadline_ms);
            continue;
        }
        uint32_t nodes = group.all.order.node_count;
        errands = realloc(errands, (told + nodes) * sizeof *errands);
        if (!errands) sv_dieusys(111, "allocate memory");
        for (uint32_t at = 0; at < nodes; at++)
            if (group.paths[group.list[at]])
                errands[told++] = (struct errand){.service = group.paths[group.list[at]],
                                                  .request = request};
    }
    if (told) code = svc_send(errands, told, deadline_ms);
    free(errands); /* the rest ends with us */
    free(taken);
    return code;
}
