/* ISC license. */

/*
 * Lines as the words of a script, the last one as the line that it is to judge: against a
 * matcher that tries everything.
 */

#include <stdlib.h>
#include <string.h>

#include <sv/logselect.h>

#define WORDS 16
#define LONGEST \
    24 /* bytes of a line that is judged twice: the naive matcher takes its time */

static int naive(char const *pattern, char const *line, size_t length, int glob)
{
    for (; *pattern; pattern++, line++, length--) {
        if (*pattern == '*' && glob) {
            for (size_t skip = 0; skip <= length; skip++)
                if (naive(pattern + 1, line + skip, length - skip, 1)) return 1;
            return 0;
        }
        if (*pattern == '*') {
            if (!pattern[1]) return 1;
            for (; length && *line != pattern[1]; line++) length--;
            return length && naive(pattern + 1, line, length, 0);
        }
        if (!length || (*line != *pattern && !(glob && *pattern == '?'))) return 0;
    }
    return !length;
}

/* Whether the naive matcher can judge it: no sets, no escapes, few stars. */
static int is_plain(char const *pattern, int glob)
{
    unsigned int stars = 0;
    for (char const *byte = pattern; *byte; byte++) stars += *byte == '*';
    return !glob || (!strpbrk(pattern, "[\\") && stars < 5);
}

static void judge(struct sv_logscript const *script, struct sv_logselect const *select,
                  unsigned char const *chosen, char const *line, size_t length)
{
    int selected = 1;
    size_t action = 0;

    for (size_t i = 0; i < script->count; i++) {
        struct sv_logscript_directive const *directive = script->directives + i;
        int pattern = directive->kind == SV_LOGSCRIPT_SELECT
                      || directive->kind == SV_LOGSCRIPT_DESELECT;
        if (pattern && !is_plain(directive->text, directive->glob)) return;
        if (pattern && naive(directive->text, line, length, directive->glob))
            selected = directive->kind == SV_LOGSCRIPT_SELECT;
        if (directive->kind == SV_LOGSCRIPT_ALERT
            || directive->kind == SV_LOGSCRIPT_STATUS
            || directive->kind == SV_LOGSCRIPT_DIRECTORY)
            if (chosen[action++] != selected) abort();
    }
    if (action != select->actions) abort();
}

int LLVMFuzzerTestOneInput(uint8_t const *data, size_t size)
{
    static struct sv_logscript_directive directives[WORDS];
    static struct sv_logselect_rule rules[WORDS];
    char const *words[WORDS];
    unsigned char chosen[WORDS];
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
            sv_logselect_compile(&select, rules, &script);
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
