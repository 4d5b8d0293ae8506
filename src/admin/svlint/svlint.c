/* ISC license. */

/*
 * svlint: tells what is wrong or suspicious in service directories. It reads files only:
 * nothing is executed, and whether the services run does not matter.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <sv/message.h>
#include <sv/option.h>

#include "svlint.h"

#include "config.h"

#define USAGE "svlint [-j] [-s] [-i rule] dir ..."

char const *PROG = "svlint";

enum { OPTION_RULES = SV_OPTION_LONG, OPTION_HELP, OPTION_VERSION };

static struct sv_option_word const words[] = {
    {"json", 'j', SV_OPTION_NONE},
    {"strict", 's', SV_OPTION_NONE},
    {"ignore", 'i', SV_OPTION_REQUIRED},
    {"rules", OPTION_RULES, SV_OPTION_NONE},
    {"help", OPTION_HELP, SV_OPTION_NONE},
    {"version", OPTION_VERSION, SV_OPTION_NONE},
    {0},
};

static _Noreturn void end_well(void)
{
    svlint_flush();
    _exit(0);
}

static _Noreturn void print_help(void)
{
    svlint_out("usage: " USAGE "\n\n"
               "  -j, --json         a JSON object for each finding\n"
               "  -s, --strict       exit 1 for a warning as well\n"
               "  -i, --ignore RULE  nothing of this rule\n"
               "      --rules        the rules, one a line, and nothing else\n"
               "      --help         this text\n"
               "      --version      which upkeep this is\n"
               "\nA directory that has a file such as run is a service, any other one a\n"
               "scan directory. The exit code is 1 if there is an error.\n");
    end_well();
}

/* Returns the index of the first directory in argv. */
static int read_options(int argc, char const *const *argv, struct lint *lint, int *strict)
{
    struct sv_options options = SV_OPTIONS("jsi:", words);
    int option, rule;

    while ((option = sv_option_next(&options, argc, argv)) != SV_OPTION_END)
        switch (option) {
        case 'j': lint->json = 1; break;
        case 's': *strict = 1; break;
        case 'i':
            rule = svlint_find_rule(options.value);
            if (rule == RULE_COUNT)
                sv_die(100, "there is no rule ", options.value, "; see svlint --rules");
            lint->ignored[rule] = 1;
            break;
        case OPTION_RULES: svlint_list_rules(); end_well();
        case OPTION_HELP: print_help();
        case OPTION_VERSION: svlint_out("svlint (upkeep) " SV_VERSION "\n"); end_well();
        case SV_OPTION_WRONG: sv_option_complain(&options); sv_dieusage(100, USAGE);
        }
    if (options.index >= argc) sv_dieusage(100, USAGE);
    return options.index;
}

static void look_at(struct lint *lint, char const *path)
{
    struct names names;
    struct stat about;
    struct account runner;
    int dir = svlint_open_directory(AT_FDCWD, path);

    if (dir < 0 || !svlint_read_names(dir, &names)) {
        svlint_trouble(lint, "read directory", path, 0);
    } else if (svlint_is_service(dir, &names)) {
        (void)fstat(dir, &about); /* cannot fail: it is open */
        svlint_account_of(about.st_uid, &runner);
        svlint_service(lint, path, dir, &runner);
        svlint_needs(lint, path, dir);
        svlint_free_names(&names);
    } else {
        svlint_scandir(lint, path, dir, &names);
        svlint_free_names(&names);
    }
    if (dir >= 0) (void)close(dir); /* only read from */
}

int main(int argc, char const *const *argv)
{
    struct lint lint = {.json = 0};
    int strict = 0;

    argv += read_options(argc, argv, &lint, &strict);
    for (; *argv; argv++) look_at(&lint, *argv);
    svlint_flush();
    for (size_t i = 0; i < lint.log_count; i++) free(lint.logs[i].file);
    free(lint.logs);
    if (lint.is_troubled) return 111;
    if (lint.counts[SEVERITY_ERROR]) return 1;
    return strict && lint.counts[SEVERITY_WARNING];
}
