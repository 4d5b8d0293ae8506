/* ISC license. */

/*
 * softlimit: runs a program with other resource limits.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <skalibs/buffer.h>

#include <sv/about.h>
#include <sv/chain.h>
#include <sv/limit.h>
#include <sv/message.h>
#include <sv/option.h>
#include <sv/personality.h>
#include <sv/text.h>

#define LETTERS \
    "[-a allbytes] [-c corebytes] [-d databytes] [-f filebytes] [-l lockbytes] " \
    "[-m membytes] [-o openfiles] [-p processes] [-r residentbytes] " \
    "[-s stackbytes] [-t cpusecs] "
#define USAGE "softlimit " LETTERS "child"
#define USAGE_ALL "softlimit [-H | -h] " LETTERS "[-P prio] [--resource=n] child"

#define MEMORY_VARIABLE "SOFTLIMIT_MEMBYTES" /* encore's, for -m */

char const *PROG = "softlimit";

/* The long options of the resources are OPTION_RESOURCE and their places in sv_limits. */
#define PLACE(resource, letter, word, variable, meaning) PLACE_##resource,
enum { SV_LIMITS(PLACE) LIMITS };
#undef PLACE
enum { OPTION_HELP = SV_OPTION_LONG, OPTION_VERSION, OPTION_RESOURCE };

#define WORD(resource, letter, word, variable, meaning) \
    {word, OPTION_RESOURCE + PLACE_##resource, SV_OPTION_REQUIRED},
static struct sv_option_word const words[] = {
    SV_LIMITS(WORD){"memory", 'm', SV_OPTION_REQUIRED},
    {"help", OPTION_HELP, SV_OPTION_NONE},
    {"version", OPTION_VERSION, SV_OPTION_NONE},
    {0},
};
#undef WORD

/* What is to become of the limits; nothing is done before all is understood. */
struct plan {
    struct rlimit limits[LIMITS]; /* defined where is_changed */
    unsigned char is_changed[LIMITS];
    enum sv_limit_which which;
};

static _Noreturn void print_help(void)
{
    buffer_puts(buffer_1, "usage: " USAGE_ALL "\n\n");
    for (unsigned int i = 0; i < sv_limit_count; i++) {
        char letter[] = {'-', sv_limits[i].letter, ',', 0};
        char line[80] = "  ";
        sv_text_append(line, sizeof line, sv_limits[i].letter ? letter : "   ");
        sv_text_append(line, sizeof line, " --");
        sv_text_append(line, sizeof line, sv_limits[i].word);
        sv_text_append(line, sizeof line, "=N");
        while (strlen(line) < 27) sv_text_append(line, sizeof line, " ");
        buffer_puts(buffer_1, line);
        buffer_puts(buffer_1, sv_limits[i].meaning);
        buffer_puts(buffer_1, "\n");
    }
    (void)buffer_flush(buffer_1); /* if that fails so does the rest, and says so */
    sv_about_tell("  -m, --memory=N           -d, -s, -l and -a\n"
                  "  -H                       from here on both limits\n"
                  "  -h                       from here on the hard limits\n"
                  "      --help               this text\n"
                  "      --version            which upkeep this is\n"
                  "Each takes a number, = for the hard limit, or - for no "
                  "limit at all.\n");
}

static void change(struct plan *plan, unsigned int place,
                   struct sv_limit_value const *value)
{
    struct rlimit *limit = plan->limits + place;

    if (!plan->is_changed[place] && getrlimit(sv_limits[place].resource, limit) < 0)
        sv_die(111, "getrlimit failed: ", sv_errortext(errno));
    plan->is_changed[place] = 1;
    sv_limit_change(limit, value, plan->which);
}

/* -m stands for these. */
static void change_memory(struct plan *plan, struct sv_limit_value const *value)
{
    change(plan, PLACE_RLIMIT_DATA, value);
    change(plan, PLACE_RLIMIT_STACK, value);
    change(plan, PLACE_RLIMIT_MEMLOCK, value);
    change(plan, PLACE_RLIMIT_AS, value);
}

static int understand(char const *text, struct sv_limit_value *value)
{
    if (!sv_limit_scan(text, value)) return 0;
    return value->kind != SV_LIMIT_UNLIMITED || sv_personality() != SV_PERSONALITY_DJB;
}

/* One of encore's variables; null if it is not set, or to nothing. */
static char const *variable(char const *name, struct sv_limit_value *value)
{
    char const *text = name ? getenv(name) : 0;

    if (!text || !*text) return 0;
    if (!understand(text, value)) sv_dieu(100, "understand ", name, "=", text);
    return text;
}

static void read_variables(struct plan *plan)
{
    struct sv_limit_value value;

    if (sv_personality() == SV_PERSONALITY_DJB) return;
    if (variable(MEMORY_VARIABLE, &value)) change_memory(plan, &value);
    for (unsigned int i = 0; i < sv_limit_count; i++)
        if (variable(sv_limits[i].variable, &value)) change(plan, i, &value);
}

/* All letters; in the personality of daemontools only its own. */
static void list_letters(char *letters, size_t size)
{
    int is_djb = sv_personality() == SV_PERSONALITY_DJB;

    sv_text_append(letters, size, is_djb ? "m:" : "Hhm:");
    for (unsigned int i = 0; i < sv_limit_count; i++) {
        char letter[] = {sv_limits[i].letter, ':', 0};
        if (*letter && (sv_limits[i].variable || !is_djb))
            sv_text_append(letters, size, letter);
    }
}

static unsigned int place_of(int option)
{
    unsigned int place = 0;

    if (option >= OPTION_RESOURCE) return (unsigned int)(option - OPTION_RESOURCE);
    while (sv_limits[place].letter != option) place++; /* it was in list_letters() */
    return place;
}

static void read_options(int *argc, char const *const **argv, struct plan *plan)
{
    char letters[64] = "";
    list_letters(letters, sizeof letters);
    struct sv_options options = SV_OPTIONS(letters, words);
    struct sv_limit_value value;
    int option;

    while ((option = sv_option_next(&options, *argc, *argv)) != SV_OPTION_END) {
        if (option == SV_OPTION_WRONG) {
            sv_option_complain(&options);
            sv_dieusage(100, USAGE);
        }
        if (option == OPTION_HELP) print_help();
        if (option == OPTION_VERSION) sv_about_version();
        if (option == 'H' || option == 'h') {
            plan->which = option == 'H' ? SV_LIMIT_BOTH : SV_LIMIT_ONLY_HARD;
            continue;
        }
        if (!understand(options.value, &value)) sv_dieusage(100, USAGE);
        if (option == 'm')
            change_memory(plan, &value);
        else
            change(plan, place_of(option), &value);
    }
    *argc -= options.index, *argv += options.index;
}

int main(int argc, char const *const *argv)
{
    struct plan plan = {.which = SV_LIMIT_SOFT};

    read_variables(&plan);
    read_options(&argc, &argv, &plan);
    if (!argc) sv_dieusage(100, USAGE);
    for (unsigned int i = 0; i < sv_limit_count; i++)
        if (plan.is_changed[i] && setrlimit(sv_limits[i].resource, plan.limits + i) < 0)
            sv_die(111, "setrlimit failed: ", sv_errortext(errno));
    sv_chain_run(argv, 0);
    sv_dieusys(111, "run ", *argv);
}
