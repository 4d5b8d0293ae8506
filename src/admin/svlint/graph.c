/* ISC license. */

/* Who needs whom, as svdeps has it: the same reading, the same graph. */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sv/errortext.h>
#include <sv/instance.h>
#include <sv/needsfile.h>

#include "svlint.h"

#define REMEDY_LINE "see dependencies(7)"

struct graph {
    struct lint *lint;
    char const *path; /* of the scan directory */
    int dir;
    struct sv_needsfile all;
};

/* A finding in the file needs of a service. */
static void tell(struct graph const *graph, char const *service, struct finding finding)
{
    char *directory = svlint_join(graph->path, service);

    finding.directory = directory;
    finding.file = SV_NEEDS_FILE;
    svlint_tell(graph->lint, &finding);
    free(directory);
}

static void note(struct sv_needsfile_problem const *problem, void *data)
{
    struct graph const *graph = data;
    char const *text = sv_needsfile_problem_text(problem->kind);
    int error_number = problem->error_number;

    if (error_number && svlint_is_trouble(error_number)) {
        errno = error_number;
        svlint_trouble(graph->lint, "read the needs of", graph->path, problem->service);
        return;
    }
    /* A directory that we may not enter has been told of. */
    if (error_number == EACCES
        && faccessat(graph->dir, problem->service, X_OK, AT_EACCESS) < 0)
        return;
    tell(graph, problem->service,
         (struct finding){.rule = error_number ? RULE_UNREADABLE : RULE_NEEDS_LINE,
                          .line = problem->line,
                          .remedy = REMEDY_LINE,
                          .text = {text, error_number ? ": " : "",
                                   error_number ? sv_errortext(error_number) : ""}});
}

static int is_down(struct graph const *graph, char const *service)
{
    char *file = svlint_join(service, "down");
    struct stat about;
    int found = !fstatat(graph->dir, file, &about, 0);

    free(file);
    return found;
}

static void check_edge(struct graph const *graph, uint32_t node, uint32_t edge)
{
    struct sv_needsfile const *all = &graph->all;
    uint32_t needed = all->order.edges[edge].to[SV_ORDER_NEEDS];
    char const *service = all->names[node], *name = all->names[needed];
    unsigned int line = all->needs[edge].line;

    if (needed == node)
        tell(graph, service,
             (struct finding){.rule = RULE_NEEDS_SELF,
                              .line = line,
                              .remedy = "remove this line",
                              .text = {"the service needs itself: it never starts"}});
    else if (needed >= all->services && sv_instance_is_template(name))
        tell(graph, service,
             (struct finding){.rule = RULE_NEEDS_UNKNOWN,
                              .line = line,
                              .remedy = "name one of its instances",
                              .text = {"a template is no service: ", name}});
    else if (needed >= all->services)
        tell(graph, service,
             (struct finding){.rule = RULE_NEEDS_UNKNOWN,
                              .line = line,
                              .remedy = "name one of this scan directory, or remove it",
                              .text = {"there is no service ", name}});
    else if (is_down(graph, name) && !is_down(graph, service))
        tell(graph, service,
             (struct finding){.rule = RULE_NEEDS_DOWN,
                              .line = line,
                              .remedy = "remove its file down, or start it when it is "
                                        "wanted",
                              .text = {name, " has a file down: until somebody starts it "
                                             "this service waits"}});
}

/* One for each component; from its first node. */
static void check_cycles(struct graph *graph)
{
    struct sv_order *order = &graph->all.order;
    uint32_t count = order->node_count;
    uint32_t *room = svlint_allocate(0, count, sizeof *room);
    unsigned char *told = svlint_allocate(0, count, 1);

    (void)sv_order_sort(order, room); /* the order itself does not matter */
    memset(told, 0, count);
    for (uint32_t node = 0; node < count; node++) {
        uint32_t component = order->nodes[node].component;
        if (told[component] || sv_order_cycle(order, node, room) < 2) continue;
        told[component] = 1;
        char *text = sv_needsfile_cycle(&graph->all, node);
        TELL(graph->lint, NEEDS_CYCLE, .directory = graph->path,
             .remedy = "remove one of these needs",
             .text = {"none of these services ever starts: ", text});
        free(text);
    }
    free(told);
    free(room);
}

void svlint_graph(struct lint *lint, char const *path, int dir)
{
    struct graph graph = {.lint = lint, .path = path, .dir = dir};

    if (!sv_needsfile_load(&graph.all, dir, note, &graph)) {
        svlint_trouble(lint, "read directory", path, 0);
        return;
    }
    for (uint32_t node = 0; node < graph.all.services; node++)
        for (uint32_t edge = graph.all.order.nodes[node].first[SV_ORDER_NEEDS];
             edge != SV_ORDER_NONE;
             edge = graph.all.order.edges[edge].next[SV_ORDER_NEEDS])
            check_edge(&graph, node, edge);
    check_cycles(&graph);
    sv_needsfile_free(&graph.all);
}

/* One service alone ------------------------------------------------------------------ */

static char *name_of(char const *path)
{
    char *name = svlint_join(0, path);
    size_t length = strlen(name);

    while (length > 1 && name[length - 1] == '/') name[--length] = 0;
    char *slash = strrchr(name, '/');
    if (slash) memmove(name, slash + 1, strlen(slash + 1) + 1);
    return name;
}

void svlint_needs(struct lint *lint, char const *path, int dir)
{
    struct graph graph = {.lint = lint, .path = path, .dir = dir};
    struct sv_needsfile_problem problem = {.service = ""};
    struct sv_need need;
    char text[SV_NEEDS_SIZE];
    ssize_t length = sv_needsfile_read(dir, ".", text);
    struct sv_needs needs = {.text = text, .length = length < 0 ? 0 : (size_t)length};
    char *name = name_of(path);
    int result;

    if (length < 0) {
        problem.kind = SV_NEEDSFILE_UNREADABLE;
        problem.error_number = errno;
        note(&problem, &graph);
    }
    while ((result = sv_needs_next(&needs, &need))) {
        problem.kind = SV_NEEDSFILE_WRONG;
        problem.line = needs.line;
        if (result < 0)
            note(&problem, &graph);
        else if (!strcmp(need.name, name))
            tell(&graph, "",
                 (struct finding){.rule = RULE_NEEDS_SELF,
                                  .line = needs.line,
                                  .remedy = "remove this line",
                                  .text = {"the service needs itself: it never starts"}});
    }
    free(name);
}
