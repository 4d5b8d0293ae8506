/* ISC license. */

/* logscript.c: words become directives. What they make of actions: logscript_settings.c.
 */

#include <string.h>

#include <sv/address.h>
#include <sv/logscript.h>

enum form { FIRST, ALONE, PATTERN, NUMBER, TEXT, WHOLE };

struct meaning {
    char letters[3];
    enum form form;
};

static struct meaning const meanings[] = {
#define MEANING(name, letters, form, meaning) [SV_LOGSCRIPT_##name] = {letters, form},
    SV_LOGSCRIPT_DIRECTIVES(MEANING)
#undef MEANING
        [SV_LOGSCRIPT_SEND_ONLY] = {"", TEXT},
    [SV_LOGSCRIPT_COMPLAIN] = {"", PATTERN},
    [SV_LOGSCRIPT_EXCUSE] = {"", PATTERN},
    [SV_LOGSCRIPT_IGNORED] = {"", WHOLE},
};

struct configured_meaning {
    char letter;
    enum sv_logscript_kind kind;
};

static struct configured_meaning const configured_meanings[] = {
#define MEANING(letter, kind, meaning) {letter, SV_LOGSCRIPT_##kind},
    SV_LOGSCRIPT_CONFIGURATION(MEANING)
#undef MEANING
};

struct bounds {
    uint64_t least;
    uint64_t most;
};

/* One for each kind of the form NUMBER. */
static struct bounds const bounds[] = {
    [SV_LOGSCRIPT_ALERT_BYTES] = {0, SV_LOGSCRIPT_HEAD},
    [SV_LOGSCRIPT_STATUS_BYTES] = {0, SV_LOGSCRIPT_HEAD + 1},
    [SV_LOGSCRIPT_SIZE] = {SV_LOGSCRIPT_SIZE_MIN, SV_LOGSCRIPT_NUMBER_MAX},
    [SV_LOGSCRIPT_FILES] = {SV_LOGSCRIPT_FILES_MIN, SV_LOGSCRIPT_NUMBER_MAX},
    [SV_LOGSCRIPT_KEPT] = {0, SV_LOGSCRIPT_NUMBER_MAX},
    [SV_LOGSCRIPT_TOTAL] = {0, SV_LOGSCRIPT_NUMBER_MAX},
    [SV_LOGSCRIPT_TOLERANCE] = {0, SV_LOGSCRIPT_TOLERANCE_MAX},
    [SV_LOGSCRIPT_AGE] = {0, SV_LOGSCRIPT_AGE_MAX},
    [SV_LOGSCRIPT_PAUSE] = {1, SV_LOGSCRIPT_PAUSE_MAX},
    [SV_LOGSCRIPT_READY] = {0, SV_LOGSCRIPT_READY_MAX},
};

struct unit {
    enum sv_logscript_kind kind;
    char letter;
    uint64_t factor;
};

/* What may stand behind a configured number. */
static struct unit const units[] = {
    {SV_LOGSCRIPT_SIZE, 'k', 1024},
    {SV_LOGSCRIPT_SIZE, 'm', 1048576},
    {SV_LOGSCRIPT_AGE, 'm', 60},
    {SV_LOGSCRIPT_AGE, 'h', 3600},
};

/* In place of every number that is too large. */
#define TOO_LARGE (SV_LOGSCRIPT_NUMBER_MAX + 1)

char const *sv_logscript_reason(enum sv_logscript_fault fault)
{
    switch (fault) {
#define REASON(name, reason) \
    case SV_LOGSCRIPT_##name: return reason;
        SV_LOGSCRIPT_FAULTS(REASON)
#undef REASON
    }
    return "unknown fault"; /* cannot happen: the enum has no other value */
}

/* The kind of the word number `index` with this first letter. */
static enum sv_logscript_kind kind_of(char letter, size_t index)
{
    if (!letter) return SV_LOGSCRIPT_IGNORED;
    for (unsigned int kind = 0; kind < SV_LOGSCRIPT_IGNORED; kind++) {
        if (!strchr(meanings[kind].letters, letter)) continue;
        if (meanings[kind].form == FIRST && index) break;
        return (enum sv_logscript_kind)kind;
    }
    return SV_LOGSCRIPT_IGNORED;
}

static enum sv_logscript_kind configured_kind_of(char letter)
{
    for (size_t i = 0; i < sizeof configured_meanings / sizeof *configured_meanings; i++)
        if (configured_meanings[i].letter == letter) return configured_meanings[i].kind;
    return SV_LOGSCRIPT_IGNORED;
}

/* number * factor + summand, or TOO_LARGE; which it stays whatever is done with it. */
static uint64_t multiply_add(uint64_t number, uint64_t factor, uint64_t summand)
{
    if (number > (SV_LOGSCRIPT_NUMBER_MAX - summand) / factor) return TOO_LARGE;
    return number * factor + summand;
}

/* What svlogd's number is in ours. Moves *rest behind a unit. */
static uint64_t convert_configured(enum sv_logscript_kind kind, uint64_t number,
                                   char const **rest)
{
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (units[i].kind != kind || units[i].letter != **rest) continue;
        number = multiply_add(number, units[i].factor, 0);
        ++*rest;
        break;
    }
    if (kind == SV_LOGSCRIPT_SIZE && !number) return SV_LOGSCRIPT_NUMBER_MAX;
    if (kind == SV_LOGSCRIPT_FILES)
        return number ? multiply_add(number, 1, 1) : SV_LOGSCRIPT_NUMBER_MAX;
    return number;
}

