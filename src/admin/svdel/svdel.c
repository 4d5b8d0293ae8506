/* ISC license. */

/*
 * svdel: takes services out of the scan directory, waits until they have ended, and
 * removes their service directories if that is asked for.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h> /* snprintf */
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <skalibs/sig.h>
#include <skalibs/types.h>

#include <sv/about.h>
#include <sv/chain.h>
#include <sv/clock.h>
#include <sv/controlfifo.h>
#include <sv/message.h>
#include <sv/option.h>
#include <sv/scancontrol.h>
#include <sv/statedir.h>
#include <sv/timeout.h>
#include <sv/tree.h>

#include "svdel.h"

#define USAGE "svdel [--option ...] name ..."

char const *PROG = "svdel";

enum {
    OPTION_SCAN = SV_OPTION_LONG,
    OPTION_DIR,
    OPTION_PURGE,
    OPTION_PURGE_LOGS,
    OPTION_FORCE,
    OPTION_NO_WAIT,
    OPTION_TIMEOUT,
    OPTION_HELP,
    OPTION_VERSION
};

static struct sv_option_word const words[] = {
    {"scan", OPTION_SCAN, SV_OPTION_REQUIRED},
    {"dir", OPTION_DIR, SV_OPTION_REQUIRED},
    {"purge", OPTION_PURGE, SV_OPTION_NONE},
    {"purge-logs", OPTION_PURGE_LOGS, SV_OPTION_NONE},
    {"force", OPTION_FORCE, SV_OPTION_NONE},
    {"no-wait", OPTION_NO_WAIT, SV_OPTION_NONE},
    {"timeout", OPTION_TIMEOUT, SV_OPTION_REQUIRED},
    {"help", OPTION_HELP, SV_OPTION_NONE},
    {"version", OPTION_VERSION, SV_OPTION_NONE},
    {0},
};

static _Noreturn void print_help(void)
{
    sv_about_tell(
        "usage: " USAGE "\n\n"
        "  --timeout=MS  wait for the end of the services not longer than this\n"
        "  --no-wait     nor at all\n"
        "  --purge       remove the service directories, and keep the logs\n"
        "  --purge-logs  the logs in them, too\n"
        "  --force       even those that svadd has not made\n"
        "  --scan=DIR    the services are linked to from DIR\n"
        "  --dir=DIR     those without a link are in DIR\n"
        "  --help        this text\n"
        "  --version     which upkeep this is\n");
}

/* Returns the index of the first name in argv. */
static int read_options(int argc, char const *const *argv, struct choice *choice)
{
    struct sv_options options = SV_OPTIONS("", words);
    int option;

    while ((option = sv_option_next(&options, argc, argv)) != SV_OPTION_END)
        switch (option) {
        case OPTION_SCAN: choice->scan = options.value; break;
        case OPTION_DIR: choice->base = options.value; break;
        case OPTION_PURGE: choice->purges = 1; break;
        case OPTION_PURGE_LOGS: choice->purges = choice->purges_logs = 1; break;
        case OPTION_FORCE: choice->is_forced = 1; break;
        case OPTION_NO_WAIT: choice->waits = 0; break;
        case OPTION_TIMEOUT: choice->timeout_ms = sv_timeout_read(options.value); break;
        case OPTION_HELP: print_help();
        case OPTION_VERSION: sv_about_version();
        case SV_OPTION_WRONG: sv_option_complain(&options); sv_dieusage(100, USAGE);
        }
    if (options.index >= argc) sv_dieusage(100, USAGE);
    if (choice->purges && !choice->waits)
        sv_die(100, "--purge and --no-wait exclude each other: what is in use is not "
                    "removed");
    if (choice->is_forced && !choice->purges) sv_die(100, "--force is for --purge");
    return options.index;
}

static void find_places(struct sv_places *places, struct choice const *choice)
{
    if (!sv_places_scan(places, choice->scan))
        sv_dieu(111, "open the scan directory ", places->scan, ": ", sv_errortext(errno),
                errno == ENOENT ? "; name another with --scan=DIR" : "");
    if (!sv_places_base(places, choice->base, 0)) sv_dieusys(111, "open ", places->base);
}

/* Where a directory that was in the scan directory itself stays: ".NAME". */
static void resting_name(char name[LEAVING_SIZE], struct service const *service)
{
    (void)snprintf(name, LEAVING_SIZE, ".%s", service->name); /* it fits */
}

/* All that can be known to be wrong before anything is done. */
static void check(struct service *service, struct choice const *choice,
                  struct sv_places const *places)
{
    char resting[LEAVING_SIZE];
    struct stat about;

