/* ISC license. */

/*
 * svperms: shows or sets who may look at services and who may control them.
 *
 * The options are those of s6-svperms with the same meaning, and -U.
 */

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <skalibs/buffer.h>
#include <skalibs/types.h>

#include <sv/about.h>
#include <sv/message.h>
#include <sv/option.h>
#include <sv/statedir.h>

#include "svperms.h"

#define USAGE \
    "svperms [-v] [-u | -g group | -G group | -o | -O group] [-U user] [-e | -E group] " \
    "dir ..."

char const *PROG = "svperms";

enum { OPTION_HELP = SV_OPTION_LONG, OPTION_VERSION };

static struct sv_option_word const words[] = {
    {"verbose", 'v', SV_OPTION_NONE},
    {"user", 'U', SV_OPTION_REQUIRED},
    {"help", OPTION_HELP, SV_OPTION_NONE},
    {"version", OPTION_VERSION, SV_OPTION_NONE},
    {0},
};

/* ":1234" is a number, for groups and users alike. */
static int scan_number(char const *text, unsigned int *number)
{
    return text[0] == ':' && uint0_scan(text + 1, number);
}

static gid_t find_group(char const *name)
{
    unsigned int number;

    if (scan_number(name, &number)) return number;
    struct group const *group = getgrnam(name);
    if (!group) sv_die(100, "unknown group: ", name);
    return group->gr_gid;
}

static uid_t find_user(char const *name)
{
    unsigned int number;

    if (scan_number(name, &number)) return number;
    struct passwd const *user = getpwnam(name);
    if (!user) sv_die(100, "unknown user: ", name);
    return user->pw_uid;
}

static void print_help(void)
{
    sv_about_tell("usage: " USAGE "\n\n"
                  "      (none)         print who may look, control and follow events\n"
                  "  -v, --verbose      print it after changing it\n"
                  "  -u                 look and control: the owner only\n"
                  "  -g GROUP           look: the group; control: the owner only\n"
                  "  -G GROUP           look and control: the group\n"
                  "  -o                 look: everybody; control: the owner only\n"
                  "  -O GROUP           look: everybody; control: the group\n"
                  "  -U, --user=USER    control: this user too; alone, as with -o\n"
                  "  -e                 follow events: everybody who may look\n"
                  "  -E GROUP           follow events: the group, if it may look\n"
                  "      --help         this text\n"
                  "      --version      which upkeep this is\n"
                  "\nA GROUP or USER is a name, or a colon and a number.\n");
}

/* One of -u -g -G -o -O: a later one replaces an earlier one. */
static void choose(struct wish *wish, enum reach look, int may_control, char const *group)
{
    wish->rights = wish->has_look = 1;
    wish->look.reach = look;
    wish->look.group = wish->control.group = group ? find_group(group) : 0;
    wish->control.reach = may_control ? REACH_GROUP : REACH_OWNER;
}

/* Returns the index of the first service in argv. */
static int read_options(int argc, char const *const *argv, struct wish *wish)
{
    struct sv_options options = SV_OPTIONS("vug:G:oO:U:eE:", words);
    int option;

    while ((option = sv_option_next(&options, argc, argv)) != SV_OPTION_END) {
        switch (option) {
        case 'v': wish->prints = 1; break;
        case 'u': choose(wish, REACH_OWNER, 0, 0); break;
        case 'g': choose(wish, REACH_GROUP, 0, options.value); break;
        case 'G': choose(wish, REACH_GROUP, 1, options.value); break;
        case 'o': choose(wish, REACH_PUBLIC, 0, 0); break;
        case 'O': choose(wish, REACH_PUBLIC, 1, options.value); break;
        case 'U':
            wish->rights = wish->has_user = 1;
            wish->user = find_user(options.value);
            break;
        case 'e':
        case 'E':
            wish->sets_events = 1;
            wish->events.reach = option == 'e' ? REACH_PUBLIC : REACH_GROUP;
            wish->events.group = option == 'e' ? 0 : find_group(options.value);
            break;
        case OPTION_HELP: print_help(); break;
        case OPTION_VERSION: sv_about_version(); break;
        case SV_OPTION_WRONG: sv_option_complain(&options); sv_dieusage(100, USAGE);
        }
    }
    if (wish->has_user && !wish->has_look) wish->look.reach = REACH_PUBLIC;
    if (wish->has_user && wish->look.reach == REACH_OWNER)
        sv_die(100, "-u and -U contradict each other: who controls must get there");
    if (!wish->rights && !wish->sets_events) wish->prints = 1;
    return options.index;
}

/* Returns the exit code as far as this service decides it. */
static int serve(char const *service, struct wish const *wish)
{
    int changes = wish->rights || wish->sets_events;
    char instance[SV_INSTANCE_MAX];
    int code = 0;

    sv_statedir_instance(service, instance);
    int place = open(service, O_PATH | O_DIRECTORY | O_CLOEXEC);
    int dir = place < 0 ? -1 : sv_statedir_open_at(place, instance, 0);
    int error_number = errno;

    if (place >= 0) (void)close(place); /* only a place */
    if (dir < 0) {
        sv_warnu("open ", place < 0 ? "" : "supervise of ", service, ": ",
                 sv_errortext(error_number), sv_statedir_remedy(error_number));
        return changes ? 111 : 1;
    }
    if (changes && !svperms_change(service, dir, wish)) code = 111;
    if (wish->prints && !svperms_print(service, dir) && !code) code = 1;
    (void)close(dir); /* only a place */
    return code;
}

int main(int argc, char const *const *argv)
{
    struct wish wish = {.rights = 0};
    int code = 0;

    argv += read_options(argc, argv, &wish);
    if (!*argv) sv_dieusage(100, USAGE);
    for (; *argv; argv++) {
        int next = serve(*argv, &wish);
        if (next > code) code = next;
    }
    buffer_flush(buffer_1);
    return code;
}
