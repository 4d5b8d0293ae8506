/* ISC license. */

/*
 * What the parts of svadd share.
 *
 *     svadd.c      in which order things are done
 *     options.c    the command line
 *     plan.c       which files that makes, and what is in them
 *     show.c       prints them instead
 *     place.c      puts them into place, and links them in
 *     wait.c       waits until the service runs
 */

#ifndef SV_SVADD_H
#define SV_SVADD_H

#include <stdint.h>
#include <sys/types.h>

#include <sv/await.h>
#include <sv/places.h>
#include <sv/runscript.h>
#include <sv/setting.h>
#include <sv/tree.h>

#define USAGE "svadd [--option ...] name [--option ...] [-- command ...]"

/* Whom something belongs to, or runs as. */
struct account {
    char const *name; /* null: whoever runs svscan */
    uid_t uid;        /* (uid_t)-1 then, and the gid alike */
    gid_t gid;
};

struct request {
    char const *name;
    char const *scan, *base;    /* as told; null */
    char const *const *command; /* null: what is there is linked in */
    char const *target;         /* what is linked to, in the base directory */
    char const *contents;       /* an option that needs a command; null */
    int is_template;            /* NAME@: nothing is linked */

    enum sv_runscript_language language;
    struct account user;
    char const *directory;
    char const **variables, **limits, **needs; /* end in null */
    char const *settings[SV_SETTING_COUNT];    /* null: not set */
    char const *check, *probe;
    int is_down;

    int has_log, is_plain; /* no time stamps */
    struct account log_user;
    char const *log_directory; /* absolute; null: ./main */
    char const *log_size, *log_files;

    int shows;         /* writes nothing */
    enum sv_goal goal; /* SV_GOAL_COUNT: does not wait */
    int64_t timeout_ms;
};

/* The files of a service directory. */
struct plan {
    struct sv_tree_entry *entries;
    size_t count;
};

/* Reads the command line; ends the program if it is wrong, or only asks for help. */
extern void svadd_read_options(int argc, char const *const *argv,
                               struct request *request);

/* What has to be written. It is as long as the program. */
extern void svadd_plan(struct plan *plan, struct request const *request, int is_linked);

/* Prints it, and the directory outside if there is one. */
extern void svadd_show(struct plan const *plan, struct request const *request,
                       struct sv_places const *places);

/*
 * Makes the definition and links it in; or links in what is there, if the plan is empty.
 * Dies if that cannot be done, and then nothing has been.
 */
extern void svadd_place(struct plan const *plan, struct request const *request,
                        struct sv_places *places);

/* Waits as asked for. Returns what the program exits with. */
extern int svadd_wait(struct request const *request, struct sv_places const *places,
                      int64_t deadline_ms);

/* Puts "DIRECTORY/NAME" together, or dies. */
extern char const *svadd_path(char path[PATH_MAX], char const *directory,
                              char const *name);

#endif