    if (choice->purges) svdel_check_purge(service, choice, places);
    if (faccessat(places->scan_dir, ".", W_OK, AT_EACCESS) < 0)
        sv_dieusys(111, "remove ", places->scan, "/", service->name);
    resting_name(resting, service);
    if (!service->is_link && service->is_there && !choice->purges
        && !fstatat(places->scan_dir, resting, &about, AT_SYMLINK_NOFOLLOW))
        sv_dieu(111, "rename ", places->scan, "/", service->name, " to ", resting,
                ": that is there; move it away, or remove this one with --purge");
    if (!part_open(&service->main, service->instance)
        || !part_open(&service->logger, service->instance))
        sv_dieu(111, "control ", service->name, ": ", sv_errortext(errno),
                sv_statedir_remedy(errno));
}

static void refuse_twice(char const *const *names, unsigned int at)
{
    for (unsigned int i = 0; i < at; i++)
        if (!strcmp(names[i], names[at])) sv_die(100, names[at], " is named twice");
}

/* From here on svscan does not see it any more. */
static void take_out(struct service *service, struct sv_places const *places)
{
    if (service->parent >= 0) {
        char mark[2 * NAME_MAX];
        (void)snprintf(mark, sizeof mark, "%s/" SV_DEFINITION_NEW, service->directory);
        (void)unlinkat(service->parent, mark, 0); /* seldom there; see svadd */
    }
    if (!service->is_there) return;
    if (service->is_leaving && service->is_link)
        (void)unlinkat(places->scan_dir, service->leaving, 0); /* of an svdel before */
    /* ENOENT: another svdel of it has just done that */
    if (!sv_tree_rename(places->scan_dir, service->name, service->leaving)
        && errno != ENOENT)
        sv_dieusys(111, "remove ", places->scan, "/", service->name);
    (void)fsync(places->scan_dir); /* if not, it may come back after a crash */
}

/* The last step. Returns 1; 0 after a warning. */
static int finish(struct service const *service, struct choice const *choice,
                  struct sv_places const *places)
{
    char resting[LEAVING_SIZE];
    int is_listed = service->is_there || service->is_leaving;

    if (choice->purges && !svdel_purge(service, choice, places)) return 0;
    if (!is_listed) return 1;
    resting_name(resting, service);
    if (service->is_link ? !unlinkat(places->scan_dir, service->leaving, 0)
        : choice->purges ? 1
                         : sv_tree_rename(places->scan_dir, service->leaving, resting))
        return 1;
    if (errno == ENOENT) return 1; /* another svdel of it has done that */
    sv_warnusys("remove ", places->scan, "/", service->leaving);
    return 0;
}

/* A service takes a few descriptors. */
static void raise_limit(void)
{
    struct rlimit files;

    if (getrlimit(RLIMIT_NOFILE, &files) < 0) return;
    files.rlim_cur = files.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &files); /* if not, fewer can be named at a time */
}

/* Without waiting: svscan does the rest, or they are told. */
static void tell_all(struct service *services, unsigned int count)
{
    for (unsigned int i = 0; i < count; i++) {
        part_tell(&services[i].main, services[i].instance);
        part_tell_logger(&services[i].logger, services[i].instance);
    }
}

int main(int argc, char const *const *argv)
{
    static struct sv_places places;
    struct choice choice = {.waits = 1, .timeout_ms = INT64_MAX};
    int64_t deadline_ms = INT64_MAX;
    int code = 0;

    int first = read_options(argc, argv, &choice);
    unsigned int count = (unsigned int)(argc - first);
    struct service *services = calloc(count, sizeof *services);
    if (!services) sv_dieusys(111, "allocate memory");
    if (!sig_ignore(SIGPIPE)) sv_dieusys(111, "ignore SIGPIPE");
    if (choice.timeout_ms != INT64_MAX)
        deadline_ms = sv_clock_monotonic_ms() + choice.timeout_ms;
    raise_limit();
    find_places(&places, &choice);
    for (unsigned int i = 0; i < count; i++) {
        refuse_twice(argv + first, i);
        svdel_find(services + i, argv[first + (int)i], &choice, &places);
    }
    for (unsigned int i = 0; i < count; i++) check(services + i, &choice, &places);
    for (unsigned int i = 0; i < count; i++) take_out(services + i, &places);
    int listens = sv_controlfifo_listening(places.scan_dir,
                                           SV_SCANCONTROL_DIR "/" SV_SCANCONTROL_FIFO)
                  > 0;
    if (choice.waits) code = svdel_leave(services, count, listens, deadline_ms);
    if (!choice.waits && !listens) tell_all(services, count);
    for (unsigned int i = 0; i < count; i++)
        if ((!choice.waits || services[i].is_done > 0)
            && !finish(services + i, &choice, &places) && !code)
            code = 111;
    _exit(code); /* what was allocated ends with us */
}
