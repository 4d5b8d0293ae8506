/* ISC license. */

/*
 * Lines as the words of a script; the first byte says how much storage is missing.
 * Whatever they are, what comes out is within its bounds.
 */

#include <stdlib.h>
#include <string.h>

#include <sv/logscript.h>

#define WORDS 64

static void check_directive(struct sv_logscript const *script, size_t index,
                            char const *const *words)
{
    struct sv_logscript_directive const *directive = script->directives + index;
    char const *word = words[index];

    if (directive->word != index) abort();
    if (directive->text < word || directive->text > word + strlen(word)) abort();
    if (directive->kind > SV_LOGSCRIPT_IGNORED) abort();
    if (!*word && directive->kind != SV_LOGSCRIPT_IGNORED) abort();
    if (directive->kind <= SV_LOGSCRIPT_SECONDS && index) abort();
    if (directive->kind == SV_LOGSCRIPT_SIZE && directive->number < SV_LOGSCRIPT_SIZE_MIN)
        abort();
    if (directive->kind == SV_LOGSCRIPT_FILES
        && directive->number < SV_LOGSCRIPT_FILES_MIN)
        abort();
    if (directive->number > SV_LOGSCRIPT_NUMBER_MAX) abort();
    if (directive->kind == SV_LOGSCRIPT_DIRECTORY) {
        struct sv_logscript_directory directory;
        sv_logscript_settings(script, index, &directory);
        if (directory.path != word || strchr(directory.suffix, '/')) abort();
        if (strlen(directory.suffix) > SV_LOGSCRIPT_SUFFIX_MAX) abort();
        if (directory.size < SV_LOGSCRIPT_SIZE_MIN
            || directory.files < SV_LOGSCRIPT_FILES_MIN)
            abort();
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
    } else {
        if (error.word >= count || !*sv_logscript_reason(error.fault)) abort();
        if (script.count > script.room) abort();
    }
    free(text);
    return 0;
}
