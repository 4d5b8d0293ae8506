/* ISC license. */

/* What regular expressions match. */

#include <sv/logscript.h>
#include <sv/regex.h>

#include "tap.h"

struct sample {
    char const *expression;
    char const *line;
    int matches;
};

static struct sample const samples[] = {
    {"error", "an error here", 1},
    {"error", "an eror", 0},
    {"^a", "ba", 0},
    {"a$", "ab", 0},
    {"^$", "", 1},
    {"", "anything", 1},
    {"(error|warning): [0-9]+", "warning: 17", 1},
    {"(error|warning): [0-9]+", "warning: ", 0},
    {"a{2,3}b", "aab", 1},
    {"^a{2,3}b", "ab", 0},
    {"[[:upper:]]", "abc", 0},
    {"[[:upper:]]", "aBc", 1},
    {"\\.", "x", 0},
    {"\\.", "1.5", 1},
    {"^.$", "\xe9", 1},         /* every byte is one */
    {"^..$", "\xc3\xa9", 1},    /* so a character may be two */
    {"^[^a]$", "\xff", 1},      /* brackets too */
    {"[\xe0-\xef]", "\xe9", 1}, /* ranges of them */
    {"\xc3\xa9", "\xc3\xa9t\xc3\xa9", 1},
    {"[[:alpha:]]", "\xe9", 0}, /* none is a letter */
    {"^a.b$", "a\rb", 1},
    {"Error", "error", 0},
};

static void check_samples(void)
{
    char reason[100];
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        void *regex = sv_regex_compile(samples[i].expression, reason, sizeof reason);
        if (!ok(regex != NULL, "%s is an expression", samples[i].expression)) continue;
        is_int(sv_regex_matches(regex, samples[i].line, strlen(samples[i].line)),
               samples[i].matches, "and \"%s\"", samples[i].line);
        sv_regex_free(regex);
    }
}

static int matches(char const *expression, char const *line, size_t length)
{
    char reason[100];
    void *regex = sv_regex_compile(expression, reason, sizeof reason);
    char *exact = malloc(length + 1); /* a byte too many would be seen */
    if (!regex || !exact) abort();
    memcpy(exact + 1, line, length);
    int matches = sv_regex_matches(regex, exact + 1, length);
    free(exact);
    sv_regex_free(regex);
    return matches;
}

static void check_lines(void)
{
    ok(matches("b$", "ab", 2), "the line ends where it is said to end");
    ok(!matches("b", "ab", 1), "and what is behind does not count");
    ok(matches("^$", "x", 0), "it may be empty");
    ok(matches("^a.c$", "a\0c", 3), "a dot matches a NUL");
    ok(matches("^a[^b]c$", "a\0c", 3), "and so do brackets that exclude");
    ok(matches("c$", "a\0c", 3), "what is behind it counts");
    ok(!matches("a$", "a\0", 2), "it is not the end of the line");
    ok(matches("^...$", "\0\0\0", 3), "several of them");

    char line[SV_LOGSCRIPT_HEAD + 2];
    memset(line, 'a', sizeof line);
    line[SV_LOGSCRIPT_HEAD - 1] = 'b';
    ok(matches("ab$", line, SV_LOGSCRIPT_HEAD), "a line as long as heads are");
    line[SV_LOGSCRIPT_HEAD] = 'c';
    ok(!matches("c", line, SV_LOGSCRIPT_HEAD + 2),
       "of a longer one only the head counts");
    ok(matches("b$", line, SV_LOGSCRIPT_HEAD + 2), "which ends there");
}

static void check_faults(void)
{
    static char const *const bad[] = {"[", "(", "a{2", "\\", "a{2,1}", "[[:nothing:]]"};
    char reason[100];
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        *reason = 0;
        ok(!sv_regex_compile(bad[i], reason, sizeof reason), "%s is none", bad[i]);
        ok(*reason && strlen(reason) < sizeof reason, "because: %s", reason);
    }
    char narrow[5] = "1234";
    ok(!sv_regex_compile("[", narrow, 4), "with little room for the reason");
    is_int(strlen(narrow), 3, "it is cut off");
    sv_regex_free(NULL);
    ok(1, "nothing can be freed");
}

int main(void)
{
    check_samples();
    check_lines();
    check_faults();
    return done();
}
