/* ISC license. */

/*
 * Lines as the words of a script; the first byte says how much storage is missing.
 * Whatever they are, what comes out is within its bounds.
 */

#include <stdlib.h>
#include <string.h>

#include <sv/logscript.h>

#define WORDS 64

static void check_number(struct sv_logscript_directive const *directive)
{
    static uint64_t const bounds[SV_LOGSCRIPT_IGNORED + 1][2] = {
        [SV_LOGSCRIPT_ALERT_BYTES] = {0, SV_LOGSCRIPT_HEAD},
        [SV_LOGSCRIPT_STATUS_BYTES] = {0, SV_LOGSCRIPT_STATUS_DEFAULT},
        [SV_LOGSCRIPT_SIZE] = {SV_LOGSCRIPT_SIZE_MIN, SV_LOGSCRIPT_NUMBER_MAX},
        [SV_LOGSCRIPT_FILES] = {SV_LOGSCRIPT_FILES_MIN, SV_LOGSCRIPT_NUMBER_MAX},
        [SV_LOGSCRIPT_KEPT] = {0, SV_LOGSCRIPT_NUMBER_MAX},
        [SV_LOGSCRIPT_TOTAL] = {0, SV_LOGSCRIPT_NUMBER_MAX},
        [SV_LOGSCRIPT_TOLERANCE] = {0, SV_LOGSCRIPT_TOLERANCE_MAX},
        [SV_LOGSCRIPT_AGE] = {0, SV_LOGSCRIPT_AGE_MAX},
        [SV_LOGSCRIPT_PAUSE] = {1, SV_LOGSCRIPT_PAUSE_MAX},
        [SV_LOGSCRIPT_READY] = {0, SV_LOGSCRIPT_READY_MAX},
    };
    uint64_t const *within = bounds[directive->kind];

    if (directive->number < within[0] || directive->number > within[1]) abort();
    if (!within[1] && directive->doubtful) abort();
    if (!within[1] || directive->configured) return;
    /* What is not doubtful is what the word says, read another way. */
    char *end;
    unsigned long long said = strtoull(directive->text + 1, &end, 10);
    int plain = directive->text[1] >= '0' && directive->text[1] <= '9' && !*end;
    if (directive->doubtful != !(plain && said == directive->number)) abort();
}

static void check_settings(struct sv_logscript const *script, size_t index)
{
    struct sv_logscript_directory directory;

    sv_logscript_settings(script, index, &directory);
    if (directory.path != script->directives[index].text) abort();
    if (strchr(directory.suffix, '/')) abort();
    if (strlen(directory.suffix) > SV_LOGSCRIPT_SUFFIX_MAX) abort();
    if (directory.processor && !*directory.processor) abort();
    if (directory.size < SV_LOGSCRIPT_SIZE_MIN) abort();
    if (directory.files < SV_LOGSCRIPT_FILES_MIN) abort();
    if (directory.tolerance >= directory.size) abort();
    if (directory.tolerance > SV_LOGSCRIPT_TOLERANCE_MAX) abort();
    if (directory.age_s > SV_LOGSCRIPT_AGE_MAX) abort();
    if (!directory.pause_ms || directory.pause_ms > SV_LOGSCRIPT_PAUSE_MAX) abort();
    if (directory.silent) {
        int sends = 0;
        while (index-- && script->directives[index].configured)
            sends |= script->directives[index].kind == SV_LOGSCRIPT_SEND_ONLY;
        if (!sends) abort();
    }
}

/* Also for what is no action: it must do no harm. */
static void check_action(struct sv_logscript const *script, size_t index)
{
    struct sv_logscript_action action;

    sv_logscript_action(script, index, &action);
    if ((unsigned int)action.stamp >= SV_LOGSCRIPT_STAMPS) abort();
    if (strlen(action.prefix) > SV_LOGSCRIPT_PREFIX_MAX) abort();
    if (strchr(action.prefix, '\n')) abort();
    if (action.alert_bytes > SV_LOGSCRIPT_HEAD) abort();
    if (action.status_bytes > SV_LOGSCRIPT_STATUS_DEFAULT) abort();
}

static void check_directive(struct sv_logscript const *script, size_t index,
                            char const *const *words)
{
    struct sv_logscript_directive const *directive = script->directives + index;
    enum sv_logscript_kind kind = directive->kind;
    char const *word = words[index];
    int configured = *word == SV_LOGSCRIPT_CONFIGURED;
    int is_pattern = kind == SV_LOGSCRIPT_SELECT || kind == SV_LOGSCRIPT_DESELECT
                     || kind == SV_LOGSCRIPT_COMPLAIN || kind == SV_LOGSCRIPT_EXCUSE;

    if (directive->word != index) abort();
    if (directive->text < word || directive->text > word + strlen(word)) abort();
    if (kind > SV_LOGSCRIPT_IGNORED) abort();
    if (!word[configured] && kind != SV_LOGSCRIPT_IGNORED) abort();
    if (kind <= SV_LOGSCRIPT_SECONDS && index) abort();
    if (directive->configured != configured) abort();
    if (kind >= SV_LOGSCRIPT_SEND_ONLY && kind < SV_LOGSCRIPT_IGNORED && !configured)
        abort();
    if (directive->matcher > SV_LOGSCRIPT_MATCH_PLUS) abort();
    if (!is_pattern && directive->matcher) abort();
    if (is_pattern && configured && directive->matcher != SV_LOGSCRIPT_MATCH_PLUS)
        abort();
    check_number(directive);
    check_action(script, index);
    if (kind == SV_LOGSCRIPT_DIRECTORY) check_settings(script, index);
}

static void check_script(struct sv_logscript const *script)
{
    unsigned char table[256];

    if ((unsigned int)sv_logscript_first_stamp(script) >= SV_LOGSCRIPT_STAMPS) abort();
    if (!sv_logscript_replacement(script, table)) return;
    for (unsigned int byte = 0; byte < 256; byte++) {
        if (table[table[byte]] != table[byte]) abort();
        if ((table[byte] == '\n') != (byte == '\n')) abort();
    }
}

int LLVMFuzzerTestOneInput(uint8_t const *data, size_t size)
{
    static struct sv_logscript_directive directives[WORDS];
    char const *words[WORDS];
    size_t count = 0, missing = 0;
    struct sv_logscript_error error;
    char *text = malloc(size + 1);

    if (!text) return 0;
    if (size) {
        missing = data[0] < 4 ? data[0] : 0;
        memcpy(text, data + 1, --size);
    }
    text[size] = 0;
    for (char *word = text; word && count < WORDS;) {
        char *newline = strchr(word, '\n');
        if (newline) *newline = 0;
        words[count++] = word;
        word = newline ? newline + 1 : 0;
    }
    struct sv_logscript script = {directives, count > missing ? count - missing : 0, 0};
    if (sv_logscript_parse(&script, words, count, &error)) {
        if (script.count != count || missing) abort();
        for (size_t i = 0; i < count; i++) check_directive(&script, i, words);
        check_script(&script);
    } else {
        if (error.word >= count || !*sv_logscript_reason(error.fault)) abort();
        if (script.count > script.room) abort();
    }
    free(text);
    return 0;
}
