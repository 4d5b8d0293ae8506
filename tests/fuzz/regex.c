/* ISC license. */

/*
 * An expression, a newline, a line: what is decided by needles and an automaton against
 * what the C library says alone.
 */

#include <stdlib.h>
#include <string.h>

#include <sv/logselect.h>
#include <sv/regex.h>

#define LONGEST 80 /* bytes of an expression: the C library takes its time for some */
#define MOST 6     /* repetitions in it: each of them may double that time, or worse */

/*
 * Not the C library is on trial: it may take all time and memory there is for large
 * repetitions and references to groups.
 */
static int is_harmless(char const *expression)
{
    size_t repetitions = 0, length = 0;

    for (char const *byte = expression; *byte; byte++, length++) {
        if (strchr("*+?{", *byte)) repetitions++;
        if (strchr("*+?}", *byte) && byte[1] && strchr("*+?{", byte[1])) return 0;
        if (*byte == '{' && strcspn(byte, "456789") < strcspn(byte, "}")) return 0;
        if (strchr("{,", *byte) && strspn(byte + 1, "0123") > 1) return 0;
        if (*byte == '\\' && byte[1] >= '1' && byte[1] <= '9') return 0;
    }
    return length <= LONGEST && repetitions <= MOST;
}

static void compare(char const *expression, char const *line, size_t length)
{
    struct sv_logscript_directive directives[] = {
        {.kind = SV_LOGSCRIPT_DESELECT,
         .matcher = SV_LOGSCRIPT_MATCH_REGEX,
         .text = expression},
        {.kind = SV_LOGSCRIPT_ALERT},
    };
    struct sv_logscript script = {directives, 2, 2};
    struct sv_logselect_rule rules[2];
    struct sv_logselect select;
    unsigned char chosen[1];
    char reason[10];

    sv_logselect_compile(&select, rules, &script);
    select.engine = sv_regex_matches;
    void *regex = sv_regex_compile(expression, reason, sizeof reason);
    if (!regex && !rules->engine) abort();
    rules->regex = rules->engine ? regex : NULL;
    size_t selected = sv_logselect_line(&select, line, length, chosen);
    /* no line has a newline in it, which glibc has its own ideas about */
    int is_line = !memchr(line, '\n', length);
    if (regex && is_line && length <= SV_LOGSCRIPT_HEAD
        && (size_t)sv_regex_matches(regex, line, length) == selected)
        abort();
    sv_regex_free(regex);
}

int LLVMFuzzerTestOneInput(uint8_t const *data, size_t size)
{
    uint8_t const *newline = size ? memchr(data, '\n', size) : NULL;
    size_t length = newline ? (size_t)(newline - data) : size;
    size_t left = newline ? size - length - 1 : 0;
    char *expression = malloc(length + 1), *line = malloc(left ? left : 1);

    if (expression && line) {
        if (length) memcpy(expression, data, length);
        expression[length] = 0;
        if (left) memcpy(line, newline + 1, left);
        if (is_harmless(expression)) compare(expression, line, left);
    }
    free(expression);
    free(line);
    return 0;
}