static void read_number(struct sv_logscript_directive *directive, char const *text)
{
    struct bounds const *within = bounds + directive->kind;
    uint64_t number = 0;
    char const *rest = text;

    for (; *rest >= '0' && *rest <= '9'; rest++)
        number = multiply_add(number, 10, (uint64_t)(*rest - '0'));
    int doubtful = rest == text;
    if (directive->configured)
        number = convert_configured(directive->kind, number, &rest);
    if (*rest || number < within->least || number > within->most) doubtful = 1;
    if (number < within->least) number = within->least;
    if (number > within->most) number = within->most;
    directive->number = number;
    directive->doubtful = doubtful != 0;
}

/*
 * Each check_ function returns 1 if the text will do for its kind of directive; else 0,
 * and sets *fault.
 */
typedef int check(char const *text, enum sv_logscript_fault *fault);

static int check_suffix(char const *text, enum sv_logscript_fault *fault)
{
    *fault = strchr(text, '/') ? SV_LOGSCRIPT_SUFFIX_SLASH : SV_LOGSCRIPT_SUFFIX_LONG;
    return !strchr(text, '/') && strlen(text) <= SV_LOGSCRIPT_SUFFIX_MAX;
}

static int check_prefix(char const *text, enum sv_logscript_fault *fault)
{
    *fault = strchr(text, '\n') ? SV_LOGSCRIPT_PREFIX_NEWLINE : SV_LOGSCRIPT_PREFIX_LONG;
    return !strchr(text, '\n') && strlen(text) <= SV_LOGSCRIPT_PREFIX_MAX;
}

static int check_replace(char const *text, enum sv_logscript_fault *fault)
{
    *fault = *text ? SV_LOGSCRIPT_REPLACE_LINE : SV_LOGSCRIPT_REPLACE_WHAT;
    return *text && *text != '\n';
}

static int check_address(char const *text, enum sv_logscript_fault *fault)
{
    struct sv_address address;

    *fault = SV_LOGSCRIPT_ADDRESS;
    return sv_address_scan(text, &address);
}

static check *const checks[SV_LOGSCRIPT_IGNORED + 1] = {
    [SV_LOGSCRIPT_SUFFIX] = check_suffix,     [SV_LOGSCRIPT_PREFIX] = check_prefix,
    [SV_LOGSCRIPT_REPLACE] = check_replace,   [SV_LOGSCRIPT_SEND] = check_address,
    [SV_LOGSCRIPT_SEND_ONLY] = check_address,
};

/* The kind of the patterns behind a directive, if it was `matcher` before. */
static enum sv_logscript_matcher matcher_after(enum sv_logscript_kind kind,
                                               enum sv_logscript_matcher matcher)
{
    if (kind == SV_LOGSCRIPT_SIMPLE) return SV_LOGSCRIPT_MATCH_SIMPLE;
    if (kind == SV_LOGSCRIPT_FNMATCH) return SV_LOGSCRIPT_MATCH_FNMATCH;
    if (kind == SV_LOGSCRIPT_REGEX) return SV_LOGSCRIPT_MATCH_REGEX;
    if (kind == SV_LOGSCRIPT_PLUS) return SV_LOGSCRIPT_MATCH_PLUS;
    return matcher;
}

/* `matcher` is the kind of patterns that holds in the script at this place. */
static void parse_word(struct sv_logscript_directive *directive, char const *word,
                       size_t index, enum sv_logscript_matcher matcher)
{
    int configured = *word == SV_LOGSCRIPT_CONFIGURED;
    char const *letter = configured ? word + 1 : word;

    *directive = (struct sv_logscript_directive){
        .kind = configured ? configured_kind_of(*letter) : kind_of(*letter, index),
        .configured = configured != 0,
        .word = index,
        .text = word,
    };
    switch (meanings[directive->kind].form) {
    case PATTERN:
        directive->matcher = configured ? SV_LOGSCRIPT_MATCH_PLUS : matcher;
        directive->text = letter + 1;
        break;
    case TEXT: directive->text = letter + 1; break;
    case NUMBER: read_number(directive, letter + 1); break;
    case FIRST:
    case ALONE:
    case WHOLE: break;
    }
}

int sv_logscript_parse(struct sv_logscript *script, char const *const *words,
                       size_t count, struct sv_logscript_error *error)
{
    enum sv_logscript_matcher matcher = SV_LOGSCRIPT_MATCH_SIMPLE;

    script->count = 0;
    for (size_t i = 0; i < count; i++) {
        error->word = i;
        if (script->count == script->room) {
            error->fault = SV_LOGSCRIPT_TOO_MANY;
            return 0;
        }
        struct sv_logscript_directive *directive = script->directives + script->count++;
        parse_word(directive, words[i], i, matcher);
        matcher = matcher_after(directive->kind, matcher);
        check *is_good = checks[directive->kind];
        if (is_good && !is_good(directive->text, &error->fault)) return 0;
    }
    return 1;
}
