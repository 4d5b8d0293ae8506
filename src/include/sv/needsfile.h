/* ISC license. */

/*
 * needsfile (kernel): reads the files `needs` (needs.h), one or those of a whole scan
 * directory, which become a graph (order.h). It allocates: for tools that end soon.
 *
 * The services of a scan directory are the directories in it, and links to such, but for
 * those whose name begins with '.', and templates (instance.h).
 */

#ifndef SV_NEEDSFILE_H
#define SV_NEEDSFILE_H

#include <stdint.h>
#include <sys/types.h>

#include <sv/needs.h>
#include <sv/order.h>

/* clang-format off */
#define SV_NEEDSFILE_PROBLEMS(X) \
    X(WRONG,      "neither NAME nor NAME stop nor NAME restart")  /* `line` */ \
    X(MANY,       "a service may need no more than 64 others")    /* `line` */ \
    X(LONG,       "only the first 16384 bytes of it count")       /* `line`, the last */ \
    X(UNREADABLE, "unable to read it")                            /* `error_number` */
/* clang-format on */
_Static_assert(SV_NEEDS_MAX == 64 && SV_NEEDS_SIZE == 16384, "the texts say so");

enum sv_needsfile_problem_kind {
#define SV_NEEDSFILE_ENUM(name, text) SV_NEEDSFILE_##name,
    SV_NEEDSFILE_PROBLEMS(SV_NEEDSFILE_ENUM)
#undef SV_NEEDSFILE_ENUM
};

/* What is wrong with the file of a service. It lasts until the function returns. */
struct sv_needsfile_problem {
    enum sv_needsfile_problem_kind kind;
    char const *service;
    unsigned int line; /* from 1; 0: of no line */
    int error_number;  /* 0: none */
};

extern char const *sv_needsfile_problem_text(enum sv_needsfile_problem_kind kind);

typedef void sv_needsfile_complain(struct sv_needsfile_problem const *problem,
                                   void *data);

/* What an edge of the graph was read from. */
struct sv_needsfile_need {
    unsigned int line; /* of the file of the node that needs */
    enum sv_needs_loss loss;
};

struct sv_needsfile {
    struct sv_order order; /* node N is names[N], edge N was needs[N] */
    char **names;      /* first services, sorted; then names that are needed and ... */
    uint32_t services; /* ... are none, from this one on, sorted */
    struct sv_needsfile_need *needs;
};

/*
 * Reads the file of the service, a name in the directory `dir`, into text, which has room
 * for SV_NEEDS_SIZE bytes; as supervise reads option files (sv_statefile_follow). Returns
 * how many; 0 if there is none; -1 with errno.
 */
extern ssize_t sv_needsfile_read(int dir, char const *service, char *text);

/*
 * Reads those of all services of the scan directory `dir` (AT_FDCWD: the working
 * directory). `complain` is told what is wrong with a file, in the order of services and
 * lines; the rest of it counts. Returns 1, then sv_needsfile_free(); 0 with errno if the
 * directory cannot be read, or there is no memory.
 */
extern int sv_needsfile_load(struct sv_needsfile *all, int dir,
                             sv_needsfile_complain *complain, void *data);

/* The node of a service; SV_ORDER_NONE if there is none of that name. */
extern uint32_t sv_needsfile_find(struct sv_needsfile const *all, char const *name);

extern void sv_needsfile_free(struct sv_needsfile *all);

/*
 * The shortest cycle through the node, which has one, in words: "a -> b -> a". To be
 * freed. sv_order_sort comes first. Null with errno.
 */
extern char *sv_needsfile_cycle(struct sv_needsfile *all, uint32_t node);

/*
 * Cuts the path of a service, as people name it, into its scan directory and its name
 * there; both are to be freed. Returns 1; 0 with errno: EINVAL if it ends in "." or "..",
 * which is no name.
 */
extern int sv_needsfile_split(char const *path, char **scandir, char **name);

#endif
