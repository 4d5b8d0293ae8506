/* ISC license. */

/*
 * What is wrong: with files, as they were read; with names, edge by edge; and cycles, one
 * for each component.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <skalibs/types.h>

#include <sv/instance.h>
#include <sv/message.h>

#include "svdeps.h"

/* clang-format off */
/*    name         word in JSON */
#define PROBLEMS(X) \
    X(WRONG,       "wrong-line") \
    X(MANY,        "too-many") \
    X(LONG,        "too-long") \
    X(UNREADABLE,  "unreadable") \
    X(UNKNOWN,     "unknown") \
    X(TEMPLATE,    "template") \
    X(SELF,        "self") \
    X(CYCLE,       "cycle")
/* clang-format on */

#define PROBLEM_ENUM(name, word) PROBLEM_##name,
enum kind { PROBLEMS(PROBLEM_ENUM) };
#undef PROBLEM_ENUM

static char const *const words[] = {
#define PROBLEM_WORD(name, word) word,
    PROBLEMS(PROBLEM_WORD)
#undef PROBLEM_WORD
};

static enum kind kind_of(enum sv_needsfile_problem_kind kind)
{
    switch (kind) {
    case SV_NEEDSFILE_WRONG: return PROBLEM_WRONG;
    case SV_NEEDSFILE_MANY: return PROBLEM_MANY;
    case SV_NEEDSFILE_LONG: return PROBLEM_LONG;
    case SV_NEEDSFILE_UNREADABLE: break;
    }
    return PROBLEM_UNREADABLE;
}

void svdeps_note(struct sv_needsfile_problem const *problem, void *data)
{
    struct view *view = data;
    size_t size = view->found_count + 1;
    struct found *found = realloc(view->found, size * sizeof *found);

    if (!found) sv_dieusys(111, "allocate memory");
    view->found = found;
    found[view->found_count++] =
        (struct found){sv_needsfile_find(&view->all, problem->service), *problem};
}

struct statement {
    enum kind kind;
    uint32_t node;       /* about the file of this one */
    unsigned int line;   /* 0: none */
    char const *name;    /* that is needed; may be null */
    int error_number;    /* 0: none */
    char const *text[4]; /* one after another; may be null */
};

/* {"problem":WORD,"service":NAME,"line":N,"name":NAME,"error":TEXT}, as far as known. */
static void put_json(struct view const *view, struct statement const *it)
{
    out("{\"problem\":\"");
    out(words[it->kind]);
    out("\",\"service\":");
    out_json(view->all.names[it->node]);
    if (it->line) out(",\"line\":"), out_number(it->line);
    if (it->name) out(",\"name\":"), out_json(it->name);
    if (it->error_number) out(",\"error\":"), out_json(sv_errortext(it->error_number));
    out("}\n");
}

static char const *slash_after(char const *path)
{
    size_t length = strlen(path);

    return length && path[length - 1] == '/' ? "" : "/";
}

static char const *or_nothing(char const *text)
{
    return text ? text : "";
}

static void say(struct view const *view, struct statement const *it)
{
    char number[1 + UINT_FMT] = ":";

    if (view->choice->json) {
        put_json(view, it);
        return;
    }
    number[it->line ? 1 + uint_fmt(number + 1, it->line) : 0] = 0;
    sv_warn(view->scandir, slash_after(view->scandir), view->all.names[it->node],
            "/" SV_NEEDS_FILE, number, ": ", or_nothing(it->text[0]),
            or_nothing(it->text[1]), or_nothing(it->text[2]), or_nothing(it->text[3]));
}

/* What is there is no file that can be used; other trouble is the system's. */
static int is_unusable(int error_number)
{
    return error_number == EINVAL || error_number == ELOOP || error_number == EPERM
           || error_number == EISDIR || error_number == ENXIO || error_number == ENODEV
           || error_number == ENOTDIR;
}

