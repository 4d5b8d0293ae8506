/* ISC license. */

/*
 * setuidgid: runs a program as another account: its uid, its gid, and of supplementary
 * groups the gid alone, or with -s those of the account.
 */

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <sv/chain.h>
#include <sv/message.h>
#include <sv/option.h>
#include <sv/personality.h>

#include "config.h"

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
    sv_chain_tell("usage: " USAGE "\n\n"
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
        case OPTION_VERSION: sv_chain_tell("setuidgid (upkeep) " SV_VERSION "\n");
        case SV_OPTION_WRONG: sv_option_complain(&options); die_usage();
        }
    *argc -= options.index - 1, *argv += options.index - 1;
}

int main(int argc, char const *const *argv)
{
    int has_groups = 0;

    /* daemontools knows no options: the first argument is the account. */
    if (sv_personality() != SV_PERSONALITY_DJB
        || (argc > 1 && !strncmp(argv[1], "--", 2)))
        read_options(&argc, &argv, &has_groups);
    if (argc < 3) die_usage();
    struct passwd const *account = getpwnam(argv[1]);
    if (!account) sv_die(111, "unknown account ", argv[1]);
    gid_t gid = account->pw_gid;
    uid_t uid = account->pw_uid;
    if (has_groups && initgroups(argv[1], gid) < 0) sv_dieusys(111, "initgroups");
    if ((!has_groups && setgroups(1, &gid) < 0) || setgid(gid) < 0)
        sv_dieusys(111, "setgid");
    if (setuid(uid) < 0) sv_dieusys(111, "setuid");
    sv_chain_run(argv + 2, 0);
    sv_dieusys(111, "run ", argv[2]);
}
