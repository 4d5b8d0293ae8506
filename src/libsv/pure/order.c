/* ISC license. */

#include <sv/order.h>

void sv_order_init(struct sv_order *order)
{
    order->edge_count = 0;
    for (uint32_t i = 0; i < order->node_count; i++)
        order->nodes[i] = (struct sv_order_node){
            .first = {SV_ORDER_NONE, SV_ORDER_NONE},
            .last = {SV_ORDER_NONE, SV_ORDER_NONE},
        };
}

static void append(struct sv_order *order, uint32_t at, uint32_t edge,
                   enum sv_order_way way)
{
    struct sv_order_node *node = &order->nodes[at];

    order->edges[edge].next[way] = SV_ORDER_NONE;
    if (node->last[way] == SV_ORDER_NONE)
        node->first[way] = edge;
    else
        order->edges[node->last[way]].next[way] = edge;
    node->last[way] = edge;
}

int sv_order_add(struct sv_order *order, uint32_t node, uint32_t needed)
{
    uint32_t edge = order->edge_count;

    if (edge == order->edge_max) return 0;
    order->edges[edge].to[SV_ORDER_NEEDS] = needed;
    order->edges[edge].to[SV_ORDER_DEPENDENTS] = node;
    append(order, node, edge, SV_ORDER_NEEDS);
    append(order, needed, edge, SV_ORDER_DEPENDENTS);
    order->edge_count++;
    return 1;
}

/* Sorting ---------------------------------------------------------------------------- */

/*
 * The list is filled from its beginning; its end is the stack of nodes whose component is
 * not known yet. A node is in one of them at most, so that they never meet.
 */
struct sort {
    struct sv_order *order;
    uint32_t *list;
    uint32_t listed;
    uint32_t top; /* of the stack, node_count if it is empty */
    uint32_t numbered;
    uint32_t components;
};

static void enter(struct sort *sort, uint32_t at, uint32_t above)
{
    struct sv_order_node *node = &sort->order->nodes[at];

    node->number = node->low = ++sort->numbered;
    node->above = above;
    node->next_edge = node->first[SV_ORDER_NEEDS];
    sort->list[--sort->top] = at;
}

/* All edges of the node have been seen. Returns the one it was entered from. */
static uint32_t leave(struct sort *sort, uint32_t at)
{
    struct sv_order_node *nodes = sort->order->nodes;
    uint32_t above = nodes[at].above, member;

    if (above != SV_ORDER_NONE && nodes[at].low < nodes[above].low)
        nodes[above].low = nodes[at].low;
    if (nodes[at].low != nodes[at].number) return above;
    do {
        member = sort->list[sort->top++];
        nodes[member].component = sort->components;
        sort->list[sort->listed++] = member;
    } while (member != at);
    sort->components++;
    return above;
}

static void visit(struct sort *sort, uint32_t root)
{
    struct sv_order_node *nodes = sort->order->nodes;
    uint32_t at = root;

    enter(sort, root, SV_ORDER_NONE);
    while (at != SV_ORDER_NONE) {
        struct sv_order_node *node = &nodes[at];
        if (node->next_edge == SV_ORDER_NONE) {
            at = leave(sort, at);
            continue;
        }
        struct sv_order_edge const *edge = &sort->order->edges[node->next_edge];
        uint32_t to = edge->to[SV_ORDER_NEEDS];
        node->next_edge = edge->next[SV_ORDER_NEEDS];
        if (!nodes[to].number) {
            enter(sort, to, at);
            at = to;
        } else if (nodes[to].component == SV_ORDER_NONE && nodes[to].number < node->low) {
            node->low = nodes[to].number;
        }
    }
}

uint32_t sv_order_sort(struct sv_order *order, uint32_t *list)
{
    struct sort sort = {.order = order, .list = list, .top = order->node_count};

    for (uint32_t i = 0; i < order->node_count; i++) {
        order->nodes[i].number = 0;
        order->nodes[i].component = SV_ORDER_NONE;
    }
    for (uint32_t i = 0; i < order->node_count; i++)
        if (!order->nodes[i].number) visit(&sort, i);
    return sort.components;
}

/* Searching -------------------------------------------------------------------------- */

/*
 * Looks breadth first for the node, from itself, within its component; `queue` has room
 * for that. Returns the one that needs it, with those before it in `above`, the node
 * itself only if there is no other; or NONE.
 */
