/* ISC license. */

#include <sv/option.h>

#include "tap.h"

char const *PROG = "option"; /* sv_option_complain() would print it */

enum { STRICT = SV_OPTION_LONG, TIMEOUT, WAIT };

static struct sv_option_word const words[] = {{"strict", STRICT, SV_OPTION_NONE},
                                              {"timeout", TIMEOUT, SV_OPTION_REQUIRED},
                                              {"wait", WAIT, SV_OPTION_OPTIONAL},
                                              {"fields", 'o', SV_OPTION_REQUIRED},
                                              {"stricter", 'S', SV_OPTION_NONE},
                                              {0}};

/*
 * What the command line comes to: options in their order with their values, then "|" and
 * the arguments that are left; or nothing but the complaint about a wrong option.
 */
static char const *parsed(char const *letters, struct sv_option_word const *table,
                          char const *const *argv)
{
    static char text[1024];
    struct sv_options options = SV_OPTIONS(letters, table);
    int argc = 0, option;
    char *end = text;

    while (argv[argc]) argc++;
    *text = 0;
    while ((option = sv_option_next(&options, argc, argv)) != SV_OPTION_END) {
        if (option == SV_OPTION_WRONG) {
            sprintf(text, "%s -- %s", options.problem, options.culprit);
            return text;
        }
        if (option < SV_OPTION_LONG)
            end += sprintf(end, "%c", option);
        else
            end += sprintf(end, "%d", option - SV_OPTION_LONG);
        if (options.value) end += sprintf(end, "=%s", options.value);
        end += sprintf(end, " ");
    }
    end += sprintf(end, "|");
    for (int i = options.index; i < argc; i++) end += sprintf(end, " %s", argv[i]);
    return text;
}

#define LETTERS "+=lLvo:j"
#define IS(result, what, ...) \
    is_str(parsed(LETTERS, words, (char const *const[]){"prog", __VA_ARGS__}), result, \
           what)

static void short_ones(void)
{
    IS("|", "no argument, no option", 0);
    IS("l |", "one letter", "-l", 0);
    IS("l L v | a b", "several in a cluster, then arguments", "-lLv", "a", "b", 0);
    IS("l L | a", "several one by one", "-l", "-L", "a", 0);
    IS("+ = l |", "letters that are none", "-+=l", 0);
    IS("o=x |", "a value behind its letter", "-ox", 0);
    IS("o=x | y", "a value in the next argument", "-o", "x", "y", 0);
    IS("l o=-v |", "a value may look like an option", "-lo", "-v", 0);
    IS("o= | a", "or be empty", "-o", "", "a", 0);
    IS("l | a -v", "the first argument that is none ends the options", "-l", "a", "-v",
       0);
    IS("l | - -v", "so does a lonely dash", "-l", "-", "-v", 0);
    IS("l | -v", "and a double one, which is dropped", "-l", "--", "-v", 0);
    IS("| --", "but only once", "--", "--", 0);
    IS("| ", "an empty argument is no option", "", 0);
    IS("illegal option -- z", "an unknown letter is wrong", "-z", 0);
    IS("illegal option -- z", "in a cluster too", "-lzv", 0);
    IS("illegal option -- -", "a dash in a cluster is an unknown letter", "-l-v", 0);
    IS("illegal option -- :", "a colon is no letter", "-:", 0);
    IS("illegal option -- ?", "nor is a question mark", "-?", 0);
    IS("option requires an argument -- o", "a value that is missing is wrong", "-o", 0);
}

static void long_ones(void)
{
    IS("0 | a", "a word", "--strict", "a", 0);
    IS("S |", "a word that begins with another", "--stricter", 0);
    IS("1=5 | a", "a value behind an equals sign", "--timeout=5", "a", 0);
    IS("1=5 | a", "or in the next argument", "--timeout", "5", "a", 0);
    IS("1=a=b |", "only the first equals sign counts", "--timeout=a=b", 0);
    IS("1= |", "a value may be empty", "--timeout=", 0);
    IS("1=--strict |", "or look like an option", "--timeout", "--strict", 0);
    IS("2 | up", "an optional value is never the next argument", "--wait", "up", 0);
    IS("2=up |", "but stands behind an equals sign", "--wait=up", 0);
    IS("o=x |", "a word may be another name of a letter", "--fields=x", 0);
    IS("l 0 v o=x 2 | a", "both kinds may be mixed", "-l", "--strict", "-vox", "--wait",
       "a", 0);
    IS("l | --strict", "behind -- there are none", "-l", "--", "--strict", 0);
    IS("| a --strict", "nor behind an argument", "a", "--strict", 0);
    IS("illegal option -- stric", "words cannot be shortened", "--stric", 0);
    IS("illegal option -- stricts", "or made longer", "--stricts", 0);
    IS("illegal option -- frob=1", "an unknown one is shown as it was typed", "--frob=1",
       0);
    IS("illegal option -- =1", "no name is none", "--=1", 0);
    IS("illegal option -- -strict", "three dashes are one too many", "---strict", 0);
    IS("option takes no argument -- strict", "a value for a word without is wrong",
       "--strict=1", 0);
    IS("option requires an argument -- timeout", "a value that is missing is wrong",
       "--timeout", 0);
}

static void without_words(void)
{
    is_str(parsed("l", 0, (char const *const[]){"prog", "-l", "--strict", 0}),
           "illegal option -- strict", "a program may have no long options");
    is_str(parsed("", words, (char const *const[]){"prog", "--strict", "-l", 0}),
           "illegal option -- l", "or no short ones");
    is_str(parsed("l", 0, (char const *const[]){0}), "|",
           "or no arguments, not even its name");
}

static void after_the_end(void)
{
    char const *const argv[] = {"prog", "-l", "a", "-v", 0};
    struct sv_options options = SV_OPTIONS(LETTERS, words);
    int first = sv_option_next(&options, 4, argv);

    ok(first == 'l' && sv_option_next(&options, 4, argv) == SV_OPTION_END
           && sv_option_next(&options, 4, argv) == SV_OPTION_END && options.index == 2,
       "the end stays the end");
}

int main(void)
{
    short_ones();
    long_ones();
    without_words();
    after_the_end();
    return done();
}
