/* ISC license. */

#include <sv/cpulist.h>

#include "tap.h"

static struct sv_cpulist list, other;

/* What a list is, written again. */
static void becomes(char const *text, char const *want)
{
    char again[100];

    ok(sv_cpulist_scan(text, &list), "%s is a list", text);
    sv_cpulist_format(again, sizeof again, &list);
    is_str(again, want, "which is %s", want);
}

int main(void)
{
    becomes("0", "0");
    becomes("3,1", "1,3");
    becomes("0,2-5", "0,2-5");
    becomes("0,1,2", "0-2");
    becomes("0-6:2", "0,2,4,6");
    becomes("0-7:3", "0,3,6");
    becomes("5-5", "5");
    becomes("1,1-2,2", "1-2");
    becomes("0-8191", "0-8191");
    becomes("63,64,127-128", "63-64,127-128");
    becomes("007", "7");
    becomes("0-8191:999999999", "0");

    char const *const wrong[] = {"",     ",",          "1,",
                                 "-1",   "1-",         "2-1",
                                 "0:2",  "a",          "1a",
                                 " 1",   "1-2-3",      "0-4:0",
                                 "0-4:", "8192",       "0-8192",
                                 "1,,2", "9999999999", "18446744073709551617"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        ok(!sv_cpulist_scan(wrong[i], &list), "\"%s\" is no list", wrong[i]);

    char text[6];
    sv_cpulist_scan("10,12,14,16", &list);
    sv_cpulist_format(text, sizeof text, &list);
    is_str(text, "10,12", "what does not fit is left out");

    sv_cpulist_scan("0-4", &list);
    sv_cpulist_scan("1-3,70", &other);
    ok(sv_cpulist_without(&list, &other), "some are left");
    ok(sv_cpulist_has(&list, 0) && sv_cpulist_has(&list, 4),
       "those that the other has not");
    ok(!sv_cpulist_has(&list, 1) && !sv_cpulist_has(&list, 70), "and no others");
    sv_cpulist_scan("0,4", &other);
    ok(!sv_cpulist_without(&list, &other), "none is left");
    return done();
}
