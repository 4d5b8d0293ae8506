/* ISC license. */

/* logselect.c: from a script to rules, and the rules on a line. */

#include <string.h>

#include <sv/logselect.h>

#include "logselect_glob.h"
#include "logselect_needle.h"

/* Compiling ------------------------------------------------------------------------- */

/* Needles are worth looking for if they are rarer than what a match begins with. */
static void compile_regex(struct sv_logselect_rule *rule)
{
    struct sv_logselect_needles *needles = &rule->needles;
    int everything;

    if (sv_logselect_needles_read(needles, rule->pattern, rule->length)) {
        rule->everything = !needles->count;
        return;
    }
    rule->automatic = sv_logselect_automaton_read(&rule->automaton, rule->pattern,
                                                  rule->length, &everything);
    rule->engine = !rule->automatic;
    if (rule->engine) return;
    if (sv_logselect_automaton_prepare(&rule->automaton) <= needles->places)
        needles->count = 0;
    rule->everything = everything != 0;
}

static void compile_pattern(struct sv_logselect_rule *rule, char const *pattern,
                            enum sv_logscript_matcher matcher)
{
    static char const *const special[] = {
        [SV_LOGSCRIPT_MATCH_SIMPLE] = "*",
        [SV_LOGSCRIPT_MATCH_FNMATCH] = "*?[\\",
        [SV_LOGSCRIPT_MATCH_REGEX] = "",
        [SV_LOGSCRIPT_MATCH_PLUS] = "*+",
    };

    rule->matcher = matcher;
    rule->pattern = pattern;
    rule->length = strlen(pattern);
    if (matcher == SV_LOGSCRIPT_MATCH_REGEX) {
        compile_regex(rule);
    } else {
        rule->literal = strcspn(pattern, special[matcher]);
        rule->everything = rule->length == 1 && *pattern == '*';
    }
}

static struct sv_logselect_rule *add_rule(struct sv_logselect *select,
                                          enum sv_logselect_step step)
{
    struct sv_logselect_rule *rule = select->rules + select->count++;

    memset(rule, 0, offsetof(struct sv_logselect_rule, automaton));
    rule->step = step;
    return rule;
}

static void add_pattern(struct sv_logselect *select, enum sv_logselect_step step,
                        struct sv_logscript_directive const *directive)
{
    compile_pattern(add_rule(select, step), directive->text, directive->matcher);
}

static void add_action(struct sv_logselect *select, size_t directive)
{
    add_rule(select, SV_LOGSELECT_ACTION)->directive = directive;
    select->actions++;
}

/* What a directory's own configuration has that matters here. */
struct configuration {
    size_t begin; /* its directives; its directory stands at `end` */
    size_t end;
    size_t send;     /* the SEND or SEND_ONLY that counts, the last; `end`: none */
    size_t complain; /* the first COMPLAIN; `end`: none */
    unsigned int filters : 1;
    unsigned int silent : 1; /* SEND_ONLY */
};

static void examine(struct configuration *own, struct sv_logscript const *script)
{
    own->send = own->complain = own->end;
    for (size_t i = own->begin; i < own->end; i++) {
        enum sv_logscript_kind kind = script->directives[i].kind;
        if (kind == SV_LOGSCRIPT_SELECT || kind == SV_LOGSCRIPT_DESELECT)
            own->filters = 1;
        if (kind == SV_LOGSCRIPT_SEND || kind == SV_LOGSCRIPT_SEND_ONLY) own->send = i;
        if (kind == SV_LOGSCRIPT_SEND_ONLY) own->silent = 1;
        if (kind == SV_LOGSCRIPT_COMPLAIN && own->complain == own->end) own->complain = i;
    }
}

/* Of the configuration's directives those of two kinds, as patterns. */
static void add_patterns(struct sv_logselect *select, struct sv_logscript const *script,
                         struct configuration const *own,
                         enum sv_logscript_kind selecting,
                         enum sv_logscript_kind deselecting)
{
    for (size_t i = own->begin; i < own->end; i++) {
        struct sv_logscript_directive const *directive = script->directives + i;
        if (directive->kind == selecting)
            add_pattern(select, SV_LOGSELECT_SELECT, directive);
        if (directive->kind == deselecting)
            add_pattern(select, SV_LOGSELECT_DESELECT, directive);
    }
}

/* The directory at `end`, whose own configuration begins at `begin`. */
static void compile_directory(struct sv_logselect *select,
                              struct sv_logscript const *script, size_t begin, size_t end)
{
    struct configuration own = {.begin = begin, .end = end};

