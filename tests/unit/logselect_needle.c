/* ISC license. */

/*
 * Regular expressions: what is found out about them before the engine is asked, against
 * the engine alone.
 */

#include <sv/logselect.h>
#include <sv/regex.h>

#include "tap.h"

/* Longer expressions are drawn by lot; those up to here are all tried. */
#ifndef EXHAUSTIVE
#define EXHAUSTIVE 4
#endif

static unsigned int asked; /* how often the engine was */

static int ask(void const *regex, char const *line, size_t length)
{
    asked++;
    return sv_regex_matches(regex, line, length);
}

/* An expression, compiled both ways. */
static struct sv_logscript_directive directives[2];
static struct sv_logselect_rule rules[2];
static struct sv_logselect selection;
static void *plain;

/* Returns whether it is one. */
static int compile(char const *expression)
{
    struct sv_logscript script = {directives, 2, 2};
    char reason[100];
    directives[0] = (struct sv_logscript_directive){
        .kind = SV_LOGSCRIPT_DESELECT,
        .matcher = SV_LOGSCRIPT_MATCH_REGEX,
        .text = expression,
    };
    directives[1] = (struct sv_logscript_directive){.kind = SV_LOGSCRIPT_ALERT};
    sv_logselect_compile(&selection, rules, &script);
    selection.engine = ask;
    sv_regex_free(plain);
    plain = sv_regex_compile(expression, reason, sizeof reason);
    rules[0].regex = rules[0].engine ? plain : NULL;
    return plain != NULL;
}

static int matches(char const *line, size_t length)
{
    unsigned char chosen[1];
    return !sv_logselect_line(&selection, line, length, chosen);
}

struct sample {
    char const *expression;
    unsigned int engine; /* whether it must be asked about a line that has the needles */
    char const *matching;
    char const *other;    /* does not match... */
    char const *hopeless; /* ...and nor does this, which the engine need not see */
};

static struct sample const samples[] = {
    {"error", 0, "an error here", "an eror", ""},
    {"^error", 0, "error: x", "an error", "erro"},
    {"error$", 0, "an error", "error: x", "rror"},
    {"^error$", 0, "error", "errorerror", "error "},
    {"^$", 0, "", "x", "xx"},
    {".*", 0, "anything", NULL, NULL},
    {"^", 0, "", NULL, NULL},
    {"$", 0, "", NULL, NULL},
    {"^.*error.*$", 0, "an error here", "eror", ""},
    {"^a.*b.*c$", 0, "aXbYc", "acb", "aXbYcZ"},
    {"^ab.*ba$", 0, "abba", "aba", "ab"},
    {"in.*in", 0, "in in", "ein", "in"},
    {"^in.*in$", 0, "in, in", "in", "ini"},
    {"error|fatal|panic", 0, "kernel panic", "all is well", "errofata"},
    {"(error|fatal): ", 1, "fatal: x", "warning: x", "fatal"},
    {"(error|fatal)", 0, "a fatal one", "fine", ""},
    {"^(error|fatal)", 0, "fatal: x", "not fatal", "err"},
    {"^.*(error|fatal).*$", 0, "not fatal", "fine", "fata"},
    {"((a$|^b))", 0, "ba", "ab", ""},
    {"(a)|(b)", 1, "b", NULL, NULL},
    {"a|", 1, "x", NULL, NULL},
    {"", 1, "x", NULL, NULL},
    {"1\\.5", 0, "v1.5", "v105", "15"},
    {"\\*\\[x]", 0, "a*[x]", "ax", "*[]"},
    {"[.]5", 0, "v1.5", "105", "."},
    {"[]][[]", 0, "a][", "[]", "]"},
    {"[0-9]+ failed", 1, "3 failed", "x failed", "3 faile"},
    {"^GET /[a-z]*/x", 1, "GET /ab/x", "GET /AB/x", "xGET /ab/x"},
    {"x[[:digit:]]\\.log$", 1, "x7.log", "xy.log", "x7.logs"},
    {"colou?r", 1, "color", "colo", "clor"},
    {"ab*c", 1, "ac", "abd", "b"},
    {"ab+c", 1, "abbc", "ac", "cb"},
    {"ab{2,3}c", 1, "abbc", "abc", "b"},
    {"a\\(b", 0, "a(b", "ab", "a("},
    {"a(b\\)c|[)])d", 1, "ab)cd", "abd", "ab)c"},
    {"a.c", 1, "abc", "ac", "ca"},
    {"\\<word", 1, "a word", "sword", "wor"},
    {"a^b", 1, NULL, "a^b", "^b"},
    {"a]}b", 0, "a]}b", "ab", "]}"},
    {"\xc3\xa9t", 0, "\xc3\xa9t\xc3\xa9", "\xc3t", "\xa9t"},
};

