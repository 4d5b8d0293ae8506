/* ISC license. */

/*
 * tai64n: copies lines, each with a TAI64N label of when its first byte was read and a
 * space in front.
 *
 * What has been read is written before more is read, so nothing waits in here; the lines
 * of one read have come together and have one label.
 */

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <sv/about.h>
#include <sv/clock.h>
#include <sv/message.h>
#include <sv/stamp.h>
#include <sv/stream.h>

#define USAGE "tai64n"
#define INPUT_SIZE 65536
#define OUTPUT_SIZE 131072
#define LABEL (SV_STAMP_TEXT + 1) /* with the space */

char const *PROG = "tai64n";

static char input[INPUT_SIZE];
static char output[OUTPUT_SIZE];
static size_t output_length;

static void flush(void)
{
    if (!sv_stream_write(1, output, output_length)) {
        if (errno == EPIPE) _exit(111); /* whoever left knows */
        sv_dieusys(111, "write to standard output");
    }
    output_length = 0;
}

static void put(char const *bytes, size_t length)
{
    if (length > sizeof output - output_length) flush();
    memcpy(output + output_length, bytes, length);
    output_length += length;
}

/* Returns whether what comes next continues the last line of these. */
static int put_lines(char const *bytes, size_t length, int in_line, char const *label)
{
    char const *end = bytes + length;

    while (bytes < end) {
        char const *newline = memchr(bytes, '\n', (size_t)(end - bytes));
        char const *next = newline ? newline + 1 : end;
        if (!in_line) put(label, LABEL);
        put(bytes, (size_t)(next - bytes));
        in_line = !newline;
        bytes = next;
    }
    return in_line;
}

static void copy(void)
{
    char label[LABEL];
    struct timespec now;
    int in_line = 0;

    label[SV_STAMP_TEXT] = ' ';
    for (;;) {
        ssize_t length = sv_stream_read(0, input, sizeof input);
        if (length < 0) sv_dieusys(111, "read standard input");
        if (!length) return;
        sv_clock_wall(&now);
        sv_stamp_format(label, &now);
        in_line = put_lines(input, (size_t)length, in_line, label);
        flush();
    }
}

/* daemontools' has never looked at its arguments; this one knows two words. */
int main(int argc, char const *const *argv)
{
    (void)argc;
    sv_about(argv, "usage: " USAGE "\n");
    copy();
    return 0;
}
