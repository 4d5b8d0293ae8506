/* ISC license. */

/*
 * svstat: says how services are. Without options, and not on a terminal, in the exact
 * words of daemontools or daemontools-encore; the exit code is 0 whatever there is to
 * say.
 */

#include <unistd.h>

#include <sv/about.h>
#include <sv/message.h>
#include <sv/option.h>
#include <sv/personality.h>

#include "svstat.h"

/* daemontools-encore's usage text: programs compare it. */
#define USAGE "svstat [-L] [-l] dir [dir ...]"
#define HELP "usage: svstat [-L | -l] [-v | -o field,... | -j] dir [dir ...]"

char const *PROG = "svstat";

enum { OPTION_HELP = SV_OPTION_LONG, OPTION_VERSION };

static struct sv_option_word const words[] = {
    {"main", 'l', SV_OPTION_NONE},
    {"log", 'L', SV_OPTION_NONE},
    {"verbose", 'v', SV_OPTION_NONE},
    {"fields", 'o', SV_OPTION_REQUIRED},
    {"json", 'j', SV_OPTION_NONE},
    {"help", OPTION_HELP, SV_OPTION_NONE},
    {"version", OPTION_VERSION, SV_OPTION_NONE},
    {0},
};

enum style {
    STYLE_CONTRACT,
    STYLE_VERBOSE,
    STYLE_FIELDS,
    STYLE_JSON,
    STYLE_COLOURED, /* a terminal, one service */
    STYLE_TABLE     /* a terminal, several */
};

struct choice {
    enum style style;
    unsigned int no_main : 1;
    unsigned int no_log : 1; /* never both */
};

static void print_help(void)
{
    out(HELP
        "\n\n"
        "  -l, --main         main services only, not their loggers\n"
        "  -L, --log          loggers only, those that the same supervise runs\n"
        "  -v, --verbose      more than daemontools says; so it is on a terminal\n"
        "  -o, --fields=LIST  these fields only, a line for each service\n"
        "  -j, --json         all fields, or those, as a JSON object for each service\n"
        "      --help         this text\n"
        "      --version      which upkeep this is\n"
        "\nFields:\n");
    svstat_put_field_help();
    out_flush();
    _exit(0);
}

static void choose_style(struct choice *choice, char const *const *services)
{
    if (choice->style != STYLE_CONTRACT || !isatty(1)) return;
    choice->style = *services && services[1] ? STYLE_TABLE : STYLE_COLOURED;
    svstat_prepare_terminal(services);
}

/* Returns the index of the first service in argv. */
static int read_options(int argc, char const *const *argv, struct choice *choice)
{
    struct sv_options options = SV_OPTIONS("lLvo:j", words);
    int option;

    while ((option = sv_option_next(&options, argc, argv)) != SV_OPTION_END) {
        switch (option) {
        case 'l': choice->no_main = 0, choice->no_log = 1; break;
        case 'L': choice->no_main = 1, choice->no_log = 0; break;
        case 'v':
            if (choice->style == STYLE_CONTRACT) choice->style = STYLE_VERBOSE;
            break;
        case 'o':
            svstat_choose_fields(options.value);
            if (choice->style != STYLE_JSON) choice->style = STYLE_FIELDS;
            break;
        case 'j': choice->style = STYLE_JSON; break;
        case OPTION_HELP: print_help(); break;
        case OPTION_VERSION: sv_about_version(); break;
        case SV_OPTION_WRONG: sv_option_complain(&options); sv_dieusage(100, USAGE);
        }
    }
    return options.index;
}

static void print(struct reading const *reading, enum style style)
{
    switch (style) {
    case STYLE_CONTRACT:
    case STYLE_VERBOSE:
        out(reading->service);
        if (!reading->trouble) out(reading->log);
        out(": ");
        svstat_put_words(reading);
        if (style == STYLE_VERBOSE) svstat_put_facts(reading, 1);
        out("\n");
        break;
    case STYLE_FIELDS: svstat_put_fields(reading); break;
    case STYLE_JSON: svstat_put_json(reading); break;
    case STYLE_COLOURED: svstat_put_coloured(reading); break;
    case STYLE_TABLE: svstat_put_row(reading); break;
    }
}

/* Fields are about one process: the main one unless the logger was asked for. */
static void show(char const *service, struct choice const *choice)
{
    struct reading reading, logger;
    int one_line = choice->style == STYLE_FIELDS || choice->style == STYLE_JSON;

    if (choice->style != STYLE_CONTRACT || !svstat_read_quickly(&reading, service))
        svstat_read(&reading, service, choice->style != STYLE_CONTRACT);
    if (!choice->no_main) print(&reading, choice->style);
    if (choice->no_main || (reading.has_logger && !choice->no_log && !one_line)) {
        svstat_read_logger(&logger, &reading);
        print(&logger, choice->style);
    }
}

int main(int argc, char const *const *argv)
{
    struct choice choice = {.style = STYLE_CONTRACT};

    argv += read_options(argc, argv, &choice);
    if (!*argv && sv_personality() == SV_PERSONALITY_ENCORE) sv_dieusage(100, USAGE);
    choose_style(&choice, argv);
    if (choice.style == STYLE_CONTRACT) {
        char const *const *end = svstat_share(&argv);
        for (; argv < end; argv++) show(*argv, &choice);
        svstat_share_end();
        return 0;
    }
    for (; *argv; argv++) show(*argv, &choice);
    out_flush();
    return 0;
}