    examine(&own, script);
    int complains = own.complain < end;
    if (own.filters || complains) (void)add_rule(select, SV_LOGSELECT_SAVE);
    add_patterns(select, script, &own, SV_LOGSCRIPT_SELECT, SV_LOGSCRIPT_DESELECT);
    if (own.send < end) add_action(select, own.send);
    if (!own.silent) add_action(select, end);
    if (complains) {
        (void)add_rule(select, SV_LOGSELECT_CLEAR);
        add_patterns(select, script, &own, SV_LOGSCRIPT_COMPLAIN, SV_LOGSCRIPT_EXCUSE);
        add_action(select, own.complain);
    }
    if (own.filters || complains) (void)add_rule(select, SV_LOGSELECT_RESTORE);
}

/* A directive that no directory's configuration has. */
static void compile_directive(struct sv_logselect *select,
                              struct sv_logscript const *script, size_t index)
{
    struct sv_logscript_directive const *directive = script->directives + index;

    switch (directive->kind) {
    case SV_LOGSCRIPT_SELECT: add_pattern(select, SV_LOGSELECT_SELECT, directive); break;
    case SV_LOGSCRIPT_DESELECT:
        add_pattern(select, SV_LOGSELECT_DESELECT, directive);
        break;
    case SV_LOGSCRIPT_REST: (void)add_rule(select, SV_LOGSELECT_REST); break;
    case SV_LOGSCRIPT_ALERT:
    case SV_LOGSCRIPT_ALERT_NAMED:
    case SV_LOGSCRIPT_PRINT:
    case SV_LOGSCRIPT_STATUS:
    case SV_LOGSCRIPT_SEND: add_action(select, index); break;
    case SV_LOGSCRIPT_DIRECTORY: /* cannot happen: see sv_logselect_compile */
    case SV_LOGSCRIPT_SEND_ONLY: /* cannot happen: configured only, as the next two */
    case SV_LOGSCRIPT_COMPLAIN:
    case SV_LOGSCRIPT_EXCUSE:
    case SV_LOGSCRIPT_TAI64N: /* and settings */
    case SV_LOGSCRIPT_SECONDS:
    case SV_LOGSCRIPT_LABEL:
    case SV_LOGSCRIPT_LOCAL:
    case SV_LOGSCRIPT_UTC:
    case SV_LOGSCRIPT_UTC_T:
    case SV_LOGSCRIPT_NO_STAMP:
    case SV_LOGSCRIPT_SIMPLE:
    case SV_LOGSCRIPT_FNMATCH:
    case SV_LOGSCRIPT_REGEX:
    case SV_LOGSCRIPT_PLUS:
    case SV_LOGSCRIPT_ALERT_BYTES:
    case SV_LOGSCRIPT_STATUS_BYTES:
    case SV_LOGSCRIPT_PREFIX:
    case SV_LOGSCRIPT_SIZE:
    case SV_LOGSCRIPT_FILES:
    case SV_LOGSCRIPT_KEPT:
    case SV_LOGSCRIPT_TOTAL:
    case SV_LOGSCRIPT_TOLERANCE:
    case SV_LOGSCRIPT_AGE:
    case SV_LOGSCRIPT_PAUSE:
    case SV_LOGSCRIPT_PROCESSOR:
    case SV_LOGSCRIPT_SUFFIX:
    case SV_LOGSCRIPT_REPLACE:
    case SV_LOGSCRIPT_STAY:
    case SV_LOGSCRIPT_READY:
    case SV_LOGSCRIPT_IGNORED: break;
    }
}

size_t sv_logselect_room(struct sv_logscript const *script)
{
    size_t room = script->count;

    /* SAVE, CLEAR, the alert and RESTORE */
    for (size_t i = 0; i < script->count; i++)
        if (script->directives[i].kind == SV_LOGSCRIPT_DIRECTORY) room += 4;
    return room;
}

void sv_logselect_compile(struct sv_logselect *select, struct sv_logselect_rule *rules,
                          struct sv_logscript const *script)
{
    size_t configured = 0; /* where the configured directives right before `i` begin */

    *select = (struct sv_logselect){.rules = rules, .constant = 1};
    for (size_t i = 0; i < script->count; i++) {
        if (script->directives[i].configured) continue;
        if (script->directives[i].kind == SV_LOGSCRIPT_DIRECTORY)
            compile_directory(select, script, configured, i);
        else
            compile_directive(select, script, i);
        configured = i + 1;
    }
    /* what stands behind the last action changes nothing any more */
    while (select->count && rules[select->count - 1].step != SV_LOGSELECT_ACTION)
        select->count--;
    for (size_t i = 0; i < select->count; i++)
        if (rules[i].step != SV_LOGSELECT_ACTION) select->constant = 0;
}

