/* ISC license. */

/*
 * svevents: replays what happened to services, from their journals, and goes on as it
 * happens.
 */

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <skalibs/types.h>

#include <sv/about.h>
#include <sv/clock.h>
#include <sv/message.h>
#include <sv/option.h>
#include <sv/stream.h>
#include <sv/tailtime.h>
#include <sv/zone.h>

#include "svevents.h"

#define USAGE \
    "svevents [-f] [-j] [-n count] [-s since] [-c file] [-x program] [dir ...] " \
    "[-- program [argument ...]]"

char const *PROG = "svevents";

enum { OPTION_HELP = SV_OPTION_LONG, OPTION_VERSION };

static struct sv_option_word const words[] = {
    {"follow", 'f', SV_OPTION_NONE},
    {"json", 'j', SV_OPTION_NONE},
    {"lines", 'n', SV_OPTION_REQUIRED},
    {"since", 's', SV_OPTION_REQUIRED},
    {"cursor", 'c', SV_OPTION_REQUIRED},
    {"exec", 'x', SV_OPTION_REQUIRED},
    {"help", OPTION_HELP, SV_OPTION_NONE},
    {"version", OPTION_VERSION, SV_OPTION_NONE},
    {0},
};

static void print_help(void)
{
    sv_about_tell(
        "usage: " USAGE "\n\n"
        "  -f, --follow        go on with what happens from now on\n"
        "  -j, --json          a JSON object for each event\n"
        "  -n, --lines=N       the last N events only\n"
        "  -s, --since=TIME    events from then on\n"
        "  -c, --cursor=FILE   go on where the last reader with that file has ended\n"
        "  -x, --exec=PROGRAM  run it for each event, as -- does\n"
        "      --help          this text\n"
        "      --version       which upkeep this is\n\n"
        "DIR is a service directory, or a directory that holds some: then all of them.\n"
        "TIME: 90s, 10m, 2h or 3d ago, YYYY-MM-DD [HH:MM[:SS]], @SECONDS.\n");
}

/* A local time that was read as if it were UTC. */
static void from_local(struct timespec *when)
{
    time_t local = when->tv_sec;

    /* the offset at that moment is wanted; near a change, the one after it */
    when->tv_sec = local - sv_zone_offset(local);
    when->tv_sec = local - sv_zone_offset(when->tv_sec);
}

static struct timespec read_time(char const *text)
{
    struct timespec now, when;

    sv_clock_wall(&now);
    switch (sv_tailtime_scan(text, &now, &when)) {
    case SV_TAILTIME_NONE: break;
    case SV_TAILTIME_LOCAL: from_local(&when); return when;
    case SV_TAILTIME_UTC: return when;
    }
    sv_dieu(100, "understand ", text, ": not a time");
}

static uint64_t read_number(char const *text)
{
    uint64_t number;

    if (!uint640_scan(text, &number))
        sv_dieu(100, "understand ", text, ": not a number of events");
    return number;
}

/* A program without arguments. */
static char const *const *only(char const *program)
{
    static char const *argv[2];

    argv[0] = program;
    return argv;
}

static void read_option(struct choice *choice, int option, struct sv_options *options)
{
    switch (option) {
    case 'f': choice->follow = 1; break;
    case 'j': choice->json = 1; break;
    case 'n': choice->count = read_number(options->value), choice->has_count = 1; break;
    case 's': choice->since = read_time(options->value), choice->has_since = 1; break;
    case 'c': choice->cursor = options->value; break;
    case 'x': choice->program = only(options->value); break;
    case OPTION_HELP: print_help(); break;
    case OPTION_VERSION: sv_about_version(); break;
    case SV_OPTION_WRONG: sv_option_complain(options); sv_dieusage(100, USAGE);
    }
}

/* Returns the index of the first directory in argv; *argc ends before the program. */
static int read_options(int *argc, char const *const *argv, struct choice *choice)
{
    struct sv_options options = SV_OPTIONS("fjn:s:c:x:", words);
    int end = 1, option;

    while (end < *argc && strcmp(argv[end], "--") != 0) end++;
    while ((option = sv_option_next(&options, end, argv)) != SV_OPTION_END)
        read_option(choice, option, &options);
    if (end < *argc) {
        if (end + 1 == *argc || choice->program) sv_dieusage(100, USAGE);
        choice->program = argv + end + 1;
    }
    if (choice->program && choice->json) sv_dieusage(100, USAGE);
    *argc = end;
    return options.index;
}

static void set_places(struct svevents *events, int argc, char const *const *argv)
{
    static char const *const here[] = {"."};

    if (!argc) argv = here, argc = 1;
    events->place_count = (size_t)argc;
    events->places = calloc(events->place_count, sizeof *events->places);
    if (!events->places) sv_dieusys(111, "allocate");
    for (size_t i = 0; i < events->place_count; i++)
        events->places[i] = (struct place){.argument = argv[i], .watch = -1};
}

/* Each journal is held open. */
static void raise_limit(struct svevents *events)
{
    struct rlimit most;

    (void)getrlimit(RLIMIT_NOFILE, &events->files); /* the arguments are right */
    most = events->files;
    most.rlim_cur = most.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &most); /* else it is as it was */
}

/* What was named and is not there. */
static void check_places(struct svevents *events)
{
    for (size_t i = 0; i < events->place_count; i++) {
        struct place const *place = events->places + i;
        if (place->kind != PLACE_UNKNOWN) continue;
        if (events->choice.follow) {
            sv_warn("there is no ", place->argument, ", waiting for it");
        } else {
            sv_warnu("open ", place->argument, ": ", sv_errortext(ENOENT));
            events->has_failed = 1;
        }
    }
}

int main(int argc, char const *const *argv)
{
    static struct svevents events = {.watch = {.fd = -1}};
    struct choice *choice = &events.choice;
    int first = read_options(&argc, argv, choice);

    (void)signal(SIGPIPE, SIG_IGN); /* writing tells */
    set_places(&events, argc - first, argv + first);
    raise_limit(&events);
    if (choice->program) svevents_find_program(&events);
    if (choice->cursor) svevents_open_cursor(&events);
    if (events.is_resumed) choice->has_count = choice->has_since = 0;
    if (choice->follow && !sv_watch_open(&events.watch))
        sv_dieusys(111, "watch directories");
    svevents_look_everywhere(&events);
    check_places(&events);
    if (choice->has_count) svevents_count(&events);
    events.is_started = 1;

    /* The past, and then whatever comes. */
    svevents_replay(&events);
    while (choice->follow) {
        svevents_wait(&events);
        svevents_replay(&events);
    }
    return events.has_failed ? 111 : 0;
}
