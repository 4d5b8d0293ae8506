/* ISC license. */

/* Labels at line starts: what is shown, what stays, and that pieces do not matter. */

#include <sv/localstamp.h>

#include "tap.h"

#define LABEL "@400000003b9aca0a000001f4" /* 1000000000.0000005 */
#define SHOWN "2001-09-09 01:46:40.000000500"

static unsigned int asked;

static long in_greenwich(time_t when)
{
    (void)when;
    asked++;
    return 0;
}

/* An hour more from the second 1000000001 on. */
static long with_change(time_t when)
{
    return when > 1000000000 ? 3600 : 0;
}

static char shown[4096];

/* The whole input, `piece` bytes at a time, with what is left over in front of the next.
 */
static size_t show(long (*offset_s)(time_t when), char const *input, size_t length,
                   size_t piece)
{
    struct sv_localstamp state = SV_LOCALSTAMP(offset_s);
    size_t begin = 0, end = 0, made = 0, used;
    char room[SV_LOCALSTAMP_ROOM(1024)];

    while (end < length) {
        end = end + piece < length ? end + piece : length;
        size_t count =
            sv_localstamp_convert(&state, room, input + begin, end - begin, &used);
        memcpy(shown + made, room, count);
        made += count;
        begin += used;
        expect(end - begin <= SV_LOCALSTAMP_HELD, "%zu bytes are too many to hold",
               end - begin);
    }
    memcpy(shown + made, input + begin, end - begin);
    return made + end - begin;
}

struct example {
    char const *input, *output, *sentence;
};

static struct example const examples[] = {
    {"", "", "nothing"},
    {"\n", "\n", "an empty line"},
    {"hello\n", "hello\n", "a line without a label"},
    {LABEL " hello\n", SHOWN " hello\n", "a line with a label"},
    {LABEL "\n", SHOWN "\n", "a label alone"},
    {LABEL, SHOWN, "a label without a newline"},
    {LABEL ".s", SHOWN ".s", "a log file's name"},
    {LABEL LABEL "\n", SHOWN LABEL "\n", "a second label in the line"},
    {" " LABEL "\n", " " LABEL "\n", "a label that does not begin the line"},
    {LABEL "\n" LABEL " a\nb\n" LABEL " c", SHOWN "\n" SHOWN " a\nb\n" SHOWN " c",
     "several lines"},
    {"@400000003b9aca0a3b9ac9ff\n", "2001-09-09 01:46:40.999999999\n",
     "the last nanosecond"},
    {"@400000003B9ACA0A3B9AC9FF\n", "2001-09-09 01:46:40.999999999\n", "upper case"},
    {"@400000000000000a00000000 x\n", "1970-01-01 00:00:00.000000000 x\n", "1970"},
    {"@400000000000000900000000 x\n", "1969-12-31 23:59:59.000000000 x\n", "before 1970"},
    {"@400000003b9ac 0a000001f4 x\n", "@400000003b9ac 0a000001f4 x\n",
     "a space among the digits"},
    /* 0000-01-01 00:00:00 is 2^62 + 10 - 62167219200 */
    {"@3ffffff1868b840a00000000 x\n", "0000-01-01 00:00:00.000000000 x\n", "the year 0"},
    {"@3ffffff1868b840900000000 x\n", "@3ffffff1868b840900000000 x\n", "the year -1"},
    {"@4000003afff4418900000001 x\n", "9999-12-31 23:59:59.000000001 x\n",
     "the end of the year 9999"},
    {"@4000003afff4418a00000001 x\n", "@4000003afff4418a00000001 x\n", "the year 10000"},
    {"@7fffffffffffffff00000000 x\n", "@7fffffffffffffff00000000 x\n", "the far future"},
    {"@000000000000000000000000 x\n", "@000000000000000000000000 x\n", "the far past"},
    {"@800000000000000000000000 x\n", "@800000000000000000000000 x\n", "no TAI64 label"},
    {"@ffffffffffffffffffffffff\n", "@ffffffffffffffffffffffff\n", "nor this"},
    {"@400000003b9aca0a3b9aca00 x\n", "@400000003b9aca0a3b9aca00 x\n",
     "a thousand million nanoseconds"},
    {LABEL "\n@400000003b9aca0a3b9aca00 x\n", SHOWN "\n@400000003b9aca0a3b9aca00 x\n",
     "as many in a second that is known"},
    {LABEL "\n@400000003b9aca0a0000g1f4 x\n", SHOWN "\n@400000003b9aca0a0000g1f4 x\n",
     "no digit in a second that is known"},
    {"@\n", "@\n", "@ alone"},
    {"@", "@", "@ without a newline"},
    {"@@\n", "@@\n", "two of them"},
    {"@\n" LABEL, "@\n" SHOWN, "@ alone, and then a label"},
    {"@400000003b9aca0a000001f\n", "@400000003b9aca0a000001f\n", "a digit too few"},
    {"@400000003b9aca0a000001f", "@400000003b9aca0a000001f", "and no newline"},
    {"@400000003b9aca0a\n@400\n", "@400000003b9aca0a\n@400\n", "only the seconds"},
    {"@400000003b9aca0a000001f \n", "@400000003b9aca0a000001f \n",
     "a space for the last digit"},
    {LABEL "5\n", SHOWN "5\n", "a digit too many"},
};

