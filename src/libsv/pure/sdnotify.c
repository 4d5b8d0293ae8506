/* ISC license. */

#include <string.h>

#include <sv/sdnotify.h>

/* clang-format off */
#define VARIABLES(X) \
    X(READY,         "READY=") \
    X(RELOADING,     "RELOADING=") \
    X(STOPPING,      "STOPPING=") \
    X(STATUS,        "STATUS=") \
    X(ERRNO,         "ERRNO=") \
    X(MAINPID,       "MAINPID=") \
    X(WATCHDOG,      "WATCHDOG=") \
    X(WATCHDOG_USEC, "WATCHDOG_USEC=") \
    X(EXTEND,        "EXTEND_TIMEOUT_USEC=") \
    X(BARRIER,       "BARRIER=")
/* clang-format on */

enum variable {
#define VARIABLE_ENUM(name, text) NAME_##name,
    VARIABLES(VARIABLE_ENUM)
#undef VARIABLE_ENUM
        NAME_COUNT
};

struct text {
    char const *at;
    size_t length;
};

static int is_text(struct text value, char const *text)
{
    size_t length = strlen(text);

    return value.length == length && !memcmp(value.at, text, length);
}

/* The variable that the line begins with, taken off it; NAME_COUNT: none of ours. */
static enum variable take_name(struct text *line)
{
    static char const *const names[] = {
#define VARIABLE_NAME(name, text) text,
        VARIABLES(VARIABLE_NAME)
#undef VARIABLE_NAME
    };

    for (unsigned int i = 0; i < NAME_COUNT; i++) {
        size_t length = strlen(names[i]);
        if (line->length < length || memcmp(line->at, names[i], length)) continue;
        line->at += length;
        line->length -= length;
        return (enum variable)i;
    }
    return NAME_COUNT;
}

/* Decimal digits and nothing else, at most `max`. */
static int parse_number(struct text value, uint64_t max, uint64_t *number)
{
    uint64_t sum = 0;

    if (!value.length) return 0;
    for (size_t i = 0; i < value.length; i++) {
        if (value.at[i] < '0' || value.at[i] > '9') return 0;
        uint64_t digit = (uint64_t)(value.at[i] - '0');
        if (sum > (max - digit) / 10) return 0;
        sum = sum * 10 + digit;
    }
    *number = sum;
    return 1;
}

static int take_errno(struct sv_sdnotify *notify, struct text value)
{
    uint64_t number;

    if (!parse_number(value, SV_SDNOTIFY_ERRNO_MAX, &number)) return 0;
    notify->has_errno = 1;
    notify->error_number = (int)number;
    return 1;
}

static int take_main_pid(struct sv_sdnotify *notify, struct text value)
{
    uint64_t number;

    if (!parse_number(value, INT32_MAX, &number) || !number) return 0;
    notify->main_pid = (int)number;
    return 1;
}

static int take_watchdog(struct sv_sdnotify *notify, struct text value)
{
    notify->watchdog = is_text(value, "1");
    notify->watchdog_trigger = is_text(value, "trigger");
    return notify->watchdog || notify->watchdog_trigger;
}

/* Returns 0 if it is no value for that variable; then nothing is set. */
static int take_value(struct sv_sdnotify *notify, enum variable variable,
                      struct text value)
{
    int is_one = is_text(value, "1");

    switch (variable) {
    case NAME_READY: notify->ready = is_one; return is_one;
    case NAME_RELOADING: notify->reloading = is_one; return is_one;
    case NAME_STOPPING: notify->stopping = is_one; return is_one;
    case NAME_BARRIER: notify->barrier = is_one; return is_one;
    case NAME_STATUS:
        notify->has_status = 1;
        notify->status = value.at;
        notify->status_length = value.length;
        return 1;
    case NAME_ERRNO: return take_errno(notify, value);
    case NAME_MAINPID: return take_main_pid(notify, value);
    case NAME_WATCHDOG: return take_watchdog(notify, value);
    case NAME_WATCHDOG_USEC:
        notify->has_watchdog_usec =
            parse_number(value, UINT64_MAX, &notify->watchdog_usec);
        return notify->has_watchdog_usec;
    case NAME_EXTEND:
        notify->has_extend_usec = parse_number(value, UINT64_MAX, &notify->extend_usec);
        return notify->has_extend_usec;
    case NAME_COUNT: break; /* a variable that we do not know may hold anything */
    }
    return 1;
}

/* The next line, taken off *rest. A carriage return ends it, too, as in systemd. */
static struct text take_line(struct text *rest)
{
    struct text line = {rest->at, 0};

    while (line.length < rest->length && line.at[line.length] != '\n'
           && line.at[line.length] != '\r')
        line.length++;
    size_t taken = line.length < rest->length ? line.length + 1 : line.length;
    rest->at += taken;
    rest->length -= taken;
    return line;
}

int sv_sdnotify_parse(struct sv_sdnotify *notify, char const *message, size_t length)
{
    struct text rest = {message, length};
    unsigned int seen = 0; /* bit N: variable N */

    *notify = (struct sv_sdnotify){.ready = 0};
    while (rest.length && !rest.at[rest.length - 1]) rest.length--;
    if (rest.length && memchr(rest.at, 0, rest.length)) {
        notify->malformed = 1;
        return 0;
    }
    while (rest.length) {
        struct text line = take_line(&rest);
        enum variable variable = take_name(&line);
        if (seen & 1u << variable) continue;
        if (variable != NAME_COUNT) seen |= 1u << variable;
        if (!take_value(notify, variable, line)) notify->malformed = 1;
    }
    return 1;
}

int64_t sv_sdnotify_ms(uint64_t usec)
{
    return (int64_t)(usec / 1000 + (usec % 1000 != 0));
}

size_t sv_sdnotify_copy_status(char *out, size_t size, char const *status, size_t length)
{
    if (length >= size) {
        length = size - 1;
        while (length && ((unsigned char)status[length] & 0xc0) == 0x80) length--;
    }
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)status[i];
        out[i] = (char)(byte < ' ' || byte == 0x7f ? '?' : byte);
    }
    out[length] = 0;
    return length;
}
