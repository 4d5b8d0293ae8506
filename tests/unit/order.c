/* ISC license. */

/*
 * The order of services, held against a definition that is too slow to be used: all
 * graphs of up to four nodes, loops and all, and long ones by hand.
 */

#include <sv/order.h>

#include "tap.h"

#define SMALL 4
#define LONG 200000

static struct sv_order_node small_nodes[SMALL];
static struct sv_order_edge small_edges[SMALL * SMALL];

/* By definition ---------------------------------------------------------------------- */

/* needs[a] has bit b: a needs b. */
struct graph {
    unsigned int count;
    unsigned int needs[SMALL];
    unsigned int ends[SMALL];    /* in the end, by one edge or more */
    unsigned int of_whom[SMALL]; /* the same backwards */
};

static struct graph graph_of(unsigned int count, unsigned int bits)
{
    struct graph graph = {.count = count};

    for (unsigned int a = 0; a < count; a++)
        graph.ends[a] = graph.needs[a] = bits >> a * count & ((1u << count) - 1);
    for (unsigned int i = 0; i < count; i++)
        for (unsigned int a = 0; a < count; a++)
            for (unsigned int b = 0; b < count; b++)
                if (graph.ends[a] >> b & 1) graph.ends[a] |= graph.ends[b];
    for (unsigned int a = 0; a < count; a++)
        for (unsigned int b = 0; b < count; b++)
            if (graph.ends[a] >> b & 1) graph.of_whom[b] |= 1u << a;
    return graph;
}

static int ends_in(struct graph const *graph, uint32_t a, uint32_t b)
{
    return graph->ends[a] >> b & 1;
}

static int together(struct graph const *graph, uint32_t a, uint32_t b)
{
    return a == b || (ends_in(graph, a, b) && ends_in(graph, b, a));
}

/* The length of the shortest cycle of two or more through `node`; else 1 if it needs
 * itself, 0 if it does not. */
static uint32_t shortest(struct graph const *graph, uint32_t node)
{
    unsigned int met = graph->needs[node] & ~(1u << node);

    for (uint32_t length = 1; length <= graph->count; length++) {
        unsigned int next = 0;
        if (met >> node & 1) return length;
        for (unsigned int a = 0; a < graph->count; a++)
            if (met >> a & 1) next |= graph->needs[a] & ~(1u << a);
        met = next;
    }
    return graph->needs[node] >> node & 1;
}

/* The level of `node` among `set`, that way: the longest way over whole components. */
static uint32_t level_of(struct graph const *graph, uint32_t node, unsigned int set,
                         enum sv_order_way way)
{
    uint32_t levels[SMALL] = {0};

    for (unsigned int round = 0; round < graph->count; round++)
        for (uint32_t a = 0; a < graph->count; a++)
            for (uint32_t b = 0; b < graph->count; b++) {
                uint32_t from = way == SV_ORDER_NEEDS ? a : b;
                uint32_t to = way == SV_ORDER_NEEDS ? b : a;
                if (!(graph->needs[a] >> b & 1) || !(set >> a & set >> b & 1)) continue;
                uint32_t least = levels[to] + !together(graph, a, b);
                if (levels[from] < least) levels[from] = least;
            }
    return levels[node];
}

/* Against it ------------------------------------------------------------------------- */

static struct sv_order build(struct graph const *graph)
{
    struct sv_order order = {.nodes = small_nodes,
                             .node_count = graph->count,
                             .edges = small_edges,
                             .edge_max = SMALL * SMALL};

    sv_order_init(&order);
    for (uint32_t a = 0; a < graph->count; a++)
        for (uint32_t b = 0; b < graph->count; b++)
            if (graph->needs[a] >> b & 1) sv_order_add(&order, a, b);
    return order;
}

static void check_sort(struct graph const *graph, struct sv_order *order, uint32_t *list,
                       unsigned int bits)
{
    unsigned int seen = 0;
    uint32_t components = sv_order_sort(order, list);

    for (uint32_t i = 0; i < graph->count; i++) {
        expect(list[i] < graph->count && !(seen >> list[i] & 1), "%x: each once", bits);
        seen |= 1u << list[i];
        expect(order->nodes[list[i]].component < components, "%x: components", bits);
        for (uint32_t j = 0; j < i; j++) {
            uint32_t one = list[j], other = list[i];
            int same = order->nodes[one].component == order->nodes[other].component;
            expect(same == together(graph, one, other), "%x: who is together", bits);
            expect(order->nodes[one].component <= order->nodes[other].component,
                   "%x: a component stands together", bits);
            expect(same || !ends_in(graph, one, other), "%x: needed ones come first",
                   bits);
        }
    }
}

