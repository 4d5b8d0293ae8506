/* ISC license. */

/*
 * The order in which the entries are told to end when svscan leaves: one that others need
 * when their MAINs have gone. A cycle counts as one: all of it is told at once, and needs
 * what it needs until the last of it has gone. `needs` is read only then. The plans know
 * nothing of it: who has not been told is kept.
 *
 * What is not known does not matter: a file that cannot be read, a name that is nobody's.
 * Without memory for it there is no order.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include <sv/message.h>
#include <sv/needsfile.h>
#include <sv/order.h>

#include "svscan.h"

/* One entry needs another. */
struct need {
    struct entry *entry, *needed;
};

struct needs {
    struct need *list;
    uint32_t count;
    uint32_t size;
};

struct order {
    struct sv_order graph;
    struct entry **entries; /* of the nodes; null: its MAIN has gone */
    uint32_t *list;         /* of nodes, component by component */
    uint32_t *first;        /* of each component in the list, and where the last ends */
    uint32_t *left;         /* of each component: edges to it from those that live */
    uint32_t *alive; /* of each component: MAINs; it needs till the last has gone */
    uint32_t *due;   /* components to be told */
    uint32_t due_count, told_count;
};

/* Reading ---------------------------------------------------------------------------- */

static int add_need(struct needs *needs, struct entry *entry, struct entry *needed)
{
    if (needs->count == needs->size) {
        uint32_t size = needs->size ? needs->size * 2 : 64;
        struct need *list = realloc(needs->list, size * sizeof *list);
        if (!list) return 0;
        needs->list = list;
        needs->size = size;
    }
    needs->list[needs->count++] = (struct need){entry, needed};
    return 1;
}

/*
 * Whether it is being ended for itself, or nothing of it has been started yet: nobody
 * waits for its end. Our own log is the last of all.
 */
static int is_alone(struct entry const *entry)
{
    return entry->is_own || !entry->is_named || entry->plan.waits
           || entry->plan.course == SV_SCAN_COURSE_LEAVING;
}

/* Returns 1; 0 without memory. */
static int read_entry(struct svscan *svscan, struct entry *entry, struct needs *needs)
{
    char text[SV_NEEDS_SIZE];
    ssize_t length = sv_needsfile_read(AT_FDCWD, table_text(entry), text);
    struct sv_needs lines = {.text = text, .length = length < 0 ? 0 : (size_t)length};
    struct sv_need need;
    int result;

    if (length < 0 && trouble_is_new(&svscan->troubles, TROUBLE_READ))
        sv_warnu("read ", table_text(entry), "/" SV_NEEDS_FILE ": ", sv_errortext(errno),
                 "; it is ended without regard to what it needs");
    for (unsigned int count = 0; count<SV_NEEDS_MAX; count += result> 0) {
        result = sv_needs_next(&lines, &need);
        if (!result) break;
        if (result < 0) continue;
        struct name *name = table_find_name(&svscan->table, need.name);
        if (name && name->entry && name->entry != entry
            && !add_need(needs, entry, name->entry))
            return 0;
    }
    return 1;
}

/* Numbers the entries on the way. Returns 1; 0 without memory. */
static int read_all(struct svscan *svscan, struct needs *needs, uint32_t *count)
{
    struct entry *entry;

    *count = 0;
    table_walk(&svscan->table);
    while ((entry = table_next(&svscan->table))) {
        entry->node = (*count)++;
        if (!is_alone(entry) && !read_entry(svscan, entry, needs)) return 0;
    }
    return 1;
}

/* The order -------------------------------------------------------------------------- */

static void discard(struct order *order)
{
    if (!order) return;
    free(order->graph.nodes);
    free(order->graph.edges);
    free(order->entries);
    free(order->list);
    free(order->first);
    free(order->left);
    free(order->alive);
    free(order->due);
    free(order);
}

/* Null without memory. */
static struct order *allocate(uint32_t nodes, uint32_t edges)
{
    struct order *order = calloc(1, sizeof *order);

