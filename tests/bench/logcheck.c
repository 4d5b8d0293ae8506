/* ISC license. */

/*
 * logcheck LINES SELECTED COUNT STAMP LEAST DIRECTORY: has the logger written what it was
 * given?
 *
 * It was given the first COUNT lines of the file LINES, repeated for ever. SELECTED holds
 * a byte for each line of LINES: `1` if the logger had to write it. DIRECTORY has old
 * files, whose names begin with @ and say their order, and then `current`. Before each
 * line there are STAMP bytes, which begin with @ and end with a space; 0: nothing.
 *
 * A line may begin in one file and go on in the next. What is in the files has to be the
 * end of what was to be written, to the byte, and at least LEAST bytes, stamps not
 * counted, if there were so many. Prints what is wrong and exits 1; 0 if nothing is.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct text {
    char *bytes;
    size_t length;
};

static struct text expected; /* a round of it: the selected ones of LINES */
static size_t stamp_length;
static int in_line; /* the file before ended within a line */

static void die(char const *what)
{
    fprintf(stderr, "logcheck: fatal: unable to %s: %s\n", what, strerror(errno));
    exit(111);
}

static struct text load(char const *path)
{
    struct stat file;
    struct text text = {0};
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0 || fstat(fd, &file) < 0) die(path);
    text.length = (size_t)file.st_size;
    if (text.length)
        text.bytes = mmap(0, text.length, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
    if (text.bytes == MAP_FAILED) die("map a file");
    close(fd);
    return text;
}

static size_t line_length(char const *at, char const *end)
{
    char const *newline = memchr(at, '\n', (size_t)(end - at));

    return newline ? (size_t)(newline + 1 - at) : (size_t)(end - at);
}

/* Makes `expected`; returns how many bytes of it there had to be after `count` lines. */
static size_t expect(struct text lines, struct text selected, size_t count)
{
    char const *at = lines.bytes, *end = at + lines.length;
    size_t part = 0;

    expected.bytes = malloc(lines.length + 1);
    if (!expected.bytes) die("allocate");
    for (size_t i = 0; at < end && i < selected.length; i++) {
        size_t length = line_length(at, end);
        if (i == count % selected.length) part = expected.length;
        if (selected.bytes[i] == '1') {
            memcpy(expected.bytes + expected.length, at, length);
            expected.length += length;
        }
        at += length;
    }
    return count / selected.length * expected.length + part;
}

static int is_wanted(struct dirent const *entry)
{
    return entry->d_name[0] == '@' || !strcmp(entry->d_name, "current");
}

/* @ comes before c. */
static int in_order(struct dirent const **one, struct dirent const **other)
{
    return strcmp((*one)->d_name, (*other)->d_name);
}

/* Bytes without stamps. */
static size_t bare_length(struct text text)
{
    size_t sum = 0;
    char const *at = text.bytes, *end = at + text.length;

    if (!stamp_length) return text.length;
    while (at < end) {
        size_t length = line_length(at, end);
        sum += in_line || length < stamp_length ? length : length - stamp_length;
        at += length;
        in_line = at[-1] != '\n';
    }
    return sum;
}

/* Compares with expected from *at on, and moves that. Returns 0 if it is different. */
static int is_expected(char const *from, size_t length, size_t *at)
{
    while (length) {
        size_t part = expected.length - *at < length ? expected.length - *at : length;
        if (memcmp(from, expected.bytes + *at, part)) return 0;
        *at = (*at + part) % expected.length;
        from += part;
        length -= part;
    }
    return 1;
}

static int agrees(struct text text, size_t *at)
{
    char const *from = text.bytes, *end = from + text.length;

    if (!stamp_length) return is_expected(from, text.length, at);
    while (from < end) {
        size_t length = line_length(from, end);
        size_t stamp = in_line ? 0 : stamp_length;
        if (stamp && (length <= stamp || from[0] != '@' || from[stamp - 1] != ' '))
            return 0;
        if (!is_expected(from + stamp, length - stamp, at)) return 0;
        from += length;
        in_line = from[-1] != '\n';
    }
    return 1;
}

int main(int argc, char **argv)
{
    struct dirent **entries;
    size_t there = 0;

    if (argc != 7) {
        fputs("logcheck: usage: logcheck LINES SELECTED COUNT STAMP LEAST DIRECTORY\n",
              stderr);
        return 100;
    }
    stamp_length = (size_t)atoll(argv[4]);
    size_t wanted = expect(load(argv[1]), load(argv[2]), (size_t)atoll(argv[3]));
    size_t least = (size_t)atoll(argv[5]);
    if (chdir(argv[6]) < 0) die("chdir");
    int count = scandir(".", &entries, is_wanted, in_order);
    if (count < 0) die("read the directory");
    struct text *files = calloc((size_t)count + 1, sizeof *files);
    if (!files) die("allocate");
    for (int i = 0; i < count; i++) {
        files[i] = load(entries[i]->d_name);
        there += bare_length(files[i]);
    }
    if (there > wanted || there < (wanted < least ? wanted : least)) {
        printf("%zu bytes of %zu in %d files\n", there, wanted, count);
        return 1;
    }
    in_line = 0;
    size_t at = expected.length ? (wanted - there) % expected.length : 0;
    for (int i = 0; i < count; i++)
        if (!agrees(files[i], &at)) {
            printf("other bytes than were written, in %s\n", entries[i]->d_name);
            return 1;
        }
    return 0;
}
