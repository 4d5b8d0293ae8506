/* ISC license. */

/*
 * tai64nlocal: copies lines, with the TAI64N label at the beginning of a line shown as
 * local time.
 *
 * What has been read is written before more is read; only what may become a label waits
 * for the rest of it.
 */

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <sv/about.h>
#include <sv/localstamp.h>
#include <sv/message.h>
#include <sv/option.h>
#include <sv/stream.h>
#include <sv/zone.h>

#define USAGE "tai64nlocal [-g]"
#define INPUT_SIZE 65536

char const *PROG = "tai64nlocal";

enum { OPTION_HELP = SV_OPTION_LONG, OPTION_VERSION };

static struct sv_option_word const words[] = {
    {"help", OPTION_HELP, SV_OPTION_NONE},
    {"version", OPTION_VERSION, SV_OPTION_NONE},
    {0},
};

static char input[INPUT_SIZE];
static char output[SV_LOCALSTAMP_ROOM(INPUT_SIZE)];

static void put(char const *bytes, size_t length)
{
    if (sv_stream_write(1, bytes, length)) return;
    if (errno == EPIPE) _exit(111); /* whoever left knows */
    sv_dieusys(111, "write to standard output");
}

static long no_offset(time_t when)
{
    (void)when;
    return 0;
}

static void copy(long (*offset_s)(time_t when))
{
    struct sv_localstamp state = SV_LOCALSTAMP(offset_s);
    size_t held = 0; /* bytes at the beginning of `input` that wait */

    for (;;) {
        ssize_t length = sv_stream_read(0, input + held, sizeof input - held);
        size_t used;
        if (length < 0) sv_dieusys(111, "read standard input");
        if (!length) break;
        held += (size_t)length;
        put(output, sv_localstamp_convert(&state, output, input, held, &used));
        held -= used;
        memmove(input, input + used, held);
    }
    put(input, held);
}

static void print_help(void)
{
    sv_about_tell("usage: " USAGE "\n\n"
                  "  -g             UTC, whatever the time zone\n"
                  "      --help     this text\n"
                  "      --version  which upkeep this is\n");
}

/* daemontools' takes and ignores any arguments, so this one ignores what it does not
 * know. */
int main(int argc, char const *const *argv)
{
    struct sv_options options = SV_OPTIONS("g", words);
    long (*offset_s)(time_t when) = sv_zone_offset;
    int option;

    while ((option = sv_option_next(&options, argc, argv)) != SV_OPTION_END) {
        if (option == 'g') offset_s = no_offset;
        if (option == OPTION_HELP) print_help();
        if (option == OPTION_VERSION) sv_about_version();
    }
    copy(offset_s);
    return 0;
}
