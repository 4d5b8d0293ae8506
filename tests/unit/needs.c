/* ISC license. */

#include <sv/needs.h>

#include "tap.h"

/* The text as a list of NAME:LOSS, with !LINE for lines that are wrong. */
static char const *parse(char const *text, size_t length)
{
    static char list[4096];
    struct sv_needs needs = {.text = text, .length = length};
    struct sv_need need;
    int result;

    *list = 0;
    while ((result = sv_needs_next(&needs, &need))) {
        size_t at = strlen(list);
        if (result < 0)
            snprintf(list + at, sizeof list - at, " !%u", needs.line);
        else
            snprintf(list + at, sizeof list - at, " %s:%s", need.name,
                     sv_needs_loss_word(need.loss));
    }
    return list;
}

#define PARSE(text) parse(text, sizeof text - 1)

int main(void)
{
    char longest[SV_NEEDS_NAME + 1];

    is_str(PARSE(""), "", "an empty file needs nothing");
    is_str(PARSE("db\ncache\n"), " db: cache:", "a name a line");
    is_str(PARSE("db"), " db:", "the last line may lack its newline");
    is_str(PARSE("  db \t\r\n\n \n# no\n#\n"),
           " db:", "blanks and comments do not count");
    is_str(PARSE("db stop\ncache   restart\n"), " db:stop cache:restart",
           "a word says what happens at a loss");
    is_str(PARSE("db leave\n"), " !1", "there are only these words");
    is_str(PARSE("db stop now\nx\n"), " !1 x:", "and one of them; reading goes on");
    is_str(PARSE("x\n../db\n.db\na/b\n"), " x: !2 !3 !4", "a name is that of a service");
    is_str(PARSE("d\0b\nx\n"), " !1 x:", "NUL is in no name");
    is_str(PARSE("web@1\n"), " web@1:", "an instance is a service");
    memset(longest, 'n', SV_NEEDS_NAME - 1);
    longest[SV_NEEDS_NAME - 1] = 0;
    is_int(strlen(parse(longest, SV_NEEDS_NAME - 1)), SV_NEEDS_NAME - 1 + 2,
           "a name may be as long as a file's");
    longest[SV_NEEDS_NAME - 1] = 'n';
    is_str(parse(longest, SV_NEEDS_NAME), " !1", "but no longer");
    return done();
}