static uint32_t find_way_back(struct sv_order *order, uint32_t node, uint32_t *queue,
                              uint32_t *count)
{
    struct sv_order_node *nodes = order->nodes;
    uint32_t last = SV_ORDER_NONE;

    queue[0] = node;
    *count = 1;
    nodes[node].low = 0;
    nodes[node].above = SV_ORDER_NONE;
    for (uint32_t i = 0; i < *count; i++) {
        uint32_t edge = nodes[queue[i]].first[SV_ORDER_NEEDS];
        for (; edge != SV_ORDER_NONE; edge = order->edges[edge].next[SV_ORDER_NEEDS]) {
            uint32_t to = order->edges[edge].to[SV_ORDER_NEEDS];
            if (to == node && i) return queue[i];
            if (to == node) last = node;
            if (!nodes[to].low || nodes[to].component != nodes[node].component) continue;
            nodes[to].low = 0;
            nodes[to].above = queue[i];
            queue[(*count)++] = to;
        }
    }
    return last;
}

uint32_t sv_order_cycle(struct sv_order *order, uint32_t node, uint32_t *path)
{
    uint32_t met, length = 0;
    uint32_t last = find_way_back(order, node, path, &met);

    for (uint32_t i = 0; i < met; i++) order->nodes[path[i]].low = 1;
    for (uint32_t at = last; at != SV_ORDER_NONE; at = order->nodes[at].above) length++;
    for (uint32_t i = length; i; i--) {
        path[i - 1] = last;
        last = order->nodes[last].above;
    }
    return length;
}

void sv_order_reach(struct sv_order *order, uint32_t node, enum sv_order_way way)
{
    struct sv_order_node *nodes = order->nodes;
    uint32_t top = node; /* of a stack, linked by `above` */

    if (nodes[node].reached) return;
    nodes[node].reached = 1;
    nodes[node].above = SV_ORDER_NONE;
    while (top != SV_ORDER_NONE) {
        uint32_t edge = nodes[top].first[way];
        top = nodes[top].above;
        for (; edge != SV_ORDER_NONE; edge = order->edges[edge].next[way]) {
            uint32_t to = order->edges[edge].to[way];
            if (nodes[to].reached) continue;
            nodes[to].reached = 1;
            nodes[to].above = top;
            top = to;
        }
    }
}

void sv_order_forget(struct sv_order *order)
{
    for (uint32_t i = 0; i < order->node_count; i++) order->nodes[i].reached = 0;
}

/* Levels ----------------------------------------------------------------------------- */

/* The lowest level that the node may have for what lies that way outside its component.
 */
static uint32_t lowest_level(struct sv_order const *order, uint32_t at,
                             enum sv_order_way way)
{
    struct sv_order_node const *node = &order->nodes[at];
    uint32_t level = 0;

    if (!node->reached) return 0;
    for (uint32_t edge = node->first[way]; edge != SV_ORDER_NONE;
         edge = order->edges[edge].next[way]) {
        struct sv_order_node const *other = &order->nodes[order->edges[edge].to[way]];
        if (!other->reached || other->component == node->component) continue;
        if (other->level >= level) level = other->level + 1;
    }
    return level;
}

/* The list has been gone through that far; backwards if what depends comes first. */
static uint32_t listed(struct sv_order const *order, uint32_t const *list, uint32_t at,
                       enum sv_order_way way)
{
    return list[way == SV_ORDER_DEPENDENTS ? order->node_count - 1 - at : at];
}

uint32_t sv_order_levels(struct sv_order *order, uint32_t const *list,
                         enum sv_order_way way)
{
    uint32_t levels = 0;

    for (uint32_t begin = 0, end; begin < order->node_count; begin = end) {
        uint32_t component = order->nodes[listed(order, list, begin, way)].component;
        uint32_t level = 0;
        for (end = begin; end < order->node_count; end++) {
            uint32_t at = listed(order, list, end, way);
            if (order->nodes[at].component != component) break;
            uint32_t lowest = lowest_level(order, at, way);
            if (lowest > level) level = lowest;
        }
        for (uint32_t i = begin; i < end; i++) {
            struct sv_order_node *node = &order->nodes[listed(order, list, i, way)];
            node->level = level;
            if (node->reached && level >= levels) levels = level + 1;
        }
    }
    return levels;
}
