/* ISC license. */

#include <string.h>

#include <skalibs/sig.h>

#include <sv/setting.h>

#define VALUE_MAX 1024 /* longest first line that is looked at */
#define SIGNAL_MAX 31  /* real-time signals stop nothing by default */
#define TIME_MAX_MS 2147483647u
#define DESCRIPTOR_MAX 1023

void sv_setting_defaults(struct sv_settings *settings)
{
    *settings = (struct sv_settings){
        .down_signal = SIGTERM,
        .reload_signal = SIGHUP,
        .timeout_kill_ms = 0,
        .timeout_finish_ms = 5000,
        .max_death_tally = 100,
        .restart = SV_RESTART_ALWAYS,
        .success = {1},
        .delay_shortest_ms = 1000,
        .delay_longest_ms = 60000,
        .kill_mode = SV_KILL_PROCESS,
        .watchdog_signal = SIGABRT,
        .check_first_ms = 1000,
        .check_later_ms = 10000,
        .check_timeout_ms = 5000,
        .check_successes = 1,
        .timeout_control_ms = 5000,
    };
}

char const *sv_setting_file(enum sv_setting which)
{
    static char const *const files[] = {
#define SV_SETTING_FILE(name, file, holds) file,
        SV_SETTINGS(SV_SETTING_FILE)
#undef SV_SETTING_FILE
    };
    return files[which];
}

char const *sv_setting_holds(enum sv_setting which)
{
    static char const *const holds_what[] = {
#define SV_SETTING_HOLDS(name, file, holds) holds,
        SV_SETTINGS(SV_SETTING_HOLDS)
#undef SV_SETTING_HOLDS
    };
    return holds_what[which];
}

int sv_setting_is_success(struct sv_settings const *settings, unsigned int code)
{
    return settings->success[code / 8] >> code % 8 & 1;
}

static int is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r';
}

/* Reads blanks and a decimal number up to `max` at *text; moves *text behind it. */
static int take_number(char const **text, uint32_t max, uint32_t *number)
{
    char const *at = *text;
    uint64_t value = 0;

    while (is_blank(*at)) at++;
    if (*at < '0' || *at > '9') return 0;
    for (; *at >= '0' && *at <= '9'; at++) {
        value = value * 10 + (uint64_t)(*at - '0');
        if (value > max) return 0;
    }
    if (*at && !is_blank(*at)) return 0;
    *text = at;
    *number = (uint32_t)value;
    return 1;
}

static int is_over(char const *text)
{
    while (is_blank(*text)) text++;
    return !*text;
}

static int parse_number(char const *text, uint32_t max, uint32_t *number)
{
    uint32_t value;

    if (!take_number(&text, max, &value) || !is_over(text)) return 0;
    *number = value;
    return 1;
}

static int parse_two_numbers(char const *text, uint32_t max, uint32_t *first,
                             uint32_t *second)
{
    uint32_t one, two;

    if (!take_number(&text, max, &one) || !take_number(&text, max, &two)
        || !is_over(text))
        return 0;
    *first = one;
    *second = two;
    return 1;
}

/* A name with or without SIG, or a number. */
static int parse_signal(char const *text, int *signal_number)
{
    uint32_t number;
    int value;

    if (parse_number(text, SIGNAL_MAX, &number))
        value = (int)number;
    else if (!sig0_scan(text, &value))
        return 0;
    if (value < 1 || value > SIGNAL_MAX) return 0;
    *signal_number = value;
    return 1;
}

static int parse_success_codes(char const *text, unsigned char *success)
{
    unsigned char codes[256 / 8] = {0};
    uint32_t code;

    if (is_over(text)) return 0;
    while (!is_over(text)) {
        if (!take_number(&text, 255, &code)) return 0;
        codes[code / 8] |= (unsigned char)(1 << code % 8);
    }
    memcpy(success, codes, sizeof codes);
    return 1;
}

/* The position of `text` among `count` words, -1 if it is none of them. */
static int parse_word(char const *text, char const *const *words, int count)
{
    for (int i = 0; i < count; i++)
        if (!strcmp(text, words[i])) return i;
    return -1;
}

static int parse_restart(char const *text, enum sv_restart *restart)
{
    static char const *const words[] = {"always", "on-failure", "never"};
    int found = parse_word(text, words, 3);

    if (found >= 0) *restart = (enum sv_restart)found;
    return found >= 0;
}

static int parse_kill_mode(char const *text, enum sv_kill_mode *kill_mode)
{
    static char const *const words[] = {"process", "group", "tree"};
    int found = parse_word(text, words, 3);

    if (found >= 0) *kill_mode = (enum sv_kill_mode)found;
    return found >= 0;
}

/* How often run forks and leaves the rest to the child: the number is the word's. */
static int parse_expect(char const *text, unsigned int *forks)
{
    static char const *const words[] = {"fork", "daemon"};
    int found = parse_word(text, words, 2);

    if (found >= 0) *forks = (unsigned int)found + 1;
    return found >= 0;
}

static int parse_delay(char const *text, struct sv_settings *settings)
{
    uint32_t shortest_ms, longest_ms;

    if (parse_number(text, TIME_MAX_MS, &shortest_ms))
        longest_ms = shortest_ms > settings->delay_longest_ms
                         ? shortest_ms
                         : settings->delay_longest_ms;
    else if (!parse_two_numbers(text, TIME_MAX_MS, &shortest_ms, &longest_ms))
        return 0;
    if (longest_ms < shortest_ms) return 0;
    settings->delay_shortest_ms = shortest_ms;
    settings->delay_longest_ms = longest_ms;
    return 1;
}

