/* ISC license. */

/*
 * Numbered lines, of which every byte follows from the number: so whoever reads a log can
 * tell a line that is lost, torn or repeated.
 *
 *     numbered write KIND RATE
 *         Lines on standard output, from 1 on, until SIGTERM: RATE in a second, one by
 * one; or 0: as fast as they are taken, many at once. Ends with a whole line and prints
 *         `last NUMBER` on standard error.
 *     numbered check KIND [-t] LAST
 *         The files whose names are the lines of standard input, one after the other,
 *         should be the lines 1 to LAST; with -t each behind a TAI64N label that is not
 *         earlier than the one before. Prints `lines NUMBER lost NUMBER repeated NUMBER
 *         torn NUMBER early NUMBER`, and on standard error where the first of them are.
 *
 *     KIND short: 50 bytes each
 *          long:  from 1 to 200000 bytes; most less than 200, an eighth of them up to
 *                 10000, an eighth up to 200000
 */

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LONGEST 200000
#define AT_ONCE 10000 /* bytes of a write at full speed, about */
#define LABEL 26      /* bytes of a label and its space */
#define SHOWN 10
#define NS_PER_S 1000000000L

enum kind { SHORT, LONG };

static volatile sig_atomic_t ending;

static void end(int number)
{
    (void)number;
    ending = 1;
}

static _Noreturn void stop(char const *what)
{
    (void)fprintf(stderr, "numbered: unable to %s: %s\n", what, strerror(errno));
    exit(111);
}

/* Well mixed, so that lengths do not follow a pattern. */
static uint64_t mixed(uint64_t number)
{
    number *= UINT64_C(0x9e3779b97f4a7c15);
    number ^= number >> 29;
    number *= UINT64_C(0xbf58476d1ce4e5b9);
    return number ^ number >> 32;
}

/* The number, then bytes that make every piece of a line look like no other. */
static size_t make_long(uint64_t number, char *line)
{
    uint64_t mix = mixed(number);
    size_t most = mix % 8 == 0 ? LONGEST : mix % 8 == 1 ? 10000 : 200;
    size_t length = (size_t)(mix / 8 % most);

    if (mix % 16 == 15) length = 0;
    if (length) length = (size_t)sprintf(line, "%llu:", (unsigned long long)number);
    for (size_t to = length ? (size_t)(mix / 8 % most) : 0; length < to; length++)
        line[length] = (char)('0' + (mix >> length % 57 ^ length) % 64);
    line[length] = '\n';
    return length + 1;
}

/* Without a limit to `number` of 10^49. Returns its length, with the newline. */
static size_t make_line(enum kind kind, uint64_t number, char *line)
{
    if (kind == LONG) return make_long(number, line);
    return (size_t)sprintf(line, "%-49llu\n", (unsigned long long)number);
}

/* Writing */

static void write_all(char const *data, size_t length)
{
    while (length) {
        ssize_t written = write(1, data, length);
        if (written < 0 && errno != EINTR) stop("write");
        if (written < 0) continue;
        data += written;
        length -= (size_t)written;
    }
}

/* Whoever is late, because the pipe was full, catches up. */
static void pace(struct timespec *next, long rate)
{
    next->tv_nsec += NS_PER_S / rate;
    if (next->tv_nsec >= NS_PER_S) {
        next->tv_nsec -= NS_PER_S;
        next->tv_sec++;
    }
    (void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, next, 0); /* SIGTERM ends it */
}

static int write_lines(enum kind kind, long rate)
{
    static char lines[AT_ONCE + LONGEST + 1];
    struct sigaction action = {.sa_handler = end};
    struct timespec next;
    uint64_t number = 0;

    (void)sigaction(SIGTERM, &action, 0);
    (void)signal(SIGPIPE, SIG_IGN);
    (void)clock_gettime(CLOCK_MONOTONIC, &next);
    while (!ending) {
        size_t length = 0;
        do length += make_line(kind, ++number, lines + length);
        while (!rate && length < AT_ONCE);
        if (rate) pace(&next, rate);
        write_all(lines, length);
    }
    (void)fprintf(stderr, "last %llu\n", (unsigned long long)number);
    return 0;
}

/* Checking */

