/* ISC license. */

/*
 * pump: writes lines to a logger and measures what that costs.
 *
 *     pump flood LINES MEGABYTES LIMIT_MS WRITE COMMAND...
 *         Prints: BYTES LINES WALL_NS CPU_NS
 *     pump latency LINES COUNT GAP_US COMMAND...
 *         Prints COUNT numbers: ns from before the write of a line until it is visible.
 *     pump memory LINES MEGABYTES COMMAND...
 *         Prints: FRESH_KIB AFTER_KIB, private memory after one line and at rest, two
 *         seconds after all. The
 *         program and its libraries do not count, as if there were a second logger.
 *
 * COMMAND is run in the working directory, with a pipe as its input, `output` there as
 * its output and its errors, and logs to logs/current. (If that is there already, it is
 * its output: so `cat` needs no shell.) Before anything is measured, the first line has
 * become visible there.
 *
 * flood: the lines in the file LINES are written over and over, WRITE bytes at once or,
 * if that is 0, a line at once, until there are so many megabytes or the time is over,
 * and then to the end of a line. The clock runs from the first write to the end of the
 * process, the last line included; CPU_NS is user and system time of the logger in that
 * time. All is in memory that is warm, so what is measured is not the writer as long as
 * the logger is slower than memory.
 */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

#define CURRENT "logs/current"
#define PATIENCE_NS INT64_C(10000000000)
#define WRITE_MAX 65536
#define REST_MS 2000 /* after the last byte */
#define NS_PER_S 1000000000
#define PAGE 4096

/* A whole number of lines, and then its beginning again: a write may start anywhere. */
static struct {
    char *text;
    size_t length;
    size_t count;
    size_t *starts; /* of count + 1 lines, the last of them at `length` */
} lines;

static int to_logger;
static pid_t logger;

static void die(char const *what)
{
    fprintf(stderr, "pump: fatal: unable to %s: %s\n", what, strerror(errno));
    exit(111);
}

static void *check(void *memory)
{
    if (!memory) die("allocate");
    return memory;
}

static void load(char const *path)
{
    struct stat file;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0 || fstat(fd, &file) < 0) die("read the lines");
    lines.length = (size_t)file.st_size;
    lines.text = check(malloc(lines.length + WRITE_MAX));
    if (read(fd, lines.text, lines.length) != (ssize_t)lines.length) die("read all");
    close(fd);
    for (size_t i = 0; i < WRITE_MAX; i++)
        lines.text[lines.length + i] = lines.text[i % lines.length];
    for (size_t i = 0; i < lines.length; i++) lines.count += lines.text[i] == '\n';
    lines.starts = check(calloc(lines.count + 1, sizeof *lines.starts));
    for (size_t i = 0, line = 0; i < lines.length; i++)
        if (lines.text[i] == '\n') lines.starts[++line] = i + 1;
}

/*
 * A virtual machine's host takes back memory that is not used. What it costs to get it
 * again would be the greatest part of the figures, and another one each time: so it is
 * paid before.
 */