    if (!order) return 0;
    order->graph = (struct sv_order){.node_count = nodes, .edge_max = edges};
    order->graph.nodes = calloc(nodes, sizeof *order->graph.nodes);
    order->graph.edges = calloc(edges, sizeof *order->graph.edges);
    order->entries = calloc(nodes, sizeof *order->entries);
    order->list = calloc(nodes, sizeof *order->list);
    order->first = calloc((size_t)nodes + 1, sizeof *order->first);
    order->left = calloc(nodes, sizeof *order->left);
    order->alive = calloc(nodes, sizeof *order->alive);
    order->due = calloc(nodes, sizeof *order->due);
    if (order->graph.nodes && order->graph.edges && order->entries && order->list
        && order->first && order->left && order->alive && order->due)
        return order;
    discard(order);
    return 0;
}

static uint32_t component_of(struct order const *order, uint32_t node)
{
    return order->graph.nodes[node].component;
}

/* Who waits for whom, and who for nobody: those are due. */
static void count_dependents(struct order *order)
{
    uint32_t components = sv_order_sort(&order->graph, order->list);

    for (uint32_t i = order->graph.node_count; i; i--) {
        uint32_t component = component_of(order, order->list[i - 1]);
        order->first[component] = i - 1;
        order->alive[component]++;
    }
    order->first[components] = order->graph.node_count;
    for (uint32_t i = 0; i < order->graph.edge_count; i++) {
        struct sv_order_edge const *edge = &order->graph.edges[i];
        uint32_t needed = component_of(order, edge->to[SV_ORDER_NEEDS]);
        if (component_of(order, edge->to[SV_ORDER_DEPENDENTS]) != needed)
            order->left[needed]++;
    }
    for (uint32_t i = components; i; i--)
        if (!order->left[i - 1]) order->due[order->due_count++] = i - 1;
}

/* Null if there is nothing to put in order, or no memory for it. */
static struct order *make(struct svscan *svscan)
{
    struct needs needs = {.count = 0};
    struct order *order = 0;
    struct entry *entry;
    uint32_t count;

    int done = read_all(svscan, &needs, &count);
    if (done && needs.count) order = allocate(count, needs.count);
    if (!done || (needs.count && !order))
        sv_warnu("end services in the order of their needs: ", sv_errortext(ENOMEM),
                 "; all are ended at once");
    if (order) {
        sv_order_init(&order->graph);
        table_walk(&svscan->table);
        while ((entry = table_next(&svscan->table)))
            order->entries[entry->node] = entry->is_own ? 0 : entry;
        for (uint32_t i = 0; i < needs.count; i++)
            (void)sv_order_add(&order->graph, needs.list[i].entry->node,
                               needs.list[i].needed->node); /* there is room for all */
        count_dependents(order);
    }
    free(needs.list);
    return order;
}

/* Telling ---------------------------------------------------------------------------- */

void svscan_order_begin(struct svscan *svscan)
{
    struct entry *entry;

    svscan->order = make(svscan);
    table_walk(&svscan->table);
    while ((entry = table_next(&svscan->table)))
        if (!entry->is_own && (!svscan->order || is_alone(entry)))
            svscan_tell(svscan, entry, SV_SCAN_EVENT_SHUTDOWN);
    svscan_order_go_on(svscan);
}

/* What the node needs is needed no longer. */
static void let_go(struct order *order, uint32_t node)
{
    struct sv_order_edge const *edges = order->graph.edges;
    uint32_t i = order->graph.nodes[node].first[SV_ORDER_NEEDS];

    for (; i != SV_ORDER_NONE; i = edges[i].next[SV_ORDER_NEEDS]) {
        uint32_t needed = component_of(order, edges[i].to[SV_ORDER_NEEDS]);
        if (needed != component_of(order, node) && !--order->left[needed])
            order->due[order->due_count++] = needed;
    }
}

void svscan_order_gone(struct svscan *svscan, struct entry const *entry)
{
    struct order *order = svscan->order;

    if (!order || !order->entries[entry->node]) return;
    uint32_t component = component_of(order, entry->node);
    order->entries[entry->node] = 0;
    if (--order->alive[component]) return;
    for (uint32_t i = order->first[component]; i < order->first[component + 1]; i++)
        let_go(order, order->list[i]);
}

void svscan_order_go_on(struct svscan *svscan)
{
    struct order *order = svscan->order;

    if (!order) return;
    while (order->told_count < order->due_count) { /* which telling may increase */
        uint32_t component = order->due[order->told_count++];
        for (uint32_t i = order->first[component]; i < order->first[component + 1]; i++) {
            struct entry *entry = order->entries[order->list[i]];
            if (entry) svscan_tell(svscan, entry, SV_SCAN_EVENT_SHUTDOWN);
        }
    }
}
