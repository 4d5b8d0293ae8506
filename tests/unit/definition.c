/* ISC license. */

#include <sv/definition.h>
#include <sv/envedit.h>

#include "tap.h"

static void check_names(void)
{
    static char const *const good[] = {"web",  "web@",  "web@8080", "a.b",     "a b",
                                       "logs", "log@1", "@x",       "\303\251"};
    static char const *const bad[] = {"",    ".web", "..",  "-web", "a/b",  "/",
                                      "log", "a\nb", "a\t", "@",    "a\177"};
    char name[SV_DEFINITION_NAME + 2];

    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        ok(!sv_definition_name_problem(good[i]), "%s is a name", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ok(sv_definition_name_problem(bad[i]) != 0, "number %zu is none", i);
    memset(name, 'a', sizeof name);
    name[sizeof name - 1] = 0;
    ok(sv_definition_name_problem(name) != 0, "one of 241 bytes is too long");
    name[sizeof name - 2] = 0;
    ok(!sv_definition_name_problem(name), "one of 240 bytes is not");
}

static void check_variables(void)
{
    static char const *const good[] = {"A=",   "A=b",   "A=b=c",
                                       "A= b", "A=b\n", "a-b=\t\nx"};
    static char const *const bad[] = {"",      "A",     "=",    "=b",   ".A=b",
                                      "A/B=c", "A\n=b", "A=b ", "A=\t", "A=b\n "};

    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        ok(!sv_definition_variable_problem(good[i]), "variable %zu is one", i);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ok(sv_definition_variable_problem(bad[i]) != 0, "number %zu is none", i);
}

/* envdir makes of the file what went into it. */
static void check_values(void)
{
    static char const *const values[] = {"",          "b",  "b c",   "\n", "a\n",
                                         "a\nb\n\nc", " a", "a \nb", "=",  "\r"};
    struct sv_envedit_cut const how = {.null_is = '\n'};

    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        char text[64];
        size_t length = sv_definition_variable(text, values[i]);
        is_int((intmax_t)length, (intmax_t)strlen(values[i]) + 1,
               "its file is not empty");
        length = sv_envedit_value(text, length, &how);
        is_mem(text, length, values[i], strlen(values[i]), "value %zu comes back", i);
    }
}

int main(void)
{
    check_names();
    check_variables();
    check_values();
    return done();
}
