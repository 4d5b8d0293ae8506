/* ISC license. */

/*
 * readproctitle: shows the last bytes of standard input in its own last argument, where
 * ps finds them.
 */

#include <string.h>
#include <unistd.h>

#include <sv/about.h>
#include <sv/message.h>
#include <sv/stream.h>

#define USAGE "readproctitle [argument ...] title"
#define INPUT_SIZE 4096
#define SHORTEST 5 /* of titles that are worth having */
#define LEADING 3  /* dots that stay in front */

char const *PROG = "readproctitle";

/* NULs would end what ps shows. Returns how many bytes are left. */
static size_t without_nuls(char *bytes, size_t length)
{
    size_t kept = 0;

    for (size_t i = 0; i < length; i++)
        if (bytes[i]) bytes[kept++] = bytes[i];
    return kept;
}

static void scroll(char *title, size_t size, char const *bytes, size_t length)
{
    if (length > size) {
        bytes += length - size;
        length = size;
    }
    memmove(title, title + length, size - length);
    memcpy(title + size - length, bytes, length);
}

int main(int argc, char **argv)
{
    static char input[INPUT_SIZE];

    sv_about((char const *const *)argv, "usage: " USAGE "\n");
    if (argc < 2) return 100;
    char *title = argv[argc - 1];
    size_t size = strlen(title);
    memset(title, '.', size);
    if (size < SHORTEST) return 100;

    for (;;) {
        ssize_t length = sv_stream_read(0, input, sizeof input);
        if (length < 0) sv_dieusys(111, "read standard input");
        if (!length) return 0;
        scroll(title + LEADING, size - LEADING, input,
               without_nuls(input, (size_t)length));
    }
}
