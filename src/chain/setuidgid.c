/* ISC license. */

/*
 * setuidgid: runs a program as another account: its uid, its gid, and of supplementary
 * groups the gid alone, or with -s those of the account. Ids that no account has are
 * given as numbers.
 */

#include <string.h>

#include <sv/about.h>
#include <sv/chain.h>
#include <sv/credentials.h>
#include <sv/message.h>
#include <sv/option.h>
#include <sv/personality.h>

#define USAGE_DJB "setuidgid account child"
#define USAGE "setuidgid [-s] account child"

char const *PROG = "setuidgid";

enum { OPTION_HELP = SV_OPTION_LONG, OPTION_VERSION };

static struct sv_option_word const words[] = {
    {"help", OPTION_HELP, SV_OPTION_NONE},
    {"version", OPTION_VERSION, SV_OPTION_NONE},
    {0},
};

static _Noreturn void print_help(void)
{
    sv_about_tell("usage: " USAGE "\n\n"
                  "  -s             with the account's supplementary groups\n"
                  "      --help     this text\n"
                  "      --version  which upkeep this is\n");
}

static _Noreturn void die_usage(void)
{
    sv_dieusage(100, sv_personality() == SV_PERSONALITY_DJB ? USAGE_DJB : USAGE);
}

static void read_options(int *argc, char const *const **argv, int *has_groups)
{
    struct sv_options options = SV_OPTIONS("s", words);
    int option;

    while ((option = sv_option_next(&options, *argc, *argv)) != SV_OPTION_END)
        switch (option) {
        case 's': *has_groups = 1; break;
        case OPTION_HELP: print_help();
        case OPTION_VERSION: sv_about_version();
        case SV_OPTION_WRONG: sv_option_complain(&options); die_usage();
        }
    *argc -= options.index - 1, *argv += options.index - 1;
}

/* initgroups() is no call that we make, but what daemontools-encore says. */
static _Noreturn void die_taking(enum sv_credentials_step step, int has_groups)
{
    switch (step) {
    case SV_CREDENTIALS_GROUPS_STEP:
        if (has_groups) sv_dieusys(111, "initgroups");
        break;
    case SV_CREDENTIALS_UID_STEP: sv_dieusys(111, "setuid");
    case SV_CREDENTIALS_GID_STEP:
    case SV_CREDENTIALS_TAKEN: break;
    }
    sv_dieusys(111, "setgid");
}

int main(int argc, char const *const *argv)
{
    static struct sv_credentials credentials;
    int is_djb = sv_personality() == SV_PERSONALITY_DJB;
    int has_groups = 0;

    /* daemontools knows no options: the first argument is the account. */
    if (!is_djb || (argc > 1 && !strncmp(argv[1], "--", 2)))
        read_options(&argc, &argv, &has_groups);
    if (argc < 3) die_usage();
    if (!sv_credentials_find(&credentials, argv[1], !is_djb))
        sv_die(111, "unknown account ", argv[1]);
    if (has_groups && credentials.entry) {
        credentials.count = 0;
        if (!sv_credentials_add_all(&credentials, argv[1]))
            sv_dieu(111, "have so many groups");
    }
    enum sv_credentials_step step = sv_credentials_take(&credentials);
    if (step != SV_CREDENTIALS_TAKEN) die_taking(step, has_groups);
    sv_chain_run(argv + 2, 0);
    sv_dieusys(111, "run ", argv[2]);
}
