/* ISC license. */

/* The command lines of daemontools' programs. */

#include <string.h>

#include <sv/option.h>

#include "chpst.h"

#define USAGE_ACCOUNT "program account child"
#define USAGE_ENVDIR "envdir dir child"
#define USAGE_PGRPHACK "pgrphack child"
#define USAGE_SETLOCK "setlock [ -nNxX ] file program [ arg ... ]"
#define USAGE_SOFTLIMIT \
    "softlimit [-a allbytes] [-c corebytes] [-d databytes] [-f filebytes] " \
    "[-l lockbytes] [-m membytes] [-o openfiles] [-p processes] [-r residentbytes] " \
    "[-s stackbytes] [-t cpusecs] child"

int chpst_limit(struct chpst_plan *plan, int letter, char const *value)
{
    struct sv_limit_value limit;

    _Static_assert(RLIM_NLIMITS <= CHPST_LIMITS, "every limit has its place");
    if (!sv_limit_scan(value, &limit)) return 0;
    for (unsigned int i = 0; i < sv_limit_count; i++) {
        char own = sv_limits[i].letter;
        if (own != letter && (letter != 'm' || !own || !strchr("dsla", own))) continue;
        plan->limits[i] = limit;
        plan->is_limited[i] = 1;
    }
    return 1;
}

typedef char const *const *reading(char const *name, int argc, char const *const *argv,
                                   struct chpst_plan *plan);

static char const *const *read_setuidgid(char const *name, int argc,
                                         char const *const *argv, struct chpst_plan *plan)
{
    if (argc < 3) chpst_die_usage(name, USAGE_ACCOUNT);
    plan->account = argv[1];
    plan->plain = 1;
    return argv + 2;
}

static char const *const *read_envuidgid(char const *name, int argc,
                                         char const *const *argv, struct chpst_plan *plan)
{
    if (argc < 3) chpst_die_usage(name, USAGE_ACCOUNT);
    plan->told_account = argv[1];
    plan->plain = 1;
    return argv + 2;
}

static char const *const *read_envdir(char const *name, int argc, char const *const *argv,
                                      struct chpst_plan *plan)
{
    if (argc < 3) chpst_die_usage(name, USAGE_ENVDIR);
    plan->variables = argv[1];
    plan->strict = 1;
    return argv + 2;
}

static char const *const *read_pgrphack(char const *name, int argc,
                                        char const *const *argv, struct chpst_plan *plan)
{
    if (argc < 2) chpst_die_usage(name, USAGE_PGRPHACK);
    plan->session = 1;
    return argv + 1;
}

/* daemontools' meaning: runit's waits with -n and does not without. */
static char const *const *read_setlock(char const *name, int argc,
                                       char const *const *argv, struct chpst_plan *plan)
{
    struct sv_options options = SV_OPTIONS("nNxX", 0);
    int option;

    while ((option = sv_option_next(&options, argc, argv)) != SV_OPTION_END)
        switch (option) {
        case 'n': plan->at_once = 1; break;
        case 'N': plan->at_once = 0; break;
        case 'x': plan->quiet = 1; break;
        case 'X': plan->quiet = 0; break;
        case SV_OPTION_WRONG:
            sv_option_complain(&options);
            chpst_die_usage(name, USAGE_SETLOCK);
        }
    if (argc - options.index < 2) chpst_die_usage(name, USAGE_SETLOCK);
    plan->lock = argv[options.index];
    return argv + options.index + 1;
}

static char const *const *read_softlimit(char const *name, int argc,
                                         char const *const *argv, struct chpst_plan *plan)
{
    struct sv_options options = SV_OPTIONS("a:c:d:f:l:m:o:p:r:s:t:", 0);
    int option;

    while ((option = sv_option_next(&options, argc, argv)) != SV_OPTION_END) {
        if (option == SV_OPTION_WRONG) sv_option_complain(&options);
        if (option == SV_OPTION_WRONG || !strcmp(options.value, "-")
            || !chpst_limit(plan, option, options.value))
            chpst_die_usage(name, USAGE_SOFTLIMIT);
    }
    if (options.index >= argc) chpst_die_usage(name, USAGE_SOFTLIMIT);
    return argv + options.index;
}

char const *const *chpst_as(char const *name, int argc, char const *const *argv,
                            struct chpst_plan *plan)
{
    static struct {
        char const *name;
        reading *read;
    } const programs[] = {
        {"setuidgid", read_setuidgid}, {"envuidgid", read_envuidgid},
        {"envdir", read_envdir},       {"pgrphack", read_pgrphack},
        {"setlock", read_setlock},     {"softlimit", read_softlimit},
    };

    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++)
        if (!strcmp(programs[i].name, name))
            return programs[i].read(name, argc, argv, plan);
    return 0;
}
