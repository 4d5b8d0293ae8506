/* ISC license. */

/*
 * Fields for programs: svstat -o, svstat -j.
 */

#include <string.h>

#include <sv/jsontext.h>
#include <sv/message.h>
#include <sv/stamp.h>

#include "fields.h"

static struct {
    char const *name;
    char const *meaning;
} const fields[FIELD_COUNT] = {
#define SVSTAT_FIELD_WORDS(name, meaning) {#name, meaning},
    SVSTAT_FIELDS(SVSTAT_FIELD_WORDS)
#undef SVSTAT_FIELD_WORDS
};

#define CHOSEN_MAX 128 /* one may be chosen twice, but not for ever */

static enum field chosen[CHOSEN_MAX];
static unsigned int chosen_count;

static enum field find(char const *name, size_t length)
{
    unsigned int field = 0;

    while (field < FIELD_COUNT
           && (strncmp(fields[field].name, name, length) || fields[field].name[length]))
        field++;
    return (enum field)field;
}

static void die_unknown(char const *name, size_t length)
{
    char shown[64];

    if (length >= sizeof shown) length = sizeof shown - 1;
    memcpy(shown, name, length);
    shown[length] = 0;
    sv_die(100, "unknown field: ", shown);
}

void svstat_choose_fields(char const *list)
{
    while (1) {
        size_t length = strcspn(list, ",");
        enum field field = find(list, length);
        if (field == FIELD_COUNT) die_unknown(list, length);
        if (chosen_count == CHOSEN_MAX) sv_die(100, "too many fields");
        chosen[chosen_count++] = field;
        if (!list[length]) return;
        list += length + 1;
    }
}

void svstat_put_field_help(void)
{
    static char const blanks[] = "               ";

    for (unsigned int field = 0; field < FIELD_COUNT; field++) {
        size_t width = strlen(fields[field].name);
        out("  ");
        out(fields[field].name);
        out(width < sizeof blanks ? blanks + width : " ");
        out(fields[field].meaning);
        out("\n");
    }
}

static void put_name(char const *name)
{
    for (; *name; name++) {
        char const small = *name == '_' ? '-' : (char)(*name | 0x20);
        out_bytes(&small, 1);
    }
}

static void put_stamp(struct timespec const *when)
{
    char text[SV_STAMP_TEXT];

    sv_stamp_format(text, when);
    out_bytes(text, sizeof text);
}

/* One word of it: a reader that splits at blanks must find as many fields as it asked
 * for. */
static void put_joined(char const *text)
{
    for (; *text; text++) out_bytes(*text == ' ' ? "-" : text, 1);
}

static void put_value(struct reading const *reading, struct value const *value)
{
    char const *parts[SVSTAT_TROUBLE_PARTS];
    char const letter = (char)value->number;
    unsigned int count;

    switch (value->kind) {
    case VALUE_NONE: out("NA"); break;
    case VALUE_NO_NUMBER: out("-1"); break;
    case VALUE_FLAG: out(value->number ? "true" : "false"); break;
    case VALUE_NUMBER: out_signed(value->number); break;
    case VALUE_SECONDS: out_seconds(value->number, 3); break;
    case VALUE_NAME: put_name(value->text); break;
    case VALUE_WORDS: put_joined(value->text); break;
    case VALUE_BYTES: out(value->text); break;
    case VALUE_LETTER: out_bytes(&letter, 1); break;
    case VALUE_SIGNAL: out_signal((uint32_t)value->number); break;
    case VALUE_STAMP: put_stamp(&value->stamp); break;
    case VALUE_TREE:
        if (svstat_read_tree(reading, (pid_t)value->number))
            svstat_put_tree();
        else
            out("NA");
        break;
    case VALUE_TROUBLE:
        count = svstat_trouble(reading, parts);
        for (unsigned int i = 0; i < count; i++) put_joined(parts[i]);
        break;
    }
}

void svstat_put_fields(struct reading const *reading)
{
    for (unsigned int i = 0; i < chosen_count; i++) {
        struct value value = svstat_value(reading, chosen[i]);
        if (i) out(" ");
        put_value(reading, &value);
    }
    out("\n");
}

static void put_hex(unsigned char byte)
{
    static char const digits[] = "0123456789abcdef";

    out_bytes(&digits[byte >> 4], 1);
    out_bytes(&digits[byte & 15], 1);
}

int svstat_put_escaped(char const *text)
{
    char escaped[SV_JSONTEXT_MAX];
    unsigned int length;
    int is_utf8 = 1;

    while ((length = sv_jsontext_next(escaped, &text, &is_utf8)))
        out_bytes(escaped, length);
    return is_utf8;
}

static void put_json_bytes(char const *text)
{
    out("\"");
    int is_utf8 = svstat_put_escaped(text);
    out("\"");
    if (is_utf8) return;
    out(",\"servicehex\":\"");
    for (; *text; text++) put_hex((unsigned char)*text);
    out("\"");
}

static void put_json_value(struct reading const *reading, struct value const *value)
{
    char const *parts[SVSTAT_TROUBLE_PARTS];
    char const letter[] = {(char)value->number, 0};
    unsigned int count;

    switch (value->kind) {
    case VALUE_NONE:
    case VALUE_NO_NUMBER: out("null"); break;
    case VALUE_FLAG:
    case VALUE_NUMBER:
    case VALUE_SECONDS: put_value(reading, value); break;
    case VALUE_BYTES: put_json_bytes(value->text); break;
    case VALUE_TREE:
        (void)svstat_read_tree(reading, (pid_t)value->number); /* [] if there is none */
        svstat_put_tree_json();
        break;
    case VALUE_NAME:
    case VALUE_SIGNAL:
    case VALUE_STAMP:
        out("\"");
        put_value(reading, value);
        out("\"");
        break;
    case VALUE_LETTER:
    case VALUE_WORDS:
        out("\"");
        (void)svstat_put_escaped(
            value->kind == VALUE_LETTER ? letter : value->text); /* is ASCII */
        out("\"");
        break;
    case VALUE_TROUBLE:
        out("\"");
        count = svstat_trouble(reading, parts);
        for (unsigned int i = 0; i < count; i++)
            (void)svstat_put_escaped(
                parts[i]); /* for people; the path is no UTF-8 at worst */
        out("\"");
        break;
    }
}

void svstat_put_json(struct reading const *reading)
{
    unsigned int count = chosen_count ? chosen_count : FIELD_COUNT;

    out("{");
    for (unsigned int i = 0; i < count; i++) {
        enum field field = chosen_count ? chosen[i] : (enum field)i;
        struct value value = svstat_value(reading, field);
        out(i ? ",\"" : "\"");
        out(fields[field].name);
        out("\":");
        put_json_value(reading, &value);
    }
    out("}\n");
}
