/* ISC license. */

/* Findings: a line each, or a JSON object. */

#include <stdlib.h>
#include <string.h>

#include <skalibs/buffer.h>
#include <skalibs/types.h>

#include <sv/jsontext.h>
#include <sv/message.h>

#include "svlint.h"

struct rule {
    char const *word;
    enum svlint_severity severity;
    char const *meaning;
};

static struct rule const rules[] = {
#define RULE(name, word, severity, meaning) {word, SEVERITY_##severity, meaning},
    SVLINT_RULES(RULE)
#undef RULE
};

static char const *severity_word(enum svlint_severity severity)
{
    switch (severity) {
    case SEVERITY_ERROR: return "error";
    case SEVERITY_WARNING: return "warning";
    case SEVERITY_INFO: break;
    }
    return "info";
}

static void put(char const *bytes, size_t length)
{
    if (buffer_put(buffer_1, bytes, length) < 0) sv_dieusys(111, "write output");
}

void svlint_out(char const *text)
{
    put(text, strlen(text));
}

void svlint_flush(void)
{
    if (!buffer_flush(buffer_1)) sv_dieusys(111, "write output");
}

static void out_number(unsigned int number)
{
    char text[UINT_FMT];

    put(text, uint_fmt(text, number));
}

/* A finding is a line, whatever is in a name. */
static void out_line(char const *text)
{
    for (; *text; text++) {
        int is_plain = (unsigned char)*text >= ' ' && *text != 0x7F;
        put(is_plain ? text : "?", 1);
    }
}

static void out_escaped(char const *text)
{
    char escaped[SV_JSONTEXT_MAX];
    int is_utf8 = 1;
    unsigned int length;

    while ((length = sv_jsontext_next(escaped, &text, &is_utf8)) > 0)
        put(escaped, length);
}

static void out_member(char const *name, char const *text)
{
    svlint_out(",\"");
    svlint_out(name);
    svlint_out("\":\"");
    out_escaped(text);
    svlint_out("\"");
}

static void out_json(char const *path, struct finding const *finding)
{
    svlint_out("{\"file\":\"");
    out_escaped(path);
    svlint_out("\"");
    if (finding->line) svlint_out(",\"line\":"), out_number(finding->line);
    out_member("severity", severity_word(rules[finding->rule].severity));
    out_member("rule", rules[finding->rule].word);
    svlint_out(",\"text\":\"");
    for (size_t i = 0; i < sizeof finding->text / sizeof *finding->text; i++)
        if (finding->text[i]) out_escaped(finding->text[i]);
    svlint_out("\"");
    if (finding->remedy) out_member("remedy", finding->remedy);
    svlint_out("}\n");
}

static void out_text(char const *path, struct finding const *finding)
{
    out_line(path);
    if (finding->line) svlint_out(":"), out_number(finding->line);
    svlint_out(": ");
    svlint_out(severity_word(rules[finding->rule].severity));
    svlint_out(": ");
    for (size_t i = 0; i < sizeof finding->text / sizeof *finding->text; i++)
        if (finding->text[i]) out_line(finding->text[i]);
    if (finding->remedy) svlint_out("; "), out_line(finding->remedy);
    svlint_out(" [");
    svlint_out(rules[finding->rule].word);
    svlint_out("]\n");
}

void svlint_tell(struct lint *lint, struct finding const *finding)
{
    if (lint->ignored[finding->rule]) return;
    lint->counts[rules[finding->rule].severity]++;
    char *path = svlint_join(finding->directory, finding->file);
    if (lint->json)
        out_json(path, finding);
    else
        out_text(path, finding);
    free(path);
}

void svlint_trouble(struct lint *lint, char const *verb, char const *path,
                    char const *file)
{
    int error_number = errno;
    char *whole = svlint_join(path, file);

    svlint_flush();
    sv_warnu(verb, " ", whole, ": ", sv_errortext(error_number));
    lint->is_troubled = 1;
    free(whole);
}

/* Rules ------------------------------------------------------------------------------ */

int svlint_find_rule(char const *word)
{
    int rule = 0;

    while (rule < RULE_COUNT && strcmp(rules[rule].word, word)) rule++;
    return rule;
}

void svlint_list_rules(void)
{
    for (unsigned int rule = 0; rule < RULE_COUNT; rule++) {
        svlint_out(rules[rule].word);
        svlint_out("\t");
        svlint_out(severity_word(rules[rule].severity));
        svlint_out("\t");
        svlint_out(rules[rule].meaning);
        svlint_out("\n");
    }
}

/* Memory ----------------------------------------------------------------------------- */

void *svlint_allocate(void *old, size_t count, size_t size)
{
    void *room = reallocarray(old, count ? count : 1, size);

    if (!room) sv_dieusys(111, "allocate memory");
    return room;
}

char *svlint_join(char const *directory, char const *name)
{
    size_t length = directory ? strlen(directory) : 0, size = name ? strlen(name) : 0;
    int slash = length && size && directory[length - 1] != '/';
    char *path = svlint_allocate(0, length + size + 2, 1);

    if (length) memcpy(path, directory, length);
    if (slash) path[length++] = '/';
    if (size) memcpy(path + length, name, size);
    path[length + size] = 0;
    return path;
}
