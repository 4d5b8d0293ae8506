/* ISC license. */

/*
 * readycheck: becomes a program that cannot say itself when it is ready; a child in the
 * background checks it until it is, and says so in its place.
 */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <skalibs/allreadwrite.h>
#include <skalibs/genalloc.h>
#include <skalibs/stralloc.h>
#include <skalibs/types.h>

#include <execline/execline.h>

#include <sv/about.h>
#include <sv/clock.h>
#include <sv/message.h>
#include <sv/option.h>
#include <sv/prober.h>
#include <sv/setting.h>
#include <sv/statefile.h>

#define USAGE \
    "readycheck [-d] [-3 fd] [-s ms] [-T ms] [-t ms] [-w ms] [-n tries] [-c command] " \
    "prog ..."

/* Spelled out for C libraries with older headers. */
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

#define VALUE_SIZE 2048 /* of a file with one number */

char const *PROG = "readycheck";

/* How the child ends; nobody looks, but in a trace it can be seen. */
enum { IS_READY = 0, TRIED_ENOUGH = 1, PROGRAM_DIED = 2, TIMED_OUT = 3 };

enum { OPTION_HELP = SV_OPTION_LONG, OPTION_VERSION };

static struct sv_option_word const words[] = {
    {"help", OPTION_HELP, SV_OPTION_NONE},
    {"version", OPTION_VERSION, SV_OPTION_NONE},
    {0},
};

/* Times in ms; 0 is none for the first two. */
struct choice {
    uint32_t global_ms;
    uint32_t try_ms;
    uint32_t first_ms;
    uint32_t between_ms;
    uint32_t tries;             /* 0: any number */
    uint32_t fd;                /* 0: the file notification-fd says */
    char const *const *command; /* null: what the directory has */
    unsigned int is_apart : 1;  /* the checker is not the program's child */
};

static void print_help(void)
{
    sv_about_tell(
        "usage: " USAGE "\n\n"
        "  -d          the checker is not the program's child\n"
        "  -3 FD       says it there; default: the number in ./notification-fd\n"
        "  -s MS       waits so long before it begins; default 10\n"
        "  -T MS       gives up after that time; default 0: never\n"
        "  -t MS       limit of one try; default 0: none\n"
        "  -w MS       between two tries; default 1000\n"
        "  -n TRIES    gives up after so many; default 7; 0: never\n"
        "  -c COMMAND  instead of ./data/check, ./check or the probe in ./probe\n"
        "      --help     this text\n"
        "      --version  which upkeep this is\n");
}

static uint32_t number(char const *text)
{
    uint32_t value;

    if (!uint320_scan(text, &value)) sv_dieusage(100, USAGE);
    return value;
}

/* The words of a command line in execline's language; they live as long as we do. */
static char const *const *read_command(char const *text)
{
    stralloc line = STRALLOC_ZERO;
    int count = el_parse_from_string(&line, text);

    if (count < 0) sv_dieu(100, "understand the command ", text);
    if (!count) sv_dieu(100, "use an empty command");
    genalloc pointers = GENALLOC_ZERO;
    size_t at = 0;
    for (int i = 0; i < count; i++) {
        char const *word = line.s + at;
        if (!genalloc_append(char const *, &pointers, &word)) sv_dieusys(111, "allocate");
        at += strlen(word) + 1;
    }
    char const *end = 0;
    if (!genalloc_append(char const *, &pointers, &end)) sv_dieusys(111, "allocate");
    return genalloc_s(char const *, &pointers);
}

static void read_options(int *argc, char const *const **argv, struct choice *choice)
{
    struct sv_options options = SV_OPTIONS("d3:s:T:t:w:n:c:", words);
    int option;

    while ((option = sv_option_next(&options, *argc, *argv)) != SV_OPTION_END)
        switch (option) {
        case 'd': choice->is_apart = 1; break;
        case '3':
            choice->fd = number(options.value);
            if (choice->fd < 3) sv_dieu(100, "use a descriptor below 3");
            break;
        case 's': choice->first_ms = number(options.value); break;
        case 'T': choice->global_ms = number(options.value); break;
        case 't': choice->try_ms = number(options.value); break;
        case 'w': choice->between_ms = number(options.value); break;
        case 'n': choice->tries = number(options.value); break;
        case 'c': choice->command = read_command(options.value); break;
        case OPTION_HELP: print_help(); break;
        case OPTION_VERSION: sv_about_version(); break;
        case SV_OPTION_WRONG: sv_option_complain(&options); sv_dieusage(100, USAGE);
        }
    *argc -= options.index, *argv += options.index;
    if (!*argc) sv_dieusage(100, USAGE);
}

