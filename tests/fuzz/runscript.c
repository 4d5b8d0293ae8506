/* ISC license. */

/*
 * Any words: what execline's own parser, and a reader of single quotes as POSIX has them,
 * make of the script are the words that went in.
 */

#include <stdlib.h>
#include <string.h>

#include <skalibs/stralloc.h>

#include <execline/execline.h>

#include <sv/runscript.h>

char const *PROG = "runscript"; /* skalibs wants it */

#define WORDS 16

/* Splits the data at its NULs. Returns how many words there are; words[that] is null. */
static size_t split(char *text, size_t size, char const **words)
{
    size_t count = 0;

    for (size_t at = 0; at < size && count < WORDS; at += strlen(text + at) + 1)
        words[count++] = text + at;
    words[count] = 0;
    return count;
}

/* Takes the next word of a script for the shell off *text, in place. */
static char *take_sh(char **text)
{
    char *from = *text, *to = *text, *word = *text;

    while (*from && *from != ' ' && *from != '\n') {
        if (*from == '\\') {
            from++;
            *to++ = *from++;
        } else if (*from == '\'') {
            for (from++; *from != '\''; from++) {
                if (!*from) abort();
                *to++ = *from;
            }
            from++;
        } else {
            if (strchr("\"$`*?[]{}()<>|&;~#!^\t", *from)) abort();
            *to++ = *from++;
        }
    }
    if (!*from) abort(); /* a line ends in a newline */
    *to = 0;
    *text = from + 1;
    return word;
}

static void check_sh(char *text, char const *const *words)
{
    char const *const begin = "#!/bin/sh\nexec ";

    if (strncmp(text, begin, strlen(begin))) abort();
    text += strlen(begin);
    for (; *words; words++)
        if (strcmp(take_sh(&text), *words)) abort();
    if (*text) abort();
}

static void check_execline(char const *text, char const *const *words, size_t count)
{
    stralloc parsed = STRALLOC_ZERO;
    size_t at = 0;

    if (el_parse_from_string(&parsed, text) != (int)count) abort();
    for (; *words; words++) {
        if (at + strlen(*words) >= parsed.len) abort();
        if (strcmp(parsed.s + at, *words)) abort();
        at += strlen(*words) + 1;
    }
    if (at != parsed.len) abort();
    stralloc_free(&parsed);
}

int LLVMFuzzerTestOneInput(uint8_t const *data, size_t size)
{
    char *copy = malloc(size + 1);
    char const *words[WORDS + 1];

    if (!copy) return 0;
    if (size) memcpy(copy, data, size);
    copy[size] = 0;
    size_t count = split(copy, size, words);
    for (int language = SV_RUNSCRIPT_SH; count && language <= SV_RUNSCRIPT_EXECLINE;
         language++) {
        struct sv_runscript script = {.language = (enum sv_runscript_language)language,
                                      .command = words};
        size_t length = sv_runscript_write(0, 0, &script);
        char *text = malloc(length + 1);
        if (!text) abort();
        if (sv_runscript_write(text, length + 1, &script) != length) abort();
        if (language == SV_RUNSCRIPT_SH)
            check_sh(text, words);
        else
            check_execline(text, words, count);
        free(text);
    }
    free(copy);
    return 0;
}
