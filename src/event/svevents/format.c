/* ISC license. */

/* Events as text: for people, as JSON, and as environment variables. */

#include <string.h>

#include <skalibs/types.h>

#include <sv/calendar.h>
#include <sv/control.h>
#include <sv/eventtext.h>
#include <sv/jsontext.h>
#include <sv/zone.h>

#include "svevents.h"

#define TIME_DECIMALS 3
#define EVENT_WIDTH 13 /* finish-failed */
#define PHASE_WIDTH 13 /* no run script */

/* A line that grows; what does not fit is left out. */
struct text {
    char *bytes;
    size_t length;
};

static void put_bytes(struct text *text, char const *bytes, size_t length)
{
    if (length > SVEVENTS_LINE - text->length) length = SVEVENTS_LINE - text->length;
    memcpy(text->bytes + text->length, bytes, length);
    text->length += length;
}

static void put(struct text *text, char const *more)
{
    put_bytes(text, more, strlen(more));
}

static void put_number(struct text *text, uint64_t number)
{
    char digits[UINT64_FMT];

    put_bytes(text, digits, uint64_fmt(digits, number));
}

/* The word, and blanks up to the next column. */
static void put_column(struct text *text, char const *word, size_t width)
{
    size_t length = strlen(word);

    put(text, word);
    for (; length < width + 2; length++) put(text, " ");
}

/* A name for people: no byte of it can drive a terminal. */
static void put_visible(struct text *text, char const *name, size_t width)
{
    size_t length = 0;

    for (; *name; name++, length++)
        put_bytes(text, (unsigned char)*name < ' ' || *name == 0x7F ? "?" : name, 1);
    for (; length < width + 2; length++) put(text, " ");
}

/* Fields --------------------------------------------------------------------------- */

enum kind {
    KIND_TEXT,
    KIND_NAME,   /* a word in capitals, to be shown in small letters */
    KIND_NUMBER, /* one that may be missing */
    KIND_TIME
};

struct value {
    enum kind kind;
    unsigned int is_there : 1;
    uint64_t number;
    char const *text;
};

/* In this order; the name is that in JSON, and in capitals that of the variable. */
#define FIELDS(X) \
    X(service, SERVICE) \
    X(serial, SERIAL) \
    X(time, TIME) \
    X(monotonic, MONOTONIC) \
    X(event, EVENT) \
    X(missed, MISSED) \
    X(phase, PHASE) \
    X(wanted, WANTED) \
    X(pid, PID) \
    X(ending, ENDING) \
    X(endingvalue, ENDINGVALUE) \
    X(cause, CAUSE) \
    X(causedetail, CAUSEDETAIL) \
    X(causeuid, CAUSEUID) \
    X(token, TOKEN) \
    X(why, WHY)

enum field {
#define FIELD_ENUM(name, variable) FIELD_##name,
    FIELDS(FIELD_ENUM)
#undef FIELD_ENUM
        FIELD_COUNT
};

static struct {
    char const *name;
    char const *variable;
} const fields[FIELD_COUNT] = {
#define FIELD_WORDS(name, variable) {#name, "SVEVENT_" #variable "="},
    FIELDS(FIELD_WORDS)
#undef FIELD_WORDS
};

static char const *const endings[SV_ENDING_COUNT] = {
    [SV_ENDING_NONE] = "none",     [SV_ENDING_EXIT] = "exit",
    [SV_ENDING_SIGNAL] = "signal", [SV_ENDING_EXEC] = "exec",
    [SV_ENDING_FORK] = "fork",     [SV_ENDING_UNKNOWN] = "unknown"};

static char const *const causes[SV_CAUSE_COUNT] = {
#define CAUSE_NAME(name, meaning) [SV_CAUSE_##name] = #name,
    SV_CAUSES(CAUSE_NAME)
#undef CAUSE_NAME
};

static struct value words(char const *text)
{
    return (struct value){.kind = KIND_TEXT, .is_there = 1, .text = text};
}

static struct value number(uint64_t value, int is_there)
{
    return (
        struct value){.kind = KIND_NUMBER, .is_there = is_there != 0, .number = value};
}

/* What is known of entries that were missed. */
static struct value value_of_missed(struct item const *item, enum field field)
{
    if (field == FIELD_service) return words(item->service);
    if (field == FIELD_event) return words("missed");
    if (field == FIELD_missed) return number(item->missed, 1);
    return number(item->entry.serial - 1, field == FIELD_serial);
}

/* `why` has been made of the entry. */
static struct value value_of(struct item const *item, enum field field, char const *why)
{
    struct sv_journal_entry const *entry = &item->entry;

