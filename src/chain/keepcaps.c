/* ISC license. */

/*
 * keepcaps: becomes a program that has these capabilities and no others, not even as root
 * or by way of set-uid programs; and with -u as another account.
 *
 * The account is ours to take, not that of a setuidgid behind us: a change from root to
 * somebody else makes the kernel take the capabilities away. Securebits could forbid it
 * that, but they would stay for ever, and programs below that give up root's rights in
 * the usual way would keep them. Here, from one call to the next, PR_SET_KEEPCAPS is
 * enough. Ambient capabilities then are what an ordinary program of an ordinary account
 * has.
 */

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <sv/about.h>
#include <sv/capability.h>
#include <sv/chain.h>
#include <sv/credentials.h>
#include <sv/message.h>
#include <sv/option.h>

#define USAGE "keepcaps [-s] [-u account] capabilities child"

#define VERSION_3 0x20080522 /* of the structures of capget(2) */
#define SET_TEXT 1024        /* all names, for a message */
#define NAME_TEXT 64         /* one of them */

char const *PROG = "keepcaps";

enum { OPTION_HELP = SV_OPTION_LONG, OPTION_VERSION };

static struct sv_option_word const words[] = {
    {"user", 'u', SV_OPTION_REQUIRED},
    {"groups", 's', SV_OPTION_NONE},
    {"help", OPTION_HELP, SV_OPTION_NONE},
    {"version", OPTION_VERSION, SV_OPTION_NONE},
    {0},
};

struct choice {
    char const *account;         /* null: as we are */
    unsigned int has_groups : 1; /* the account's supplementary groups, too */
};

static _Noreturn void print_help(void)
{
    sv_about_tell("usage: " USAGE "\n\n"
                  "  -u, --user ACCOUNT  as that account, or UID:GID\n"
                  "  -s, --groups        with its supplementary groups\n"
                  "      --help          this text\n"
                  "      --version       which upkeep this is\n"
                  "CAPABILITIES is names with commas, as net_bind_service,net_raw;\n"
                  "an empty argument is none.\n");
}

static void read_options(int *argc, char const *const **argv, struct choice *choice)
{
    struct sv_options options = SV_OPTIONS("u:s", words);
    int option;

    while ((option = sv_option_next(&options, *argc, *argv)) != SV_OPTION_END)
        switch (option) {
        case 'u': choice->account = options.value; break;
        case 's': choice->has_groups = 1; break;
        case OPTION_HELP: print_help();
        case OPTION_VERSION: sv_about_version();
        case SV_OPTION_WRONG: sv_option_complain(&options); sv_dieusage(100, USAGE);
        }
    *argc -= options.index, *argv += options.index;
    if (*argc < 2) sv_dieusage(100, USAGE);
}

/* What the kernel takes and gives: the low halves of the three sets, then the high ones.
 */
struct capabilities {
    struct {
        uint32_t effective, permitted, inheritable;
    } half[2];
};

static struct {
    uint32_t version;
    int pid;
} header = {VERSION_3, 0}; /* the kernel writes to it if the version is not its own */

/* What we may use. */
static uint64_t permitted(void)
{
    struct capabilities now;

    if (syscall(SYS_capget, &header, &now) < 0)
        sv_dieusys(111, "find out the capabilities");
    return (uint64_t)now.half[1].permitted << 32 | now.half[0].permitted;
}

static int set(uint64_t effective, uint64_t may, uint64_t inheritable)
{
    struct capabilities next;

    for (unsigned int i = 0; i < 2; i++) {
        next.half[i].effective = (uint32_t)(effective >> 32 * i);
        next.half[i].permitted = (uint32_t)(may >> 32 * i);
        next.half[i].inheritable = (uint32_t)(inheritable >> 32 * i);
    }
    return (int)syscall(SYS_capset, &header, &next);
}

static uint64_t understand(char const *text)
{
    char name[NAME_TEXT] = "";
    uint64_t wanted;
    size_t length;
    char const *culprit = sv_capability_scan(text, &wanted, &length);

    if (!culprit) return wanted;
    memcpy(name, culprit, length < sizeof name ? length : sizeof name - 1);
    sv_die(100, "there is no capability called \"", name,
           "\": see capabilities(7) for their names");
}

static _Noreturn void die_lacking(uint64_t missing)
{
    char names[SET_TEXT];

    sv_capability_format(names, sizeof names, missing);
    sv_dieu(111, "keep ", names,
            ": this process has no such capability: root has, where a container or an "
            "earlier keepcaps has not taken it away");
}

/*
 * Nobody below may ever have others. Without the right to say so that stays as it is,
 * which is no matter but for root, who would get all of them back from the next program.
 */
static void bound(uint64_t wanted, uint64_t present, int is_root)
{
    if (!(present >> SV_CAPABILITY_SETPCAP & 1)) {
        if (!is_root) return;
        errno = EPERM;
        sv_dieusys(111, "take capabilities from root without having cap_setpcap");
    }
    for (unsigned int i = 0; i < SV_CAPABILITY_BITS; i++) {
        if (wanted >> i & 1 || prctl(PR_CAPBSET_READ, i, 0, 0, 0) <= 0) continue;
        if (prctl(PR_CAPBSET_DROP, i, 0, 0, 0) < 0)
            sv_dieusys(111, "drop capabilities for ever");
    }
}

static void find(struct sv_credentials *credentials, struct choice const *choice)
{
    if (!sv_credentials_find(credentials, choice->account, 1))
        sv_die(111, "unknown account ", choice->account);
    if (!choice->has_groups || !credentials->entry) return;
    credentials->count = 0;
    if (!sv_credentials_add_all(credentials, choice->account))
        sv_dieu(111, "have so many groups");
}

static void become(struct sv_credentials const *credentials, char const *account)
{
    if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0) sv_dieusys(111, "keep capabilities");
    if (sv_credentials_take(credentials) == SV_CREDENTIALS_TAKEN) return;
    if (errno == EPERM)
        sv_dieusys(111, "become ", account, " without cap_setuid and cap_setgid");
    sv_dieusys(111, "become ", account);
}

/* Ambient ones are those that the next program has, and the one after. */
static void hand_on(uint64_t wanted)
{
    if (set(wanted, wanted, wanted) < 0) sv_dieusys(111, "set capabilities");
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
        sv_dieusys(111, "clear ambient capabilities");
    for (unsigned int i = 0; i < SV_CAPABILITY_BITS; i++)
        if (wanted >> i & 1 && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, i, 0, 0) < 0)
            sv_dieusys(111, "hand on ", sv_capability_name(i));
}

int main(int argc, char const *const *argv)
{
    static struct sv_credentials credentials;
    struct choice choice = {0};

    read_options(&argc, &argv, &choice);
    uint64_t wanted = understand(*argv), present = permitted();
    if (wanted & ~present) die_lacking(wanted & ~present);
    if (choice.account) find(&credentials, &choice);
    uid_t uid = choice.account ? credentials.uid : geteuid();
    if (set(present, present, 0) < 0) sv_dieusys(111, "set capabilities");
    bound(wanted, present, !uid || (!choice.account && !getuid()));
    if (choice.account) become(&credentials, choice.account);
    hand_on(wanted);
    (void)sv_chain_run(argv + 1, 0); /* if it returns it has failed */
    sv_dieusys(111, "run ", argv[1]);
}
