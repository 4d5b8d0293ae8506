/* ISC license. */

#include <string.h>

#include <sv/text.h>
#include <sv/toprow.h>

#define GAP 2        /* columns between two */
#define NAME_LEAST 7 /* its heading's */
#define NAME_SHARE 4 /* a name may take one of so many parts of the width */
#define LOG_LEAST 8

static struct {
    char const *word;
    char const *heading;
    unsigned int width;
} const columns[SV_TOP_COUNT] = {
#define SV_TOP_COLUMN_ENTRY(name, word, heading, width) {word, heading, width},
    SV_TOP_COLUMNS(SV_TOP_COLUMN_ENTRY)
#undef SV_TOP_COLUMN_ENTRY
};

enum sv_top_column sv_top_find(char const *word)
{
    unsigned int i = 0;

    while (i < SV_TOP_COUNT && strcmp(columns[i].word, word)) i++;
    return (enum sv_top_column)i;
}

char const *sv_top_word(enum sv_top_column column)
{
    return columns[column].word;
}

/* Numbers ---------------------------------------------------------------------------- */

/* "07": what stands behind a larger unit. */
static void append_two_digits(char *text, uint64_t number)
{
    if (number < 10) sv_text_append(text, SV_TOPROW_CELL, "0");
    sv_text_append_number(text, SV_TOPROW_CELL, number);
}

void sv_top_duration(char text[SV_TOPROW_CELL], uint64_t seconds)
{
    static struct {
        uint64_t seconds;
        char const *name;
    } const units[] = {{1, "s"}, {60, "m"}, {3600, "h"}, {86400, "d"}};
    unsigned int i = 3;

    while (i && seconds < units[i].seconds) i--;
    *text = 0;
    sv_text_append_number(text, SV_TOPROW_CELL, seconds / units[i].seconds);
    sv_text_append(text, SV_TOPROW_CELL, units[i].name);
    if (!i || seconds >= 1000 * units[3].seconds) return;
    append_two_digits(text, seconds % units[i].seconds / units[i - 1].seconds);
    sv_text_append(text, SV_TOPROW_CELL, units[i - 1].name);
}

void sv_top_bytes(char text[SV_TOPROW_CELL], uint64_t bytes)
{
    static char const *const units[] = {"B", "K", "M", "G", "T", "P", "E"};
    unsigned int i = 0;
    uint64_t rest = 0;

    for (; bytes >= 1024 && i + 1 < sizeof units / sizeof *units; i++) {
        rest = bytes % 1024;
        bytes /= 1024;
    }
    *text = 0;
    sv_text_append_number(text, SV_TOPROW_CELL, bytes);
    if (i && bytes < 10) {
        sv_text_append(text, SV_TOPROW_CELL, ".");
        sv_text_append_number(text, SV_TOPROW_CELL, rest * 10 / 1024);
    }
    sv_text_append(text, SV_TOPROW_CELL, units[i]);
}

/* "12.3", and with `exact` "1234.5"; otherwise from 100 on whole ones. */
static void append_tenths(char *text, uint64_t tenths, int exact)
{
    sv_text_append_number(text, SV_TOPROW_CELL, tenths / 10);
    if (tenths >= 1000 && !exact) return;
    sv_text_append(text, SV_TOPROW_CELL, ".");
    sv_text_append_number(text, SV_TOPROW_CELL, tenths % 10);
}

/* So many that they would not fit in their column are told in thousands. */
static void append_count(char *text, uint64_t count)
{
    int is_many = count > 999999;

    sv_text_append_number(text, SV_TOPROW_CELL, is_many ? count / 1000 : count);
    if (is_many) sv_text_append(text, SV_TOPROW_CELL, "k");
}

/* The cell of a column that is a number: "" if it is none, "-" if it is not known. */
static void put_number(char text[SV_TOPROW_CELL], struct sv_toprow const *row,
                       enum sv_top_column column, int exact)
{
    int known = 1;

    *text = 0;
    switch (column) {
    case SV_TOP_SERVICE:
    case SV_TOP_STATE:
    case SV_TOP_LOG:
    case SV_TOP_COUNT: return;
    case SV_TOP_FOR:
        known = row->has_seconds;
        if (known && exact)
            sv_text_append_number(text, SV_TOPROW_CELL, row->seconds);
        else if (known)
            sv_top_duration(text, row->seconds);
        break;
    case SV_TOP_STARTS:
        known = row->has_starts;
        if (known && exact)
            sv_text_append_number(text, SV_TOPROW_CELL, row->starts);
        else if (known)
            append_count(text, row->starts);
        break;
    case SV_TOP_CPU:
        known = row->has_cpu;
        if (known) append_tenths(text, row->cpu_tenths, exact);
        break;
    case SV_TOP_MEMORY:
        known = row->has_memory;
        if (known && exact)
            sv_text_append_number(text, SV_TOPROW_CELL, row->memory);
        else if (known)
            sv_top_bytes(text, row->memory);
        break;
    }
    if (!known) sv_text_append(text, SV_TOPROW_CELL, "-");
}

/* Lines ------------------------------------------------------------------------------ */

/* Places the columns up to `last`. Returns the width that this takes. */
static unsigned int place(struct sv_toplayout *layout, unsigned int last,
                          unsigned int name)
{
    unsigned int at = 0;

    for (unsigned int i = 0; i < SV_TOP_COUNT; i++) {
        layout->width[i] = i > last ? 0 : columns[i].width;
        if (i == SV_TOP_SERVICE) layout->width[i] = name;
        if (i == SV_TOP_LOG && i <= last) layout->width[i] = LOG_LEAST;
        layout->at[i] = at;
        if (layout->width[i]) at += layout->width[i] + GAP;
    }
    return at - GAP;
}

