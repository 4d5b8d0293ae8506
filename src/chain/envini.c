/* ISC license. */

/*
 * envini: runs a program with an environment changed as a file of settings says.
 */

#include <fcntl.h>
#include <string.h>

#include <skalibs/stralloc.h>

#include <sv/about.h>
#include <sv/chain.h>
#include <sv/inifile.h>
#include <sv/message.h>
#include <sv/option.h>

#define USAGE "envini [ -p prefix ] inifile child"

char const *PROG = "envini";

enum { OPTION_HELP = SV_OPTION_LONG, OPTION_VERSION };

static struct sv_option_word const words[] = {
    {"prefix", 'p', SV_OPTION_REQUIRED},
    {"help", OPTION_HELP, SV_OPTION_NONE},
    {"version", OPTION_VERSION, SV_OPTION_NONE},
    {0},
};

static _Noreturn void print_help(void)
{
    sv_about_tell("usage: " USAGE "\n\n"
                  "  -p, --prefix PREFIX  put before the name of each variable\n"
                  "      --help           this text\n"
                  "      --version        which upkeep this is\n");
}

/* Returns the prefix. */
static char const *read_options(int *argc, char const *const **argv)
{
    struct sv_options options = SV_OPTIONS("p:", words);
    char const *prefix = "";
    int option;

    while ((option = sv_option_next(&options, *argc, *argv)) != SV_OPTION_END)
        switch (option) {
        case 'p': prefix = options.value; break;
        case OPTION_HELP: print_help();
        case OPTION_VERSION: sv_about_version();
        case SV_OPTION_WRONG: sv_option_complain(&options); sv_dieusage(111, USAGE);
        }
    *argc -= options.index, *argv += options.index;
    if (*argc < 2) sv_dieusage(111, USAGE);
    return prefix;
}

static int set(stralloc *edits, char const *prefix, struct sv_inifile_entry const *entry)
{
    stralloc name = STRALLOC_ZERO;
    struct sv_inifile_part const *section = &entry->section;

    int is_set =
        (!section->length
         || (stralloc_catb(&name, section->start, section->length)
             && stralloc_catb(&name, "_", 1)))
        && stralloc_catb(&name, entry->name.start, entry->name.length)
        && stralloc_0(&name)
        && sv_chain_set(edits, prefix, name.s, entry->value.start, entry->value.length);
    stralloc_free(&name);
    return is_set;
}

int main(int argc, char const *const *argv)
{
    stralloc edits = STRALLOC_ZERO, content = STRALLOC_ZERO;
    char const *prefix = read_options(&argc, &argv);
    struct sv_inifile_entry entry;

    if (sv_chain_read(AT_FDCWD, *argv, &content) < 0) sv_dieusys(111, "read ", *argv);
    struct sv_inifile file = {.rest = {content.s, content.len}};
    while (sv_inifile_next(&file, &entry))
        if (!set(&edits, prefix, &entry)) sv_die(111, "out of memory");
    sv_chain_run(argv + 1, &edits);
    sv_dieusys(111, "run ", argv[1]);
}
