/* ISC license. */

/*
 * svcheck: checks one run of a service for as long as it lasts, and tells its supervise
 * when it is ready and when it is not healthy. supervise starts it, with the FIFO of that
 * run as standard output and the service directory as working directory.
 *
 * It stays in memory as long as the service does, so it is small: no stdio, and what
 * needs much room is in functions of its own, so that the stack shrinks to little again.
 */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <skalibs/allreadwrite.h>
#include <skalibs/types.h>

#include <sv/about.h>
#include <sv/checking.h>
#include <sv/child.h>
#include <sv/clock.h>
#include <sv/message.h>
#include <sv/notice.h>
#include <sv/openat.h>
#include <sv/option.h>
#include <sv/prober.h>
#include <sv/servicedir.h>
#include <sv/stack.h>

#define USAGE "svcheck [--ready] [--health] [--argument arg] pid start"

/* Spelled out for C libraries with older headers. */
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

char const *PROG = "svcheck";

enum { OPTION_HELP = SV_OPTION_LONG, OPTION_VERSION };

static struct sv_option_word const words[] = {
    {"ready", 'r', SV_OPTION_NONE},
    {"health", 'h', SV_OPTION_NONE},
    {"argument", 'a', SV_OPTION_REQUIRED},
    {"help", OPTION_HELP, SV_OPTION_NONE},
    {"version", OPTION_VERSION, SV_OPTION_NONE},
    {0},
};

struct checker {
    char const *argument; /* of the script; null: none */
    int run;              /* readable when the run has ended */
    int channel;          /* to supervise, and the lock; never closed: see lock() */
    int directory;
    struct sv_servicedir_absent absent;
    uint32_t timeout_ms;
    struct sv_checking_rules rules;
    struct sv_checking checking;
    struct sv_prober_log log;
    unsigned int wants_ready : 1;
    unsigned int wants_health : 1;
    unsigned int is_bad : 1;      /* and that has been said */
    unsigned int has_trouble : 1; /* likewise */
};

static void print_help(void)
{
    sv_about_tell("usage: " USAGE "\n\n"
                  "      --ready         tell supervise when the service is ready\n"
                  "      --health        and when it should be restarted\n"
                  "      --argument=ARG  the first argument of the script check\n"
                  "      --help          this text\n"
                  "      --version       which upkeep this is\n");
}

/* Option files are read anew; what cannot be used is said by supervise. */
static __attribute__((noinline)) void read_rules(struct checker *checker)
{
    struct sv_settings settings;
    enum sv_setting failed;
    uint32_t unusable;

    if (!sv_servicedir_settings(checker->directory, &checker->absent, &settings,
                                &unusable, &failed)) {
        sv_warnusys("read ", sv_setting_file(failed));
        if (checker->timeout_ms) return; /* there are those of the last time */
        sv_setting_defaults(&settings);
    }
    checker->timeout_ms = settings.check_timeout_ms;
    checker->rules = (struct sv_checking_rules){
        .first_ms = settings.check_first_ms,
        .later_ms = settings.check_later_ms,
        .successes = settings.check_successes,
        .failures = settings.health_failures,
        .checks = checker->wants_health ? settings.health_checks : 0,
    };
}

/* Waits for `fd` (-1: for nothing) until the time; ends when the run does. */
static void wait_for(struct checker const *checker, int fd, short events,
                     int64_t until_ms)
{
    iopause_fd fds[] = {{.fd = checker->run, .events = IOPAUSE_READ},
                        {.fd = fd, .events = events}};

    for (;;) {
        fds[0].revents = fds[1].revents = 0; /* a signal leaves them as they are */
        if (sv_clock_wait(fds, fd >= 0 ? 2 : 1, until_ms) < 0)
            sv_dieusys(111, "wait"); /* cannot happen with two descriptors */
        if (fds[0].revents) _exit(0);
        if (fds[1].revents || sv_clock_monotonic_ms() >= until_ms) return;
    }
}

/* Who has the lock: 0 if nobody has it now. */
static pid_t holder(struct checker const *checker)
{
    struct flock held = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

    if (fcntl(checker->channel, F_GETLK, &held) < 0) sv_dieusys(111, "see who checks");
    return held.l_type == F_UNLCK ? 0 : held.l_pid;
}

