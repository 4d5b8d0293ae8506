/* ISC license. */

/*
 * setuser: runs a program as another account, with its groups, in its home directory and
 * with the variables that tell about it.
 */

#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include <skalibs/stralloc.h>
#include <skalibs/types.h>

#include <sv/chain.h>
#include <sv/message.h>
#include <sv/option.h>

#include "config.h"

#define USAGE "setuser account child"
#define USAGE_ALL "setuser [--groups=list | --add-groups=list] account child"

#define GROUPS NGROUPS_MAX

char const *PROG = "setuser";

enum { OPTION_HELP = SV_OPTION_LONG, OPTION_VERSION, OPTION_GROUPS, OPTION_ADD_GROUPS };

static struct sv_option_word const words[] = {
    {"groups", OPTION_GROUPS, SV_OPTION_REQUIRED},
    {"add-groups", OPTION_ADD_GROUPS, SV_OPTION_REQUIRED},
    {"help", OPTION_HELP, SV_OPTION_NONE},
    {"version", OPTION_VERSION, SV_OPTION_NONE},
    {0},
};

struct choice {
    char const *groups;       /* null: those of the account */
    unsigned int is_more : 1; /* and those of the account as well */
};

struct group_list {
    gid_t gids[GROUPS];
    int count;
};

static _Noreturn void print_help(void)
{
    sv_chain_tell(
        "usage: " USAGE_ALL "\n\n"
        "      --groups=LIST      these supplementary groups, not the account's\n"
        "      --add-groups=LIST  these as well as the account's\n"
        "      --help             this text\n"
        "      --version          which upkeep this is\n"
        "LIST is names or numbers with commas between them.\n");
}

static void read_options(int *argc, char const *const **argv, struct choice *choice)
{
    struct sv_options options = SV_OPTIONS("", words);
    int option;

    while ((option = sv_option_next(&options, *argc, *argv)) != SV_OPTION_END)
        switch (option) {
        case OPTION_GROUPS:
        case OPTION_ADD_GROUPS:
            choice->groups = options.value;
            choice->is_more = option == OPTION_ADD_GROUPS;
            break;
        case OPTION_HELP: print_help();
        case OPTION_VERSION: sv_chain_tell("setuser (upkeep) " SV_VERSION "\n");
        case SV_OPTION_WRONG: sv_option_complain(&options); sv_dieusage(100, USAGE);
        }
    *argc -= options.index, *argv += options.index;
    if (*argc < 2) sv_dieusage(100, USAGE);
}

static gid_t group_called(char const *name)
{
    struct group const *group = getgrnam(name);
    unsigned int number;

    if (group) return group->gr_gid;
    if (!uint0_scan(name, &number)) sv_die(111, "unknown group ", name);
    return number;
}

/* Adds the groups of a list; an empty one has none. */
static void add_groups(struct group_list *list, char const *names)
{
    stralloc name = STRALLOC_ZERO;

    while (*names) {
        size_t length = strcspn(names, ",");
        if (list->count >= GROUPS) sv_dieu(111, "have so many groups");
        if (!stralloc_copyb(&name, names, length) || !stralloc_0(&name))
            sv_die(111, "out of memory");
        list->gids[list->count++] = group_called(name.s);
        names += length;
        if (*names) names++;
    }
    stralloc_free(&name);
}

/* Before anything changes: afterwards the files of groups may be out of reach. */
static void find_groups(struct group_list *list, struct choice const *choice,
                        char const *account, gid_t gid)
{
    list->count = 0;
    if (choice->is_more) {
        list->count = GROUPS;
        if (getgrouplist(account, gid, list->gids, &list->count) < 0)
            sv_dieu(111, "have so many groups");
    }
    add_groups(list, choice->groups);
}

static void set(stralloc *edits, char const *name, char const *value)
{
    if (!sv_chain_set(edits, "", name, value, strlen(value)))
        sv_die(111, "out of memory");
}

static void set_number(stralloc *edits, char const *name, unsigned int number)
{
    char text[UINT_FMT];

    text[uint_fmt(text, number)] = 0;
    set(edits, name, text);
}

static void become(char const *name, uid_t uid, gid_t gid, struct choice const *choice)
{
    static struct group_list list;

    if (choice->groups) find_groups(&list, choice, name, gid);
    if (setgid(gid) < 0) sv_dieusys(111, "setgid");
    if (choice->groups && setgroups((size_t)list.count, list.gids) < 0)
        sv_dieusys(111, "setgroups");
    if (!choice->groups && initgroups(name, gid) < 0) sv_dieusys(111, "initgroups");
    if (setuid(uid) < 0) sv_dieusys(111, "setuid");
}

int main(int argc, char const *const *argv)
{
    struct choice choice = {0};
    stralloc edits = STRALLOC_ZERO;

    read_options(&argc, &argv, &choice);
    struct passwd const *account = getpwnam(*argv);
    if (!account) sv_die(111, "unknown account ", *argv);
    set(&edits, "HOME", account->pw_dir);
    set(&edits, "SHELL", account->pw_shell);
    set(&edits, "USER", account->pw_name);
    set_number(&edits, "GID", account->pw_gid);
    set_number(&edits, "UID", account->pw_uid);
    if (chdir(account->pw_dir) < 0) sv_dieusys(111, "chdir to ", account->pw_dir);
    become(*argv, account->pw_uid, account->pw_gid, &choice);
    sv_chain_run(argv + 1, &edits);
    sv_dieusys(111, "run ", argv[1]);
}
