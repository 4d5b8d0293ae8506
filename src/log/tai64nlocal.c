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

#include <sv/localstamp.h>
#include <sv/message.h>
#include <sv/option.h>
#include <sv/stream.h>
#include <sv/zone.h>

#define USAGE "tai64nlocal [-g]"
#define INPUT_SIZE 65536

char const *PROG = "tai64nlocal";

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

/* daemontools' takes and ignores any arguments, so this one ignores what it does not
 * know. */
int main(int argc, char const *const *argv)
{
    static char const help[] = "usage: " USAGE "\n";
    static struct sv_option_word const words[] = {{"help", 'h', SV_OPTION_NONE}, {0}};
    struct sv_options options = SV_OPTIONS("g", words);
    long (*offset_s)(time_t when) = sv_zone_offset;
    int option;

    while ((option = sv_option_next(&options, argc, argv)) != SV_OPTION_END) {
        if (option == 'g') offset_s = no_offset;
        if (option == 'h') return sv_stream_write(1, help, sizeof help - 1) ? 0 : 111;
    }
    copy(offset_s);
    return 0;
}
