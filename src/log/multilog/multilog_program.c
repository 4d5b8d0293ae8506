/* ISC license. */

/* The words of a script, with those of configuration files, and what they make. */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <skalibs/allreadwrite.h>
#include <skalibs/stralloc.h>

#include <sv/message.h>
#include <sv/regex.h>

#include "multilog.h"

#define CONFIG "/config"
#define CONFIG_MAX 65536 /* bytes of a configuration file */

static void *check_memory(void *memory)
{
    if (!memory) sv_die(111, "out of memory");
    return memory;
}

void *multilog_memory(size_t count, size_t size)
{
    return check_memory(calloc(count ? count : 1, size));
}

static void add(stralloc *packed, char const *data, size_t length)
{
    if (!stralloc_catb(packed, data, length)) sv_die(111, "out of memory");
}

/* Lines become words; empty ones and comments are not worth one. */
static void add_lines(stralloc *packed, char const *text, size_t length)
{
    static char const mark = SV_LOGSCRIPT_CONFIGURED;

    while (length) {
        char const *newline = memchr(text, '\n', length);
        size_t line = newline ? (size_t)(newline - text) : length;
        size_t word = strnlen(text, line);
        if (word && *text != '#') {
            add(packed, &mark, 1);
            add(packed, text, word);
            add(packed, "", 1);
        }
        length -= line + (newline != 0);
        text += line + (newline != 0);
    }
}

/* There need not be a configuration, nor a directory yet. */
static void add_config(stralloc *packed, char const *directory)
{
    stralloc path = STRALLOC_ZERO;

    add(&path, directory, strlen(directory));
    add(&path, CONFIG, sizeof CONFIG);
    int fd = open(path.s, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd >= 0) {
        char *text = check_memory(malloc(CONFIG_MAX));
        size_t length = allread(fd, text, CONFIG_MAX);
        if (length == CONFIG_MAX)
            sv_warnu("read ", path.s, ": file too large");
        else
            add_lines(packed, text, length);
        free(text);
        (void)close(fd); /* only read */
    } else if (errno != ENOENT && errno != ENOTDIR)
        sv_warnusys("read ", path.s);
    stralloc_free(&path);
}

size_t multilog_gather(char const *const *words, size_t count, char **packed)
{
    stralloc all = STRALLOC_ZERO;

    for (size_t i = 0; i < count; i++) {
        if (*words[i] == '.' || *words[i] == '/') add_config(&all, words[i]);
        add(&all, words[i], strlen(words[i]) + 1);
    }
    if (!all.s) add(&all, "", 1); /* one word that means nothing */
    *packed = all.s;
    return all.len;
}

static size_t count_words(char const *words, size_t size)
{
    size_t count = 0;

    for (char const *word = words; word < words + size; word += strlen(word) + 1) count++;
    return count;
}

static int compile_expressions(struct program *program, char const **error,
                               char const **word)
{
    static char reason[200];
    struct sv_logselect *select = &program->select;

    select->engine = sv_regex_matches;
    for (size_t i = 0; i < select->count; i++) {
        struct sv_logselect_rule *rule = select->rules + i;
        if (!rule->engine) continue;
        rule->regex = sv_regex_compile(rule->pattern, reason, sizeof reason);
        if (rule->regex) continue;
        *error = reason;
        *word = rule->pattern;
        return 0;
    }
    return 1;
}

static void note_settings(struct program *program)
{
    struct sv_logscript const *script = &program->script;

    program->stamp = sv_logscript_first_stamp(script);
    program->replaces = sv_logscript_replacement(script, program->replacement) != 0;
    for (size_t i = 0; i < script->count; i++)
        if (script->directives[i].kind == SV_LOGSCRIPT_STAY) program->stays = 1;
}

int multilog_understand(struct program *program, char *words, size_t size,
                        char const **error, char const **word)
{
    struct sv_logscript_error fault;
    size_t count = count_words(words, size), index = 0;

    *program = (struct program){.words = words, .words_size = size};
    program->pointers = multilog_memory(count, sizeof *program->pointers);
    for (char const *at = words; at < words + size; at += strlen(at) + 1)
        program->pointers[index++] = at;
    program->script.directives =
        multilog_memory(count, sizeof *program->script.directives);
    program->script.room = count;
    int good = sv_logscript_parse(&program->script, program->pointers, count, &fault);
    if (good) {
        program->select.rules = multilog_memory(sv_logselect_room(&program->script),
                                                sizeof *program->select.rules);
        sv_logselect_compile(&program->select, program->select.rules, &program->script);
        good = compile_expressions(program, error, word);
    } else {
        *error = sv_logscript_reason(fault.fault);
        *word = program->pointers[fault.word];
    }
    if (good) {
        note_settings(program);
        program->chosen = multilog_memory(program->select.actions, 1);
        return 1;
    }
    if (**word == SV_LOGSCRIPT_CONFIGURED) ++*word;
    program->words = 0; /* the caller's */
    multilog_forget(program);
    return 0;
}

void multilog_forget(struct program *program)
{
    for (size_t i = 0; program->select.rules && i < program->select.count; i++)
        sv_regex_free(program->select.rules[i].regex);
    for (size_t i = 0; program->actions && i < program->select.actions; i++) {
        free(program->actions[i].own_lead);
        if (program->actions[i].fd >= 0) (void)close(program->actions[i].fd); /* UDP */
    }
    free(program->actions);
    free(program->chosen);
    free(program->select.rules);
    free(program->script.directives);
    free(program->pointers);
    free(program->words);
    *program = (struct program){0};
}