static void find_descriptor(struct choice *choice)
{
    char text[VALUE_SIZE];
    struct sv_settings settings;
    char const *name = sv_setting_file(SV_SETTING_NOTIFICATION_FD);

    if (!choice->fd) {
        ssize_t length = sv_statefile_follow(AT_FDCWD, name, text, sizeof text);
        if (length < 0) sv_dieusys(111, "read ", name);
        sv_setting_defaults(&settings);
        if (!sv_setting_parse(&settings, SV_SETTING_NOTIFICATION_FD, text, (size_t)length)
            || !settings.notification_fd)
            sv_dieu(100, "use ", name, ": it must hold ",
                    sv_setting_holds(SV_SETTING_NOTIFICATION_FD));
        choice->fd = settings.notification_fd;
    }
    if (fcntl((int)choice->fd, F_SETFD, FD_CLOEXEC) < 0)
        sv_dieusys(111, "use the descriptor for notification");
}

/* Waits `ms`, but not beyond the time; ends when the program has. */
static void wait_between(int program, uint32_t ms, int64_t give_up_ms)
{
    int64_t until_ms = sv_clock_monotonic_ms() + ms;
    iopause_fd fd = {.fd = program, .events = IOPAUSE_READ};

    if (until_ms > give_up_ms) until_ms = give_up_ms;
    do {
        fd.revents = 0; /* a signal leaves it as it is */
        if (sv_clock_wait(&fd, 1, until_ms) < 0) sv_dieusys(111, "wait");
        if (fd.revents) _exit(PROGRAM_DIED);
    } while (sv_clock_monotonic_ms() < until_ms);
    if (until_ms == give_up_ms) {
        sv_warn("giving up: the time is over");
        _exit(TIMED_OUT);
    }
}

static enum sv_prober_result try_once(struct choice const *choice, int program,
                                      int64_t give_up_ms, char *reason)
{
    static char const *const scripts[] = {"./data/check", "./check", 0};
    static struct sv_prober_log log; /* lines may be there already: all count */
    struct sv_prober prober = {.deadline_ms = give_up_ms,
                               .watched = program,
                               .log = &log,
                               .reason = reason};
    int64_t end_ms = sv_clock_monotonic_ms() + choice->try_ms;

    if (choice->try_ms && end_ms < give_up_ms) prober.deadline_ms = end_ms;
    return choice->command ? sv_prober_command(&prober, choice->command)
                           : sv_prober_check(&prober, scripts, 0);
}

/* The child: until it is ready, or something else ends it. */
static __attribute__((noreturn)) void check(struct choice const *choice, int program)
{
    char reason[SV_PROBER_REASON];
    int64_t give_up_ms =
        choice->global_ms ? sv_clock_monotonic_ms() + choice->global_ms : INT64_MAX;
    uint32_t pause_ms = choice->first_ms;

    for (uint32_t tries = 0; !tries || tries != choice->tries; tries++) {
        wait_between(program, pause_ms, give_up_ms);
        pause_ms = choice->between_ms;
        switch (try_once(choice, program, give_up_ms, reason)) {
        case SV_PROBER_GOOD:
            if (fd_write((int)choice->fd, "\n", 1) != 1)
                sv_dieusys(111, "say that it is ready");
            _exit(IS_READY);
        case SV_PROBER_STOPPED: _exit(PROGRAM_DIED);
        case SV_PROBER_BAD:
        case SV_PROBER_TROUBLE: break;
        }
    }
    sv_warn("giving up: ", reason);
    _exit(TRIED_ENOUGH);
}

/* Starts the checker; returns in the one that becomes the program. */
static void begin(struct choice const *choice)
{
    int program = (int)syscall(SYS_pidfd_open, getpid(), 0); /* close-on-exec by itself */

    if (program < 0) sv_dieusys(111, "watch this process");
    pid_t pid = fork();
    if (pid < 0) sv_dieusys(111, "fork");
    if (pid && choice->is_apart)
        while (waitpid(pid, 0, 0) < 0 && errno == EINTR) continue;
    if (pid) return;
    if (choice->is_apart) {
        pid = fork();
        if (pid < 0) sv_dieusys(111, "fork");
        if (pid) _exit(0);
    }
    check(choice, program);
}

int main(int argc, char const *const *argv)
{
    struct choice choice = {.first_ms = 10, .between_ms = 1000, .tries = 7};

    read_options(&argc, &argv, &choice);
    find_descriptor(&choice);
    begin(&choice);
    (void)execvp(argv[0], (char *const *)argv); /* if it returns it has failed */
    sv_dieusys(errno == ENOENT ? 127 : 126, "exec ", argv[0]);
}