static void check_samples(void)
{
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        struct sample const *sample = samples + i;
        ok(compile(sample->expression), "%s is an expression", sample->expression);
        is_int(rules[0].engine, sample->engine, "%s the engine",
               sample->engine ? "it needs" : "it does not need");
        if (sample->matching)
            ok(matches(sample->matching, strlen(sample->matching)), "it matches \"%s\"",
               sample->matching);
        if (sample->other)
            ok(!matches(sample->other, strlen(sample->other)), "but not \"%s\"",
               sample->other);
        asked = 0;
        if (sample->hopeless)
            ok(!matches(sample->hopeless, strlen(sample->hopeless)) && !asked,
               "nor \"%s\", and the engine is not asked", sample->hopeless);
    }
}

/* Both ways against each other ------------------------------------------------------- */

#define LONGEST 12

static char const letters[] = "ab.*|()[]^$\\{}1,+?";

static char const *const curious[] = {
    ".",  "*",  "|",  "(",  ")",  "[",   "]",   "^",   "$",    "\\",    "{",   "}",
    "1",  ",",  "+",  "?",  "a.", "a.b", "a*",  "(a)", "[a]",  "a\\b",  "a{",  "^a",
    "b$", "a|", "11", "a1", "b,", "a+b", "aab", "bba", "aabb", "ababa", "]a[", "{1}",
};

/* All lines of a and b up to four bytes, and the curious ones. */
static int agree(char const *expression)
{
    int good = 1;
    for (unsigned int length = 0; length <= 4; length++)
        for (unsigned int bits = 0; bits < 1U << length; bits++) {
            char line[5] = "";
            for (unsigned int i = 0; i < length; i++) line[i] = "ab"[bits >> i & 1];
            good &= expect(matches(line, length) == sv_regex_matches(plain, line, length),
                           "%s and \"%s\"", expression, line);
        }
    for (size_t i = 0; i < sizeof curious / sizeof *curious; i++) {
        size_t length = strlen(curious[i]);
        good &= expect(matches(curious[i], length)
                           == sv_regex_matches(plain, curious[i], length),
                       "%s and \"%s\"", expression, curious[i]);
    }
    return good;
}

/*
 * Counts the expressions, and those among them that need no engine. References to groups,
 * which POSIX does not know, are left out: glibc's engine crashes on `()\1+*`.
 */
static int try_expression(char const *expression, unsigned long *good, unsigned long *own)
{
    if (strstr(expression, "\\1")) return 1;
    if (!compile(expression))
        return expect(rules[0].engine, "no expression but not noticed: %s", expression);
    ++*good;
    *own += !rules[0].engine;
    return agree(expression);
}

static void check_short(void)
{
    unsigned long good = 0, own = 0;
    int agreed = 1;
    for (int length = 0; length <= EXHAUSTIVE; length++) {
        size_t digit[EXHAUSTIVE + 1] = {0};
        for (int at = 0; at < length || !at;) {
            char expression[EXHAUSTIVE + 1] = "";
            for (int i = 0; i < length; i++) expression[i] = letters[digit[i]];
            agreed &= try_expression(expression, &good, &own);
            for (at = 0; at < length && ++digit[at] == sizeof letters - 1; at++)
                digit[at] = 0;
            if (!length) break;
        }
    }
    ok(agreed && good > 10000 && own > 1000,
       "all short ones: %lu expressions, %lu need no engine", good, own);
}

static uint32_t lot(uint32_t limit)
{
    static uint64_t state = 1;
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state >> 33) % limit;
}

