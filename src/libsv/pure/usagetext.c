/* ISC license. */

#include <string.h>

#include <sv/usagetext.h>

/* Fields of /proc/PID/stat, counted from 1. */
#define FIELD_STATE 3
#define FIELD_UTIME 14
#define FIELD_CSTIME 17
#define FIELD_RSS 24

#define MOST (UINT64_MAX / 64) /* so that sums of a few never overflow */

/* Returns how many bytes the decimal number at text[length] has; 0 if there is none. */
static size_t take_number(char const *text, size_t length, uint64_t *value)
{
    size_t i = 0;

    for (*value = 0; i < length && text[i] >= '0' && text[i] <= '9'; i++) {
        if (*value > MOST / 10 - 1) return 0;
        *value = 10 * *value + (uint64_t)(text[i] - '0');
    }
    return i;
}

/* The program's name stands in parentheses and may hold some itself: the last one ends
 * it. */
int sv_usagetext_process(char const *text, size_t length, struct sv_usagetext *usage)
{
    char const *end = text + length, *at = memrchr(text, ')', length);
    unsigned int field = FIELD_STATE;

    *usage = (struct sv_usagetext){.ticks = 0};
    if (!at || end - at < 3) return 0;
    at += 2;
    while (field <= FIELD_RSS) {
        int is_ticks = field >= FIELD_UTIME && field <= FIELD_CSTIME;
        uint64_t value;
        /* times of children are signed: a kernel that counts wrongly is not believed */
        if (is_ticks || field == FIELD_RSS) {
            if (!take_number(at, (size_t)(end - at), &value)) return 0;
            if (is_ticks)
                usage->ticks += value;
            else
                usage->pages = value;
        }
        if (field++ == FIELD_RSS) return 1;
        at = memchr(at, ' ', (size_t)(end - at));
        if (!at) return 0;
        at++;
    }
    return 0; /* cannot happen: the loop ends at FIELD_RSS */
}

int sv_usagetext_line(char const *text, size_t length, char const *name, uint64_t *value)
{
    char const *end = text + length;
    size_t size = strlen(name);

    while (text < end) {
        char const *newline = memchr(text, '\n', (size_t)(end - text));
        char const *line_end = newline ? newline : end;
        size_t line = (size_t)(line_end - text);
        if (line > size + 1 && !memcmp(text, name, size) && text[size] == ' ')
            return take_number(text + size + 1, line - size - 1, value)
                   == line - size - 1;
        text = newline ? newline + 1 : end;
    }
    return 0;
}
