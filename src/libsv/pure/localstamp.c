/* ISC license. */

#include <string.h>

#include <sv/localstamp.h>

#define SECONDS_LENGTH 17    /* of a label: "@" and the digits of its seconds */
#define NANOSECONDS_LENGTH 8 /* the digits behind them */
#define NANOSECONDS_MAX 999999999u
#define DECIMALS 9
#define TEXT_LENGTH (SV_CALENDAR_TEXT - DECIMALS) /* of YYYY-MM-DD HH:MM:SS. */

/* Hexadecimal digits: their value, and a bit that says that they are digits. */
#define DIGIT 16
static unsigned char const digits[256] = {
    ['0'] = DIGIT,      ['1'] = DIGIT | 1,  ['2'] = DIGIT | 2,  ['3'] = DIGIT | 3,
    ['4'] = DIGIT | 4,  ['5'] = DIGIT | 5,  ['6'] = DIGIT | 6,  ['7'] = DIGIT | 7,
    ['8'] = DIGIT | 8,  ['9'] = DIGIT | 9,  ['a'] = DIGIT | 10, ['b'] = DIGIT | 11,
    ['c'] = DIGIT | 12, ['d'] = DIGIT | 13, ['e'] = DIGIT | 14, ['f'] = DIGIT | 15,
    ['A'] = DIGIT | 10, ['B'] = DIGIT | 11, ['C'] = DIGIT | 12, ['D'] = DIGIT | 13,
    ['E'] = DIGIT | 14, ['F'] = DIGIT | 15,
};

/* Makes the second of the label at `label` the known one. Returns 0 if it is no label. */
static int learn(struct sv_localstamp *state, char const *label)
{
    char text[SV_CALENDAR_TEXT];
    struct timespec when;

    if (!sv_stamp_scan(label, SV_STAMP_TEXT, &when)) return 0;
    int64_t seconds = when.tv_sec;
    long offset_s = state->offset_s(when.tv_sec);
    if (seconds < SV_CALENDAR_FIRST - offset_s || seconds > SV_CALENDAR_LAST - offset_s)
        return 0;
    sv_calendar_format(text, &when, offset_s, ' ', DECIMALS);
    memcpy(state->text, text, TEXT_LENGTH);
    memcpy(state->digits, label, SECONDS_LENGTH);
    state->known = 1;
    return 1;
}

/* Returns 0 if what is there is no number of nanoseconds. */
static int show_nanoseconds(char *text, char const *label)
{
    unsigned int all = DIGIT;
    uint32_t value = 0;

    for (unsigned int i = 0; i < NANOSECONDS_LENGTH; i++) {
        unsigned int digit = digits[(unsigned char)label[i]];
        all &= digit;
        value = value << 4 | (digit & ~(unsigned int)DIGIT);
    }
    if (!all || value > NANOSECONDS_MAX) return 0;
    for (unsigned int i = DECIMALS; i; i--, value /= 10)
        text[i - 1] = (char)('0' + value % 10);
    return 1;
}

/* Writes the time of the label at `label`. Returns 0 if it is no label. */
static int show(struct sv_localstamp *state, char *text, char const *label)
{
    if (*label != '@') return 0;
    if (!state->known || memcmp(label, state->digits, SECONDS_LENGTH))
        if (!learn(state, label)) return 0;
    memcpy(text, state->text, TEXT_LENGTH);
    return show_nanoseconds(text + TEXT_LENGTH, label + SECONDS_LENGTH);
}

/* Whether these few bytes and more behind them may be a label. */
static int may_become_label(char const *bytes, size_t length)
{
    if (!length || length > SV_LOCALSTAMP_HELD || *bytes != '@') return 0;
    while (--length)
        if (!digits[(unsigned char)*++bytes]) return 0;
    return 1;
}

size_t sv_localstamp_convert(struct sv_localstamp *state, char *output, char const *input,
                             size_t length, size_t *used)
{
    char const *from = input, *end = input + length;
    char *to = output;

    while (from < end) {
        if (!state->in_line) {
            if (may_become_label(from, (size_t)(end - from))) break;
            if (end - from >= SV_STAMP_TEXT && show(state, to, from)) {
                to += SV_CALENDAR_TEXT;
                from += SV_STAMP_TEXT;
                state->in_line = 1;
            }
        }
        char const *newline = memchr(from, '\n', (size_t)(end - from));
        char const *next = newline ? newline + 1 : end;
        state->in_line = !newline;
        memcpy(to, from, (size_t)(next - from));
        to += next - from;
        from = next;
    }
    *used = (size_t)(from - input);
    return (size_t)(to - output);
}
