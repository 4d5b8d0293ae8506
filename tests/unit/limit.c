/* ISC license. */

#include <sv/limit.h>

#include "tap.h"

/* The value of a text; -1: nothing of the kind. */
static int kind_of(char const *text)
{
    struct sv_limit_value value;
    return sv_limit_scan(text, &value) ? (int)value.kind : -1;
}

static rlim_t number_of(char const *text)
{
    struct sv_limit_value value = {.number = 12345};
    (void)sv_limit_scan(text, &value); /* kind_of() was asked */
    return value.number;
}

static void becomes(char const *text, enum sv_limit_which which, rlim_t soft, rlim_t hard)
{
    struct rlimit limit = {.rlim_cur = 50, .rlim_max = 100};
    struct sv_limit_value value;

    ok(sv_limit_scan(text, &value), "%s is understood", text);
    sv_limit_change(&limit, &value, which);
    is_int(limit.rlim_cur, soft, "the soft limit after %s in way %d", text, which);
    is_int(limit.rlim_max, hard, "and the hard one");
}

int main(void)
{
    is_int(kind_of("17"), SV_LIMIT_NUMBER, "a number");
    is_int(number_of("17"), 17, "its value");
    is_int(number_of(""), 0, "nothing is 0");
    is_int(number_of("007"), 7, "zeros before it");
    ok(number_of("18446744073709551614") == RLIM_INFINITY - 1, "the largest limit");
    ok(number_of("18446744073709551615") == RLIM_INFINITY, "no limit, as a number");
    ok(number_of("18446744073709551616") == RLIM_INFINITY, "more than fits");
    ok(number_of("99999999999999999999999") == RLIM_INFINITY, "far more");
    is_int(kind_of("99999999999999999999999x"), -1, "also with something behind it");
    is_int(kind_of("="), SV_LIMIT_HARD, "the hard limit");
    is_int(kind_of("-"), SV_LIMIT_UNLIMITED, "no limit");
    char const *const wrong[] = {"-1", "+1", " 1", "1 ", "0x1", "1k", "==", "--"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        is_int(kind_of(wrong[i]), -1, "\"%s\" is none of these", wrong[i]);

    becomes("20", SV_LIMIT_SOFT, 20, 100);
    becomes("200", SV_LIMIT_SOFT, 100, 100);
    becomes("=", SV_LIMIT_SOFT, 100, 100);
    becomes("-", SV_LIMIT_SOFT, RLIM_INFINITY, RLIM_INFINITY);
    becomes("20", SV_LIMIT_ONLY_HARD, 20, 20);
    becomes("70", SV_LIMIT_ONLY_HARD, 50, 70);
    becomes("200", SV_LIMIT_ONLY_HARD, 50, 200);
    becomes("=", SV_LIMIT_ONLY_HARD, 50, 100);
    becomes("20", SV_LIMIT_BOTH, 20, 20);
    becomes("200", SV_LIMIT_BOTH, 200, 200);
    becomes("=", SV_LIMIT_BOTH, 100, 100);

    for (unsigned int i = 0; i < sv_limit_count; i++)
        for (unsigned int j = 0; j < i; j++) {
            expect(sv_limits[i].resource != sv_limits[j].resource, "%s and %s differ",
                   sv_limits[i].word, sv_limits[j].word);
            expect(!sv_limits[i].letter || sv_limits[i].letter != sv_limits[j].letter,
                   "the letters of %s and %s differ", sv_limits[i].word,
                   sv_limits[j].word);
        }
    is_int(sv_limit_count, RLIM_NLIMITS, "every resource limit of this system is there");
    return done();
}
