/* ISC license. */

/*
 * svwait: waits until services are up, ready, down ..., all of them or any; and runs a
 * program between beginning to watch them and waiting, so that nothing that it brings
 * about is missed.
 */

#include <unistd.h>

#include <string.h>

#include <sv/about.h>
#include <sv/clock.h>
#include <sv/message.h>
#include <sv/option.h>
#include <sv/timeout.h>

#include "svwait.h"

#define USAGE \
    "svwait [-u | -U | -d | -D | -r | -R | -f] [-a | -o] [-t ms] service ... " \
    "[-- prog ...]"

char const *PROG = "svwait";

enum { OPTION_HELP = SV_OPTION_LONG, OPTION_VERSION };

static struct sv_option_word const words[] = {
    {"up", 'u', SV_OPTION_NONE},
    {"ready", 'U', SV_OPTION_NONE},
    {"down", 'd', SV_OPTION_NONE},
    {"finished", 'D', SV_OPTION_NONE},
    {"rerun", 'r', SV_OPTION_NONE},
    {"restarted", 'R', SV_OPTION_NONE},
    {"failed", 'f', SV_OPTION_NONE},
    {"all", 'a', SV_OPTION_NONE},
    {"any", 'o', SV_OPTION_NONE},
    {"timeout", 't', SV_OPTION_REQUIRED},
    {"help", OPTION_HELP, SV_OPTION_NONE},
    {"version", OPTION_VERSION, SV_OPTION_NONE},
    {0},
};

static void print_help(void)
{
    sv_about_tell("usage: " USAGE "\n\n"
                  "  -u, --up          run has been executed (unless another is chosen)\n"
                  "  -U, --ready       it is ready\n"
                  "  -d, --down        the main process does not run\n"
                  "  -D, --finished    nor does the finish script\n"
                  "  -r, --rerun       run is executed again, from now on\n"
                  "  -R, --restarted   ... and is ready\n"
                  "  -f, --failed      supervise has given up\n"
                  "  -a, --all         wait for all of the services (unless -o)\n"
                  "  -o, --any         one of them is enough\n"
                  "  -t, --timeout=MS  but not for longer than this\n"
                  "      --help        this text\n"
                  "      --version     which upkeep this is\n");
}

/* Returns the index of the first service in argv. */
static int read_options(int argc, char const *const *argv, struct choice *choice)
{
    struct sv_options options = SV_OPTIONS("uUdDrRfaot:", words);
    int option;

    while ((option = sv_option_next(&options, argc, argv)) != SV_OPTION_END) {
        switch (option) {
        case 'u': choice->goal = SV_GOAL_UP; break;
        case 'U': choice->goal = SV_GOAL_READY; break;
        case 'd': choice->goal = SV_GOAL_DOWN; break;
        case 'D': choice->goal = SV_GOAL_FINISHED; break;
        case 'r': choice->goal = SV_GOAL_RERUN; break;
        case 'R': choice->goal = SV_GOAL_RESTARTED; break;
        case 'f': choice->goal = SV_GOAL_FAILED; break;
        case 'a': choice->any = 0; break;
        case 'o': choice->any = 1; break;
        case 't': choice->timeout_ms = sv_timeout_read(options.value); break;
        case OPTION_HELP: print_help(); break;
        case OPTION_VERSION: sv_about_version(); break;
        case SV_OPTION_WRONG: sv_option_complain(&options); sv_dieusage(100, USAGE);
        }
    }
    return options.index;
}

/* The services end at "--". Returns how many there are. */
static unsigned int count_services(char const *const *argv, struct choice *choice)
{
    unsigned int count = 0;

    while (argv[count] && strcmp(argv[count], "--")) count++;
    if (argv[count]) choice->program = argv + count + 1;
    if (!count || (choice->program && !*choice->program)) sv_dieusage(100, USAGE);
    return count;
}

/* Until the program has ended, if there is one, and the services are where they should
 * be. Returns the exit code. */
static int wait_for(struct services *services, struct choice const *choice,
                    int64_t deadline_ms)
{
    int ends = choice->program ? svwait_catch_ends() : -1;
    pid_t program = choice->program ? svwait_run(choice->program) : 0;
    iopause_fd fds[2] = {{.fd = services->watch.fd, .events = IOPAUSE_READ},
                         {.fd = ends, .events = IOPAUSE_READ}};

    for (;;) {
        enum verdict verdict = program ? VERDICT_OPEN : svwait_judge(services, choice);
        if (verdict == VERDICT_REACHED) return 0;
        if (verdict == VERDICT_NEVER) {
            svwait_complain(services, 0);
            return 1;
        }
        int ready = sv_clock_wait(fds, 2, deadline_ms);
        if (ready < 0) sv_dieusys(111, "wait");
        if (fds[0].revents) svwait_take_news(services);
        if (program && fds[1].revents && svwait_has_ended(program)) {
            program = 0;
            fds[1].fd = -1;
            svwait_look_at_all(services);
        }
        if (ready || sv_clock_monotonic_ms() < deadline_ms) continue;
        svwait_look_at_all(services);
        if (!program && svwait_judge(services, choice) == VERDICT_REACHED) return 0;
        svwait_complain(services, 1);
        return 99;
    }
}

int main(int argc, char const *const *argv)
{
    static struct services services;
    struct choice choice = {.goal = SV_GOAL_UP, .timeout_ms = INT64_MAX};
    int64_t deadline_ms = INT64_MAX;

    argv += read_options(argc, argv, &choice);
    unsigned int count = count_services(argv, &choice);
    if (choice.timeout_ms != INT64_MAX)
        deadline_ms = sv_clock_monotonic_ms() + choice.timeout_ms;
    svwait_watch(&services, argv, count, &choice);
    return wait_for(&services, &choice, deadline_ms);
}
