/* ISC license. */

/*
 * order (pure): who needs whom. A graph of services, with what follows from it: in which
 * order to start and to stop them, who is concerned by one of them, and who needs himself
 * in the end.
 *
 * Nodes are numbers below node_count, edges say "one needs another". All storage is the
 * caller's; nothing here recurses, and each function takes time linear in what it walks
 * over. More than one edge between two nodes does no harm.
 *
 * A cycle is no error: its nodes form one component, which stands in the order as a
 * whole. A component is a node alone, or all those that need each other in the end.
 * Source: Tarjan, Depth-first search and linear graph algorithms (1972).
 */

#ifndef SV_ORDER_H
#define SV_ORDER_H

#include <stdint.h>

#define SV_ORDER_NONE UINT32_MAX /* no node, no edge */

/* Along an edge, from who needs to what is needed; or against it. */
enum sv_order_way { SV_ORDER_NEEDS, SV_ORDER_DEPENDENTS, SV_ORDER_WAYS };

struct sv_order_edge {
    uint32_t to[SV_ORDER_WAYS];   /* the node at its end, that way */
    uint32_t next[SV_ORDER_WAYS]; /* edge of the node it begins at, that way; or NONE */
};

struct sv_order_node {
    uint32_t first[SV_ORDER_WAYS]; /* edge of this node, that way; or NONE */
    uint32_t last[SV_ORDER_WAYS];
    uint32_t component;        /* sv_order_sort: needed ones have lower numbers */
    uint32_t level;            /* sv_order_levels; defined if it is reached */
    unsigned int reached : 1;  /* sv_order_reach */
    uint32_t number, low;      /* while at work; low is 0 if a search has met it */
    uint32_t next_edge, above; /* while at work */
};

struct sv_order {
    struct sv_order_node *nodes; /* node_count */
    struct sv_order_edge *edges; /* room for edge_max */
    uint32_t node_count;
    uint32_t edge_count;
    uint32_t edge_max;
};

/* No edges, nothing reached. nodes, node_count, edges and edge_max are set by the caller.
 */
extern void sv_order_init(struct sv_order *order);

/*
 * From now on `node` needs `needed`, which may be the same; both are below node_count. A
 * node's edges stay in the order of adding. Returns 1; 0 if there is no room.
 */
extern int sv_order_add(struct sv_order *order, uint32_t node, uint32_t needed);

/*
 * Fills list[node_count] with all nodes, needed ones first: the order to start them.
 * Backwards it is the order to stop them. A component stands together. Sets component of
 * each node, and returns how many there are.
 */
extern uint32_t sv_order_sort(struct sv_order *order, uint32_t *list);

/*
 * The shortest cycle through the node, after sv_order_sort: path[0] is the node, each
 * needs the next, and the last one needs the node. Returns their number: 1 if it needs
 * itself, and there is no longer one; 0 if there is none. path has room for node_count.
 */
extern uint32_t sv_order_cycle(struct sv_order *order, uint32_t node, uint32_t *path);

/*
 * Marks the node and all that can be reached from it that way: what it needs, or who
 * depends on it, in the end. What is marked already is not walked over again.
 */
extern void sv_order_reach(struct sv_order *order, uint32_t node, enum sv_order_way way);

/* Nothing is reached any more. */
extern void sv_order_forget(struct sv_order *order);

/*
 * Sets level of each node that is reached: 0 if nothing that is reached lies that way,
 * otherwise one more than the highest there. A component has one level. `list` is what
 * sv_order_sort has filled. Returns the number of levels. So level by level is the order
 * to start what is reached with SV_ORDER_NEEDS, to stop it with SV_ORDER_DEPENDENTS.
 */
extern uint32_t sv_order_levels(struct sv_order *order, uint32_t const *list,
                                enum sv_order_way way);

#endif
