/* ISC license. */

/*
 * matchtest: says whether one of multilog's patterns matches a string.
 */

#include <errno.h>
#include <string.h>

#include <skalibs/buffer.h>

#include <sv/about.h>
#include <sv/logselect.h>
#include <sv/message.h>
#include <sv/personality.h>

#define USAGE "matchtest [pattern [string]]"

char const *PROG = "matchtest";

/* In daemontools-encore's language F and S in front choose the kind, as words of a
 * script do; daemontools has simple ones only. */
static int matches(char const *pattern, char const *string)
{
    size_t length = strlen(string);

    if (sv_personality() == SV_PERSONALITY_ENCORE) switch (*pattern) {
        case 'F': return sv_logselect_glob(pattern + 1, string, length);
        case 'S': return sv_logselect_simple(pattern + 1, string, length);
        default: break;
        }
    return sv_logselect_simple(pattern, string, length);
}

int main(int argc, char const *const *argv)
{
    sv_about(argv, "usage: " USAGE "\n");
    char const *pattern = argc > 1 ? argv[1] : "";
    char const *string = argc > 2 ? argv[2] : "";

    if (buffer_puts(buffer_1, matches(pattern, string) ? "+" : "-") < 0
        || buffer_puts(buffer_1, pattern) < 0 || buffer_puts(buffer_1, " (") < 0
        || buffer_puts(buffer_1, string) < 0 || buffer_puts(buffer_1, ")\n") < 0
        || !buffer_flush(buffer_1))
        sv_dieusys(111, "write to standard output");
    return 0;
}
