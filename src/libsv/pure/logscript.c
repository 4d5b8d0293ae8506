/* ISC license. */

#include <string.h>

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
};

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

/* The kind of the word number `index`, by its first letter and its place. */
static enum sv_logscript_kind kind_of(char const *word, size_t index)
{
    if (!*word) return SV_LOGSCRIPT_IGNORED;
    for (unsigned int kind = 0; kind < SV_LOGSCRIPT_IGNORED; kind++) {
        if (!strchr(meanings[kind].letters, *word)) continue;
        if (meanings[kind].form == FIRST && index) break;
        return (enum sv_logscript_kind)kind;
    }
    return SV_LOGSCRIPT_IGNORED;
}

/*
 * The number at `text`, at least `least`. What does not fit becomes the largest; reading
 * stops at the first byte that is no digit. Anything but a plain number within bounds is
 * doubtful.
 */
static void scan_number(struct sv_logscript_directive *directive, char const *text,
                        uint64_t least)
{
    uint64_t number = 0;
    char const *digit = text;

    directive->doubtful = *text == 0;
    for (; *digit >= '0' && *digit <= '9'; digit++) {
        unsigned int value = (unsigned int)(*digit - '0');
        if (number > (SV_LOGSCRIPT_NUMBER_MAX - value) / 10) {
            number = SV_LOGSCRIPT_NUMBER_MAX;
            directive->doubtful = 1;
            break;
        }
        number = number * 10 + value;
    }
    if (*digit) directive->doubtful = 1;
    if (number < least) {
        number = least;
        directive->doubtful = 1;
    }
    directive->number = number;
}

/* Returns 1; 0 if `text` cannot end a file name. */
static int suffix_is_good(char const *text, enum sv_logscript_fault *fault)
{
    if (strchr(text, '/')) {
        *fault = SV_LOGSCRIPT_SUFFIX_SLASH;
        return 0;
    }
    if (strlen(text) > SV_LOGSCRIPT_SUFFIX_MAX) {
        *fault = SV_LOGSCRIPT_SUFFIX_LONG;
        return 0;
    }
    return 1;
}

static void parse_word(struct sv_logscript_directive *directive, char const *word,
                       size_t index)
{
    *directive = (struct sv_logscript_directive){.kind = kind_of(word, index),
                                                 .word = index,
                                                 .text = word};
    if (directive->kind == SV_LOGSCRIPT_IGNORED) return;
    switch (meanings[directive->kind].form) {
    case PATTERN:
    case TEXT: directive->text = word + 1; break;
    case NUMBER:
        scan_number(directive, word + 1,
                    directive->kind == SV_LOGSCRIPT_SIZE ? SV_LOGSCRIPT_SIZE_MIN
                                                         : SV_LOGSCRIPT_FILES_MIN);
        break;
    case FIRST:
    case ALONE:
    case WHOLE: break;
    }
}

int sv_logscript_parse(struct sv_logscript *script, char const *const *words,
                       size_t count, struct sv_logscript_error *error)
{
    unsigned int glob = 0;

    script->count = 0;
    for (size_t i = 0; i < count; i++) {
        error->word = i;
        if (script->count == script->room) {
            error->fault = SV_LOGSCRIPT_TOO_MANY;
            return 0;
        }
        struct sv_logscript_directive *directive = script->directives + script->count++;
        parse_word(directive, words[i], i);
        if (directive->kind == SV_LOGSCRIPT_FNMATCH) glob = 1;
        if (directive->kind == SV_LOGSCRIPT_SIMPLE) glob = 0;
        directive->glob = glob
                          && (directive->kind == SV_LOGSCRIPT_SELECT
                              || directive->kind == SV_LOGSCRIPT_DESELECT);
        if (directive->kind == SV_LOGSCRIPT_SUFFIX
            && !suffix_is_good(directive->text, &error->fault))
            return 0;
    }
    return 1;
}

void sv_logscript_settings(struct sv_logscript const *script, size_t index,
                           struct sv_logscript_directory *directory)
{
    *directory = (struct sv_logscript_directory){
        .path = script->directives[index].text,
        .size = SV_LOGSCRIPT_SIZE_DEFAULT,
        .files = SV_LOGSCRIPT_FILES_DEFAULT,
        .suffix = SV_LOGSCRIPT_SUFFIX_DEFAULT,
    };
    for (size_t i = 0; i < index; i++) {
        struct sv_logscript_directive const *setting = script->directives + i;
        switch (setting->kind) {
        case SV_LOGSCRIPT_SIZE: directory->size = setting->number; break;
        case SV_LOGSCRIPT_FILES: directory->files = setting->number; break;
        case SV_LOGSCRIPT_PROCESSOR:
            directory->processor = *setting->text ? setting->text : 0;
            break;
        case SV_LOGSCRIPT_SUFFIX: directory->suffix = setting->text; break;
        case SV_LOGSCRIPT_TAI64N:
        case SV_LOGSCRIPT_SECONDS:
        case SV_LOGSCRIPT_SELECT:
        case SV_LOGSCRIPT_DESELECT:
        case SV_LOGSCRIPT_FNMATCH:
        case SV_LOGSCRIPT_SIMPLE:
        case SV_LOGSCRIPT_ALERT:
        case SV_LOGSCRIPT_STATUS:
        case SV_LOGSCRIPT_DIRECTORY:
        case SV_LOGSCRIPT_IGNORED: break;
        }
    }
}