/*
 * One checker for each run: it has a lock on the FIFO. A supervise that takes over
 * from another starts a second checker, which waits for the end of the first one, or of
 * the run. It is a lock of fcntl(), which tells whose it is, so that the end of that
 * process can be waited for; flock() does not. It is lost if any descriptor of the FIFO
 * is closed, so none is.
 */
static void lock(struct checker const *checker)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

    while (fcntl(checker->channel, F_SETLK, &whole) < 0) {
        if (errno != EAGAIN && errno != EACCES && errno != EINTR)
            sv_dieusys(111, "lock standard output");
        pid_t pid = holder(checker);
        if (!pid) continue;
        int fd = (int)syscall(SYS_pidfd_open, pid, 0);
        if (fd < 0 && errno == ESRCH) continue;
        if (fd < 0) sv_warnusys("watch the other checker");
        /* it still has the lock, so it is what was opened */
        if (fd < 0 || holder(checker) == pid)
            wait_for(checker, fd, IOPAUSE_READ, INT64_MAX);
        if (fd >= 0) (void)close(fd); /* a handle */
    }
}

static void tell(struct checker const *checker, enum sv_notice_kind kind)
{
    unsigned char bytes[SV_NOTICE_LENGTH];

    sv_notice_write(bytes, kind);
    for (;;) {
        ssize_t wrote = write(checker->channel, bytes, sizeof bytes);
        if (wrote >= 0) return; /* so few bytes are written whole */
        if (errno == EAGAIN)
            wait_for(checker, checker->channel, IOPAUSE_WRITE, INT64_MAX);
        else if (errno != EINTR) {
            sv_warnusys("tell supervise");
            return;
        }
    }
}

/* The service's name, and what is wrong with it. */
static __attribute__((noinline)) void complain(char const *what, char const *reason,
                                               uint32_t failures, uint32_t of)
{
    char path[PATH_MAX], numbers[2][UINT32_FMT];
    char const *name = "the service";

    if (getcwd(path, sizeof path)) {
        char *slash = strrchr(path, '/');
        int is_log = slash && slash > path && !strcmp(slash, "/log");
        while (is_log && slash > path && *--slash != '/') continue;
        if (slash && slash[1]) name = slash + 1;
    }
    if (of < 2) {
        sv_warn(name, what, reason);
        return;
    }
    numbers[0][uint32_fmt(numbers[0], failures)] = 0;
    numbers[1][uint32_fmt(numbers[1], of)] = 0;
    sv_warn(name, what, reason, " (", numbers[0], " of the last ", numbers[1],
            " checks failed)");
}

/* What is said, on change only. */
static void report(struct checker *checker, enum sv_prober_result result,
                   char const *reason)
{
    uint32_t of;

    if (result == SV_PROBER_TROUBLE) {
        if (!checker->has_trouble) complain(" cannot be checked: ", reason, 0, 0);
        checker->has_trouble = 1;
        return;
    }
    checker->has_trouble = 0;
    if (result == SV_PROBER_BAD && !checker->is_bad) {
        uint32_t failures =
            sv_checking_failures(&checker->checking, &checker->rules, &of);
        complain(checker->checking.is_waiting ? " is not ready: " : " is not healthy: ",
                 reason, failures, of);
    }
    checker->is_bad = result == SV_PROBER_BAD;
}

static enum sv_prober_result look(struct checker *checker, char *reason)
{
    static char const *const scripts[] = {"./check", 0};
    struct sv_prober const prober = {.deadline_ms =
                                         sv_clock_monotonic_ms() + checker->timeout_ms,
                                     .watched = checker->run,
                                     .log = &checker->log,
                                     .reason = reason};

    return sv_prober_check(&prober, scripts, checker->argument);
}

