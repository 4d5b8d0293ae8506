/* ISC license. */

/*
 * Lines as the words of a script, the last one as the line that it is to judge: against a
 * matcher that tries everything. Regular expressions: fuzz/regex.c; here they match
 * nothing.
 */

#include <stdlib.h>
#include <string.h>

#include <sv/logselect.h>

#define WORDS 16
#define RULES (5 * WORDS)
#define LONGEST \
    24 /* bytes of a line that is judged twice: the naive matcher takes its time */

static int naive_glob(char const *pattern, char const *line, size_t length)
{
    for (; *pattern; pattern++, line++, length--) {
        if (*pattern == '*') {
            for (size_t skip = 0; skip <= length; skip++)
                if (naive_glob(pattern + 1, line + skip, length - skip)) return 1;
            return 0;
        }
        if (!length || (*line != *pattern && *pattern != '?')) return 0;
    }
    return !length;
}

static int naive_simple(char const *pattern, char const *line, size_t length, int plus)
{
    for (; *pattern; pattern++, line++, length--) {
        if (*pattern == '*') {
            if (!pattern[1]) return 1;
            for (; length && *line != pattern[1]; line++) length--;
            return length && naive_simple(pattern + 1, line, length, plus);
        }
        if (plus && *pattern == '+') {
            if (!*++pattern) return !length;
            for (; length > 1 && *line == *pattern && line[1] == *pattern; line++)
                length--;
        }
        if (!length || *line != *pattern) return 0;
    }
    return !length;
}

static int naive(struct sv_logscript_directive const *directive, char const *line,
                 size_t length)
{
    switch (directive->matcher) {
    case SV_LOGSCRIPT_MATCH_SIMPLE: return naive_simple(directive->text, line, length, 0);
    case SV_LOGSCRIPT_MATCH_PLUS: return naive_simple(directive->text, line, length, 1);
    case SV_LOGSCRIPT_MATCH_FNMATCH: return naive_glob(directive->text, line, length);
    case SV_LOGSCRIPT_MATCH_REGEX: return 0;
    }
    abort();
}

/* Whether the naive matcher can judge it: no sets, no escapes, few stars. */
static int is_plain(struct sv_logscript_directive const *directive)
{
    unsigned int stars = 0;
    for (char const *byte = directive->text; *byte; byte++) stars += *byte == '*';
    if (directive->matcher == SV_LOGSCRIPT_MATCH_FNMATCH)
        return !strpbrk(directive->text, "[\\") && stars < 5;
    return directive->matcher != SV_LOGSCRIPT_MATCH_REGEX;
}

/* What is next to be compared: the actions' bytes, and those of them that were compared.
 */
struct verdict {
    unsigned char const *chosen;
    size_t count;
    int acted; /* an action got the line */
};

static void compare(struct verdict *verdict, int selected)
{
    if (verdict->chosen[verdict->count++] != selected) abort();
    verdict->acted |= selected;
}

/* Of the directives from `begin` to before `end` those of two kinds. */
static int apply(struct sv_logscript const *script, size_t begin, size_t end,
                 enum sv_logscript_kind selecting, enum sv_logscript_kind deselecting,
                 int selected, char const *line, size_t length)
{
    for (; begin < end; begin++) {
        struct sv_logscript_directive const *directive = script->directives + begin;
        if (directive->kind != selecting && directive->kind != deselecting) continue;
        if (naive(directive, line, length)) selected = directive->kind == selecting;
    }
    return selected;
}

static int has(struct sv_logscript const *script, size_t begin, size_t end,
               enum sv_logscript_kind kind)
{
    while (begin < end)
        if (script->directives[begin++].kind == kind) return 1;
    return 0;
}

static void judge_directory(struct verdict *verdict, struct sv_logscript const *script,
                            size_t end, int selected, char const *line, size_t length)
{
    size_t begin = end;
    while (begin && script->directives[begin - 1].configured) begin--;
    int only = has(script, begin, end, SV_LOGSCRIPT_SEND_ONLY);
    selected = apply(script, begin, end, SV_LOGSCRIPT_SELECT, SV_LOGSCRIPT_DESELECT,
                     selected, line, length);
    if (only || has(script, begin, end, SV_LOGSCRIPT_SEND)) compare(verdict, selected);
    if (!only) compare(verdict, selected);
    if (has(script, begin, end, SV_LOGSCRIPT_COMPLAIN))
        compare(verdict, apply(script, begin, end, SV_LOGSCRIPT_COMPLAIN,
                               SV_LOGSCRIPT_EXCUSE, 0, line, length));
}

static void judge(struct sv_logscript const *script, struct sv_logselect const *select,
                  unsigned char const *chosen, char const *line, size_t length)
{
    struct verdict verdict = {chosen, 0, 0};
    int selected = 1;

    for (size_t i = 0; i < script->count; i++) {
        enum sv_logscript_kind kind = script->directives[i].kind;
        if ((kind == SV_LOGSCRIPT_SELECT || kind == SV_LOGSCRIPT_DESELECT
             || kind == SV_LOGSCRIPT_COMPLAIN || kind == SV_LOGSCRIPT_EXCUSE)
            && !is_plain(script->directives + i))
            return;
        if (script->directives[i].configured) continue;
        selected = apply(script, i, i + 1, SV_LOGSCRIPT_SELECT, SV_LOGSCRIPT_DESELECT,
                         selected, line, length);
        if (kind == SV_LOGSCRIPT_REST) selected = !verdict.acted;
        if (kind == SV_LOGSCRIPT_ALERT || kind == SV_LOGSCRIPT_ALERT_NAMED
            || kind == SV_LOGSCRIPT_PRINT || kind == SV_LOGSCRIPT_STATUS
            || kind == SV_LOGSCRIPT_SEND)
            compare(&verdict, selected);
        if (kind == SV_LOGSCRIPT_DIRECTORY)
            judge_directory(&verdict, script, i, selected, line, length);
    }
    if (verdict.count != select->actions) abort();
}

int LLVMFuzzerTestOneInput(uint8_t const *data, size_t size)
{
    static struct sv_logscript_directive directives[WORDS];
    static struct sv_logselect_rule rules[RULES];
    char const *words[WORDS];
    unsigned char chosen[RULES];
    size_t count = 0;
    struct sv_logscript_error error;
    char *text = malloc(size + 1), *end = text + size, *line = text;

    if (!text) return 0;
    memcpy(text, data ? data : (uint8_t const *)"", size);
    *end = 0;
    for (char *newline;
         count < WORDS && (newline = memchr(line, '\n', (size_t)(end - line)));) {
        *newline = 0;
        words[count++] = line;
        line = newline + 1;
    }
    struct sv_logscript script = {directives, WORDS, 0};
    if (sv_logscript_parse(&script, words, count, &error)) {
        struct sv_logselect select;
        size_t length = (size_t)(end - line), sum = 0;
        char *exact = malloc(length ? length : 1); /* a byte too many would be seen */
        if (exact) {
            memcpy(exact, line, length);
            if (sv_logselect_room(&script) > RULES) abort();
            sv_logselect_compile(&select, rules, &script);
            if (select.count > sv_logselect_room(&script)) abort();
            size_t selected = sv_logselect_line(&select, exact, length, chosen);
            for (size_t i = 0; i < select.actions; i++) sum += chosen[i];
            if (sum != selected) abort();
            if (length <= LONGEST) judge(&script, &select, chosen, exact, length);
            free(exact);
        }
    }
    free(text);
    return 0;
}
