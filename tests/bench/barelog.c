/* ISC license. */

/*
 * barelog DIRECTORY SIZE FILES [t]: what the kernel allows a logger.
 *
 * Reads up to 64 KiB at once; finds the last newline, or with `t` every newline, and puts
 * a stamp before each line, the same one for all that came together; writes it with one
 * call to DIRECTORY/current. Before a file gets longer than SIZE it gets another name, at
 * the end of a line, and is the oldest of FILES some day, which goes. No patterns, no
 * trouble, no fsync, no signals.
 */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench.h"

#define INPUT 65536
#define STAMP 26 /* @, 24 digits, a space */
#define OUTPUT (INPUT * (STAMP + 1))
#define TAI_BASE (UINT64_C(4611686018427387904) + 10)

static char input[INPUT];
static char output[OUTPUT]; /* if every line is empty */
static size_t size;
static unsigned int files;
static int current = -1;
static size_t current_size;
static unsigned int retired;

static void die(char const *what)
{
    fprintf(stderr, "barelog: fatal: unable to %s: %s\n", what, strerror(errno));
    exit(111);
}

static void old_name(char *name, unsigned int number)
{
    snprintf(name, 32, "@%024x.s", number);
}

static void begin_file(void)
{
    current = open("current", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    current_size = 0;
    if (current < 0) die("open current");
}

static void rotate(void)
{
    char name[32];

    if (retired + 1 >= files) {
        old_name(name, retired - (files - 1));
        (void)unlink(name); /* the first time there may be none */
    }
    old_name(name, retired++);
    close(current);
    if (rename("current", name) < 0) die("rename current");
    begin_file();
}

static void write_all(char const *data, size_t length)
{
    current_size += length;
    while (length) {
        ssize_t written = write(current, data, length);
        if (written < 0) die("write");
        data += written;
        length -= (size_t)written;
    }
}

/* Whole lines, the longest of them shorter than a file. */
static void put(char const *data, size_t length)
{
    while (length > size - current_size) {
        char const *last = memrchr(data, '\n', size - current_size);
        size_t part = last ? (size_t)(last + 1 - data) : 0;
        if (part) write_all(data, part);
        data += part;
        length -= part;
        rotate();
    }
    write_all(data, length);
}

static void make_stamp(char *stamp)
{
    static char const digits[] = "0123456789abcdef";
    struct timespec now;

    (void)clock_gettime(CLOCK_REALTIME, &now); /* cannot fail for this clock */
    uint64_t second = TAI_BASE + (uint64_t)now.tv_sec;
    stamp[0] = '@';
    for (int i = 0; i < 16; i++) stamp[1 + i] = digits[second >> (60 - 4 * i) & 15];
    for (int i = 0; i < 8; i++) stamp[17 + i] = digits[now.tv_nsec >> (28 - 4 * i) & 15];
    stamp[25] = ' ';
}

/* Returns how many bytes of the whole lines in `text` there are. */
static size_t give_plain(char const *text, size_t length)
{
    char const *last = memrchr(text, '\n', length);

    if (!last) return 0;
    length = (size_t)(last + 1 - text);
    put(text, length);
    return length;
}

static size_t give_stamped(char const *text, size_t length)
{
    char const *from = text, *end = text + length, *newline;
    char *to = output;
    char stamp[STAMP];

    make_stamp(stamp);
    while ((newline = memchr(from, '\n', (size_t)(end - from)))) {
        size_t line = (size_t)(newline + 1 - from);
        memcpy(to, stamp, STAMP);
        memcpy(to + STAMP, from, line);
        to += STAMP + line;
        from += line;
    }
    if (to > output) put(output, (size_t)(to - output));
    return (size_t)(from - text);
}

int main(int argc, char **argv)
{
    size_t held = 0;

    if (argc < 4) {
        fputs("barelog: usage: barelog DIRECTORY SIZE FILES [t]\n", stderr);
        return 100;
    }
    size = (size_t)atoll(argv[2]);
    files = (unsigned int)atoi(argv[3]);
    (void)mkdir(argv[1], 0755); /* it may be there */
    if (chdir(argv[1]) < 0) die("chdir");
    begin_file();
    for (;;) {
        ssize_t length = read(0, input + held, INPUT - held);
        if (length < 0) die("read");
        if (!length) break;
        held += (size_t)length;
        size_t given = argc > 4 ? give_stamped(input, held) : give_plain(input, held);
        held -= given;
        memmove(input, input + given, held);
        if (held == INPUT) {
            errno = EMSGSIZE;
            die("hold the line");
        }
    }
    return 0;
}
