/* ISC license. */

/*
 * setlock: becomes a program that holds a lock on a file, for as long as it lives and
 * whatever it starts keeps the descriptor.
 */

#include <unistd.h>

#include <sv/about.h>
#include <sv/chain.h>
#include <sv/message.h>
#include <sv/option.h>

#define USAGE "setlock [ -nNxX ] file program [ arg ... ]"

char const *PROG = "setlock";

enum { OPTION_HELP = SV_OPTION_LONG, OPTION_VERSION };

static struct sv_option_word const words[] = {
    {"help", OPTION_HELP, SV_OPTION_NONE},
    {"version", OPTION_VERSION, SV_OPTION_NONE},
    {0},
};

struct choice {
    unsigned int at_once : 1; /* do not wait for the lock */
    unsigned int quiet : 1;   /* without it exit 0 and say nothing */
};

static _Noreturn void print_help(void)
{
    sv_about_tell("usage: " USAGE "\n\n"
                  "  -n  do not wait if somebody else has the lock\n"
                  "  -N  wait for it; the default\n"
                  "  -x  without the lock exit 0, and say nothing\n"
                  "  -X  without the lock say why, and exit 111; the default\n"
                  "      --help     this text\n"
                  "      --version  which upkeep this is\n");
}

static void read_options(int *argc, char const *const **argv, struct choice *choice)
{
    struct sv_options options = SV_OPTIONS("nNxX", words);
    int option;

    while ((option = sv_option_next(&options, *argc, *argv)) != SV_OPTION_END)
        switch (option) {
        case 'n': choice->at_once = 1; break;
        case 'N': choice->at_once = 0; break;
        case 'x': choice->quiet = 1; break;
        case 'X': choice->quiet = 0; break;
        case OPTION_HELP: print_help(); break;
        case OPTION_VERSION: sv_about_version(); break;
        case SV_OPTION_WRONG: sv_option_complain(&options); sv_dieusage(100, USAGE);
        }
    *argc -= options.index, *argv += options.index;
    if (*argc < 2) sv_dieusage(100, USAGE);
}

static void fail(struct choice const *choice, char const *verb, char const *file)
{
    if (choice->quiet) _exit(0);
    sv_dieusys(111, verb, file);
}

static void lock(struct choice const *choice, char const *file)
{
    switch (sv_chain_lock(file, choice->at_once)) {
    case SV_CHAIN_LOCKED: break;
    case SV_CHAIN_LOCK_OPEN: fail(choice, "open ", file); break;
    case SV_CHAIN_LOCK_LOCK: fail(choice, "lock ", file); break;
    }
}

int main(int argc, char const *const *argv)
{
    struct choice choice = {.at_once = 0};

    read_options(&argc, &argv, &choice);
    lock(&choice, argv[0]);
    (void)sv_chain_run(argv + 1, 0); /* if it returns it has failed */
    sv_dieusys(111, "run ", argv[1]);
}
