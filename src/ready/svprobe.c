/* ISC license. */

/*
 * svprobe: performs one probe once. Exits 0 if it is good, 1 with the reason if it is
 * not, 111 if that cannot be told.
 */

#include <unistd.h>

#include <skalibs/types.h>

#include <sv/about.h>
#include <sv/clock.h>
#include <sv/message.h>
#include <sv/option.h>
#include <sv/prober.h>

#define USAGE "svprobe [-t ms] kind argument ..."
#define TIMEOUT_MS 5000

char const *PROG = "svprobe";

enum { OPTION_HELP = SV_OPTION_LONG, OPTION_VERSION };

static struct sv_option_word const words[] = {
    {"timeout", 't', SV_OPTION_REQUIRED},
    {"help", OPTION_HELP, SV_OPTION_NONE},
    {"version", OPTION_VERSION, SV_OPTION_NONE},
    {0},
};

static void print_help(void)
{
    sv_about_say(
        "usage: " USAGE "\n\n"
        "  -t, --timeout=MS  milliseconds that it may take, 0 for ever; default 5000\n"
        "      --help        this text\n"
        "      --version     which upkeep this is\n\n"
        "Kinds:\n");
    for (unsigned int kind = 0; kind < SV_PROBE_COUNT; kind++) {
        sv_about_say("  ");
        sv_about_say(sv_probe_word((enum sv_probe_kind)kind));
        sv_about_say(" ");
        sv_about_say(sv_probe_arguments((enum sv_probe_kind)kind));
        sv_about_say("\n");
    }
    _exit(0);
}

static int64_t read_deadline(char const *text)
{
    uint32_t timeout_ms;

    if (!uint320_scan(text, &timeout_ms))
        sv_dieu(100, "understand ", text, ": not a number of milliseconds");
    return timeout_ms ? sv_clock_monotonic_ms() + timeout_ms : INT64_MAX;
}

int main(int argc, char const *const *argv)
{
    struct sv_options options = SV_OPTIONS("t:", words);
    char reason[SV_PROBER_REASON];
    struct sv_prober prober = {.deadline_ms = sv_clock_monotonic_ms() + TIMEOUT_MS,
                               .watched = -1,
                               .reason = reason};
    struct sv_probe probe;
    char const *why;
    int option;

    while ((option = sv_option_next(&options, argc, argv)) != SV_OPTION_END)
        switch (option) {
        case 't': prober.deadline_ms = read_deadline(options.value); break;
        case OPTION_HELP: print_help(); break;
        case OPTION_VERSION: sv_about_version(); break;
        case SV_OPTION_WRONG: sv_option_complain(&options); sv_dieusage(100, USAGE);
        }
    argc -= options.index, argv += options.index;
    if (!argc) sv_dieusage(100, USAGE);
    if (!sv_probe_parse(&probe, argv, (size_t)argc, &why))
        sv_dieu(100, "understand the probe ", argv[0], ": ", why);
    switch (sv_prober_probe(&prober, &probe)) {
    case SV_PROBER_GOOD: return 0;
    case SV_PROBER_BAD: strerr_warn(PROG, ": ", reason); return 1;
    case SV_PROBER_TROUBLE: sv_die(111, reason);
    case SV_PROBER_STOPPED: break; /* cannot happen: nothing is watched */
    }
    return 111;
}
