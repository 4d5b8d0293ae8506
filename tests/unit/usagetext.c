/* ISC license. */

#include <sv/usagetext.h>

#include "tap.h"

static struct sv_usagetext usage;

static int process(char const *text)
{
    return sv_usagetext_process(text, strlen(text), &usage);
}

static void test_process(void)
{
    is_int(process(
               "42 (a) b) (c)) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 20 0 1 0 100 4096 77 "
               "999\n"),
           1, "a process, whatever its name is");
    is_int(usage.ticks, 11 + 12 + 13 + 14, "its CPU time, and its children's");
    is_int(usage.pages, 77, "its pages");
    is_int(process("42 (a) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 20 0 1 0 100 4096 77"), 1,
           "the last field may be the last word");
    is_int(process("42 (a) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 20 0 1 0 100 4096"), 0,
           "but must be there");
    is_int(process("42 (a) S 1 2 3 4 5 6 7 8 9 10 11 12 -13 14 20 0 1 0 100 4096 77"), 0,
           "less than nothing is not believed");
    is_int(process("42 (a) S 1 2 3 4 5 6 7 8 9 10 11 12 13 99999999999999999999 20 0 1 0 "
                   "100 4096 77"),
           0, "nor more than a number holds");
    is_int(process(""), 0, "nothing");
    is_int(process("42 (a"), 0, "half a name");
    is_int(process("42 (a)"), 0, "a name only");
}

static void test_line(void)
{
    char const text[] = "usage_usec_more 5\nusage_usec 1234\nuser_usec x\nnice_usec 12a\n"
                        "empty \nlast 7";
    uint64_t value = 0;

    is_int(sv_usagetext_line(text, strlen(text), "usage_usec", &value), 1, "a line");
    is_int(value, 1234, "and its number");
    is_int(sv_usagetext_line(text, strlen(text), "last", &value), 1, "without a newline");
    is_int(value, 7, "too");
    is_int(sv_usagetext_line(text, strlen(text), "user_usec", &value), 0, "no number");
    is_int(sv_usagetext_line(text, strlen(text), "nice_usec", &value), 0, "half a one");
    is_int(sv_usagetext_line(text, strlen(text), "empty", &value), 0, "an empty one");
    is_int(sv_usagetext_line(text, strlen(text), "none", &value), 0, "no such line");
    is_int(sv_usagetext_line("", 0, "usage_usec", &value), 0, "no line at all");
}

int main(void)
{
    test_process();
    test_line();
    return done();
}
