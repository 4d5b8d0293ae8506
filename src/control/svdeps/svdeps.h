/* ISC license. */

/*
 * What the parts of svdeps share: the services of one scan directory, and those of them
 * that are asked about.
 *
 *     svdeps.c   options, arguments, and what is asked about
 *     problem.c  what is wrong
 *     tree.c     the tree
 *     list.c     the order, and JSON
 *     output.c   writing
 */

#ifndef SVDEPS_H
#define SVDEPS_H

#include <stddef.h>

#include <sv/needsfile.h>

enum style { STYLE_TREE, STYLE_ORDER, STYLE_CHECK };

struct choice {
    enum style style;
    enum sv_order_way way;
    int json;
};

/* What is wrong with a file, as sv_needsfile_load found it. */
struct found {
    uint32_t node;
    struct sv_needsfile_problem problem; /* service is that of the node */
};

/* What is shown is what is reached (order.h). */
struct view {
    char const *scandir; /* as the user gave it */
    struct choice const *choice;
    struct sv_needsfile all;
    uint32_t *list;   /* all nodes, needed ones first */
    uint32_t *chosen; /* nodes that were asked about by name */
    uint32_t chosen_count;
    struct found *found; /* in the order of nodes */
    size_t found_count;
    uint32_t *room; /* for as many nodes as there are */
};

/* problem.c -------------------------------------------------------------------------- */

/* An sv_needsfile_complain for a struct view. */
extern void svdeps_note(struct sv_needsfile_problem const *problem, void *view);

/*
 * Says what is wrong with what is reached, on standard error, or as JSON. Returns the
 * exit code: 0, 1 or 111.
 */
extern int svdeps_report(struct view *view);

/* tree.c ----------------------------------------------------------------------------- */

extern void svdeps_put_tree(struct view *view);

/* list.c ----------------------------------------------------------------------------- */

/* One name a line; backwards if it is about dependents. */
extern void svdeps_put_order(struct view const *view);

/* An object a line for each service, in the same order. */
extern void svdeps_put_json(struct view const *view);

/* "leave", "stop" or "restart". */
extern char const *svdeps_loss(struct view const *view, uint32_t edge);

/* output.c --------------------------------------------------------------------------- */

/* These end the program, 111: no memory, or standard output takes nothing more. */
extern void *svdeps_allocate(size_t count, size_t size);
extern void out(char const *text);
extern void out_number(unsigned int number);
extern void out_json(char const *text); /* with its quotes */
extern void out_flush(void);

#endif
