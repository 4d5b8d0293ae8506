/* ISC license. */

/*
 * keeper [-r] REPORT PROGRAM DIR [LOGDIR] [-- ATCALL-OPTION...]...: looks after `PROGRAM
 * DIR`, or `PROGRAM DIR LOGDIR`, as svscan does after supervise, and process 1 after
 * svscan, but at once: whenever it was killed, it is run again. The first times it runs
 * under atcall, once for each list of options. What its death leaves behind becomes ours.
 * With -r, PROGRAM being supervise: tells it how such a child has ended, as svscan would.
 *
 * Ends when PROGRAM ends by itself. REPORT gets what atcall prints, and a line each for
 * `run PID`, PID being ours or that of atcall; `ended exit CODE` or `ended signal
 * NUMBER`; and, when nothing is left to be looked after, `over`. An exit code of 111 is
 * no end: it is run again, LIMIT times at most. On SIGTERM, and in the end, all processes
 * below us are killed. Exit code: that of PROGRAM, 0 after SIGTERM, 111 on trouble.
 */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sv/process.h>
#include <sv/recovery.h>
#include <sv/recoveryfile.h>

#define LIMIT 200
#define ARGUMENTS 64

char const *PROG = "keeper"; /* for libsv */

static char const *report, *program, *dir;
static char const *log_dir; /* null: none */
static int relays;
static volatile sig_atomic_t told;

static void fail(char const *what)
{
    (void)fprintf(stderr, "keeper: unable to %s: %s\n", what, strerror(errno));
    exit(111);
}

static void note(char const *what, long number)
{
    char line[64];
    int fd = open(report, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
    int length = snprintf(line, sizeof line, "%s %ld\n", what, number);

    if (fd < 0 || write(fd, line, (size_t)length) != length) fail("write the report");
    (void)close(fd);
}

/* Runs PROGRAM, under atcall if there are options for it, which end with "--" or null. */
static pid_t run(char **options)
{
    static char const *const tracer[] = {"atcall", "-e", "-w"};
    char const *list[ARGUMENTS];
    int count = 0;

    if (options) {
        for (; count < 3; count++) list[count] = tracer[count];
        list[count++] = report;
        while (*options && strcmp(*options, "--") != 0 && count < ARGUMENTS - 4)
            list[count++] = *options++;
    }
    list[count++] = program;
    list[count++] = dir;
    if (log_dir) list[count++] = log_dir;
    list[count] = 0;
    pid_t pid = fork();
    if (pid < 0) fail("fork");
    if (pid) return pid;
    (void)execvp(list[0], (char **)(uintptr_t)list);
    fail("run it");
    return -1;
}

/* The child that the page is about, if it is this one. */
static int is_about(struct sv_recovery const *page, pid_t pid)
{
    struct sv_status status;
    struct sv_machine machine;
    struct sv_control decoder;
    struct sv_recovery_doing doing;

    if (page->birth.child && page->birth.spawned.pid == pid) return 1;
    return sv_recovery_load(page, &status, &machine, &decoder, &doing)
           && machine.pid == pid;
}

static void relay(pid_t pid, int wstat)
{
    static struct sv_recovery page;
    char path[4096];
    unsigned char life[SV_BOOT_ID];

    (void)snprintf(path, sizeof path, "%s/supervise", dir);
    int state = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    sv_process_life(life);
    if (state >= 0 && sv_recoveryfile_peek(&page, state, life) > 0
        && is_about(&page, pid) && sv_recoveryfile_relay(state, pid, wstat)
        && page.supervise_pid)
        (void)kill((pid_t)page.supervise_pid, SIGCHLD);
    if (state >= 0) (void)close(state);
}

/* Kills what is below us, and what comes to us when that has gone. */
static void clear(void)
{
    char path[64], text[65536];

    (void)snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
    for (;;) {
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
        if (length < 0) fail("find our children");
        (void)close(fd);
        text[length] = 0;
        char *at = text, *end;
        for (long pid; (pid = strtol(at, &end, 10)) && end != at; at = end)
            (void)kill((pid_t)pid, SIGKILL);
        if (wait(0) < 0 && errno == ECHILD) return;
    }
}

static void take_signal(int number)
{
    told = number;
}

/* How it ended: -1 if it is to be run again. */
static int judge(int wstat)
{
    static int failures;

    if (WIFSIGNALED(wstat)) {
        note("ended signal", WTERMSIG(wstat));
        return WTERMSIG(wstat) == SIGKILL ? -1 : 111;
    }
    note("ended exit", WEXITSTATUS(wstat));
    return WEXITSTATUS(wstat) == 111 && failures++ < LIMIT ? -1 : WEXITSTATUS(wstat);
}

static char **next_options(char **options)
{
    while (options && *options && strcmp(*options, "--") != 0) options++;
    return options && *options ? options + 1 : 0;
}

int main(int argc, char **argv)
{
    struct sigaction action = {.sa_handler = take_signal};
    int wstat, code = -1, at = 1;

    if (argc > 1 && !strcmp(argv[1], "-r")) relays = at++;
    if (argc < at + 3) return 100;
    report = argv[at];
    program = argv[at + 1];
    dir = argv[at + 2];
    if (argv[at + 3] && strcmp(argv[at + 3], "--") != 0) log_dir = argv[at + 3];
    char **options = next_options(argv + at + 3);
    if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0) fail("become a reaper");
    if (sigaction(SIGTERM, &action, 0) < 0) fail("catch signals");
    while (code < 0 && !told) {
        pid_t current = run(options), pid = -1;
        note("run", current);
        while (!told && (pid = waitpid(-1, &wstat, 0)) != current)
            if (pid > 0 && relays) relay(pid, wstat);
        if (pid == current) code = judge(wstat);
        options = next_options(options);
    }
    clear();
    note("over", code);
    return told ? 0 : code;
}
