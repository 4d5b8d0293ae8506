/* ISC license. */

#include <sv/inifile.h>

#include "tap.h"

static void append(char *text, struct sv_inifile_part part, char const *behind)
{
    strncat(text, part.start ? part.start : "", part.length);
    strcat(text, behind);
}

/* "section:name=value|...": all settings of a text. */
static char const *settings(char const *text, size_t length)
{
    static char found[200];
    struct sv_inifile file = {.rest = {text, length}};
    struct sv_inifile_entry entry;

    *found = 0;
    while (sv_inifile_next(&file, &entry)) {
        append(found, entry.section, ":");
        append(found, entry.name, "=");
        append(found, entry.value, "|");
    }
    return found;
}

#define IS(text, want, what) is_str(settings(text, sizeof text - 1), want, what)

int main(void)
{
    IS("", "", "nothing");
    IS("\n\n \t\n", "", "empty lines");
    IS("a=1\nb=2", ":a=1|:b=2|", "settings, the last line without an end");
    IS(" \ta \t= \t1 2\t \r\n", ":a=1 2|", "what is blank around them does not count");
    IS("a=\n", ":a=|", "an empty value");
    IS("a=b=c\n", ":a=b=c|", "the first = ends the name");
    IS("=1\n = 1\n", "", "a setting without a name");
    IS("; a=1\n  ;b=2\nc=3;4\n", ":c=3;4|", "a comment is a line, not part of one");
    IS("nonsense\na=1\n", ":a=1|", "a line that means nothing");
    IS("a=1\n[s]\nb=2\n[ t u ]  \nc=3\n", ":a=1|s:b=2|t u:c=3|", "sections");
    IS("[s]\na=1\n[]\nb=2\n", "s:a=1|:b=2|", "a section without a name");
    IS("[s]\n[t\na=1\n[t=2\n", "s:a=1|", "a section that has no end is ignored");
    IS("[s] x=1\na=1\n", "s:a=1|", "what stands behind a section is ignored");
    IS("a=1\0\nb\0=2\nc=3\n", ":c=3|", "a line with a NUL is ignored");
    return done();
}
