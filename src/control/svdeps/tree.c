/* ISC license. */

/*
 * The tree, depth first. A service is shown with all below it once; where it comes again
 * it says "above" if there was anything.
 */

#include <stdlib.h>

#include "svdeps.h"

#define INDENT "    "

enum state { STATE_NEW, STATE_ON_WAY, STATE_SHOWN };

struct tree {
    struct view *view;
    unsigned char *states; /* enum state of each node */
    uint32_t *next;        /* edge of each level, from the root to where we are */
    uint32_t *nodes;       /* of each level */
    uint32_t depth;
};

/* " (stop, above)" */
static void put_marks(char const *const *marks)
{
    char const *separator = " (";

    for (unsigned int i = 0; i < 3; i++) {
        if (!marks[i]) continue;
        out(separator);
        out(marks[i]);
        separator = ", ";
    }
    if (separator[0] == ',') out(")");
}

/* Shows a node, reached by that edge or NONE, and goes into it if it is new. */
static void enter(struct tree *tree, uint32_t node, uint32_t edge)
{
    struct sv_needsfile const *all = &tree->view->all;
    uint32_t first = all->order.nodes[node].first[tree->view->choice->way];
    enum state state = tree->states[node];
    int has_loss = edge != SV_ORDER_NONE && all->needs[edge].loss != SV_NEEDS_LEAVE;
    char const *marks[3] = {has_loss ? svdeps_loss(tree->view, edge) : 0,
                            node >= all->services ? "unknown" : 0, 0};

    if (state == STATE_ON_WAY) marks[2] = "cycle";
    if (state == STATE_SHOWN && first != SV_ORDER_NONE) marks[2] = "above";
    for (uint32_t i = 0; i < tree->depth; i++) out(INDENT);
    out(all->names[node]);
    put_marks(marks);
    out("\n");
    if (state != STATE_NEW) return;
    tree->states[node] = STATE_ON_WAY;
    tree->nodes[tree->depth] = node;
    tree->next[tree->depth++] = first;
}

static void put_below(struct tree *tree, uint32_t root)
{
    enum sv_order_way way = tree->view->choice->way;
    struct sv_order_edge const *edges = tree->view->all.order.edges;

    enter(tree, root, SV_ORDER_NONE);
    while (tree->depth) {
        uint32_t edge = tree->next[tree->depth - 1];
        if (edge == SV_ORDER_NONE) {
            tree->states[tree->nodes[--tree->depth]] = STATE_SHOWN;
            continue;
        }
        tree->next[tree->depth - 1] = edges[edge].next[way];
        enter(tree, edges[edge].to[way], edge);
    }
}

/*
 * Where the tree begins: what nobody needs, or the other way round what needs nothing; of
 * a cycle the first.
 */
static void put_all(struct tree *tree)
{
    struct sv_order const *order = &tree->view->all.order;
    enum sv_order_way back = SV_ORDER_WAYS - 1 - tree->view->choice->way;
    unsigned char *is_below = svdeps_allocate(order->node_count, 1);

    for (uint32_t i = 0; i < order->edge_count; i++) {
        struct sv_order_edge const *edge = &order->edges[i];
        uint32_t here = order->nodes[edge->to[SV_ORDER_WAYS - 1 - back]].component;
        if (order->nodes[edge->to[back]].component != here) is_below[here] = 1;
    }
    for (uint32_t i = 0; i < order->node_count; i++) {
        if (is_below[order->nodes[i].component] || tree->states[i] != STATE_NEW) continue;
        put_below(tree, i);
    }
    free(is_below);
}

void svdeps_put_tree(struct view *view)
{
    uint32_t count = view->all.order.node_count;
    struct tree tree = {.view = view, .states = svdeps_allocate(count, 1)};

    tree.next = svdeps_allocate(count, sizeof *tree.next);
    tree.nodes = svdeps_allocate(count, sizeof *tree.nodes);
    for (uint32_t i = 0; i < view->chosen_count; i++) put_below(&tree, view->chosen[i]);
    if (!view->chosen_count) put_all(&tree);
    free(tree.states);
    free(tree.next);
    free(tree.nodes);
}
