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

#define MAYBE 2 /* if it is an expression at all: C libraries disagree */

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
    {"(error|fatal): ", 0, "fatal: x", "warning: x", "fatal"},
    {"(error|fatal)", 0, "a fatal one", "fine", ""},
    {"^(error|fatal)", 0, "fatal: x", "not fatal", "err"},
    {"^.*(error|fatal).*$", 0, "not fatal", "fine", "fata"},
    {"((a$|^b))", 0, "ba", "ab", ""},
    {"(a)|(b)", 0, "b", NULL, NULL},
    {"a|", 1, "x", NULL, NULL},
    {"", 1, "x", NULL, NULL},
    {"1\\.5", 0, "v1.5", "v105", "15"},
    {"\\*\\[x]", 0, "a*[x]", "ax", "*[]"},
    {"[.]5", 0, "v1.5", "105", "."},
    {"[]][[]", 0, "a][", "[]", "]"},
    {"[0-9]+ failed", 0, "3 failed", "x failed", "3 faile"},
    {"^GET /[a-z]*/x", 0, "GET /ab/x", "GET /AB/x", "xGET /ab/x"},
    {"x[[:digit:]]\\.log$", 0, "x7.log", "xy.log", "x7.logs"},
    {"colou?r", 0, "color", "colo", "clor"},
    {"ab*c", 0, "ac", "abd", "b"},
    {"ab+c", 0, "abbc", "ac", "cb"},
    {"ab{2,3}c", 0, "abbc", "abc", "b"},
    {"a\\(b", 0, "a(b", "ab", "a("},
    {"a(b\\)c|[)])d", 0, "ab)cd", "abd", "ab)c"},
    {"a.c", 0, "abc", "ac", "ca"},
    {"\\<word", 1, "a word", "sword", "wor"},
    {"a^b", 1, NULL, "a^b", "^b"},
    {"a$b", 1, NULL, "a$b", "$b"},
    {"(a$)+", 1, "aa", "ab", NULL},
    {"a]}b", 0, "a]}b", "ab", "]}"},
    {"a[[.-.]]b", MAYBE, "a-b", "ab", "a"},
    {"(x)+\\B.ab", 1, "xxxab", "xab", "xxx"},
    {"a{,2}bc", MAYBE, "aabc", "bac", "b"},
    {"\"(GET|HEAD) /(css|js)/[^ ]*\\.(css|js) ", 0, "\"HEAD /css/a/b.css.js HTTP/1.1",
     "\"GET /css/a/b.cs s.js", "\"GET /a.css "},
    {"\" 5[0-9]{2} [0-9]+ \"", 0, "HTTP/1.1\" 503 12 \"-", "HTTP/1.1\" 50 312 \"-", ""},
    {"(^|[^a-z])err(or)?([^a-z]|$)", 0, "an error", "an errore", "terr"},
    {"^[0-9]+:([a-c]+|x)*y$", 0, "12:abxxcy", "12:abdy", "12y"},
    {"\xc3\xa9t", 0, "\xc3\xa9t\xc3\xa9", "\xc3t", "\xa9t"},
};

