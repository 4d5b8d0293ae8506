/* ISC license. */

/*
 * envdir: runs a program with an environment changed as the files of a directory say.
 */

#include <string.h>

#include <skalibs/stralloc.h>

#include <sv/about.h>
#include <sv/chain.h>
#include <sv/envfiles.h>
#include <sv/message.h>
#include <sv/option.h>
#include <sv/personality.h>

#define USAGE_DJB "envdir dir child"
#define USAGE_ENCORE "envdir [ -p prefix ] dir child"
#define USAGE "envdir [-I | -i] [-n] [-f] [-L] [-c char] [-p prefix] dir child"

char const *PROG = "envdir";

enum { OPTION_HELP = SV_OPTION_LONG, OPTION_VERSION };

static struct sv_option_word const words[] = {
    {"help", OPTION_HELP, SV_OPTION_NONE},
    {"version", OPTION_VERSION, SV_OPTION_NONE},
    {"prefix", 'p', SV_OPTION_REQUIRED},
    {"loose", 'I', SV_OPTION_NONE},
    {0},
};

static _Noreturn void print_help(void)
{
    sv_about_tell("usage: " USAGE "\n\n"
                  "  -p, --prefix PREFIX  put before the name of each variable\n"
                  "  -I, --loose          there need not be such a directory\n"
                  "  -i                   there must be (default)\n"
                  "  -f                   the whole file, not just its first line\n"
                  "  -n                   keep blanks at the end, with -f the newline\n"
                  "  -c CHAR              put in place of each NUL; default newline\n"
                  "  -L                   of any size: always so\n"
                  "      --help           this text\n"
                  "      --version        which upkeep this is\n");
}

static _Noreturn void die_usage(void)
{
    sv_dieusage(111, sv_personality() == SV_PERSONALITY_DJB ? USAGE_DJB : USAGE_ENCORE);
}

static void read_options(int *argc, char const *const **argv, struct sv_envfiles *files)
{
    struct sv_options options = SV_OPTIONS("p:Iinfc:L", words);
    int option;

    while ((option = sv_option_next(&options, *argc, *argv)) != SV_OPTION_END)
        switch (option) {
        case 'p': files->prefix = options.value; break;
        case 'I': files->loose = 1; break;
        case 'i': files->loose = 0; break;
        case 'n': files->cut.blanks = 1; break;
        case 'f': files->cut.whole = 1; break;
        case 'L': break;
        case 'c':
            if (strlen(options.value) != 1) die_usage();
            files->cut.null_is = *options.value;
            break;
        case OPTION_HELP: print_help();
        case OPTION_VERSION: sv_about_version();
        case SV_OPTION_WRONG: sv_option_complain(&options); die_usage();
        }
    *argc -= options.index - 1, *argv += options.index - 1;
}

static void read_directory(char const *name, struct sv_envfiles *files, stralloc *edits)
{
    switch (sv_envfiles_read(files, name, edits)) {
    case SV_ENVFILES_NONE: break;
    case SV_ENVFILES_SWITCH: sv_dieusys(111, "switch to directory ", name);
    case SV_ENVFILES_DIRECTORY: sv_dieusys(111, "read directory ", name);
    case SV_ENVFILES_FILE: sv_dieusys(111, "read ", name, "/", files->name);
    case SV_ENVFILES_MEMORY: sv_die(111, "out of memory");
    }
}

int main(int argc, char const *const *argv)
{
    struct sv_envfiles files = {.prefix = "", .cut = {.null_is = '\n'}};
    stralloc edits = STRALLOC_ZERO;

    /* daemontools knows no options: a directory's name may begin with a dash. */
    if (sv_personality() != SV_PERSONALITY_DJB
        || (argc > 1 && !strncmp(argv[1], "--", 2)))
        read_options(&argc, &argv, &files);
    if (argc < 3) die_usage();
    read_directory(argv[1], &files, &edits);
    sv_chain_run(argv + 2, &edits);
    sv_dieusys(111, "run ", argv[2]);
}