static void warm_memory(size_t size)
{
    char *memory =
        mmap(0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (memory == MAP_FAILED) return;
    for (size_t i = 0; i < size; i += PAGE) ((char volatile *)memory)[i] = 1;
    munmap(memory, size);
}

static void become(char **command, int input)
{
    int output = open(CURRENT, O_WRONLY | O_APPEND);

    if (output < 0) output = open("output", O_WRONLY | O_CREAT | O_APPEND, 0644);
    int errors = open("output", O_WRONLY | O_CREAT | O_APPEND, 0644);
    if (dup2(input, 0) < 0 || dup2(output, 1) < 0 || dup2(errors, 2) < 0) _exit(111);
    if (output > 2) close(output);
    if (errors > 2) close(errors);
    execv(command[0], command);
    _exit(127);
}

static void put(char const *data, size_t length)
{
    while (length) {
        ssize_t written = write(to_logger, data, length);
        if (written < 0) die("write to the logger");
        data += written;
        length -= (size_t)written;
    }
}

static void check_patience(int64_t since_ns)
{
    if (waitpid(logger, 0, WNOHANG) == logger
        || bench_now_ns() - since_ns > PATIENCE_NS) {
        kill(logger, SIGKILL);
        errno = ETIME;
        die("see a line in " CURRENT);
    }
}

/* Returns a descriptor of current, where the first line is. */
static int start(char **command)
{
    int ends[2];
    struct stat file = {0};
    int64_t began_ns = bench_now_ns();
    int current = -1;

    if (pipe2(ends, O_CLOEXEC) < 0) die("create a pipe");
    to_logger = ends[1];
    logger = fork();
    if (logger < 0) die("fork");
    if (!logger) become(command, ends[0]);
    close(ends[0]);
    put(lines.text, lines.starts[1]);
    while (!file.st_size) {
        if (current < 0) current = open(CURRENT, O_RDONLY | O_CLOEXEC);
        if (current >= 0 && fstat(current, &file) < 0) die("look at " CURRENT);
        check_patience(began_ns);
    }
    return current;
}

/* Closes the pipe and waits; dies if the logger fails. */
static void finish(struct rusage *used)
{
    int status;

    close(to_logger);
    if (wait4(logger, &status, 0, used) < 0) die("wait");
    if (!WIFEXITED(status) || WEXITSTATUS(status)) {
        fprintf(stderr, "pump: fatal: the logger ended with status %d\n", status);
        exit(111);
    }
}

static int64_t cpu_ns(void)
{
    clockid_t clock;
    struct timespec used;

    if (clock_getcpuclockid(logger, &clock) || clock_gettime(clock, &used) < 0)
        die("read the logger's clock");
    return (int64_t)used.tv_sec * NS_PER_S + used.tv_nsec;
}

static int64_t of_timeval(struct timeval time)
{
    return (int64_t)time.tv_sec * NS_PER_S + time.tv_usec * INT64_C(1000);
}

/* From behind the first line to the end of a line; returns how many bytes. */
static size_t pour(size_t bytes, int64_t deadline_ns, size_t at_once)
{
    size_t sent = lines.starts[1];
    size_t at = lines.starts[1] % lines.length; /* sent = at, but for whole rounds */

    while (sent < bytes && bench_now_ns() < deadline_ns) {
        put(lines.text + at, at_once);
        sent += at_once;
        at = (at + at_once) % lines.length;
    }
    if (at && lines.text[at - 1] != '\n') {
        char const *end = memchr(lines.text + at, '\n', lines.length - at);
        size_t rest = (size_t)(end + 1 - (lines.text + at)); /* the last byte is one */
        put(lines.text + at, rest);
        sent += rest;
    }
    return sent - lines.starts[1];
}

/* Likewise with a write for each line. */
static size_t drip(size_t bytes, int64_t deadline_ns)
{
    size_t sent = 0, line = 1 % lines.count;

    while (sent < bytes && bench_now_ns() < deadline_ns) {
        for (unsigned int i = 0; i < 16; i++) { /* so that the clock does not count */
            size_t length = lines.starts[line + 1] - lines.starts[line];
            put(lines.text + lines.starts[line], length);
            sent += length;
            line = (line + 1) % lines.count;
        }
    }
    return sent;
}

/* How many lines the first `bytes` bytes of the stream hold. */
static size_t count_lines(size_t bytes)
{
    size_t count = bytes / lines.length * lines.count;
    char const *at = lines.text, *end = at + bytes % lines.length;

    while (at < end && (at = memchr(at, '\n', (size_t)(end - at)))) {
        at++;
        count++;
    }
    return count;
}

static void flood(char **words)
{
    size_t bytes = (size_t)atoll(words[0]) * 1000000, sent;
    int64_t limit_ns = atoll(words[1]) * INT64_C(1000000);
    size_t at_once = (size_t)atoll(words[2]);
    struct rusage used;

    if (at_once > WRITE_MAX) at_once = WRITE_MAX;
    warm_memory(3 * bytes);
    close(start(words + 3));
    int64_t before_ns = cpu_ns();
    int64_t began_ns = bench_now_ns();
    sent = at_once ? pour(bytes, began_ns + limit_ns, at_once)
                   : drip(bytes, began_ns + limit_ns);
    finish(&used);
    int64_t wall_ns = bench_now_ns() - began_ns;
    int64_t spent_ns = of_timeval(used.ru_utime) + of_timeval(used.ru_stime) - before_ns;
    printf("%zu %zu %lld %lld\n", sent, count_lines(sent + lines.starts[1]) - 1,
           (long long)wall_ns, (long long)(spent_ns > 0 ? spent_ns : 0));
}

/*
 * Both on one processor: that the logger has something to read then is a switch to it,
 * which takes as long each time. To wake up another processor takes several times as
 * long as any logger, and depends on how deep it sleeps.
 */
static void share_processor(void)
{
    cpu_set_t all, one;
    int last = CPU_SETSIZE - 1;

    if (sched_getaffinity(0, sizeof all, &all) < 0) return;
    while (last && !CPU_ISSET(last, &all)) last--;
    CPU_ZERO(&one);
    CPU_SET(last, &one);
    if (sched_setaffinity(0, sizeof one, &one) < 0
        || sched_setaffinity(logger, sizeof one, &one) < 0)
        die("set the processor");
}

static int64_t until_visible_ns(int current, size_t line)
{
    struct stat before, after;

    if (fstat(current, &before) < 0) die("look at " CURRENT);
    int64_t began_ns = bench_now_ns(), now_ns;
    put(lines.text + lines.starts[line], lines.starts[line + 1] - lines.starts[line]);
    do {
        if (fstat(current, &after) < 0) die("look at " CURRENT);
        now_ns = bench_now_ns();
        if (now_ns - began_ns > PATIENCE_NS) check_patience(began_ns);
    } while (after.st_size == before.st_size);
    return now_ns - began_ns;
}

static void latency(char **words)
{
    unsigned int count = (unsigned int)atoi(words[0]);
    int64_t gap_ns = atoll(words[1]) * 1000;
    int current = start(words + 2);
    struct rusage used;

    share_processor();
    for (unsigned int i = 0; i < count; i++) {
        int64_t began_ns = bench_now_ns();
        while (bench_now_ns() - began_ns < gap_ns) {} /* asleep, it would wake up late */
        printf("%lld\n", (long long)until_visible_ns(current, i % lines.count));
    }
    finish(&used);
}

static long private_kib(void)
{
    char path[64], line[256];
    long sum = 0, kib;

    snprintf(path, sizeof path, "/proc/%d/smaps_rollup", (int)logger);
    FILE *file = fopen(path, "re");
    if (!file) die("open smaps_rollup");
    while (fgets(line, sizeof line, file))
        if (sscanf(line, "Private_Clean: %ld kB", &kib) == 1
            || sscanf(line, "Private_Dirty: %ld kB", &kib) == 1)
            sum += kib;
    fclose(file);
    return sum;
}

/* The pipe is empty, and the logger sleeps: it waits for more. */
static void await_rest(void)
{
    char path[64], text[512];
    int64_t began_ns = bench_now_ns();

    snprintf(path, sizeof path, "/proc/%d/stat", (int)logger);
    for (;;) {
        int waiting = 1;
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
        if (length < 0) die("look at the logger");
        close(fd);
        text[length] = 0;
        char const *state = strrchr(text, ')');
        if (ioctl(to_logger, FIONREAD, &waiting) == 0 && !waiting && state
            && state[2] == 'S')
            return;
        check_patience(began_ns);
    }
}

/* Nothing has come for a while: who wants to give memory back has done so. */
static void let_rest(void)
{
    await_rest();
    (void)poll(0, 0, REST_MS);
    await_rest();
}

/* What is executed is mapped here too: then it is shared. */
static void share_programs(void)
{
    char path[64], line[4096], rights[8], file[4000];
    struct stat found;

    snprintf(path, sizeof path, "/proc/%d/maps", (int)logger);
    FILE *maps = fopen(path, "re");
    if (!maps) die("open maps");
    while (fgets(line, sizeof line, maps)) {
        if (sscanf(line, "%*s %7s %*s %*s %*s %3999s", rights, file) != 2) continue;
        int fd = rights[2] == 'x' ? open(file, O_RDONLY | O_CLOEXEC) : -1;
        if (fd < 0) continue;
        if (fstat(fd, &found) == 0 && found.st_size)
            (void)mmap(0, (size_t)found.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE,
                       fd, 0); /* without it more is counted */
        close(fd);
    }
    fclose(maps);
}

static void memory(char **words)
{
    struct rusage used;

    close(start(words + 1));
    share_programs();
    await_rest();
    long fresh_kib = private_kib();
    (void)pour((size_t)atoll(words[0]) * 1000000, bench_now_ns() + PATIENCE_NS,
               WRITE_MAX);
    let_rest();
    printf("%ld %ld\n", fresh_kib, private_kib());
    finish(&used);
}

int main(int argc, char **argv)
{
    (void)signal(SIGPIPE, SIG_IGN);
    if (argc > 2) load(argv[2]);
    if (argc > 6 && !strcmp(argv[1], "flood"))
        flood(argv + 3);
    else if (argc > 5 && !strcmp(argv[1], "latency"))
        latency(argv + 3);
    else if (argc > 4 && !strcmp(argv[1], "memory"))
        memory(argv + 3);
    else {
        fputs("pump: usage: pump flood|latency|memory LINES ...\n", stderr);
        return 100;
    }
    return 0;
}
