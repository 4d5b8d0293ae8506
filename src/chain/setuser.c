/* ISC license. */

/*
 * setuser: runs a program as another account, with its groups, in its home directory and
 * with the variables that tell about it.
 */

#include <string.h>
#include <unistd.h>

#include <skalibs/stralloc.h>
#include <skalibs/types.h>

#include <sv/about.h>
#include <sv/chain.h>
#include <sv/credentials.h>
#include <sv/message.h>
#include <sv/option.h>
#include <sv/personality.h>

#define USAGE "setuser account child"
#define USAGE_ALL "setuser [--groups=list | --add-groups=list] account child"

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

static _Noreturn void print_help(void)
{
    sv_about_tell(
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
        case OPTION_VERSION: sv_about_version();
        case SV_OPTION_WRONG: sv_option_complain(&options); sv_dieusage(100, USAGE);
        }
    *argc -= options.index, *argv += options.index;
    if (*argc < 2) sv_dieusage(100, USAGE);
}

static gid_t group_called(char const *name)
{
    gid_t group;

    if (!sv_credentials_group(name, &group) && !uint0_scan(name, &group))
        sv_die(111, "unknown group ", name);
    return group;
}

static _Noreturn void die_of_groups(void)
{
    sv_dieu(111, "have so many groups");
}

/* Adds the groups of a list; an empty one has none. */
static void add_groups(struct sv_credentials *credentials, char const *names)
{
    stralloc name = STRALLOC_ZERO;

    while (*names) {
        size_t length = strcspn(names, ",");
        if (!stralloc_copyb(&name, names, length) || !stralloc_0(&name))
            sv_die(111, "out of memory");
        if (!sv_credentials_add(credentials, group_called(name.s))) die_of_groups();
        names += length;
        if (*names) names++;
    }
    stralloc_free(&name);
}

/* Numbers have all their groups with them. */
static void find_groups(struct sv_credentials *credentials, char const *account,
                        struct choice const *choice)
{
    if (credentials->entry || (choice->groups && !choice->is_more))
        credentials->count = 0;
    if (credentials->entry && (!choice->groups || choice->is_more)
        && !sv_credentials_add_all(credentials, account))
        die_of_groups();
    if (choice->groups) add_groups(credentials, choice->groups);
}

/* A null value takes the variable away. */
static void set(stralloc *edits, char const *name, char const *value)
{
    if (!sv_chain_set(edits, "", name, value, value ? strlen(value) : 0))
        sv_die(111, "out of memory");
}

static void set_number(stralloc *edits, char const *name, unsigned int number)
{
    char text[UINT_FMT];

    text[uint_fmt(text, number)] = 0;
    set(edits, name, text);
}

/* The variables that tell about it; the C library has it at hand until the next search.
 * Returns its home directory. */
static char const *introduce(stralloc *edits, struct sv_credentials const *credentials)
{
    struct passwd const *entry = credentials->entry;

    set(edits, "HOME", entry ? entry->pw_dir : "/");
    set(edits, "SHELL", entry ? entry->pw_shell : 0);
    set(edits, "USER", entry ? entry->pw_name : 0);
    set_number(edits, "GID", credentials->gid);
    set_number(edits, "UID", credentials->uid);
    return entry ? entry->pw_dir : "/";
}

/* The gid first: whoever may not change anything is told so in daemontools' words. */
static void become(struct sv_credentials const *credentials, struct choice const *choice)
{
    if (setgid(credentials->gid) < 0) sv_dieusys(111, "setgid");
    switch (sv_credentials_take(credentials)) {
    case SV_CREDENTIALS_GROUPS_STEP:
        sv_dieusys(111, choice->groups ? "setgroups" : "initgroups");
    case SV_CREDENTIALS_GID_STEP: sv_dieusys(111, "setgid");
    case SV_CREDENTIALS_UID_STEP: sv_dieusys(111, "setuid");
    case SV_CREDENTIALS_TAKEN: break;
    }
}

int main(int argc, char const *const *argv)
{
    static struct sv_credentials credentials;
    struct choice choice = {0};
    stralloc edits = STRALLOC_ZERO;

    read_options(&argc, &argv, &choice);
    if (!sv_credentials_find(&credentials, *argv, sv_personality() != SV_PERSONALITY_DJB))
        sv_die(111, "unknown account ", *argv);
    char const *home = introduce(&edits, &credentials);
    if (chdir(home) < 0) sv_dieusys(111, "chdir to ", home);
    find_groups(&credentials, *argv, &choice);
    become(&credentials, &choice);
    sv_chain_run(argv + 1, &edits);
    sv_dieusys(111, "run ", argv[1]);
}