static int parse_limit(char const *text, struct sv_settings *settings)
{
    uint32_t deaths, seconds;

    if (!parse_two_numbers(text, TIME_MAX_MS, &deaths, &seconds)) return 0;
    if (deaths >= SV_TALLY_MAX || !seconds) return 0;
    settings->limit_deaths = deaths;
    settings->limit_seconds = seconds;
    return 1;
}

static int parse_from_one(char const *text, uint32_t max, uint32_t *number)
{
    uint32_t value;

    if (!parse_number(text, max, &value) || !value) return 0;
    *number = value;
    return 1;
}

static int parse_descriptor(char const *text, unsigned int *fd)
{
    uint32_t number;

    if (!parse_number(text, DESCRIPTOR_MAX, &number) || number < 3) return 0;
    *fd = number;
    return 1;
}

static int parse_socket(char const *text, char *path)
{
    size_t length = strlen(text);

    if (!strcmp(text, "abstract")) {
        memcpy(path, "@", 2);
        return 1;
    }
    if (*text != '/' || length >= SV_SOCKET_MAX) return 0;
    memcpy(path, text, length + 1);
    return 1;
}

static int parse_interval(char const *text, struct sv_settings *settings)
{
    uint32_t first_ms, later_ms;

    if (parse_number(text, TIME_MAX_MS, &first_ms))
        later_ms = first_ms;
    else if (!parse_two_numbers(text, TIME_MAX_MS, &first_ms, &later_ms))
        return 0;
    if (!first_ms || !later_ms) return 0;
    settings->check_first_ms = first_ms;
    settings->check_later_ms = later_ms;
    return 1;
}

/* One number: so many in a row. */
static int parse_health(char const *text, struct sv_settings *settings)
{
    uint32_t failures, checks;

    if (parse_number(text, SV_HEALTH_MAX, &failures))
        checks = failures;
    else if (!parse_two_numbers(text, SV_HEALTH_MAX, &failures, &checks))
        return 0;
    if (!failures || checks < failures) return 0;
    settings->health_failures = failures;
    settings->health_checks = checks;
    return 1;
}

/*
 * Copies the first line without the blanks around it, NUL-terminated, to line[VALUE_MAX +
 * 1]. Returns 0 if it is too long or holds a NUL.
 */
static int first_line(char *line, char const *text, size_t length)
{
    char const *newline = memchr(text, '\n', length);

    if (newline) length = (size_t)(newline - text);
    while (length && is_blank(*text)) text++, length--;
    while (length && is_blank(text[length - 1])) length--;
    if (length > VALUE_MAX || memchr(text, 0, length)) return 0;
    memcpy(line, text, length);
    line[length] = 0;
    return 1;
}

int sv_setting_parse(struct sv_settings *settings, enum sv_setting which,
                     char const *text, size_t length)
{
    char line[VALUE_MAX + 1];

    if (!first_line(line, text, length)) return 0;
    switch (which) {
    case SV_SETTING_DOWN_SIGNAL: return parse_signal(line, &settings->down_signal);
    case SV_SETTING_RELOAD_SIGNAL: return parse_signal(line, &settings->reload_signal);
    case SV_SETTING_TIMEOUT_KILL:
        return parse_number(line, TIME_MAX_MS, &settings->timeout_kill_ms);
    case SV_SETTING_TIMEOUT_FINISH:
        return parse_number(line, TIME_MAX_MS, &settings->timeout_finish_ms);
    case SV_SETTING_DEATH_TALLY:
        return parse_number(line, SV_TALLY_MAX, &settings->max_death_tally);
    case SV_SETTING_RESTART: return parse_restart(line, &settings->restart);
    case SV_SETTING_SUCCESS_CODES: return parse_success_codes(line, settings->success);
    case SV_SETTING_RESTART_DELAY: return parse_delay(line, settings);
    case SV_SETTING_RESTART_LIMIT: return parse_limit(line, settings);
    case SV_SETTING_KILL_MODE: return parse_kill_mode(line, &settings->kill_mode);
    case SV_SETTING_EXPECT: return parse_expect(line, &settings->expected_forks);
    case SV_SETTING_NOTIFICATION_FD:
        return parse_descriptor(line, &settings->notification_fd);
    case SV_SETTING_NOTIFY_SOCKET: return parse_socket(line, settings->notify_socket);
    case SV_SETTING_TIMEOUT_READY:
        return parse_number(line, TIME_MAX_MS, &settings->timeout_ready_ms);
    case SV_SETTING_WATCHDOG:
        return parse_number(line, TIME_MAX_MS, &settings->watchdog_ms);
    case SV_SETTING_WATCHDOG_SIGNAL:
        return parse_signal(line, &settings->watchdog_signal);
    case SV_SETTING_CHECK_INTERVAL: return parse_interval(line, settings);
    case SV_SETTING_CHECK_TIMEOUT:
        return parse_from_one(line, TIME_MAX_MS, &settings->check_timeout_ms);
    case SV_SETTING_CHECK_SUCCESSES:
        return parse_from_one(line, 1000, &settings->check_successes);
    case SV_SETTING_HEALTH: return parse_health(line, settings);
    case SV_SETTING_TIMEOUT_CONTROL:
        return parse_number(line, TIME_MAX_MS, &settings->timeout_control_ms);
    case SV_SETTING_COUNT: break; /* cannot happen: no setting */
    }
    return 0;
}
