/* ISC license. */

/*
 * svtail: prints log directories in order, whatever their logger does to the files
 * meanwhile, and goes on as it does.
 */

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <skalibs/types.h>

#include <sv/about.h>
#include <sv/clock.h>
#include <sv/message.h>
#include <sv/option.h>

#include "svtail.h"

#define USAGE "svtail [-f] [-l | -r] [-n lines] [-s since] [-u until] dir ..."

char const *PROG = "svtail";

enum { OPTION_HELP = SV_OPTION_LONG, OPTION_VERSION };

static struct sv_option_word const words[] = {
    {"follow", 'f', SV_OPTION_NONE},
    {"local", 'l', SV_OPTION_NONE},
    {"raw", 'r', SV_OPTION_NONE},
    {"lines", 'n', SV_OPTION_REQUIRED},
    {"since", 's', SV_OPTION_REQUIRED},
    {"until", 'u', SV_OPTION_REQUIRED},
    {"help", OPTION_HELP, SV_OPTION_NONE},
    {"version", OPTION_VERSION, SV_OPTION_NONE},
    {0},
};

static void print_help(void)
{
    sv_about_tell(
        "usage: " USAGE "\n\n"
        "  -f, --follow       go on with what is written from now on\n"
        "  -n, --lines=N      the last N lines only\n"
        "  -s, --since=TIME   lines from then on\n"
        "  -u, --until=TIME   lines before then\n"
        "  -l, --local        TAI64N labels as local time; so it is on a terminal\n"
        "  -r, --raw          lines as they are, on a terminal too\n"
        "      --help         this text\n"
        "      --version      which upkeep this is\n\n"
        "TIME: 90s, 10m, 2h or 3d ago, YYYY-MM-DD [HH:MM[:SS]], @SECONDS, or a\n"
        "stamp as lines have it.\n");
}

static struct timespec read_time(char const *text)
{
    struct timespec now, when;

    sv_clock_wall(&now);
    switch (sv_tailtime_scan(text, &now, &when)) {
    case SV_TAILTIME_NONE: break;
    case SV_TAILTIME_LOCAL: svtail_from_local(&when); return when;
    case SV_TAILTIME_UTC: return when;
    }
    sv_dieu(100, "understand ", text, ": not a time");
}

static uint64_t read_number(char const *text)
{
    uint64_t number;

    if (!uint640_scan(text, &number))
        sv_dieu(100, "understand ", text, ": not a number of lines");
    return number;
}

/* Returns the index of the first directory in argv. */
static int read_options(int argc, char const *const *argv, struct choice *choice)
{
    struct sv_options options = SV_OPTIONS("flrn:s:u:", words);
    int option, raw = 0;

    while ((option = sv_option_next(&options, argc, argv)) != SV_OPTION_END) {
        switch (option) {
        case 'f': choice->follow = 1; break;
        case 'l': choice->local = 1, raw = 0; break;
        case 'r': choice->local = 0, raw = 1; break;
        case 'n':
            choice->lines = read_number(options.value), choice->has_lines = 1;
            break;
        case 's': choice->since = read_time(options.value), choice->has_since = 1; break;
        case 'u': choice->until = read_time(options.value), choice->has_until = 1; break;
        case OPTION_HELP: print_help(); break;
        case OPTION_VERSION: sv_about_version(); break;
        case SV_OPTION_WRONG: sv_option_complain(&options); sv_dieusage(100, USAGE);
        }
    }
    if (!raw && isatty(1)) choice->local = 1;
    if (options.index >= argc) sv_dieusage(100, USAGE);
    return options.index;
}

static void find_all(struct svtail *tail, char const *const *arguments)
{
    for (size_t i = 0; i < tail->count; i++) {
        struct log *log = tail->logs + i;
        char *path;
        *log = (struct log){.argument = arguments[i],
                            .directory = -1,
                            .successor = -1,
                            .watch = -1,
                            .fd = -1,
                            .last = SV_TAILTIME_EARLIEST};
        int fd = svtail_find(log->argument, &path);
        if (fd >= 0)
            svtail_attach(tail, log, fd, path);
        else if (tail->choice.follow)
            sv_warnu("find a log in ", log->argument, ", waiting for it");
        else
            sv_dieusys(111, "find a log in ", log->argument);
    }
}

static int has_all_ended(struct svtail const *tail)
{
    size_t ended = 0;

    for (size_t i = 0; i < tail->count; i++) ended += tail->logs[i].ended;
    return ended == tail->count;
}

int main(int argc, char const *const *argv)
{
    static struct svtail tail = {.places.fd = -1, .watch.fd = -1};

    argv += read_options(argc, argv, &tail.choice);
    while (argv[tail.count]) tail.count++;
    tail.logs = calloc(tail.count, sizeof *tail.logs);
    tail.heads = calloc(tail.count, sizeof *tail.heads);
    if (!tail.logs || !tail.heads) sv_dieusys(111, "allocate");
    (void)signal(SIGPIPE, SIG_IGN); /* writing tells */
    if (!sv_tailwatch_open(&tail.watch) && tail.choice.follow)
        sv_dieusys(111, "watch directories");
    find_all(&tail, argv);
    if (tail.choice.has_since)
        for (size_t i = 0; i < tail.count; i++) svtail_skip_files(&tail, tail.logs + i);
    if (tail.choice.has_lines) svtail_go_back(&tail);
    if (tail.choice.follow) svtail_check_places(&tail);

    /* The past, and then whatever comes. */
    for (;;) {
        svtail_print(&tail);
        if (!tail.choice.follow || has_all_ended(&tail)) return 0;
        svtail_wait(&tail);
    }
}
