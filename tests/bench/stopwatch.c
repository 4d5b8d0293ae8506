/* ISC license. */

/*
 * stopwatch WORLD: does something, waits for what follows, and says when that was.
 *
 * It is the parent or (as child subreaper) the foster parent of all that belongs to one
 * contender, and reads WORLD/events, where the benchmark services report their starts. So
 * what is timed is never perl. A request is a line of words separated by tabs:
 *
 *     LIMIT_MS UNTIL... do ACTION... [and ACTION...]
 *
 *     UNTIL   starts NUMBER               so many services have started
 *             start NAME                  this one has
 *             down STATUS OFFSET LENGTH   these bytes of the file STATUS, a pid, are zero
 *             childless                   nothing of the contender is left
 *             ended                       the program of the last `run` has ended
 *     ACTION  run PROGRAM ARGUMENT...     in the background; writes to WORLD/output
 *             signal NUMBER PID
 *             move FROM TO
 *             nothing
 *
 * The answer, also one line:
 *
 *     ok|late BEGAN_NS OVER_NS PID [NAME PID STARTED_NS DIED_NS]...
 *
 * BEGAN is read just before the first action. OVER is when the condition was seen to
 * hold, for starts the time that the last of them has read itself. PID is that of the
 * last `run`. Every start that was not told of before is told of. Late: the condition
 * does not hold, LIMIT_MS are over. `error TEXT` if an action failed.
 */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

#define MAX_STARTS 20000
#define LOOK_NS 1000000 /* between two looks when many starts are awaited */
#define NS_PER_MS 1000000

extern char **environ;

struct request {
    char **words; /* ends with a null pointer */
    char **until;
    char **actions;
    int64_t deadline_ns;
    int64_t began_ns;
    int64_t over_ns; /* 0: not yet */
    int error_number;
};

static int events;    /* read here */
static int watch;     /* inotify, for `down` */
static int output;    /* of what is run */
static int no_input;  /* /dev/null */
static pid_t program; /* the last that was run */
static int program_ended;
static struct bench_start starts[MAX_STARTS];
static unsigned int start_count; /* not told of yet */

static void die(char const *what)
{
    fprintf(stderr, "stopwatch: fatal: unable to %s: %s\n", what, strerror(errno));
    exit(111);
}

/* Actions -------------------------------------------------------------------------------
 */

/* Everything starts with signals as they are by default, and with nothing of ours open.
 */
static int run(char **argv)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t none;

    sigemptyset(&none);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, no_input, 0);
    posix_spawn_file_actions_adddup2(&files, output, 1);
    posix_spawn_file_actions_adddup2(&files, output, 2);
    program_ended = 0;
    int error_number =
        posix_spawnp(&program, argv[0], &files, &attributes, argv, environ);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
    return error_number;
}

/* Returns an errno, 0 if it was done. */
static int act(char **words, unsigned int count)
{
    int result = 0;

    if (!strcmp(words[0], "run") && count > 1) return run(words + 1);
    if (!strcmp(words[0], "signal") && count == 3 && atoi(words[2]) > 0)
        result = kill(atoi(words[2]), atoi(words[1]));
    else if (!strcmp(words[0], "move") && count == 3)
        result = rename(words[1], words[2]);
    else if (strcmp(words[0], "nothing"))
        return EINVAL;
    return result < 0 ? errno : 0;
}

/* Performs one action after the other; each `and` has become a null pointer. */
static void act_all(struct request *request, char **end)
{
    for (char **words = request->actions; words < end && !request->error_number;) {
        unsigned int count = 0;
        while (words[count]) count++;
        request->error_number = count ? act(words, count) : EINVAL;
        words += count + 1;
    }
}

/* Conditions ----------------------------------------------------------------------------
 */

static void take_starts(void)
{
    while (start_count < MAX_STARTS
           && read(events, &starts[start_count], sizeof *starts) == sizeof *starts)
        start_count++;
}

/* Returns 0 if no child is left. */
static int reap(void)
{
    pid_t pid;

    while ((pid = waitpid(-1, 0, WNOHANG)) > 0)
        if (pid == program) program_ended = 1;
    return pid == 0 || errno != ECHILD;
}

/* The last start of the service `name`, of any if it is a null pointer; 0 if there is
 * none. */
static int64_t last_start(char const *name)
{
    int64_t last_ns = 0;

    for (unsigned int i = 0; i < start_count; i++)
        if (starts[i].started_ns > last_ns && (!name || !strcmp(starts[i].name, name)))
            last_ns = starts[i].started_ns;
    return last_ns;
}

static int status_says_down(char **until)
{
    unsigned char bytes[16];
    size_t length = (size_t)atoi(until[3]);
    int fd = open(until[1], O_RDONLY | O_CLOEXEC);

    if (length > sizeof bytes) length = sizeof bytes;
    ssize_t got = fd < 0 ? -1 : pread(fd, bytes, length, atoi(until[2]));
    if (fd >= 0) close(fd);
    if (got != (ssize_t)length) return 0;
    while (length && !bytes[length - 1]) length--;
    return length == 0;
}