static void check_examples(void)
{
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
        struct example const *example = examples + i;
        size_t length = strlen(example->input);
        size_t got = show(in_greenwich, example->input, length, 1024);
        is_mem(shown, got, example->output, strlen(example->output), "%s",
               example->sentence);
        int good = 1;
        for (size_t piece = 1; piece <= length; piece++) {
            got = show(in_greenwich, example->input, length, piece);
            good &= expect(got == strlen(example->output)
                               && !memcmp(shown, example->output, got),
                           "in pieces of %zu", piece);
        }
        ok(good, "in pieces of any size");
    }
}

static void check_bytes(void)
{
    static char const input[] = "\0\n" LABEL " \0\377@\0\n\0" LABEL;
    static char const output[] = "\0\n" SHOWN " \0\377@\0\n\0" LABEL;
    size_t got = show(in_greenwich, input, sizeof input - 1, 1024);

    is_mem(shown, got, output, sizeof output - 1, "lines are bytes, NULs among them");
}

static void check_zone(void)
{
    static char const input[] = "@400000003b9aca0a00000001\n@400000003b9aca0b00000000\n"
                                "@400000003b9aca0a00000002\n";
    static char const output[] =
        "2001-09-09 01:46:40.000000001\n2001-09-09 02:46:41.000000000\n"
        "2001-09-09 01:46:40.000000002\n";
    size_t got = show(with_change, input, sizeof input - 1, 1024);

    is_mem(shown, got, output, sizeof output - 1, "a change of the clocks is seen");
    asked = 0;
    show(in_greenwich, LABEL "\n" LABEL " x\n" LABEL "\n", 3 * 26 + 2, 1024);
    is_int(asked, 1, "the zone is asked once for a second");
}

/* What is given up when the input pauses: only what can still become a label. */
static void check_held(void)
{
    static struct {
        char const *input;
        size_t held;
    } const cases[] = {{"hello", 0},      {"hello\n", 0},
                       {"@", 1},          {"x\n@", 1},
                       {"@4000", 5},      {"@400000003b9aca0a000001f", 24},
                       {LABEL, 0},        {LABEL " @", 0},
                       {"@400x", 0},      {"@400000003b9aca0a000001x", 0},
                       {" @4000", 0},     {"@4000\n", 0},
                       {LABEL "\n@40", 3}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sv_localstamp state = SV_LOCALSTAMP(in_greenwich);
        size_t length = strlen(cases[i].input), used;
        sv_localstamp_convert(&state, shown, cases[i].input, length, &used);
        is_int(length - used, cases[i].held, "%zu bytes wait, case %zu", cases[i].held,
               i);
    }
}

/* The most that can come of it; a checker of addresses sees a byte too many. */
static void check_room(void)
{
    int good = 1;

    for (size_t length = 0; length <= 800; length++) {
        char *input = malloc(length + 1), *output = malloc(SV_LOCALSTAMP_ROOM(length));
        struct sv_localstamp state = SV_LOCALSTAMP(in_greenwich);
        size_t used;
        for (size_t i = 0; i < length; i++) input[i] = (LABEL "\n")[i % 26];
        size_t made = sv_localstamp_convert(&state, output, input, length, &used);
        good &=
            expect(made <= SV_LOCALSTAMP_ROOM(length), "%zu become %zu", length, made);
        free(input);
        free(output);
    }
    ok(good, "no more bytes are made than there is room for");
}

int main(void)
{
    check_examples();
    check_bytes();
    check_zone();
    check_held();
    check_room();
    return done();
}
