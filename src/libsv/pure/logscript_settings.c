/* ISC license. */

/* logscript_settings.c: what the directives before an action make of it. */

#include <string.h>

#include <sv/logscript.h>

struct stamping {
    enum sv_logscript_kind kind;
    enum sv_logscript_stamp stamp;
};

static struct stamping const stampings[] = {
    {SV_LOGSCRIPT_TAI64N, SV_LOGSCRIPT_STAMP_TAI64N},
    {SV_LOGSCRIPT_SECONDS, SV_LOGSCRIPT_STAMP_SECONDS},
    {SV_LOGSCRIPT_LABEL, SV_LOGSCRIPT_STAMP_TAI64N},
    {SV_LOGSCRIPT_LOCAL, SV_LOGSCRIPT_STAMP_LOCAL},
    {SV_LOGSCRIPT_UTC, SV_LOGSCRIPT_STAMP_UTC},
    {SV_LOGSCRIPT_UTC_T, SV_LOGSCRIPT_STAMP_UTC_T},
    {SV_LOGSCRIPT_NO_STAMP, SV_LOGSCRIPT_STAMP_NONE},
};

/* The stamp behind a directive, if it was `stamp` before. */
static enum sv_logscript_stamp stamp_after(enum sv_logscript_kind kind,
                                           enum sv_logscript_stamp stamp)
{
    for (size_t i = 0; i < sizeof stampings / sizeof *stampings; i++)
        if (stampings[i].kind == kind) return stampings[i].stamp;
    return stamp;
}

enum sv_logscript_stamp sv_logscript_first_stamp(struct sv_logscript const *script)
{
    if (!script->count) return SV_LOGSCRIPT_STAMP_NONE;
    return stamp_after(script->directives->kind, SV_LOGSCRIPT_STAMP_NONE);
}

/*
 * The configured directives that hold for directives[index], as *begin to before *end:
 * those of the directory that it is, or that it is configured for. Otherwise none.
 */
static void find_configured(struct sv_logscript const *script, size_t index,
                            size_t *begin, size_t *end)
{
    size_t directory = index;

    while (directory < script->count && script->directives[directory].configured)
        directory++;
    *begin = *end = directory;
    if (directory == script->count
        || script->directives[directory].kind != SV_LOGSCRIPT_DIRECTORY)
        return;
    while (*begin && script->directives[*begin - 1].configured) --*begin;
}

static void apply_to_action(struct sv_logscript_action *action,
                            struct sv_logscript_directive const *setting)
{
    enum sv_logscript_kind kind = setting->kind;

    action->stamp = stamp_after(kind, action->stamp);
    if (kind == SV_LOGSCRIPT_PREFIX) action->prefix = setting->text;
    if (kind == SV_LOGSCRIPT_ALERT_BYTES)
        action->alert_bytes = setting->number ? setting->number : SV_LOGSCRIPT_HEAD;
    if (kind == SV_LOGSCRIPT_STATUS_BYTES) action->status_bytes = setting->number;
}

void sv_logscript_action(struct sv_logscript const *script, size_t index,
                         struct sv_logscript_action *action)
{
    size_t begin, end;

    *action = (struct sv_logscript_action){
        .stamp = SV_LOGSCRIPT_STAMP_NONE,
        .prefix = "",
        .alert_bytes = SV_LOGSCRIPT_ALERT_DEFAULT,
        .status_bytes = SV_LOGSCRIPT_STATUS_DEFAULT,
    };
    for (size_t i = 0; i < index; i++)
        if (!script->directives[i].configured)
            apply_to_action(action, script->directives + i);
    find_configured(script, index, &begin, &end);
    for (size_t i = begin; i < end; i++) apply_to_action(action, script->directives + i);
}

static void apply_to_directory(struct sv_logscript_directory *directory,
                               struct sv_logscript_directive const *setting)
{
    enum sv_logscript_kind kind = setting->kind;
    char const *text = setting->text;

    if (kind == SV_LOGSCRIPT_SIZE) directory->size = setting->number;
    if (kind == SV_LOGSCRIPT_FILES) directory->files = setting->number;
    if (kind == SV_LOGSCRIPT_KEPT) directory->kept = setting->number;
    if (kind == SV_LOGSCRIPT_TOTAL)
        directory->total = setting->number ? setting->number : SV_LOGSCRIPT_NUMBER_MAX;
    if (kind == SV_LOGSCRIPT_TOLERANCE) directory->tolerance = setting->number;
    if (kind == SV_LOGSCRIPT_AGE) directory->age_s = setting->number;
    if (kind == SV_LOGSCRIPT_PAUSE) directory->pause_ms = setting->number;
    if (kind == SV_LOGSCRIPT_PROCESSOR) directory->processor = *text ? text : NULL;
    if (kind == SV_LOGSCRIPT_SUFFIX) directory->suffix = text;
    if (kind == SV_LOGSCRIPT_SEND_ONLY) directory->silent = 1;
}

void sv_logscript_settings(struct sv_logscript const *script, size_t index,
                           struct sv_logscript_directory *directory)
{
    size_t begin, end;

    *directory = (struct sv_logscript_directory){
        .path = script->directives[index].text,
        .size = SV_LOGSCRIPT_SIZE_DEFAULT,
        .files = SV_LOGSCRIPT_FILES_DEFAULT,
        .kept = SV_LOGSCRIPT_NUMBER_MAX,
        .total = SV_LOGSCRIPT_NUMBER_MAX,
        .tolerance = SV_LOGSCRIPT_TOLERANCE_DEFAULT,
        .pause_ms = SV_LOGSCRIPT_PAUSE_DEFAULT,
        .suffix = SV_LOGSCRIPT_SUFFIX_DEFAULT,
    };
    for (size_t i = 0; i < index; i++)
        if (!script->directives[i].configured)
            apply_to_directory(directory, script->directives + i);
    find_configured(script, index, &begin, &end);
    for (size_t i = begin; i < end; i++)
        apply_to_directory(directory, script->directives + i);
    if (directory->tolerance > directory->size / 2)
        directory->tolerance = directory->size / 2;
}

/* Whether the REPLACE directive with this text replaces `byte`. */
static int replaces(char const *text, unsigned char byte)
{
    if (byte == '\n' || byte == (unsigned char)*text) return 0;
    return byte < 0x20 || byte > 0x7e || strchr(text + 1, byte);
}

/*
 * The byte that is put in place stays itself, also if an earlier directive replaced it,
 * and what an earlier one replaced by a byte that this one replaces follows it. So if
 * table[table[byte]] == table[byte] was true for every byte, it is true again.
 */
static void add_replacement(unsigned char table[256], char const *text)
{
    unsigned char in_place = (unsigned char)*text;

    for (unsigned int i = 0; i < 256; i++) {
        unsigned char byte = (unsigned char)i;
        if (byte == in_place || replaces(text, byte) || replaces(text, table[byte]))
            table[byte] = in_place;
    }
}

int sv_logscript_replacement(struct sv_logscript const *script, unsigned char table[256])
{
    int found = 0;

    for (size_t i = 0; i < script->count; i++) {
        if (script->directives[i].kind != SV_LOGSCRIPT_REPLACE) continue;
        if (!found)
            for (unsigned int byte = 0; byte < 256; byte++)
                table[byte] = (unsigned char)byte;
        found = 1;
        add_replacement(table, script->directives[i].text);
    }
    return found;
}
