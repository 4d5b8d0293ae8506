/* ISC license. */

#include <string.h>

#include <sv/logselect.h>

#include "logselect_glob.h"

static int is_action(enum sv_logscript_kind kind)
{
    switch (kind) {
    case SV_LOGSCRIPT_ALERT:
    case SV_LOGSCRIPT_STATUS:
    case SV_LOGSCRIPT_DIRECTORY: return 1;
    case SV_LOGSCRIPT_TAI64N:
    case SV_LOGSCRIPT_SECONDS:
    case SV_LOGSCRIPT_SELECT:
    case SV_LOGSCRIPT_DESELECT:
    case SV_LOGSCRIPT_FNMATCH:
    case SV_LOGSCRIPT_SIMPLE:
    case SV_LOGSCRIPT_SIZE:
    case SV_LOGSCRIPT_FILES:
    case SV_LOGSCRIPT_PROCESSOR:
    case SV_LOGSCRIPT_SUFFIX:
    case SV_LOGSCRIPT_IGNORED: return 0;
    }
    return 0; /* cannot happen: the enum has no other value */
}

static void compile_pattern(struct sv_logselect_rule *rule, char const *pattern,
                            unsigned int glob)
{
    rule->glob = glob;
    rule->pattern = pattern;
    rule->length = strlen(pattern);
    rule->literal = strcspn(pattern, glob ? "*?[\\" : "*");
    rule->everything = rule->length == 1 && *pattern == '*';
}

void sv_logselect_compile(struct sv_logselect *select, struct sv_logselect_rule *rules,
                          struct sv_logscript const *script)
{
    *select = (struct sv_logselect){.rules = rules, .constant = 1};
    for (size_t i = 0; i < script->count; i++) {
        struct sv_logscript_directive const *directive = script->directives + i;
        struct sv_logselect_rule *rule = rules + select->count;
        if (is_action(directive->kind)) {
            *rule = (struct sv_logselect_rule){.step = SV_LOGSELECT_ACTION};
            select->actions++;
        } else if (directive->kind == SV_LOGSCRIPT_SELECT
                   || directive->kind == SV_LOGSCRIPT_DESELECT) {
            rule->step = directive->kind == SV_LOGSCRIPT_SELECT ? SV_LOGSELECT_SELECT
                                                                : SV_LOGSELECT_DESELECT;
            compile_pattern(rule, directive->text, directive->glob);
        } else
            continue;
        select->count++;
    }
    /* what stands behind the last action changes nothing any more */
    while (select->count && rules[select->count - 1].step != SV_LOGSELECT_ACTION)
        select->count--;
    for (size_t i = 0; i < select->count; i++)
        if (rules[i].step != SV_LOGSELECT_ACTION) select->constant = 0;
}

/*
 * The part of a simple pattern from its first star on: from *pattern to `end` against the
 * `left` bytes at `line`.
 */
static int stars_match(char const *pattern, char const *end, char const *line,
                       size_t left)
{
    while (pattern < end) {
        if (*pattern == '*') {
            if (++pattern == end) return 1;
            char const *found = left ? memchr(line, *pattern, left) : 0;
            if (!found) return 0;
            left -= (size_t)(found - line);
            line = found;
            continue;
        }
        if (!left || *line != *pattern) return 0;
        pattern++;
        line++;
        left--;
    }
    return !left;
}

static int rule_matches(struct sv_logselect_rule const *rule, char const *line,
                        size_t length)
{
    size_t literal = rule->literal;

    if (rule->everything) return 1;
    if (literal
        && (length < literal || *line != *rule->pattern
            || memcmp(line, rule->pattern, literal)))
        return 0;
    if (literal == rule->length) return length == literal;
    if (rule->glob)
        return sv_logselect_glob_matches(rule->pattern + literal, rule->length - literal,
                                         line + literal, length - literal);
    return stars_match(rule->pattern + literal, rule->pattern + rule->length,
                       line + literal, length - literal);
}

size_t sv_logselect_line(struct sv_logselect const *select, char const *line,
                         size_t length, unsigned char *chosen)
{
    size_t count = 0;
    unsigned int selected = 1;

    for (size_t i = 0; i < select->count; i++) {
        struct sv_logselect_rule const *rule = select->rules + i;
        switch (rule->step) {
        case SV_LOGSELECT_SELECT:
            if (!selected && rule_matches(rule, line, length)) selected = 1;
            break;
        case SV_LOGSELECT_DESELECT:
            if (selected && rule_matches(rule, line, length)) selected = 0;
            break;
        case SV_LOGSELECT_ACTION:
            *chosen++ = (unsigned char)selected;
            count += selected;
            break;
        }
    }
    return count;
}

int sv_logselect_simple(char const *pattern, char const *line, size_t length)
{
    struct sv_logselect_rule rule;

    compile_pattern(&rule, pattern, 0);
    return rule_matches(&rule, line, length);
}

int sv_logselect_glob(char const *pattern, char const *line, size_t length)
{
    struct sv_logselect_rule rule;

    compile_pattern(&rule, pattern, 1);
    return rule_matches(&rule, line, length);
}
