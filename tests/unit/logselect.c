/* ISC license. */

/*
 * Patterns and selection, each against a matcher that is too simple to be wrong, over all
 * short patterns and lines of a small alphabet; fnmatch patterns against the C library's
 * fnmatch too.
 */

#include <fnmatch.h>

#include <sv/logselect.h>

#include "tap.h"

#define LONGEST 6

/*
 * The number'th of all strings over `alphabet`; returns its length, or -1 if it is
 * longer.
 */
static int nth_string(char *string, char const *alphabet, unsigned long number)
{
    size_t letters = strlen(alphabet);
    int length = 0;
    for (; number; number = (number - 1) / letters) {
        if (length == LONGEST) return -1;
        string[length++] = alphabet[(number - 1) % letters];
    }
    string[length] = 0;
    return length;
}

/* daemontools' rule, word by word. */
static int naive_simple(char const *pattern, char const *line, size_t length)
{
    if (!*pattern) return !length;
    if (*pattern != '*')
        return length && *line == *pattern
               && naive_simple(pattern + 1, line + 1, length - 1);
    if (!pattern[1]) return 1;
    for (; length; line++, length--)
        if (*line == pattern[1]) return naive_simple(pattern + 1, line, length);
    return 0;
}

/* Stars and question marks by trying everything. */
static int naive_glob(char const *pattern, char const *line, size_t length)
{
    if (!*pattern) return !length;
    if (*pattern == '*')
        return naive_glob(pattern + 1, line, length)
               || (length && naive_glob(pattern, line + 1, length - 1));
    return length && (*pattern == '?' || *pattern == *line)
           && naive_glob(pattern + 1, line + 1, length - 1);
}

typedef int matcher(char const *pattern, char const *line, size_t length);

static int libc_glob(char const *pattern, char const *line, size_t length)
{
    (void)length;
    return !fnmatch(pattern, line, 0);
}

static void compare(matcher *ours, matcher *theirs, char const *patterns,
                    char const *lines, char const *sentence)
{
    char pattern[LONGEST + 1], line[LONGEST + 1];
    unsigned long compared = 0;
    int good = 1;
    for (unsigned long p = 0; nth_string(pattern, patterns, p) >= 0; p++)
        for (unsigned long l = 0;; l++) {
            int length = nth_string(line, lines, l);
            if (length < 0) break;
            compared++;
            good &= expect(ours(pattern, line, (size_t)length)
                               == theirs(pattern, line, (size_t)length),
                           "%s against \"%s\"", pattern, line);
        }
    ok(good && compared > 1000, "%s: %lu pairs", sentence, compared);
}

struct sample {
    char const *pattern;
    char const *line;
    int matches;
};

static struct sample const simple[] = {
    {"hello", "hello", 1},
    {"hello", "hello world", 0},
    {"", "", 1},
    {"", "x", 0},
    {"*", "", 1},
    {"*", "anything at all", 1},
    {"named[*]: Cleaned *", "named[135]: Cleaned cache", 1},
    {"named[*]: Cleaned *", "named[]: Cleaned ", 1},
    {"named[*]: Cleaned *", "named[1]2]: Cleaned cache", 0}, /* up to the first bracket */
    {"*ab", "aab", 0},
    {"*ab", "xxab", 1},
    {"* fatal: *", "@400000003b4a39c23294b13c fatal: out of memory", 1},
    {"**", "abc", 0}, /* asks for a star */
    {"**", "a*bc", 1},
    {"?", "a", 0},
    {"[a]", "[a]", 1},
    {"\\*", "\\", 1},
};

static struct sample const glob[] = {
    {"*ab", "aab", 1},
    {"a?c", "abc", 1},
    {"a?c", "ac", 0},
    {"?", "", 0},
    {"***", "", 1},
    {"[abc]x", "bx", 1},
    {"[a-c]x", "dx", 0},
    {"[!a-c]x", "dx", 1},
    {"[^a-c]x", "ax", 0},
    {"[]]", "]", 1},
    {"[]-a]", "^", 1},
    {"[!]]", "]", 0},
    {"[!]]", "x", 1},
    {"[a-]", "-", 1},
    {"[-a]", "-", 1},
    {"[--0]", ".", 1},
    {"[z-a]", "m", 0},
    {"[\\]]", "]", 1},
    {"[a\\-z]", "b", 0},
    {"[a\\-z]", "-", 1},
    {"[[:digit:]]", "7", 1},
    {"[[:digit:]]", "x", 0},
    {"[![:space:]x]", "y", 1},
    {"[[:alpha:]_][[:alnum:]]", "_0", 1},
    {"[[:upper:][:punct:]]", "!", 1},
    {"[[.-.]]", "-", 1},
    {"[[=a=]b]", "a", 1},
    {"[[.a.]-c]", "b", 1},
    {"[", "[", 1}, /* no set: stands for itself */
    {"[a", "[a", 1},
    {"[a", "a", 0},
    {"[]", "[]", 1},
    {"x[!", "x[!", 1},
    {"\\*", "*", 1},
    {"\\*", "x", 0},
    {"\\a", "a", 1},
    {"\\\\", "\\", 1},
    {"a\\", "a\\", 0}, /* ends in nothing */
    {"*\\?*", "what?", 1},
    {"*/*", "a/b", 1}, /* no byte is special because of what files are called */
    {"*", ".hidden", 1},
    {"*error*", "an erroerror here", 1},
    {"\xc3\xa9*", "\xc3\xa9t\xc3\xa9", 1},
    {"??", "\xc3\xa9", 1}, /* bytes, not characters */
};