static void check_long(void)
{
    static char const *const parts[] = {
        "a",   "b",     "ab",    "ba",  ".",  ".*",    ".+",   "a*",   "b+",   "a?",
        "(ab", "(a|b)", ")",     "|",   "^",  "$",     "\\.",  "\\(",  "[ab]", "[^a]",
        "[.]", "[]]",   "[]a]+", "[[]", "1?", "b{1,}", "a{2}", "(b)*", "(",    ")*",
    };
    unsigned long good = 0, own = 0;
    int agreed = 1;
    for (unsigned int round = 0; round < 60000; round++) {
        char expression[LONGEST * 8] = "";
        for (uint32_t count = 2 + lot(LONGEST - 2); count; count--)
            strcat(expression, parts[lot(sizeof parts / sizeof *parts)]);
        agreed &= try_expression(expression, &good, &own);
    }
    ok(agreed && good > 10000 && own > 500,
       "long ones by lot: %lu expressions, %lu need no engine", good, own);
}

/* More than there is room for ------------------------------------------------------- */

static void check_much(void)
{
    char text[300], longer[400];
    for (size_t i = 0; i < sizeof text - 1; i++) text[i] = (char)('a' + lot(26));
    text[sizeof text - 1] = 0;
    compile(text);
    snprintf(longer, sizeof longer, "x%sx", text);
    ok(matches(longer, strlen(longer)), "a long string is found");
    longer[280]++;
    ok(!matches(longer, strlen(longer)), "and missed if a byte far in it is another");
    asked = 0;
    longer[5]++;
    ok(!matches(longer, strlen(longer)) && !asked, "an early one: without the engine");
    snprintf(longer, sizeof longer, "^%s$", text);
    compile(longer);
    ok(matches(text, strlen(text)), "so too with anchors");
    ok(!matches(text, strlen(text) - 1), "which count");

    compile("a.*b.*c.*d.*e.*f.*g.*h.*i.*j.*k$");
    ok(matches("abcdefghijk", 11), "many strings in order");
    ok(!matches("abcdefghikj", 11), "and not in order");
    compile("a1|b1|c1|d1|e1|f1|g1|h1|i1|j1|k1");
    ok(matches("xk1", 3), "many alternatives, the last");
    ok(!matches("x1", 2), "none of them");
}

/* A needle at every place of lines of every length: SIMD has borders. */
static void check_places(void)
{
    char const needle[] = "errorz\xe9 needle 0123456789";
    char expression[sizeof needle];
    unsigned long compared = 0;
    int good = 1;
    for (size_t length = 1; length < sizeof needle; length++) {
        memcpy(expression, needle, length);
        expression[length] = 0;
        compile(expression);
        for (size_t size = 0; size <= 70; size++)
            for (size_t at = 0; at <= size; at++) {
                char *line = malloc(size ? size : 1); /* a byte too many would be seen */
                if (!line) abort();
                memset(line, at % 2 ? 'e' : 'r', size);
                size_t fits = size - at < length ? size - at : length;
                memcpy(line + at, needle, fits);
                good &= expect(matches(line, size)
                                   == (memmem(line, size, needle, length) != NULL),
                               "%zu bytes at %zu of %zu", length, at, size);
                compared++;
                free(line);
            }
    }
    ok(good, "a needle is found wherever it is, and only there: %lu lines", compared);
}

static void check_nul(void)
{
    compile("a.*c");
    ok(matches("xa\0c", 4), "a NUL is any byte");
    compile("c$");
    ok(!matches("c\0", 2), "and not the line's end");
    compile("b\\.");
    ok(matches("\0b.", 3), "and what is behind it counts");
    compile("a[^x]c");
    ok(matches("a\0c", 3), "also for the engine");
    compile("ab");
    ok(!matches("a\0b", 3), "but it is a byte");
}

/* An engine that is not there. */
static void check_none(void)
{
    compile("a[bc]d");
    selection.engine = NULL;
    ok(!matches("abd", 3), "without an engine nothing matches");
    selection.engine = ask;
    rules[0].regex = NULL;
    ok(!matches("abd", 3), "nor without what it would need");
}

int main(void)
{
    check_samples();
    check_short();
    check_long();
    check_much();
    check_places();
    check_nul();
    check_none();
    sv_regex_free(plain);
    return done();
}
