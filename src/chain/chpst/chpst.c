/* ISC license. */

/*
 * chpst: runit's program that changes many things about the process at once, and becomes
 * the next program. Called by the name of a program of daemontools it does what that
 * does.
 *
 * Options, order of doing, words and exit codes are runit's; where runit's go wrong ours
 * do not (see chpst(8)).
 */

#include <string.h>
#include <unistd.h>

#include <skalibs/strerr.h>
#include <skalibs/types.h>

#include <sv/about.h>
#include <sv/chain.h>
#include <sv/option.h>

#include "chpst.h"
#include "config.h"

#define USAGE \
    "chpst [-vVP012] [-u user[:group]] [-U user[:group]] [-b argv0] [-e dir] [-/ root] " \
    "[-C pwd] [-n nice] [-l|-L lock] [-m n] [-d n] [-o n] [-p n] [-f n] [-c n] [-t n] " \
    "prog"

#define MOST_NICE 100 /* more makes no difference */

char const *PROG = "chpst";

enum { OPTION_HELP = SV_OPTION_LONG, OPTION_VERSION };

static struct sv_option_word const words[] = {
    {"help", OPTION_HELP, SV_OPTION_NONE},
    {"version", OPTION_VERSION, SV_OPTION_NONE},
    {0},
};

static _Noreturn void print_help(void)
{
    sv_about_tell("usage: " USAGE "\n\n"
                  "  -u USER[:GROUP...]  become that user, with the groups named alone\n"
                  "  -u :UID:GID[:GID...]  or in numbers\n"
                  "  -U USER[:GROUP...]  have the variables UID and GID, likewise\n"
                  "  -b NAME    tell the program that it is called that\n"
                  "  -e DIR     have variables from the files in DIR\n"
                  "  -/ DIR     have DIR as the root directory\n"
                  "  -C DIR     have DIR as the working directory, in the new root\n"
                  "  -n N       add to the nice value; may begin with + or -\n"
                  "  -l FILE    lock FILE\n"
                  "  -L FILE    lock FILE, or fail at once\n"
                  "  -m N       limits of memory, in bytes: -d, stack, locked, all\n"
                  "  -d N       limit of the data segment, in bytes\n"
                  "  -o N       limit of open descriptors\n"
                  "  -p N       limit of processes\n"
                  "  -f N       limit of a file, in bytes\n"
                  "  -c N       limit of a core file, in bytes\n"
                  "  -r N       limit of resident memory, in bytes\n"
                  "  -t N       limit of processor time, in seconds\n"
                  "  -P         in a session of its own\n"
                  "  -0         close standard input\n"
                  "  -1         close standard output\n"
                  "  -2         close standard error\n"
                  "  -v         tell about what is passed over\n"
                  "  -V         print which upkeep this is, and exit 100\n"
                  "      --help     this text\n"
                  "      --version  which upkeep this is\n");
}

/* No "fatal", and an empty line behind it: so runit has it. */
void chpst_die_usage(char const *name, char const *usage)
{
    strerr_warn("usage: ", name, strchr(usage, ' '), "\n");
    _exit(100);
}

static _Noreturn void die_usage(void)
{
    chpst_die_usage(PROG, USAGE);
}

/* Returns 1 or 0. */
static int understand_nice(char const *text, long *more)
{
    int is_less = *text == '-';
    unsigned int number = 0;

    text += is_less || *text == '+';
    if (*text && !uint0_scan(text, &number)) return 0;
    if (number > MOST_NICE) number = MOST_NICE;
    *more = is_less ? -(long)number : (long)number;
    return 1;
}

static void plan_lock(struct chpst_plan *plan, char const *file, int at_once)
{
    if (plan->lock) die_usage();
    plan->lock = file;
    plan->at_once = at_once ? 1 : 0;
}

static void take_option(struct chpst_plan *plan, int option, char const *value)
{
    switch (option) {
    case 'u': plan->account = value; break;
    case 'U': plan->told_account = value; break;
    case 'b': plan->called = value; break;
    case 'e': plan->variables = value; break;
    case '/': plan->root = value; break;
    case 'C': plan->directory = value; break;
    case 'n':
        if (!understand_nice(value, &plan->more_nice)) die_usage();
        break;
    case 'l': plan_lock(plan, value, 0); break;
    case 'L': plan_lock(plan, value, 1); break;
    case 'v': plan->verbose = 1; break;
    case 'P': plan->session = 1; break;
    case '0':
    case '1':
    case '2': plan->close_standard[option - '0'] = 1; break;
    default: /* m d o p f c r t; = and - are softlimit's only */
        if (!strcmp(value, "=") || !strcmp(value, "-")) die_usage();
        if (!chpst_limit(plan, option, value)) die_usage();
    }
}

static char const *const *read_options(int argc, char const *const *argv,
                                       struct chpst_plan *plan)
{
    struct sv_options options =
        SV_OPTIONS("u:U:b:e:m:d:o:p:f:c:r:t:/:C:n:l:L:vP012V", words);
    int option;

    while ((option = sv_option_next(&options, argc, argv)) != SV_OPTION_END)
        switch (option) {
        case OPTION_HELP: print_help();
        case OPTION_VERSION: sv_about_version();
        case 'V': strerr_warn("chpst (upkeep) " SV_VERSION); die_usage();
        case SV_OPTION_WRONG: sv_option_complain(&options); die_usage();
        default: take_option(plan, option, options.value);
        }
    if (!argv[options.index]) die_usage();
    return argv + options.index;
}

/* What we are called, without directories, and without a `d` in front, as in runit. */
static char const *own_name(char const *path)
{
    char const *slash = path ? strrchr(path, '/') : 0;
    char const *name = slash ? slash + 1 : path;

    if (!name || !*name) return PROG;
    return *name == 'd' ? name + 1 : name;
}

int main(int argc, char const *const *argv)
{
    static struct chpst_plan plan;

    PROG = own_name(argv[0]); /* for usage; what fails later, fails in chpst */
    char const *const *rest = chpst_as(PROG, argc, argv, &plan);
    if (!rest) rest = read_options(argc, argv, &plan);
    PROG = "chpst";
    chpst_carry_out(&plan, rest);
}