static void check_samples(void)
{
    for (size_t i = 0; i < sizeof simple / sizeof *simple; i++)
        is_int(sv_logselect_simple(simple[i].pattern, simple[i].line,
                                   strlen(simple[i].line)),
               simple[i].matches, "simple: %s and \"%s\"", simple[i].pattern,
               simple[i].line);
    for (size_t i = 0; i < sizeof glob / sizeof *glob; i++)
        is_int(sv_logselect_glob(glob[i].pattern, glob[i].line, strlen(glob[i].line)),
               glob[i].matches, "glob: %s and \"%s\"", glob[i].pattern, glob[i].line);
}

static void check_nul(void)
{
    ok(sv_logselect_simple("a*c", "a\0c", 3), "simple: a star matches a NUL");
    ok(!sv_logselect_simple("a", "a\0", 2), "simple: a NUL is not the end of a line");
    ok(sv_logselect_glob("a?c", "a\0c", 3), "glob: so does a question mark");
    ok(sv_logselect_glob("a*[!x]", "ab\0", 3), "glob: and a set");
    ok(!sv_logselect_glob("a", "a\0", 2), "glob: a NUL is not the end of a line");
    ok(!sv_logselect_glob("a\\", "a\0", 2), "glob: nor is it in the pattern");
    ok(!sv_logselect_simple("a*\n", "a", 1),
       "simple: what is behind the line does not count");
}

/* Each class, byte by byte, as the C library has it in the C locale. */
static void check_classes(void)
{
    static char const *const names[] = {"alnum", "alpha", "blank", "cntrl",
                                        "digit", "graph", "lower", "print",
                                        "punct", "space", "upper", "xdigit"};
    int good = 1;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        for (int byte = 1; byte < 256; byte++) {
            char pattern[16];
            char const line[] = {(char)byte, 0};
            snprintf(pattern, sizeof pattern, "[[:%s:]]", names[i]);
            good &=
                expect(sv_logselect_glob(pattern, line, 1) == !fnmatch(pattern, line, 0),
                       "%s and byte %d", pattern, byte);
        }
    ok(good, "the twelve classes hold what the C library's hold");
}

/* What takes a matcher that goes back to every star longer than the universe lasts. */
static void check_patience(void)
{
    char line[1000];
    char pattern[81];
    memset(line, 'a', sizeof line);
    for (size_t i = 0; i < 40; i++) memcpy(pattern + 2 * i, "*a", 2);
    pattern[79] = 'b';
    pattern[80] = 0;
    ok(!sv_logselect_glob(pattern, line, sizeof line),
       "many stars, a long line, no match");
    line[sizeof line - 1] = 'b';
    ok(sv_logselect_glob(pattern, line, sizeof line), "and a match at its end");
}

/* A script and what it does with lines ---------------------------------------------- */

#define ROOM 12

static struct sv_logscript_directive directives[ROOM];
static struct sv_logselect_rule rules[ROOM];

static size_t compile(struct sv_logselect *select, char const *const *words, size_t count)
{
    struct sv_logscript script = {.directives = directives, .room = ROOM};
    struct sv_logscript_error error;
    if (!sv_logscript_parse(&script, words, count, &error)) return 0;
    sv_logselect_compile(select, rules, &script);
    return select->actions;
}

static void check_script(char const *const *words, size_t count, char const *line,
                         char const *want, char const *sentence)
{
    struct sv_logselect select;
    unsigned char chosen[ROOM];
    char got[ROOM + 1];
    size_t actions = compile(&select, words, count);
    size_t selected = sv_logselect_line(&select, line, strlen(line), chosen);
    for (size_t i = 0; i < actions; i++) got[i] = chosen[i] ? 'x' : '-';
    got[actions] = 0;
    is_str(got, want, "%s", sentence);
    size_t expected = 0;
    for (char const *mark = want; *mark; mark++) expected += *mark == 'x';
    is_int(selected, expected, "and so many actions get it");
}