    if (item->missed) return value_of_missed(item, field);
    switch (field) {
    case FIELD_service: return words(item->service);
    case FIELD_serial: return number(entry->serial, 1);
    case FIELD_time: return (struct value){.kind = KIND_TIME, .is_there = 1};
    case FIELD_monotonic: return number(entry->monotonic_ms, 1);
    case FIELD_event:
        return words(sv_machine_event_word((enum sv_event_kind)entry->event));
    case FIELD_missed: return number(0, 0);
    case FIELD_phase: return words(sv_machine_phase_word((enum sv_phase)entry->phase));
    case FIELD_wanted:
        return words(sv_machine_wanted_word((enum sv_wanted)entry->wanted));
    case FIELD_pid: return number(entry->pid, entry->pid != 0);
    case FIELD_ending: return words(endings[entry->ending]);
    case FIELD_endingvalue:
        return number(entry->ending_value, entry->ending != SV_ENDING_NONE
                                               && entry->ending != SV_ENDING_UNKNOWN);
    case FIELD_cause:
        return (
            struct value){.kind = KIND_NAME, .is_there = 1, .text = causes[entry->cause]};
    case FIELD_causedetail: return number(entry->cause_detail, 1);
    case FIELD_causeuid:
        return number(entry->cause_uid, entry->cause_uid != SV_CONTROL_UID_UNKNOWN);
    case FIELD_token: return number(entry->token, entry->token != 0);
    case FIELD_why: return words(why);
    case FIELD_COUNT: break; /* cannot happen: it is none */
    }
    return number(0, 0);
}

static void put_small(struct text *text, char const *name)
{
    for (; *name; name++) {
        char const small = *name == '_' ? '-' : (char)(*name | 0x20);
        put_bytes(text, &small, 1);
    }
}

/* YYYY-MM-DDTHH:MM:SS.nnnnnnnnnZ */
static void put_utc(struct text *text, struct timespec const *when)
{
    char stamp[SV_CALENDAR_TEXT];

    sv_calendar_format(stamp, when, 0, 'T', 9);
    put_bytes(text, stamp, sizeof stamp);
    put(text, "Z");
}

/* JSON ------------------------------------------------------------------------------ */

static void put_string(struct text *text, char const *string)
{
    char escaped[SV_JSONTEXT_MAX];
    unsigned int length;
    int is_utf8;

    while ((length = sv_jsontext_next(escaped, &string, &is_utf8)))
        put_bytes(text, escaped, length);
}

static void put_json_value(struct text *text, struct item const *item,
                           struct value const *value)
{
    if (!value->is_there) {
        put(text, "null");
        return;
    }
    if (value->kind == KIND_NUMBER) {
        put_number(text, value->number);
        return;
    }
    put(text, "\"");
    if (value->kind == KIND_TIME) put_utc(text, &item->entry.when);
    if (value->kind == KIND_NAME) put_small(text, value->text);
    if (value->kind == KIND_TEXT) put_string(text, value->text);
    put(text, "\"");
}

static void put_json(struct text *text, struct item const *item, char const *why)
{
    for (unsigned int field = 0; field < FIELD_COUNT; field++) {
        struct value value = value_of(item, (enum field)field, why);
        if (item->missed && !value.is_there) continue;
        if (field == FIELD_missed && !value.is_there) continue;
        put(text, field ? ",\"" : "{\"");
        put(text, fields[field].name);
        put(text, "\":");
        put_json_value(text, item, &value);
    }
    put(text, "}");
}

/* For people --------------------------------------------------------------------------
 */

static void put_line(struct text *text, struct svevents const *events,
                     struct item const *item, char const *why)
{
    struct sv_journal_entry const *entry = &item->entry;
    char stamp[SV_CALENDAR_TEXT];

    sv_calendar_format(stamp, &entry->when, sv_zone_offset(entry->when.tv_sec), ' ',
                       TIME_DECIMALS);
    put_bytes(text, stamp, SV_CALENDAR_TEXT - 9 + TIME_DECIMALS);
    put(text, "  ");
    put_visible(text, item->service, events->width);
    if (item->missed) {
        put_column(text, "missed", EVENT_WIDTH);
        put_number(text, item->missed);
        put(text, item->missed == 1 ? " event" : " events");
        return;
    }
    put_column(text, sv_machine_event_word((enum sv_event_kind)entry->event),
               EVENT_WIDTH);
    put_column(text, sv_machine_phase_word((enum sv_phase)entry->phase), PHASE_WIDTH);
    put(text, why);
}

size_t svevents_format(struct svevents const *events, struct item const *item,
                       char line[SVEVENTS_LINE])
{
    struct text text = {.bytes = line, .length = 0};
    char why[SV_EVENTTEXT];

    sv_eventtext(why, &item->entry, 0);
    if (events->choice.json)
        put_json(&text, item, why);
    else
        put_line(&text, events, item, why);
    while (text.length && line[text.length - 1] == ' ') text.length--;
    if (text.length == SVEVENTS_LINE) text.length--; /* a name of more than its room */
    put(&text, "\n");
    return text.length;
}

size_t svevents_format_environment(struct item const *item, char strings[SVEVENTS_LINE])
{
    struct text text = {.bytes = strings, .length = 0};
    char why[SV_EVENTTEXT];

    sv_eventtext(why, &item->entry, 0);
    for (unsigned int field = 0; field < FIELD_COUNT; field++) {
        struct value value = value_of(item, (enum field)field, why);
        if (!value.is_there) continue;
        put(&text, fields[field].variable);
        if (value.kind == KIND_NUMBER) put_number(&text, value.number);
        if (value.kind == KIND_TIME) put_utc(&text, &item->entry.when);
        if (value.kind == KIND_NAME) put_small(&text, value.text);
        if (value.kind == KIND_TEXT) put(&text, value.text);
        put_bytes(&text, "", 1);
    }
    strings[SVEVENTS_LINE - 1] = 0; /* if it was too long */
    return text.length;
}
