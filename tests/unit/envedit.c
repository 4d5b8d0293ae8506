/* ISC license. */

#include <sv/envedit.h>

#include "tap.h"

/* "A=1 B=2": the environment after this edit of A=1 B=2 C=3. */
static char const *after(char const *edit)
{
    static char text[64];
    char const *environment[4] = {"A=1", "BB=2", "C=3"};
    size_t count = sv_envedit_apply(environment, 3, edit);

    *text = 0;
    for (size_t i = 0; i < count; i++) {
        if (i) strcat(text, " ");
        strcat(text, environment[i]);
    }
    return text;
}

static void is_value(char const *from, size_t length, struct sv_envedit_cut how,
                     char const *to, char const *what)
{
    char text[32];

    memcpy(text, from, length);
    length = sv_envedit_value(text, length, &how);
    is_mem(text, length, to, strlen(to), "%s", what);
}

#define VALUE(from, to, what, ...) \
    is_value(from, sizeof from - 1, \
             (struct sv_envedit_cut){.null_is = '\n', __VA_ARGS__}, to, what)

int main(void)
{
    is_str(after("D=4"), "A=1 BB=2 C=3 D=4", "a new variable comes last");
    is_str(after("A=4"), "C=3 BB=2 A=4",
           "so does a new value; the last takes the old one's place");
    is_str(after("C=4"), "A=1 BB=2 C=4", "also if that was the last");
    is_str(after("A"), "C=3 BB=2", "a name alone removes it");
    is_str(after("C"), "A=1 BB=2", "the last one too");
    is_str(after("B"), "A=1 BB=2 C=3", "part of a name is another name");
    is_str(after("BBB"), "A=1 BB=2 C=3", "so is more than a name");
    is_str(after("BB="), "A=1 C=3 BB=", "an empty value is a value");
    is_str(after("A=b=c"), "C=3 BB=2 A=b=c", "the first = ends the name");

    VALUE("", "", "nothing");
    VALUE("a b\t \nc", "a b", "the first line without blanks at its end");
    VALUE(" \t", "", "nothing but blanks");
    VALUE("a\r\n", "a\r", "a carriage return is no blank");
    VALUE("a\0 \n", "a\n", "a NUL");
    is_value("a\0", 2, (struct sv_envedit_cut){.null_is = ':'},
             "a:", "which may be another character");
    VALUE("a \nb", "a ", "blanks kept", .blanks = 1);
    VALUE("a \nb \n\n", "a \nb \n", "the whole without its last newline", .whole = 1);
    VALUE("a \nb ", "a \nb ", "or without a newline", .whole = 1);
    VALUE("a\n", "a\n", "the whole of it", .whole = 1, .blanks = 1);
    return done();
}