static void check_cycle(struct graph const *graph, struct sv_order *order, uint32_t node,
                        unsigned int bits)
{
    uint32_t path[SMALL];
    uint32_t length = sv_order_cycle(order, node, path);

    if (!expect(length == shortest(graph, node), "%x: cycle of %u: %u", bits, node,
                length))
        return;
    expect(!length || path[0] == node, "%x: it begins with the node", bits);
    for (uint32_t i = 0; i < length; i++)
        expect(graph->needs[path[i]] >> path[(i + 1) % length] & 1,
               "%x: each needs the next", bits);
}

static void check_reach(struct graph const *graph, struct sv_order *order,
                        uint32_t const *list, unsigned int from, enum sv_order_way way,
                        unsigned int bits)
{
    unsigned int set = from;
    uint32_t highest = 0;

    sv_order_forget(order);
    for (uint32_t a = 0; a < graph->count; a++) {
        if (!(from >> a & 1)) continue;
        sv_order_reach(order, a, way);
        set |= way == SV_ORDER_NEEDS ? graph->ends[a] : graph->of_whom[a];
    }
    uint32_t levels = sv_order_levels(order, list, way);
    for (uint32_t a = 0; a < graph->count; a++) {
        expect(order->nodes[a].reached == (set >> a & 1), "%x: reached from %x", bits,
               from);
        if (!(set >> a & 1)) continue;
        uint32_t level = level_of(graph, a, set, way);
        expect(order->nodes[a].level == level, "%x: level %u of %u", bits, level, a);
        if (level >= highest) highest = level + 1;
    }
    expect(levels == highest, "%x: %u levels", bits, highest);
}

static void all_graphs(unsigned int count)
{
    uint32_t list[SMALL];

    for (unsigned int bits = 0; bits < 1u << count * count; bits++) {
        struct graph graph = graph_of(count, bits);
        struct sv_order order = build(&graph);
        check_sort(&graph, &order, list, bits);
        for (uint32_t a = 0; a < count; a++) check_cycle(&graph, &order, a, bits);
        for (uint32_t a = 0; a < count; a++) check_cycle(&graph, &order, a, bits);
        for (unsigned int from = 0; from < 1u << count; from++) {
            check_reach(&graph, &order, list, from, SV_ORDER_NEEDS, bits);
            check_reach(&graph, &order, list, from, SV_ORDER_DEPENDENTS, bits);
        }
    }
    ok(1, "all graphs of %u nodes are as defined", count);
}

/* By hand ---------------------------------------------------------------------------- */

static void no_room(void)
{
    struct sv_order order = {.nodes = small_nodes,
                             .node_count = 2,
                             .edges = small_edges,
                             .edge_max = 1};
    uint32_t list[2];

    sv_order_init(&order);
    is_int(sv_order_add(&order, 0, 1), 1, "there is room for one edge");
    is_int(sv_order_add(&order, 1, 0), 0, "and no more");
    is_int(sv_order_sort(&order, list), 2, "what had no room does not count");
}

static void twice(void)
{
    struct sv_order order = {.nodes = small_nodes,
                             .node_count = 3,
                             .edges = small_edges,
                             .edge_max = 8};
    uint32_t list[3];

    sv_order_init(&order);
    sv_order_add(&order, 0, 2);
    sv_order_add(&order, 0, 1);
    sv_order_add(&order, 0, 2);
    is_int(sv_order_sort(&order, list), 3, "an edge may be there twice");
    ok(list[0] == 2 && list[1] == 1 && list[2] == 0,
       "what does not matter is as it was added");
}

static void long_chain(void)
{
    struct sv_order order = {.node_count = LONG, .edge_max = LONG};
    uint32_t *list = calloc(LONG, sizeof *list);

    order.nodes = calloc(LONG, sizeof *order.nodes);
    order.edges = calloc(LONG, sizeof *order.edges);
    sv_order_init(&order);
    for (uint32_t i = 0; i + 1 < LONG; i++) sv_order_add(&order, i, i + 1);
    is_int(sv_order_sort(&order, list), LONG, "a long chain has no cycle");
    ok(list[0] == LONG - 1 && list[LONG - 1] == 0, "its end comes first");
    sv_order_reach(&order, LONG - 1, SV_ORDER_DEPENDENTS);
    is_int(sv_order_levels(&order, list, SV_ORDER_DEPENDENTS), LONG,
           "each has a level of its own");
    is_int(order.nodes[LONG - 1].level, LONG - 1, "what all need is the last to go");
    sv_order_add(&order, LONG - 1, 0);
    is_int(sv_order_sort(&order, list), 1, "closed, it is one component");
    is_int(sv_order_cycle(&order, 5, list), LONG, "and a cycle through all of them");
    ok(list[0] == 5 && list[LONG - 1] == 4, "from the one that was asked for");
    free(order.nodes);
    free(order.edges);
    free(list);
}

int main(void)
{
    for (unsigned int count = 0; count <= SMALL; count++) all_graphs(count);
    no_room();
    twice();
    long_chain();
    return done();
}