void sv_toprow_layout(struct sv_toplayout *layout, unsigned int width,
                      unsigned int longest)
{
    unsigned int last = SV_TOP_LOG, total = width;
    unsigned int name = longest > NAME_LEAST ? longest : NAME_LEAST;

    if (!width || width > SV_TOPROW_WIDTH) total = SV_TOPROW_WIDTH;
    unsigned int most = width ? total / NAME_SHARE : total / 2;
    if (most < NAME_LEAST) most = NAME_LEAST;
    if (name > most) name = most;
    if (name > total) name = total;
    unsigned int used = place(layout, last, name);
    while (used > total && last > SV_TOP_SERVICE) used = place(layout, --last, name);
    if (last == SV_TOP_LOG) layout->width[SV_TOP_LOG] += total - used;
}

/* Puts `text` into its column behind what the line has, `*used` columns in *end. */
static void put_cell(char **end, unsigned int *used, struct sv_toplayout const *layout,
                     enum sv_top_column column, char const *text, size_t length, int utf8)
{
    int is_right = columns[column].width && column != SV_TOP_STATE;
    unsigned int at = layout->at[column], width = layout->width[column];

    if (!width || !length) return;
    if (is_right && length < width) at += width - (unsigned int)length;
    for (; *used < at; ++*used) *(*end)++ = ' ';
    *used += sv_visible(*end, width, text, length, utf8);
    *end += strlen(*end);
}

void sv_toprow_heading(char line[SV_TOPROW_LINE], struct sv_toplayout const *layout)
{
    unsigned int used = 0;

    *line = 0;
    for (unsigned int i = 0; i < SV_TOP_COUNT; i++)
        put_cell(&line, &used, layout, (enum sv_top_column)i, columns[i].heading,
                 strlen(columns[i].heading), 0);
}

void sv_toprow_line(char line[SV_TOPROW_LINE], struct sv_toplayout const *layout,
                    struct sv_toprow const *row, int utf8)
{
    char number[SV_TOPROW_CELL];
    unsigned int used = 0;

    *line = 0;
    for (unsigned int i = 0; i < SV_TOP_COUNT; i++) {
        enum sv_top_column column = (enum sv_top_column)i;
        char const *text = number;
        put_number(number, row, column, 0);
        if (column == SV_TOP_SERVICE) text = row->service;
        if (column == SV_TOP_STATE) text = row->state;
        size_t length = column == SV_TOP_LOG ? row->log_length : strlen(text);
        if (column == SV_TOP_LOG) text = row->log;
        put_cell(&line, &used, layout, column, text, length, utf8);
    }
}

/* Behind what stands in *end; at most `most` columns. */
static void put_exact(char **end, unsigned int most, char const *text, size_t length,
                      int utf8)
{
    (void)sv_visible(*end, most, length ? text : "-", length ? length : 1, utf8);
    *end += strlen(*end);
}

void sv_toprow_exact(char line[SV_TOPROW_LINE], struct sv_toprow const *row, int utf8)
{
    unsigned int half = SV_TOPROW_WIDTH / 2 - SV_TOP_COUNT * SV_TOPROW_CELL / 2;

    put_exact(&line, half, row->service, strlen(row->service), utf8);
    *line++ = '\t';
    put_exact(&line, SV_TOPROW_CELL, row->state, strlen(row->state), utf8);
    for (unsigned int i = SV_TOP_FOR; i < SV_TOP_LOG; i++) {
        char number[SV_TOPROW_CELL];
        put_number(number, row, (enum sv_top_column)i, 1);
        *line++ = '\t';
        put_exact(&line, SV_TOPROW_CELL, number, strlen(number), utf8);
    }
    *line++ = '\t';
    put_exact(&line, half, row->log, row->log_length, utf8);
}

/* Order ------------------------------------------------------------------------------ */

/* Known before unknown; then `one` before `other` if it is the larger one. */
static int largest_first(int has_one, uint64_t one, int has_other, uint64_t other)
{
    if (!has_one || !has_other) return has_other - has_one;
    return (one < other) - (one > other);
}

static int compare_column(struct sv_toprow const *one, struct sv_toprow const *other,
                          enum sv_top_column column)
{
    switch (column) {
    case SV_TOP_SERVICE:
    case SV_TOP_LOG:
    case SV_TOP_COUNT: break;
    case SV_TOP_STATE: return (one->rank > other->rank) - (one->rank < other->rank);
    case SV_TOP_FOR:
        return largest_first(one->has_seconds, UINT64_MAX - one->seconds,
                             other->has_seconds, UINT64_MAX - other->seconds);
    case SV_TOP_STARTS:
        return largest_first(one->has_starts, one->starts, other->has_starts,
                             other->starts);
    case SV_TOP_CPU:
        return largest_first(one->has_cpu, one->cpu_tenths, other->has_cpu,
                             other->cpu_tenths);
    case SV_TOP_MEMORY:
        return largest_first(one->has_memory, one->memory, other->has_memory,
                             other->memory);
    }
    return 0;
}

int sv_toprow_compare(struct sv_toprow const *one, struct sv_toprow const *other,
                      enum sv_top_column column)
{
    int order = compare_column(one, other, column);

    return order ? order : strcmp(one->service, other->service);
}
