/* ISC license. */

#include <sv/toprow.h>

#include "tap.h"

static char line[SV_TOPROW_LINE];

static struct sv_toprow const web = {.service = "web",
                                     .state = "up",
                                     .rank = 10,
                                     .seconds = 3725,
                                     .starts = 3,
                                     .cpu_tenths = 123,
                                     .memory = 1536,
                                     .has_seconds = 1,
                                     .has_starts = 1,
                                     .has_cpu = 1,
                                     .has_memory = 1,
                                     .log = "hello\x1b there",
                                     .log_length = 12};

static struct sv_toprow const mail = {.service = "mail",
                                      .state = "no supervise",
                                      .rank = 3};

static void duration(uint64_t seconds, char const *want)
{
    char text[SV_TOPROW_CELL];

    sv_top_duration(text, seconds);
    is_str(text, want, "%llu seconds", (unsigned long long)seconds);
}

static void bytes(uint64_t count, char const *want)
{
    char text[SV_TOPROW_CELL];

    sv_top_bytes(text, count);
    is_str(text, want, "%llu bytes", (unsigned long long)count);
}

static void test_numbers(void)
{
    duration(0, "0s");
    duration(59, "59s");
    duration(60, "1m00s");
    duration(3599, "59m59s");
    duration(3600, "1h00m");
    duration(86399, "23h59m");
    duration(86400, "1d00h");
    duration(86400 * 999 + 86399, "999d23h");
    duration(UINT64_C(86400) * 1000, "1000d");
    duration(UINT64_MAX, "213503982334601d");
    bytes(0, "0B");
    bytes(1023, "1023B");
    bytes(1024, "1.0K");
    bytes(1536, "1.5K");
    bytes(10239, "9.9K");
    bytes(10240, "10K");
    bytes(1024 * 1024 - 1, "1023K");
    bytes(UINT64_C(3) << 30, "3.0G");
    bytes(UINT64_MAX, "15E");
}

static void test_columns(void)
{
    for (unsigned int i = 0; i < SV_TOP_COUNT; i++)
        is_int(sv_top_find(sv_top_word((enum sv_top_column)i)), i, "column %s is found",
               sv_top_word((enum sv_top_column)i));
    is_int(sv_top_find("color"), SV_TOP_COUNT, "and none of another name");
}

static void test_lines(void)
{
    struct sv_toplayout layout;
    struct sv_toprow much = web;

    sv_toprow_layout(&layout, 80, 4);
    sv_toprow_heading(line, &layout);
    is_str(line, "SERVICE  STATE              FOR  STARTS    CPU%  MEMORY  LOG",
           "the headings");
    sv_toprow_line(line, &layout, &web, 1);
    is_str(line, "web      up               1h02m       3    12.3    1.5K  hello? there",
           "a row below them");
    sv_toprow_line(line, &layout, &mail, 1);
    is_str(line, "mail     no supervise         -       -       -       -",
           "and one of which little is known");
    much.starts = 12345678;
    much.cpu_tenths = 12345;
    sv_toprow_line(line, &layout, &much, 1);
    is_str(line, "web      up               1h02m  12345k    1234    1.5K  hello? there",
           "large numbers fit too");
    sv_toprow_exact(line, &much, 1);
    is_str(line, "web\tup\t3725\t12345678\t1234.5\t1536\thello? there", "exactly");
    sv_toprow_exact(line, &mail, 1);
    is_str(line, "mail\tno supervise\t-\t-\t-\t-\t-", "or not at all");
}

/* Every width: nothing overlaps, nothing is wider, the service is always there. */
static void test_layout(void)
{
    struct sv_toplayout layout;

    for (unsigned int width = 1; width <= SV_TOPROW_WIDTH; width++)
        for (unsigned int longest = 0; longest <= 60; longest += 20) {
            unsigned int end = 0, shown = 0;
            sv_toprow_layout(&layout, width, longest);
            for (unsigned int i = 0; i < SV_TOP_COUNT; i++) {
                if (!layout.width[i]) continue;
                expect(!shown || layout.at[i] == end + 2, "column %u of %u: behind", i,
                       width);
                end = layout.at[i] + layout.width[i];
                shown++;
            }
            expect(layout.width[SV_TOP_SERVICE] > 0, "%u columns: a name", width);
            expect(end <= width, "%u columns hold all that is shown", width);
            expect(width < 80 || end == width, "%u columns: all are used", width);
            sv_toprow_line(line, &layout, &web, 1);
            expect(strlen(line) <= width, "%u columns: a row fits", width);
        }
    ok(1, "any width was laid out");
    sv_toprow_layout(&layout, 80, 200);
    ok(layout.width[SV_TOP_SERVICE] < 40, "a long name does not take it all");
    sv_toprow_layout(&layout, 0, 200);
    is_int(layout.width[SV_TOP_SERVICE], 200, "unless there is no bound");
}

static void test_order(void)
{
    struct sv_toprow one = web, other = web;

    other.service = "zoo";
    ok(sv_toprow_compare(&one, &other, SV_TOP_SERVICE) < 0, "names go upwards");
    for (unsigned int i = 0; i < SV_TOP_COUNT; i++) {
        enum sv_top_column column = (enum sv_top_column)i;
        ok(sv_toprow_compare(&one, &other, column) < 0, "and decide where all is equal");
        ok(sv_toprow_compare(&other, &one, column) > 0, "the other way round too");
        is_int(sv_toprow_compare(&one, &one, column), 0, "a row equals itself");
    }
    one.rank = 11;
    ok(sv_toprow_compare(&one, &other, SV_TOP_STATE) > 0, "states by their rank");
    one.seconds = 9999;
    ok(sv_toprow_compare(&one, &other, SV_TOP_FOR) > 0, "the latest first");
    one.starts = 2;
    ok(sv_toprow_compare(&one, &other, SV_TOP_STARTS) > 0, "many starts first");
    one.cpu_tenths = 1;
    ok(sv_toprow_compare(&one, &other, SV_TOP_CPU) > 0, "much CPU first");
    one.memory = 1;
    ok(sv_toprow_compare(&one, &other, SV_TOP_MEMORY) > 0, "much memory first");
    one.has_memory = 0;
    one.memory = UINT64_MAX;
    ok(sv_toprow_compare(&one, &other, SV_TOP_MEMORY) > 0, "what is not known last");
}

int main(void)
{
    test_numbers();
    test_columns();
    test_lines();
    test_layout();
    test_order();
    return done();
}
