/* ISC license. */

#include <string.h>

#include <execline/config.h>

#include <sv/runscript.h>

#define PLACEHOLDER "{}"

/* What needs no quotes, wherever it stands in a word, for both languages. */
#define HARMLESS \
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:=@%+,"

char const sv_runscript_execlineb[] = EXECLINE_SHEBANGPREFIX "execlineb";

struct output {
    char *text;
    size_t size;
    size_t length; /* of all that was put, fitting or not */
};

static void put_bytes(struct output *output, char const *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++, output->length++)
        if (output->length < output->size) output->text[output->length] = bytes[i];
}

static void put(struct output *output, char const *text)
{
    put_bytes(output, text, strlen(text));
}

static size_t end(struct output *output)
{
    if (output->length < output->size) output->text[output->length] = 0;
    return output->length;
}

/* Within single quotes all is as it is, but for the quote: it stands outside. */
static void put_sh(struct output *output, char const *word, size_t length)
{
    put(output, "'");
    for (size_t i = 0; i < length; i++) {
        if (word[i] == '\'')
            put(output, "'\\''");
        else
            put_bytes(output, word + i, 1);
    }
    put(output, "'");
}

/* A newline would do as it is, but is better seen. */
static void put_execline(struct output *output, char const *word, size_t length)
{
    put(output, "\"");
    for (size_t i = 0; i < length; i++) {
        if (word[i] == '"' || word[i] == '\\') put(output, "\\");
        if (word[i] == '\n')
            put(output, "\\n");
        else
            put_bytes(output, word + i, 1);
    }
    put(output, "\"");
}

static void put_part(struct output *output, enum sv_runscript_language language,
                     char const *word, size_t length)
{
    if (strspn(word, HARMLESS) >= length)
        put_bytes(output, word, length);
    else if (language == SV_RUNSCRIPT_SH)
        put_sh(output, word, length);
    else
        put_execline(output, word, length);
}

static void put_word(struct output *output, enum sv_runscript_language language,
                     char const *word)
{
    size_t length = strlen(word);

    if (length)
        put_part(output, language, word, length);
    else
        put(output, language == SV_RUNSCRIPT_SH ? "''" : "\"\"");
}

/* With the argument of the instance in the place of each "{}". */
static void put_filled(struct output *output, char const *word)
{
    char const *gap = strstr(word, PLACEHOLDER);

    if (!gap) {
        put_word(output, SV_RUNSCRIPT_SH, word);
        return;
    }
    for (; gap; gap = strstr(word, PLACEHOLDER)) {
        if (gap > word) put_part(output, SV_RUNSCRIPT_SH, word, (size_t)(gap - word));
        put(output, "\"$1\"");
        word = gap + sizeof PLACEHOLDER - 1;
    }
    if (*word) put_part(output, SV_RUNSCRIPT_SH, word, strlen(word));
}

static void put_limits(struct output *output, struct sv_runscript const *script)
{
    put(output, "softlimit");
    for (char const *const *word = script->limits; *word; word++) {
        put(output, " ");
        put_word(output, script->language, *word);
    }
}

static void put_user(struct output *output, struct sv_runscript const *script)
{
    put(output, "setuidgid ");
    put_word(output, script->language, script->user);
}

static void put_command(struct output *output, struct sv_runscript const *script)
{
    for (char const *const *word = script->command; *word; word++) {
        if (word != script->command) put(output, " ");
        if (script->is_template)
            put_filled(output, *word);
        else
            put_word(output, script->language, *word);
    }
    put(output, "\n");
}

static int has_limits(struct sv_runscript const *script)
{
    return script->limits && *script->limits;
}

static void put_sh_script(struct output *output, struct sv_runscript const *script)
{
    char const *const next = " \\\n    ";

    put(output, "#!/bin/sh\n");
    if (script->joins_errors) put(output, "exec 2>&1\n");
    if (script->directory) {
        put(output, "cd ");
        put_word(output, SV_RUNSCRIPT_SH, script->directory);
        put(output, " || exit 111\n");
    }
    put(output, "exec ");
    if (script->has_env) {
        put(output, script->directory ? "envdir \"$OLDPWD/env\"" : "envdir ./env");
        put(output, next);
    }
    if (has_limits(script)) {
        put_limits(output, script);
        put(output, next);
    }
    if (script->user) {
        put_user(output, script);
        put(output, next);
    }
    put_command(output, script);
}

static void put_execline_script(struct output *output, struct sv_runscript const *script)
{
    put(output, "#!");
    put(output, sv_runscript_execlineb);
    put(output, " -P\n");
    if (script->joins_errors) put(output, "fdmove -c 2 1\n");
    if (script->has_env) put(output, "envdir ./env\n");
    if (script->directory) {
        put(output, "cd ");
        put_word(output, SV_RUNSCRIPT_EXECLINE, script->directory);
        put(output, "\n");
    }
    if (has_limits(script)) {
        put_limits(output, script);
        put(output, "\n");
    }
    if (script->user) {
        put_user(output, script);
        put(output, "\n");
    }
    put_command(output, script);
}

size_t sv_runscript_write(char *text, size_t size, struct sv_runscript const *script)
{
    struct output output = {.text = text, .size = size};

    switch (script->language) {
    case SV_RUNSCRIPT_SH: put_sh_script(&output, script); break;
    case SV_RUNSCRIPT_EXECLINE: put_execline_script(&output, script); break;
    }
    return end(&output);
}

size_t sv_runscript_quote(char *text, size_t size, enum sv_runscript_language language,
                          char const *word)
{
    struct output output = {.text = text, .size = size};

    put_word(&output, language, word);
    return end(&output);
}