/* One check; trouble of ours is no result. */
static __attribute__((noinline)) void check(struct checker *checker)
{
    char reason[SV_PROBER_REASON];
    /* a service that has just been started is not expected to be ready */
    int is_first = checker->checking.is_waiting && !checker->checking.has_begun;
    enum sv_prober_result result = look(checker, reason);

    if (result == SV_PROBER_STOPPED) _exit(0);
    if (result == SV_PROBER_TROUBLE) {
        sv_checking_pass(&checker->checking);
        report(checker, result, reason);
        return;
    }
    uint32_t of;
    (void)sv_checking_failures(&checker->checking, &checker->rules, &of);
    switch (
        sv_checking_take(&checker->checking, &checker->rules, result == SV_PROBER_GOOD)) {
    case SV_CHECKING_NOTHING: break;
    case SV_CHECKING_READY:
        tell(checker, SV_NOTICE_CHECKED);
        if (!checker->wants_health) _exit(0);
        break;
    case SV_CHECKING_UNHEALTHY:
        of += of < checker->rules.checks; /* this one, if the window was not full */
        complain(" is unhealthy: ", reason, checker->rules.failures, of);
        checker->is_bad = 1;
        tell(checker, SV_NOTICE_UNHEALTHY);
        return;
    }
    if (!is_first || result == SV_PROBER_GOOD) report(checker, result, reason);
}

/* The time on the wall clock of a process that started at `ticks` after the boot. */
static struct timespec wall_time(uint64_t ticks)
{
    struct timespec now;
    int64_t since_boot_ns =
        (int64_t)(ticks * (1000000000 / (uint64_t)sysconf(_SC_CLK_TCK)));

    sv_clock_wall(&now);
    int64_t when_ns = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec
                      - (sv_clock_boottime_ns() - since_boot_ns);
    return (struct timespec){.tv_sec = when_ns / 1000000000,
                             .tv_nsec = when_ns % 1000000000};
}

static void begin(struct checker *checker, char const *pid_text, char const *start_text)
{
    uint32_t pid;
    uint64_t start;

    if (!uint320_scan(pid_text, &pid) || !pid || pid > INT_MAX
        || !uint640_scan(start_text, &start))
        sv_dieusage(100, USAGE);
    checker->run = sv_child_open((pid_t)pid, start, 0);
    if (checker->run < 0 && errno == ESRCH) _exit(0);
    if (checker->run < 0) sv_dieusys(111, "watch the process ", pid_text);
    checker->directory = sv_openat(AT_FDCWD, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    if (checker->directory < 0) sv_dieusys(111, "open the service directory");
    /* for reading too: what is said while there is no supervise stays for the next one */
    checker->channel =
        sv_openat(AT_FDCWD, "/proc/self/fd/1", O_RDWR | O_NONBLOCK | O_CLOEXEC, 0);
    if (checker->channel < 0) sv_dieusys(111, "open standard output");
    checker->log.since = wall_time(start);
    (void)signal(SIGPIPE, SIG_IGN); /* nobody may be reading what we complain about */
}

static void read_options(int *argc, char const *const **argv, struct checker *checker)
{
    struct sv_options options = SV_OPTIONS("", words);
    int option;

    while ((option = sv_option_next(&options, *argc, *argv)) != SV_OPTION_END)
        switch (option) {
        case 'r': checker->wants_ready = 1; break;
        case 'h': checker->wants_health = 1; break;
        case 'a': checker->argument = options.value; break;
        case OPTION_HELP: print_help(); break;
        case OPTION_VERSION: sv_about_version(); break;
        case SV_OPTION_WRONG: sv_option_complain(&options); sv_dieusage(100, USAGE);
        }
    *argc -= options.index, *argv += options.index;
}

int main(int argc, char const *const *argv)
{
    static struct checker checker;

    read_options(&argc, &argv, &checker);
    if (argc != 2) sv_dieusage(100, USAGE);
    begin(&checker, argv[0], argv[1]);
    lock(&checker);
    if (!checker.wants_ready && !checker.wants_health) return 0;
    sv_checking_begin(&checker.checking, (int)checker.wants_ready);
    read_rules(&checker);

    /* From here on it ends with the run only, or when there is nothing left to tell. */
    for (;;) {
        sv_stack_release();
        wait_for(&checker, -1, 0,
                 sv_clock_monotonic_ms()
                     + sv_checking_delay_ms(&checker.checking, &checker.rules));
        read_rules(&checker);
        check(&checker);
    }
}