static void check_samples(void)
{
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        struct sample const *sample = samples + i;
        if (!compile(sample->expression) && sample->engine == MAYBE) {
            skip("%s is no expression to this C library", sample->expression);
            continue;
        }
        ok(plain != NULL, "%s is an expression", sample->expression);
        is_int(rules[0].engine, sample->engine != 0, "%s the engine",
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

static uint32_t lot(uint32_t limit)
{
    static uint64_t state = 1;
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state >> 33) % limit;
}

static int agree_on(char const *expression, char const *line, size_t length)
{
    return expect(matches(line, length) == sv_regex_matches(plain, line, length),
                  "%s and \"%.*s\"", expression, (int)length, line);
}

/* All lines of a and b up to four bytes, the curious ones, and some longer ones by lot.
 */
static int agree(char const *expression)
{
    int good = 1;
    for (unsigned int length = 0; length <= 4; length++)
        for (unsigned int bits = 0; bits < 1U << length; bits++) {
            char line[5] = "";
            for (unsigned int i = 0; i < length; i++) line[i] = "ab"[bits >> i & 1];
            good &= agree_on(expression, line, length);
        }
    for (size_t i = 0; i < sizeof curious / sizeof *curious; i++)
        good &= agree_on(expression, curious[i], strlen(curious[i]));
    for (unsigned int i = 0; i < 4; i++) {
        char line[60];
        uint32_t length = lot(sizeof line), others = lot(40);
        for (uint32_t at = 0; at < length; at++)
            line[at] = "abc1"[lot(8) ? lot(2) : lot(4)];
        for (uint32_t at = 0; at < others && at < length; at++) line[lot(length)] = 'x';
        good &= agree_on(expression, line, length);
    }
    return good;
}

/*
 * Counts the expressions, and those among them that need no engine. Left out are
 * references to groups, which POSIX does not know: glibc's engine crashes on `()\1+*`;
 * and `^$|^` and `^$|$`, which are found everywhere, but by musl's engine only in "".
 */
static int try_expression(char const *expression, unsigned long *good, unsigned long *own)
{
    if (strstr(expression, "\\1")) return 1;
    if (!strcmp(expression, "^$|^") || !strcmp(expression, "^$|$")) return 1;
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

/* Of what has a meaning, more: nothing that is odd, hardly anything that is none. */
static void check_meaningful(void)
{
    static char const *const parts[] = {
        "a", "b", ".", "[^a]", "(", ")", "|", "*", "+", "?", "^", "$", "{2}", "{0,2}",
    };
    enum { PARTS = sizeof parts / sizeof *parts };
    unsigned long good = 0, own = 0, all = 1;
    int agreed = 1;
    for (int i = 0; i < EXHAUSTIVE; i++) all *= PARTS;
    for (unsigned long number = 0; number < all; number++) {
        char expression[EXHAUSTIVE * 5 + 2] = "a";
        unsigned long left = number;
        for (int i = 0; i < EXHAUSTIVE; i++, left /= PARTS)
            strcat(expression, parts[left % PARTS]);
        agreed &= try_expression(expression, &good, &own);
    }
    ok(agreed && own > good / 4, "all of %d parts: %lu expressions, %lu need no engine",
       EXHAUSTIVE, good, own);
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
    ok(agreed && good > 10000 && own > 5000,
       "long ones by lot: %lu expressions, %lu need no engine", good, own);
}

/* Each byte, between two and alone, against what brackets say. */
static void check_brackets(void)
{
    static char const *const brackets[] = {
        /* clang-format off */
        ".", "[^x]", "[a-f]", "[^a-f]", "[]a]", "[^]a]", "[-a]", "[a-]", "[a-c-]", "[\\]",
        "[\\a]", "[[a]", "[[.a]", "[a-c[:digit:]]", "[[:alpha:]_-]", "[[:alnum:]]",
        "[[:blank:]]", "[[:cntrl:]]", "[[:graph:]]", "[[:lower:]]", "[[:print:]]",
        "[[:punct:]]", "[^[:space:]]", "[[:upper:]]", "[[:xdigit:]]", "[\x80-\xff]",
        "[^\x80-\xff]", "[\x01]", "[^\x01]", "[\x01-\x1f]", "[$-/]", "[a-a]", "[+--]",
        "[--a]", "[a-c-e]", "[[:digit:]-z]", "[[:nothing:]]", "[z-a]", "[a", "[]", "[^]",
        "[[:alpha]", "[[=a=]b]", "[[.a.]-c]", "[.]", "[^-]", "[^^]", "[a^]",
        /* clang-format on */
    };
    unsigned int own = 0;
    int good = 1;
    for (size_t i = 0; i < sizeof brackets / sizeof *brackets; i++) {
        char expression[60];
        snprintf(expression, sizeof expression, "^a%s+b$", brackets[i]);
        if (!compile(expression)) {
            good &= expect(rules[0].engine, "no expression: %s", expression);
            continue;
        }
        own += !rules[0].engine;
        for (int byte = 0; byte < 256; byte++) {
            char line[] = {'a', (char)byte, (char)byte, 'b'};
            good &= agree_on(expression, line, sizeof line);
        }
    }
    ok(good && own > 30, "brackets and all bytes; %u need no engine", own);
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

/* What is near the limits of an automaton, and what is beyond. */
static void check_limits(void)
{
    char expression[200] = "", line[100];
    for (size_t i = 0; i < 32; i++) strcat(expression, "[ab]c");
    ok(compile(expression) && !rules[0].engine, "sixty-four positions need no engine");
    for (size_t i = 0; i < sizeof line; i++) line[i] = "bc"[i % 2];
    ok(matches(line, 64), "and match what they should");
    ok(matches(line + 1, 65), "also further on");
    ok(!matches(line, 63), "and nothing shorter");
    line[30] = 'x';
    ok(!matches(line, 64) && matches(line, 96), "and nothing else");
    strcat(expression, ".");
    ok(compile(expression) && rules[0].engine, "sixty-five are too many");
    ok(compile("([ab]{8}){8}") && !rules[0].engine, "repetitions count as written out");
    ok(compile("([ab]{8}){8}c*") && rules[0].engine, "... too many of them");
    ok(compile("((((((((((((((((a))))))))))))))))b*") && rules[0].engine,
       "too many parentheses");
    expression[0] = 0;
    for (char byte = '0'; byte < '0' + 50; byte++)
        snprintf(expression + strlen(expression), 5, "%s%c*",
                 byte == '?' || byte == '[' || byte == '\\' || byte == '^' ? "\\" : "",
                 byte);
    ok(compile(expression) && rules[0].engine, "too many kinds of bytes");
}

/* An engine that is not there. */
static void check_none(void)
{
    compile("a\\wd");
    ok(matches("abd", 3), "where an engine is needed it is asked");
    selection.engine = NULL;
    ok(!matches("abd", 3), "without it nothing matches");
    selection.engine = ask;
    rules[0].regex = NULL;
    ok(!matches("abd", 3), "nor without what it would need");
}

int main(void)
{
    check_samples();
    check_short();
    check_meaningful();
    check_long();
    check_brackets();
    check_much();
    check_places();
    check_nul();
    check_limits();
    check_none();
    sv_regex_free(plain);
    return done();
}