#define SCRIPT(...) \
    ((char const *const[]){__VA_ARGS__}), \
        sizeof((char const *const[]){__VA_ARGS__}) / sizeof(char *)

static void check_scripts(void)
{
    check_script(SCRIPT("e", "./a", "=s"), "x", "xxx", "a line begins selected");
    check_script(SCRIPT("-*", "e"), "x", "-", "-* deselects every line");
    check_script(SCRIPT("-*", "+*b*", "e"), "abc", "x", "+ selects what matches");
    check_script(SCRIPT("-*", "+*b*", "e"), "acd", "-", "and not what does not");
    check_script(SCRIPT("e", "-a", "=s", "+*", "./d"), "a", "x-x", "actions in between");
    check_script(SCRIPT("-?", "e", "F", "-?", "./a", "S", "+?", "./b"), "a", "x--",
                 "F and S hold for what comes after them");
    check_script(SCRIPT("-?", "e", "F", "-?", "./a", "S", "+?", "./b"), "?", "--x",
                 "each in its own way");
    check_script(
        SCRIPT("s5000", "n3", "t", "e", "-x"), "x", "x",
        "settings are no actions, and what stands behind the last one is nothing");

    struct sv_logselect select;
    unsigned char chosen[ROOM];
    compile(&select, SCRIPT("F", "-*x*", "e"));
    ok(!sv_logselect_line(&select, "axb", 3, chosen), "a line");
    ok(sv_logselect_line(&select, "ab", 2, chosen),
       "does not depend on the one before it");
    ok(!sv_logselect_line(&select, "axb", 3, chosen), "whichever that was");
    compile(&select, SCRIPT("-?", "F", "e", "-?", "./a"));
    sv_logselect_line(&select, "b", 1, chosen);
    ok(sv_logselect_line(&select, "b", 1, chosen) == 1 && chosen[0],
       "F does not leak to the first patterns of the next line");
    is_int(select.constant, 0, "a script with patterns is not constant");
    compile(&select, SCRIPT("t", "e", "./a", "-*"));
    is_int(select.constant, 1, "one with patterns only behind its actions is");
    is_int(compile(&select, NULL, 0), 0, "a script without words has no actions");
    is_int(sv_logselect_line(&select, "a", 1, chosen), 0, "and nobody gets the line");
}

/* Random scripts of patterns and actions against the rule as it is told. */
static void check_random(void)
{
    static char const *const choice[] = {"-*",   "+*",   "-a",    "+a", "-*b", "+b*",
                                         "-a*a", "+*a*", "F",     "S",  "e",   "./d",
                                         "=s",   "-?",   "+[ab]", "s"};
    uint32_t random = 1;
    int good = 1;
    for (unsigned int round = 0; round < 20000; round++) {
        char const *words[ROOM];
        size_t count = 0;
        for (; count < ROOM; count++) {
            random = random * 1664525 + 1013904223;
            words[count] = choice[random >> 28];
        }
        struct sv_logselect select;
        unsigned char chosen[ROOM];
        char line[LONGEST + 1];
        compile(&select, words, count);
        size_t length = (size_t)nth_string(line, "ab", round % 127);
        sv_logselect_line(&select, line, length, chosen);
        int selected = 1, uses_glob = 0;
        size_t action = 0;
        for (size_t i = 0; i < count; i++) {
            char const *pattern = words[i] + 1;
            switch (*words[i]) {
            case 'F': uses_glob = 1; break;
            case 'S': uses_glob = 0; break;
            case '+':
            case '-': {
                int matches = uses_glob ? !fnmatch(pattern, line, 0)
                                        : naive_simple(pattern, line, length);
                if (matches) selected = *words[i] == '+';
                break;
            }
            case 's': break;
            default:
                good &=
                    expect(chosen[action++] == selected, "round %u, word %zu", round, i);
            }
        }
        good &= expect(action == select.actions, "round %u: %zu actions", round, action);
    }
    ok(good, "20000 random scripts do what the rule says");
}

int main(void)
{
    check_samples();
    check_nul();
    compare(sv_logselect_simple, naive_simple, "ab*", "ab*", "simple patterns");
    compare(sv_logselect_glob, naive_glob, "ab*?", "abc", "fnmatch patterns");
    compare(sv_logselect_glob, libc_glob, "ab*?\\", "ab\\", "against the C library");
    compare(sv_logselect_glob, libc_glob, "a[]!", "a]!", "so too with brackets");
    check_classes();
    check_patience();
    check_scripts();
    check_random();
    return done();
}
