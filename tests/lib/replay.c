/* ISC license. */

/*
 * main for a fuzz target without a fuzzer: feeds every file of a corpus directory,
 * each of its prefixes, and some thousand mutations of it, the same ones in every run.
 * Usage: PROGRAM [DIRECTORY]; the default is compiled in, relative to the top directory.
 */

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "fuzz.h"
#include "tap.h"

#define INPUT_LIMIT 65536
#define MAX_PREFIXES 2048
#define MUTATIONS 3000
#define MAX_CHANGES 8 /* in one mutation */

static char const *current_file = "the empty input";
static uint8_t const *current_data;
static size_t current_size;

static uint64_t random_state;

/* The same sequence everywhere: xorshift64*. */
static uint32_t next_random(void)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return (uint32_t)(random_state * 0x2545f4914f6cdd1dULL >> 32);
}

static size_t random_below(size_t limit)
{
    return limit ? next_random() % limit : 0;
}

/* A crash leaves behind what it takes to see it again: the input, in hexadecimal. */
static void on_crash(int signal_number)
{
    static char const digits[] = "0123456789abcdef";
    char line[2 * 256 + 1];
    size_t length = 0;
    for (size_t i = 0; i < current_size && i < 256; i++) {
        line[length++] = digits[current_data[i] >> 4];
        line[length++] = digits[current_data[i] & 15];
    }
    line[length++] = '\n';
    (void)!write(2, "# crashed on a variant of ", 26);
    (void)!write(2, current_file, strlen(current_file));
    (void)!write(2, ", first bytes: ", 15);
    (void)!write(2, line, length);
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

/* Each input has a block of exactly its size: a checker then sees one byte too many. */
static void feed(uint8_t const *data, size_t size)
{
    uint8_t *copy = malloc(size ? size : 1);
    if (!copy) {
        diag("out of memory");
        exit(111);
    }
    if (size) memcpy(copy, data, size);
    current_data = copy;
    current_size = size;
    if (LLVMFuzzerTestOneInput(copy, size)) {
        diag("the target did not return 0");
        abort();
    }
    current_size = 0;
    free(copy);
}

/* change: one random edit of data, which has room for INPUT_LIMIT bytes. The new size. */
static size_t change(uint8_t *data, size_t size)
{
    static uint8_t const telling[] = {0,  1,  9,  10,  32,  45,  47,
                                      48, 57, 64, 127, 128, 254, 255};
    size_t at = random_below(size);
    size_t span = 1 + random_below(8);
    switch (next_random() % 6) {
    case 0: /* flip a bit */
        if (size) data[at] ^= (uint8_t)(1U << (next_random() & 7));
        return size;
    case 1: /* any byte */
        if (size) data[at] = (uint8_t)next_random();
        return size;
    case 2: /* a byte that parsers care about */
        if (size) data[at] = telling[random_below(sizeof telling)];
        return size;
    case 3: /* leave out some bytes */
        if (span > size - at) span = size - at;
        memmove(data + at, data + at + span, size - at - span);
        return size - span;
    case 4: /* say some bytes twice */
        if (span > size - at) span = size - at;
        if (size + span > INPUT_LIMIT) return size;
        memmove(data + at + span, data + at, size - at);
        return size + span;
    default: /* add a byte */
        if (size + 1 > INPUT_LIMIT) return size;
        memmove(data + at + 1, data + at, size - at);
        data[at] = telling[random_below(sizeof telling)];
        return size + 1;
    }
}

static void feed_variants(uint8_t const *data, size_t size)
{
    static uint8_t variant[INPUT_LIMIT];
    size_t step = size / MAX_PREFIXES + 1;
    for (size_t length = 0; length < size; length += step) feed(data, length);
    for (unsigned int i = 0; i < MUTATIONS; i++) {
        size_t length = size;
        memcpy(variant, data, size);
        for (size_t changes = 1 + random_below(MAX_CHANGES); changes; changes--)
            length = change(variant, length);
        feed(variant, length);
    }
}

static void replay(char const *directory, char const *name)
{
    static uint8_t data[INPUT_LIMIT];
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = fopen(path, "rb");
    if (!ok(file != NULL, "%s can be read", path)) return;
    size_t size = fread(data, 1, sizeof data, file);
    fclose(file);
    current_file = path;
    /* Anew for each file: adding one does not change the variants of another. */
    random_state = 0x9e3779b97f4a7c15ULL;
    feed(data, size);
    feed_variants(data, size);
    ok(1, "%s: %zu bytes, its prefixes and %d mutations", name, size, MUTATIONS);
    current_file = "?";
}

static int is_visible(struct dirent const *entry)
{
    return entry->d_name[0] != '.';
}

int main(int argc, char **argv)
{
    static int const crashes[] = {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL};
    char const *directory = argc > 1 ? argv[1] : CORPUS;
    struct dirent **entries;

    setvbuf(stdout, NULL, _IOLBF, 0);
    for (size_t i = 0; i < sizeof crashes / sizeof *crashes; i++)
        signal(crashes[i], on_crash);
    feed(NULL, 0);
    int count = scandir(directory, &entries, is_visible, alphasort);
    if (!ok(count > 0, "%s holds something to replay", directory)) {
        if (count < 0) diag("%s: %s", directory, strerror(errno));
        return done();
    }
    for (int i = 0; i < count; i++) {
        replay(directory, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    return done();
}
