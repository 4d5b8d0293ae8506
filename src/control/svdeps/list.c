/* ISC license. */

/* What is in order: names, and JSON. */

#include "svdeps.h"

/* The node at that place of the order; if it is about dependents the last is the first.
 */
static uint32_t node_at(struct view const *view, uint32_t at)
{
    int backwards = view->choice->way == SV_ORDER_DEPENDENTS;

    return view->list[backwards ? view->all.order.node_count - 1 - at : at];
}

static int is_shown(struct view const *view, uint32_t node)
{
    return view->all.order.nodes[node].reached && node < view->all.services;
}

void svdeps_put_order(struct view const *view)
{
    for (uint32_t i = 0; i < view->all.order.node_count; i++) {
        uint32_t node = node_at(view, i);
        if (!is_shown(view, node)) continue;
        out(view->all.names[node]);
        out("\n");
    }
}

char const *svdeps_loss(struct view const *view, uint32_t edge)
{
    enum sv_needs_loss loss = view->all.needs[edge].loss;

    return loss == SV_NEEDS_LEAVE ? "leave" : sv_needs_loss_word(loss);
}

static void put_needs(struct view const *view, uint32_t node)
{
    struct sv_order const *order = &view->all.order;
    char const *separator = "";

    for (uint32_t edge = order->nodes[node].first[SV_ORDER_NEEDS]; edge != SV_ORDER_NONE;
         edge = order->edges[edge].next[SV_ORDER_NEEDS], separator = ",") {
        uint32_t needed = order->edges[edge].to[SV_ORDER_NEEDS];
        out(separator);
        out("{\"service\":");
        out_json(view->all.names[needed]);
        out(",\"loss\":\"");
        out(svdeps_loss(view, edge));
        out("\",\"known\":");
        out(needed < view->all.services ? "true}" : "false}");
    }
}

static void put_dependents(struct view const *view, uint32_t node)
{
    struct sv_order const *order = &view->all.order;
    char const *separator = "";

    for (uint32_t edge = order->nodes[node].first[SV_ORDER_DEPENDENTS];
         edge != SV_ORDER_NONE;
         edge = order->edges[edge].next[SV_ORDER_DEPENDENTS], separator = ",") {
        out(separator);
        out_json(view->all.names[order->edges[edge].to[SV_ORDER_DEPENDENTS]]);
    }
}

void svdeps_put_json(struct view const *view)
{
    for (uint32_t i = 0; i < view->all.order.node_count; i++) {
        uint32_t node = node_at(view, i);
        if (!is_shown(view, node)) continue;
        out("{\"service\":");
        out_json(view->all.names[node]);
        out(",\"needs\":[");
        put_needs(view, node);
        out("],\"dependents\":[");
        put_dependents(view, node);
        out("]}\n");
    }
}