/* Sets over_ns if the condition holds. */
static void look(struct request *request)
{
    char **until = request->until;
    int holds = 0;

    take_starts();
    if (!strcmp(until[0], "start")) request->over_ns = last_start(until[1]);
    if (!strcmp(until[0], "starts") && start_count >= (unsigned int)atoi(until[1]))
        request->over_ns = start_count ? last_start(0) : bench_now_ns();
    if (!strcmp(until[0], "down")) holds = status_says_down(until);
    if (!strcmp(until[0], "childless")) holds = !reap();
    if (!strcmp(until[0], "ended")) {
        (void)reap();
        holds = program_ended;
    }
    if (holds) request->over_ns = bench_now_ns();
}

/* Blocks until it is worth another look, or the limit is reached. */
static void wait_for(char **until, int64_t left_ns)
{
    int many = !strcmp(until[0], "starts") && atoi(until[1]) > 1;
    int64_t wait_ns = many && left_ns > LOOK_NS ? LOOK_NS : left_ns;
    struct timespec timeout = {wait_ns / 1000000000, wait_ns % 1000000000};
    struct pollfd fds[2] = {{.fd = many ? -1 : events, .events = POLLIN},
                            {.fd = watch, .events = POLLIN}};
    char discard[4096];
    sigset_t child;

    if (!strncmp(until[0], "start", 5)) {
        (void)ppoll(fds, 1, &timeout, 0);
    } else if (!strcmp(until[0], "down")) {
        (void)ppoll(fds + 1, 1, &timeout, 0);
        while (read(watch, discard, sizeof discard) > 0) {}
    } else {
        sigemptyset(&child);
        sigaddset(&child, SIGCHLD);
        (void)sigtimedwait(&child, 0, &timeout);
    }
}

/* Returns a watch on the directory of the status file, -1 if that is not what is awaited.
 */
static int begin_watch(char **until)
{
    char directory[4096];
    char const *slash = strcmp(until[0], "down") ? 0 : strrchr(until[1], '/');

    if (!slash || (size_t)(slash - until[1]) >= sizeof directory) return -1;
    memcpy(directory, until[1], (size_t)(slash - until[1]));
    directory[slash - until[1]] = 0;
    return inotify_add_watch(watch, directory, IN_MOVED_TO | IN_MODIFY | IN_CLOSE_WRITE);
}

static void serve(struct request *request, char **end)
{
    int watched = begin_watch(request->until);

    (void)reap();
    request->began_ns = bench_now_ns();
    act_all(request, end);
    while (!request->error_number) {
        look(request);
        int64_t left_ns = request->deadline_ns - bench_now_ns();
        if (request->over_ns || left_ns <= 0) break;
        wait_for(request->until, left_ns);
    }
    if (watched >= 0) inotify_rm_watch(watch, watched);
}

/* Requests ------------------------------------------------------------------------------
 */

static void answer(struct request const *request)
{
    take_starts();
    if (request->error_number) {
        printf("error\t%s: %s\n", request->actions[0], strerror(request->error_number));
    } else {
        printf("%s\t%lld\t%lld\t%d", request->over_ns ? "ok" : "late",
               (long long)request->began_ns, (long long)request->over_ns, (int)program);
        for (unsigned int i = 0; i < start_count; i++)
            printf("\t%s\t%d\t%lld\t%lld", starts[i].name, (int)starts[i].pid,
                   (long long)starts[i].started_ns, (long long)starts[i].died_ns);
        putchar('\n');
        start_count = 0;
    }
    fflush(stdout);
}

/* Returns the end of the words; NULL if they make no request. */
static char **parse(char *line, struct request *request)
{
    size_t count = 0;

    *request = (struct request){0};
    for (char const *at = line; *at; at++) count += *at == '\t';
    request->words = calloc(count + 3, sizeof *request->words);
    if (!request->words) die("allocate");
    char **end = request->words;
    for (char *word; (word = strsep(&line, "\t\n"));) *end++ = word;
    *--end = 0; /* what follows the end of the line */
    request->until = request->words + 1;
    for (char **word = request->words; word < end; word++) {
        if (request->actions && !strcmp(*word, "and")) *word = 0;
        if (*word && !request->actions && !strcmp(*word, "do"))
            request->actions = word + 1;
    }
    request->deadline_ns = bench_now_ns() + atoll(request->words[0]) * NS_PER_MS;
    return request->actions && request->actions > request->until + 1 ? end : 0;
}

static void prepare(char const *world)
{
    sigset_t child;

    if (chdir(world) < 0) die("chdir");
    events = open("events", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    output = open("output", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    no_input = open("/dev/null", O_RDONLY | O_CLOEXEC);
    watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (events < 0 || output < 0 || no_input < 0 || watch < 0) die("open");
    if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0) die("become a subreaper");
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child, 0);
}

int main(int argc, char **argv)
{
    char *line = 0;
    size_t size = 0;

    if (argc != 2) {
        fputs("stopwatch: usage: stopwatch WORLD\n", stderr);
        return 100;
    }
    prepare(argv[1]);
    while (getline(&line, &size, stdin) > 0) {
        struct request request;
        char **end = parse(line, &request);
        if (end) {
            serve(&request, end);
        } else {
            request.error_number = EINVAL;
            request.actions = request.words;
        }
        answer(&request);
        free(request.words);
    }
    return 0;
}