static int report_found(struct view const *view, struct found const *found)
{
    struct sv_needsfile_problem const *problem = &found->problem;
    int error_number = problem->error_number;
    struct statement const it = {
        .kind = kind_of(problem->kind),
        .node = found->node,
        .line = problem->line,
        .error_number = error_number,
        .text = {sv_needsfile_problem_text(problem->kind), error_number ? ": " : 0,
                 error_number ? sv_errortext(error_number) : 0},
    };

    say(view, &it);
    return error_number && !is_unusable(error_number) ? 111 : 1;
}

/* A name that cannot be. Returns 1 if it was wrong. */
static int report_name(struct view const *view, uint32_t node, uint32_t edge)
{
    uint32_t needed = view->all.order.edges[edge].to[SV_ORDER_NEEDS];
    char const *name = view->all.names[needed];
    struct statement it = {.node = node,
                           .line = view->all.needs[edge].line,
                           .name = name};

    if (needed == node) {
        it.kind = PROBLEM_SELF;
        it.text[0] = "the service needs itself: ";
        it.text[1] = name;
        it.text[2] = " -> ";
    } else if (needed < view->all.services) {
        return 0;
    } else if (sv_instance_is_template(name)) {
        it.kind = PROBLEM_TEMPLATE;
        it.text[0] = "a template is no service: ";
    } else {
        it.kind = PROBLEM_UNKNOWN;
        it.text[0] = "there is no service ";
    }
    it.text[3] = name;
    say(view, &it);
    return 1;
}

static int report_names(struct view const *view, uint32_t node)
{
    struct sv_order const *order = &view->all.order;
    int code = 0;

    for (uint32_t edge = order->nodes[node].first[SV_ORDER_NEEDS]; edge != SV_ORDER_NONE;
         edge = order->edges[edge].next[SV_ORDER_NEEDS])
        if (report_name(view, node, edge)) code = 1;
    return code;
}

/* The shortest one through the node. */
static void put_cycle(struct view *view, uint32_t node)
{
    if (!view->choice->json) {
        char *text = sv_needsfile_cycle(&view->all, node);
        if (!text) sv_dieusys(111, "allocate memory");
        sv_warn(view->scandir, ": cycle: ", text);
        free(text);
        return;
    }
    uint32_t count = sv_order_cycle(&view->all.order, node, view->room);
    out("{\"problem\":\"cycle\",\"path\":[");
    for (uint32_t i = 0; i < count; i++)
        out_json(view->all.names[view->room[i]]), out(",");
    out_json(view->all.names[node]);
    out("]}\n");
}

/* One for each component; from its first node. */
static int report_cycles(struct view *view)
{
    struct sv_order const *order = &view->all.order;
    struct sv_order_node const *nodes = order->nodes;
    unsigned char *told = svdeps_allocate(order->node_count, 1);
    uint32_t *sizes = svdeps_allocate(order->node_count, sizeof *sizes);
    int code = 0;

    for (uint32_t i = 0; i < order->node_count; i++) sizes[nodes[i].component]++;
    for (uint32_t i = 0; i < order->node_count; i++) {
        uint32_t component = nodes[i].component;
        if (!nodes[i].reached || sizes[component] < 2 || told[component]) continue;
        told[component] = 1;
        code = 1;
        put_cycle(view, i);
    }
    free(told);
    free(sizes);
    return code;
}

int svdeps_report(struct view *view)
{
    struct sv_order_node const *nodes = view->all.order.nodes;
    size_t at = 0;
    int code = 0;

    for (uint32_t node = 0; node < view->all.services; node++) {
        for (; at < view->found_count && view->found[at].node == node; at++) {
            if (!nodes[node].reached) continue;
            int next = report_found(view, &view->found[at]);
            if (next > code) code = next;
        }
        if (nodes[node].reached && report_names(view, node) && !code) code = 1;
    }
    if (report_cycles(view) && !code) code = 1;
    return code;
}
