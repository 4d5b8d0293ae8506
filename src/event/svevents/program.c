/* ISC license. */

/* A program for each event. */

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <skalibs/types.h>

#include <sv/child.h>
#include <sv/message.h>
#include <sv/process.h>
#include <sv/spawn.h>

#include "svevents.h"

#define VARIABLES "SVEVENT_"
#define VARIABLES_MAX 32

static char const *path; /* of the program */

static char *join(char const *directory, size_t length, char const *name)
{
    char *joined = malloc(length + strlen(name) + 3);

    if (!joined) sv_dieusys(111, "allocate");
    memcpy(joined, directory, length);
    if (!length) joined[length++] = '.';
    joined[length] = '/';
    strcpy(joined + length + 1, name);
    return joined;
}

void svevents_find_program(struct svevents *events)
{
    char const *name = events->choice.program[0], *search = getenv("PATH");

    path = name;
    if (strchr(name, '/')) return; /* what is wrong with it, execve() says */
    for (search = search ? search : "/usr/bin:/bin"; search;) {
        size_t length = strcspn(search, ":");
        char *candidate = join(search, length, name);
        if (!access(candidate, X_OK)) {
            path = candidate;
            return;
        }
        free(candidate);
        search = search[length] ? search + length + 1 : 0;
    }
    sv_dieu(111, "find ", name, " in PATH");
}

/* Our environment, and the event's. */
static char const **make_environment(char const *strings, size_t length)
{
    size_t count = 0, at = 0;

    while (environ[count]) count++;
    char const **environment = calloc(count + VARIABLES_MAX + 1, sizeof *environment);
    if (!environment) sv_dieusys(111, "allocate");
    for (char **variable = environ; *variable; variable++)
        if (strncmp(*variable, VARIABLES, sizeof VARIABLES - 1) != 0)
            environment[at++] = *variable;
    for (size_t from = 0, end = at + VARIABLES_MAX; from < length && at < end;
         from += strlen(strings + from) + 1)
        environment[at++] = strings + from;
    return environment;
}

static void report(char const *name, int status)
{
    char digits[INT_FMT];
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status);

    digits[int_fmt(digits, code)] = 0;
    if (WIFSIGNALED(status))
        sv_warn(name, " was killed by signal ", digits);
    else if (code)
        sv_warn(name, " exited with code ", digits);
}

void svevents_run(struct svevents const *events, char const *strings, size_t length,
                  struct sv_cursor_slot *slot)
{
    char const *const *argv = events->choice.program;
    char const **environment = make_environment(strings, length);
    struct sv_spawn const how = {.file = path,
                                 .argv = argv,
                                 .environment = environment,
                                 .dir = -1,
                                 .files = &events->files,
                                 .birth = slot ? &slot->birth : 0};
    int status = 0;

    pid_t pid = sv_spawn(&how);
    if (pid <= 0) sv_dieusys(111, "run ", argv[0]);
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR) break; /* ECHILD: whoever started us ignores SIGCHLD */
    if (slot) slot->is_over = 1;
    report(argv[0], status);
    free(environment);
}

static void await_end(int fd)
{
    struct pollfd ready = {.fd = fd, .events = POLLIN};

    while (poll(&ready, 1, -1) < 0)
        if (errno != EINTR) sv_dieusys(111, "wait for a program");
}

/*
 * Which process it is: the one with that pid that was made between the two times. If it
 * has not said that it runs, it is about to, or was killed before.
 */
static int find_start(struct sv_spawn_birth const *birth, uint64_t *start)
{
    uint64_t last = birth->last_ns ? sv_process_ticks(birth->last_ns) : UINT64_MAX;

    return sv_process_start_time(birth->pid, start) > 0
           && *start >= sv_process_ticks(birth->first_ns) && *start <= last;
}

int svevents_await(struct sv_cursor_slot const *slot)
{
    struct sv_spawn_birth const *birth = &slot->birth;
    uint64_t start;

    if (find_start(birth, &start)) {
        int fd = sv_child_open(birth->pid, start, 0);
        if (fd < 0 && errno != ESRCH) sv_dieusys(111, "wait for a program");
        if (fd >= 0) {
            await_end(fd);
            (void)close(fd); /* only held */
        }
    }
    return birth->last_ns && !birth->error_number;
}
