/* ISC license. */

/*
 * Patterns, each kind against a matcher that is too simple to be wrong, over all short
 * patterns and lines of a small alphabet; fnmatch patterns against the C library's
 * fnmatch too. Regular expressions: logselect_needle.c; scripts: logselect_script.c.
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

/* svlogd's rule, word by word, as far as we follow it. */
static int naive_plus(char const *pattern, char const *line, size_t length)
{
    if (*pattern == '+') {
        size_t count = 0;
        if (!pattern[1]) return !length;
        while (count < length && line[count] == pattern[1]) count++;
        return count && naive_plus(pattern + 2, line + count, length - count);
    }
    if (!*pattern) return !length;
    if (*pattern != '*')
        return length && *line == *pattern
               && naive_plus(pattern + 1, line + 1, length - 1);
    if (!pattern[1]) return 1;
    for (; length; line++, length--)
        if (*line == pattern[1]) return naive_plus(pattern + 1, line, length);
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

/* By POSIX a backslash with nothing behind it matches nothing; musl's matches itself. */
static int ends_in_the_middle(char const *pattern)
{
    while (*pattern)
        if (*pattern++ == '\\' && !*pattern++) return 1;
    return 0;
}

static int libc_glob(char const *pattern, char const *line, size_t length)
{
    (void)length;
    return !ends_in_the_middle(pattern) && !fnmatch(pattern, line, 0);
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

static struct sample const plus[] = {
    {"+ab", "ab", 1},
    {"+ab", "aaab", 1},
    {"+ab", "b", 0},
    {"+ab", "aac", 0},
    {"+ab", "aaa", 0},
    {"+a", "aaa", 1},
    {"+a", "", 0},
    {"+aa", "aa", 0}, /* takes all there are */
    {"x+ y", "x   y", 1},
    {"*: + error*", "cron:    error 5", 1},
    {"*: + error*", "cron:error 5", 0},
    {"++", "+++", 1},
    {"++", "x", 0},
    {"+*", "***", 1}, /* behind a plus a star is a byte */
    {"+*", "", 0},
    {"c++", "c+", 1},
    {"x+", "x", 1}, /* nothing to repeat */
    {"x+", "x+", 0},
    {"+", "", 1},
    {"*+a", "bba", 0}, /* asks for a plus that is an a */
    {"*++", "b++", 1},
    {"*ab", "aab", 0}, /* the star as ever */
    {"*", "", 1},
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

static void check_table(struct sample const *samples, size_t count, matcher *matches,
                        char const *kind)
{
    for (size_t i = 0; i < count; i++)
        is_int(matches(samples[i].pattern, samples[i].line, strlen(samples[i].line)),
               samples[i].matches, "%s: %s and \"%s\"", kind, samples[i].pattern,
               samples[i].line);
}

static void check_samples(void)
{
    check_table(simple, sizeof simple / sizeof *simple, sv_logselect_simple, "simple");
    check_table(plus, sizeof plus / sizeof *plus, sv_logselect_plus, "plus");
    check_table(glob, sizeof glob / sizeof *glob, sv_logselect_glob, "glob");
}

static void check_nul(void)
{
    ok(sv_logselect_simple("a*c", "a\0c", 3), "simple: a star matches a NUL");
    ok(!sv_logselect_simple("a", "a\0", 2), "simple: a NUL is not the end of a line");
    ok(sv_logselect_glob("a?c", "a\0c", 3), "glob: so does a question mark");
    ok(sv_logselect_glob("a*[!x]", "ab\0", 3), "glob: and a set");
    ok(!sv_logselect_glob("a", "a\0", 2), "glob: a NUL is not the end of a line");
    ok(!sv_logselect_glob("a\\", "a\0", 2), "glob: nor is it in the pattern");
    ok(sv_logselect_plus("a+bc", "a\0c", 3) == 0, "plus: nor does it repeat anything");
    ok(!sv_logselect_plus("+a", "aa\0", 3), "plus: a NUL is not the end of a line");
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

int main(void)
{
    check_samples();
    check_nul();
    compare(sv_logselect_simple, naive_simple, "ab*", "ab*", "simple patterns");
    compare(sv_logselect_plus, naive_plus, "ab*+", "ab+", "patterns with a plus");
    compare(sv_logselect_glob, naive_glob, "ab*?", "abc", "fnmatch patterns");
    compare(sv_logselect_glob, libc_glob, "ab*?\\", "ab\\", "against the C library");
    compare(sv_logselect_glob, libc_glob, "a[]!", "a]!", "so too with brackets");
    check_classes();
    check_patience();
    return done();
}