/* Matching -------------------------------------------------------------------------- */

/*
 * The part of a simple pattern from its first star on, or of one with pluses from its
 * first star or plus on: from *pattern to `end` against the `left` bytes at `line`.
 */
static inline int stars_match(char const *pattern, char const *end, char const *line,
                              size_t left, int has_plus)
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
        int repeats = has_plus && *pattern == '+';
        if (repeats && ++pattern == end) break;
        if (!left || *line != *pattern) return 0;
        do {
            line++;
            left--;
        } while (repeats && left && *line == *pattern);
        pattern++;
    }
    return !left;
}

/*
 * All but simple patterns, behind their `literal`. A function of its own, and
 * rule_matches none: that makes simple patterns a tenth faster.
 */
__attribute__((noinline)) static int rest_matches(struct sv_logselect_rule const *rule,
                                                  sv_logselect_engine *engine,
                                                  char const *line, size_t length)
{
    char const *rest = rule->pattern + rule->literal;
    char const *end = rule->pattern + rule->length;

    switch (rule->matcher) {
    case SV_LOGSCRIPT_MATCH_SIMPLE: break; /* cannot happen: see rule_matches */
    case SV_LOGSCRIPT_MATCH_PLUS: return stars_match(rest, end, line, length, 1);
    case SV_LOGSCRIPT_MATCH_FNMATCH:
        return sv_logselect_glob_matches(rest, (size_t)(end - rest), line, length);
    case SV_LOGSCRIPT_MATCH_REGEX:
        if (rule->needles.count && !sv_logselect_needles_in(&rule->needles, line, length))
            return 0;
        if (rule->automatic)
            return sv_logselect_automaton_matches(&rule->automaton, line, length);
        if (!rule->engine) return 1;
        return engine && rule->regex && engine(rule->regex, line, length);
    }
    return 0;
}

__attribute__((always_inline)) static inline int rule_matches(
    struct sv_logselect_rule const *rule, sv_logselect_engine *engine, char const *line,
    size_t length)
{
    size_t literal = rule->literal;

    if (rule->everything) return 1;
    if (literal) {
        if (length < literal || *line != *rule->pattern
            || memcmp(line, rule->pattern, literal))
            return 0;
        if (literal == rule->length) return length == literal;
    }
    if (rule->matcher != SV_LOGSCRIPT_MATCH_SIMPLE)
        return rest_matches(rule, engine, line + literal, length - literal);
    return stars_match(rule->pattern + literal, rule->pattern + rule->length,
                       line + literal, length - literal, 0);
}

size_t sv_logselect_line(struct sv_logselect const *select, char const *line,
                         size_t length, unsigned char *chosen)
{
    size_t count = 0;
    unsigned int selected = 1, saved = 1;

    for (size_t i = 0; i < select->count; i++) {
        struct sv_logselect_rule const *rule = select->rules + i;
        switch (rule->step) {
        case SV_LOGSELECT_SELECT:
            if (!selected && rule_matches(rule, select->engine, line, length))
                selected = 1;
            break;
        case SV_LOGSELECT_DESELECT:
            if (selected && rule_matches(rule, select->engine, line, length))
                selected = 0;
            break;
        case SV_LOGSELECT_REST: selected = !count; break;
        case SV_LOGSELECT_ACTION:
            *chosen++ = (unsigned char)selected;
            count += selected;
            break;
        case SV_LOGSELECT_SAVE: saved = selected; break;
        case SV_LOGSELECT_CLEAR: selected = 0; break;
        case SV_LOGSELECT_RESTORE: selected = saved; break;
        }
    }
    return count;
}

static int pattern_matches(enum sv_logscript_matcher matcher, char const *pattern,
                           char const *line, size_t length)
{
    struct sv_logselect_rule rule;

    memset(&rule, 0, offsetof(struct sv_logselect_rule, automaton));
    compile_pattern(&rule, pattern, matcher);
    return rule_matches(&rule, 0, line, length);
}

int sv_logselect_simple(char const *pattern, char const *line, size_t length)
{
    return pattern_matches(SV_LOGSCRIPT_MATCH_SIMPLE, pattern, line, length);
}

int sv_logselect_plus(char const *pattern, char const *line, size_t length)
{
    return pattern_matches(SV_LOGSCRIPT_MATCH_PLUS, pattern, line, length);
}

int sv_logselect_glob(char const *pattern, char const *line, size_t length)
{
    return pattern_matches(SV_LOGSCRIPT_MATCH_FNMATCH, pattern, line, length);
}
