/* ISC license. */

/*
 * svdeps: shows which services need which, and what is wrong with that. It reads files
 * only; whether the services run does not matter.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sv/about.h>
#include <sv/message.h>
#include <sv/openat.h>
#include <sv/option.h>

#include "svdeps.h"

#define USAGE "svdeps [-c | --order] [-r] [-j] [dir ...]"

char const *PROG = "svdeps";

enum { OPTION_ORDER = SV_OPTION_LONG, OPTION_HELP, OPTION_VERSION };

static struct sv_option_word const words[] = {
    {"check", 'c', SV_OPTION_NONE},
    {"reverse", 'r', SV_OPTION_NONE},
    {"json", 'j', SV_OPTION_NONE},
    {"order", OPTION_ORDER, SV_OPTION_NONE},
    {"help", OPTION_HELP, SV_OPTION_NONE},
    {"version", OPTION_VERSION, SV_OPTION_NONE},
    {0},
};

static void print_help(void)
{
    sv_about_tell(
        "usage: " USAGE "\n\n"
        "      (none)         what each service needs, as a tree\n"
        "  -r, --reverse      who depends on each service instead\n"
        "      --order        names only, in the order to start them; with -r to stop "
        "them\n"
        "  -c, --check        nothing but what is wrong\n"
        "  -j, --json         a JSON object for each service, and for what is wrong\n"
        "      --help         this text\n"
        "      --version      which upkeep this is\n"
        "\nA directory that has a file run or needs is a service, any other one a scan\n"
        "directory. The exit code is 1 if anything is wrong.\n");
}

/* Returns the index of the first directory in argv. */
static int read_options(int argc, char const *const *argv, struct choice *choice)
{
    struct sv_options options = SV_OPTIONS("crj", words);
    int option;

    while ((option = sv_option_next(&options, argc, argv)) != SV_OPTION_END) {
        switch (option) {
        case 'c': choice->style = STYLE_CHECK; break;
        case 'r': choice->way = SV_ORDER_DEPENDENTS; break;
        case 'j': choice->json = 1; break;
        case OPTION_ORDER: choice->style = STYLE_ORDER; break;
        case OPTION_HELP: print_help(); break;
        case OPTION_VERSION: sv_about_version(); break;
        case SV_OPTION_WRONG: sv_option_complain(&options); sv_dieusage(100, USAGE);
        }
    }
    return options.index;
}

/* Arguments -------------------------------------------------------------------------- */

static int has_file(char const *directory, char const *name)
{
    struct stat about;
    int dir = sv_openat(AT_FDCWD, directory, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);

    if (dir < 0) sv_dieusys(111, "open ", directory);
    int has = !fstatat(dir, name, &about, 0) && !S_ISDIR(about.st_mode);
    (void)close(dir); /* only a place */
    return has;
}

static int is_service(char const *directory)
{
    return has_file(directory, "run") || has_file(directory, SV_NEEDS_FILE);
}

/* Cuts the path of a service into its scan directory and its name, both to be freed. */
static void split(char const *path, char **scandir, char **name)
{
    if (sv_needsfile_split(path, scandir, name)) return;
    if (errno == EINVAL) sv_die(100, "give ", path, " by its name in the scan directory");
    sv_dieusys(111, "allocate memory");
}

/* Showing ---------------------------------------------------------------------------- */

static void load(struct view *view)
{
    int dir = sv_openat(AT_FDCWD, view->scandir, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);

    if (dir < 0 || !sv_needsfile_load(&view->all, dir, svdeps_note, view))
        sv_dieusys(111, "read directory ", view->scandir);
    (void)close(dir); /* only read from */
    uint32_t count = view->all.order.node_count;
    view->list = svdeps_allocate(count, sizeof *view->list);
    view->room = svdeps_allocate(count, sizeof *view->room);
    (void)sv_order_sort(&view->all.order, view->list); /* how many does not matter */
}

static void choose(struct view *view, char const *name, char const *path)
{
    uint32_t node = sv_needsfile_find(&view->all, name);

    if (node == SV_ORDER_NONE)
        sv_die(100, path,
               " is no service of a scan directory: a name that begins with "
               "a dot, or a template");
    view->chosen[view->chosen_count++] = node;
}

/* Shows and frees it. Returns the exit code. */
static int show(struct view *view)
{
    struct sv_order *order = &view->all.order;
    struct choice const *choice = view->choice;

    for (uint32_t i = 0; i < view->chosen_count; i++)
        sv_order_reach(order, view->chosen[i], choice->way);
    for (uint32_t i = 0; !view->chosen_count && i < order->node_count; i++)
        sv_order_reach(order, i, choice->way);
    if (choice->style != STYLE_CHECK) {
        if (choice->json)
            svdeps_put_json(view);
        else if (choice->style == STYLE_ORDER)
            svdeps_put_order(view);
        else
            svdeps_put_tree(view);
    }
    out_flush(); /* before what is complained of */
    int code = svdeps_report(view);
    sv_needsfile_free(&view->all);
    free(view->list);
    free(view->room);
    free(view->found);
    free(view->chosen);
    return code;
}

static int show_scandir(char const *directory, struct choice const *choice)
{
    struct view view = {.scandir = directory, .choice = choice};

    load(&view);
    return show(&view);
}

/*
 * The services at the beginning of argv that are in one scan directory. Returns the exit
 * code, and how many in *count.
 */
static int show_services(char const *const *argv, struct choice const *choice, int *count)
{
    struct view view = {.choice = choice};
    char *scandir, *name, *other = 0;
    int size = 0;

    while (argv[size]) size++;
    view.chosen = svdeps_allocate((size_t)size, sizeof *view.chosen);
    split(*argv, &scandir, &name);
    view.scandir = scandir;
    load(&view);
    for (*count = 0;;) {
        choose(&view, name, argv[(*count)++]);
        free(name);
        if (!argv[*count] || !is_service(argv[*count])) break;
        split(argv[*count], &other, &name);
        int same = !strcmp(other, scandir);
        free(other);
        if (same) continue;
        free(name);
        break;
    }
    int code = show(&view);
    free(scandir);
    return code;
}

int main(int argc, char const *const *argv)
{
    static char const *const here[] = {".", 0};
    struct choice choice = {.style = STYLE_TREE, .way = SV_ORDER_NEEDS};
    int code = 0;

    argv += read_options(argc, argv, &choice);
    if (!*argv) argv = here;
    for (int count; *argv; argv += count) {
        count = 1;
        int next = is_service(*argv) ? show_services(argv, &choice, &count)
                                     : show_scandir(*argv, &choice);
        if (next > code) code = next;
    }
    out_flush();
    return code;
}