struct check {
    enum kind kind;
    int labelled;
    uint64_t last, expected;
    uint64_t lines, lost, repeated, torn, early;
    int shown;
    char label[LABEL];
    char const *file;
};

static void complain(struct check *check, uint64_t *count, uint64_t times,
                     char const *what, char const *line, size_t length)
{
    *count += times;
    if (check->shown++ < SHOWN)
        (void)fprintf(stderr, "# %s: expecting %llu, %s: %.*s\n", check->file,
                      (unsigned long long)check->expected, what,
                      (int)(length < 60 ? length : 60), line);
}

/* Returns 0 if it has no label; else how many bytes that is. */
static size_t check_label(struct check *check, char const *line, size_t length)
{
    if (length < LABEL || line[0] != '@' || line[LABEL - 1] != ' '
        || strspn(line + 1, "0123456789abcdef") < LABEL - 2)
        return 0;
    if (memcmp(line, check->label, LABEL) < 0)
        complain(check, &check->early, 1, "a label goes back", line, length);
    memcpy(check->label, line, LABEL);
    return LABEL;
}

static void check_unexpected(struct check *check, char const *line, size_t length)
{
    static char whole[LONGEST + 1];
    uint64_t number = strtoull(line, 0, 10);

    if (!number || number > check->last || make_line(check->kind, number, whole) != length
        || memcmp(line, whole, length)) {
        complain(check, &check->torn, 1, "torn", line, length);
        return;
    }
    if (number < check->expected) {
        complain(check, &check->repeated, 1, "repeated", line, length);
        return;
    }
    complain(check, &check->lost, number - check->expected, "lost", line, length);
    check->expected = number + 1;
}

static void check_line(struct check *check, char const *line, size_t length)
{
    static char want[LONGEST + 1];
    size_t label = check->labelled ? check_label(check, line, length) : 0;

    check->lines++;
    if (check->labelled && !label)
        complain(check, &check->torn, 1, "no label", line, length);
    line += label;
    length -= label;
    size_t wanted = make_line(check->kind, check->expected, want);
    if (length == wanted && !memcmp(line, want, length) && check->expected <= check->last)
        check->expected++;
    else
        check_unexpected(check, line, length);
}

/* A line may go on in the next file: then its beginning is what is kept in `line`. */
static void check_file(struct check *check, char **line, size_t *room, size_t *held)
{
    FILE *file = fopen(check->file, "r");
    char *part = 0;
    size_t part_room = 0;
    ssize_t length;

    if (!file) stop("open a file");
    while ((length = getline(&part, &part_room, file)) > 0) {
        if (*held + (size_t)length > *room) {
            *room = *held + (size_t)length;
            *line = realloc(*line, *room);
            if (!*line) stop("get memory");
        }
        memcpy(*line + *held, part, (size_t)length);
        *held += (size_t)length;
        if ((*line)[*held - 1] != '\n') break;
        check_line(check, *line, *held);
        *held = 0;
    }
    free(part);
    (void)fclose(file);
}

static int check_lines(struct check *check)
{
    char *line = 0, *file = 0;
    size_t room = 0, held = 0, file_room = 0;
    ssize_t length;

    check->expected = 1;
    while ((length = getline(&file, &file_room, stdin)) > 1) {
        file[length - 1] = 0;
        check->file = file;
        check_file(check, &line, &room, &held);
    }
    if (held) complain(check, &check->torn, 1, "no newline", line, held);
    if (check->expected <= check->last)
        complain(check, &check->lost, check->last + 1 - check->expected, "the end", "",
                 0);
    (void)printf("lines %llu lost %llu repeated %llu torn %llu early %llu\n",
                 (unsigned long long)check->lines, (unsigned long long)check->lost,
                 (unsigned long long)check->repeated, (unsigned long long)check->torn,
                 (unsigned long long)check->early);
    free(line);
    free(file);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc < 4) return 100;
    enum kind kind = strcmp(argv[2], "long") ? SHORT : LONG;
    if (!strcmp(argv[1], "write")) return write_lines(kind, strtol(argv[3], 0, 10));
    struct check check = {.kind = kind, .labelled = !strcmp(argv[3], "-t")};
    argv += 3 + check.labelled;
    if (!*argv) return 100;
    check.last = strtoull(*argv, 0, 10);
    return check_lines(&check);
}
