/* ISC license. */

/*
 * logselect_automaton.c: an extended regular expression as an automaton whose states are
 * sets of at most 64 positions, by Glushkov's construction. It is exact: what it cannot
 * say, or what C libraries may disagree about, is refused, for the engine to decide.
 * Anchors are positions that no byte matches. Refused are those that cannot match, as in
 * `a^` and `$a`, and repeated ones: glibc matches "bb" with `(b$){2}`.
 */

#include <string.h>

#include "logselect_glob.h"
#include "logselect_needle.h"

#define DEPTH 16 /* of parentheses */

/* A byte's value, and two that none has. */
enum { AT_BEGIN = 256, AT_END, SYMBOLS };

/* A part of the expression: what its matches begin and end with. */
struct part {
    uint64_t first;
    uint64_t last;
    size_t from; /* its positions are those from here on that are there when it ends */
    int empty;   /* nothing at all is a match of it, too */
};

/* What is open: the expression itself, or a group. */
struct level {
    struct part before;   /* the alternatives up to the latest | */
    struct part sequence; /* what is behind it */
    unsigned int has_before : 1;
    unsigned int has_sequence : 1;
};

struct builder {
    char const *at;
    char const *end;
    size_t count; /* of positions */
    size_t depth;
    struct level level[DEPTH];
    uint64_t matched_by[SYMBOLS]; /* positions */
    uint64_t behind[SV_LOGSELECT_POSITIONS];
};

/* Construction ---------------------------------------------------------------------- */

static uint64_t bit(size_t position)
{
    return (uint64_t)1 << position;
}

/* `then` comes behind each of the set's. */
static void follow(struct builder *builder, uint64_t set, uint64_t then)
{
    for (; set; set &= set - 1) builder->behind[__builtin_ctzll(set)] |= then;
}

static void join(struct builder *builder, struct part *part, struct part const *next)
{
    follow(builder, part->last, next->first);
    if (part->empty) part->first |= next->first;
    part->last = next->last | (next->empty ? part->last : 0);
    part->empty &= next->empty;
}

static int add_position(struct builder *builder, struct part *part)
{
    if (builder->count == SV_LOGSELECT_POSITIONS) return 0;
    uint64_t here = bit(builder->count);
    *part = (struct part){.first = here, .last = here, .from = builder->count++};
    return 1;
}

/* Once more the part that has just ended and that nothing comes behind yet. */
static int copy(struct builder *builder, struct part *part)
{
    size_t width = builder->count - part->from, from = part->from;

    if (builder->count + width > SV_LOGSELECT_POSITIONS) return 0;
    if (!width) return 1;
    uint64_t all = ~(uint64_t)0 >> (64 - width);
    for (size_t i = 0; i < SYMBOLS; i++)
        builder->matched_by[i] |= (builder->matched_by[i] >> from & all)
                                  << (from + width);
    for (size_t i = from; i < from + width; i++)
        builder->behind[i + width] = builder->behind[i] << width;
    part->first <<= width;
    part->last <<= width;
    part->from += width;
    builder->count += width;
    return 1;
}

/* At least `least` times, at most `most`, or any. */
static int repeat(struct builder *builder, struct part *part, size_t least, size_t most,
                  int any)
{
    struct part all = {.from = part->from, .empty = 1}, one = *part;
    size_t times = any ? (least ? least : 1) : most;

    for (size_t i = 0; i < times; i++) {
        struct part next = one;
        if (i + 1 < times && !copy(builder, &next)) return 0;
        if (any && i + 1 == times) follow(builder, one.last, one.first);
        if (i >= least) one.empty = 1;
        join(builder, &all, &one);
        one = next;
    }
    *part = all;
    return 1;
}

/* Reading --------------------------------------------------------------------------- */

static int next_is(struct builder const *builder, char byte)
{
    return builder->at < builder->end && *builder->at == byte;
}

static int read_number(struct builder *builder, size_t *number)
{
    char const *start = builder->at;

    for (*number = 0; builder->at < builder->end; builder->at++) {
        if (*builder->at < '0' || *builder->at > '9') break;
        *number = *number * 10 + (size_t)(*builder->at - '0');
        if (*number > SV_LOGSELECT_POSITIONS) return 0;
    }
    return builder->at > start;
}

/* Behind a `{`. */
static int read_interval(struct builder *builder, struct part *part)
{
    size_t least, most;
    int any = 0;

    if (!read_number(builder, &least)) return 0;
    most = least;
    if (next_is(builder, ',')) {
        builder->at++;
        any = next_is(builder, '}');
        if (!any && (!read_number(builder, &most) || most < least)) return 0;
    }
    if (!next_is(builder, '}')) return 0;
    builder->at++;
    return repeat(builder, part, least, most, any);
}

/* How often the part comes that has just been read; and puts it behind the others. */
static int add_part(struct builder *builder, struct part *part)
{
    struct level *level = builder->level + builder->depth;
    uint64_t anchors = builder->matched_by[AT_BEGIN] | builder->matched_by[AT_END];

    while (builder->at < builder->end && strchr("*+?{", *builder->at)) {
        if (anchors >> part->from) return 0;
        char byte = *builder->at++;
        int good = byte == '{' ? read_interval(builder, part)
                               : repeat(builder, part, byte == '+', 1, byte != '?');
        if (!good) return 0;
    }
    if (level->has_sequence)
        join(builder, &level->sequence, part);
    else
        level->sequence = *part;
    level->has_sequence = 1;
    return 1;
}

/* Behind `[:`: puts the class into the set. */
static int read_class(struct builder *builder, unsigned char *set)
{
    char const *name = builder->at;

    while (builder->at < builder->end && *builder->at >= 'a' && *builder->at <= 'z')
        builder->at++;
    size_t length = (size_t)(builder->at - name);
    if (builder->end - builder->at < 2 || memcmp(builder->at, ":]", 2)) return 0;
    builder->at += 2;
    for (unsigned int i = 0; i < 256; i++) {
        int contains = sv_logselect_in_class(name, length, (unsigned char)i);
        if (contains < 0) return 0;
        set[i] |= (unsigned char)contains;
    }
    return !next_is(builder, '-')
           || (builder->end - builder->at > 1 && builder->at[1] == ']');
}

/* One byte or range; a minus is one at the ends only. */
static int read_range(struct builder *builder, unsigned char *set, int is_first)
{
    unsigned char low = (unsigned char)*builder->at++, high = low;
    int has_two = builder->end - builder->at >= 2;

    if (low == '-') {
        if (!is_first && !next_is(builder, ']')) return 0;
        if (next_is(builder, '-')) return 0;
    } else if (has_two && builder->at[0] == '-' && builder->at[1] != ']') {
        high = (unsigned char)builder->at[1];
        builder->at += 2;
        if (high < low || high == '-' || high == '[') return 0;
        if (next_is(builder, '-') && builder->end - builder->at > 1
            && builder->at[1] != ']')
            return 0;
    }
    memset(set + low, 1, (size_t)(high - low) + 1);
    return 1;
}

/* Behind a `[`. */
static int read_bracket(struct builder *builder, unsigned char *set)
{
    int negated = next_is(builder, '^');

    builder->at += negated;
    for (int is_first = 1; is_first || !next_is(builder, ']'); is_first = 0) {
        if (builder->end - builder->at < 2) return 0;
        int is_inner = *builder->at == '[' && strchr(":.=", builder->at[1]);
        if (is_inner && builder->at[1] != ':') return 0;
        if (is_inner) builder->at += 2;
        if (!(is_inner ? read_class(builder, set) : read_range(builder, set, is_first)))
            return 0;
    }
    builder->at++;
    for (size_t i = 0; i < 256; i++) set[i] ^= (unsigned char)negated;
    return 1;
}

/* An anchor or what matches one byte. */
static int read_piece(struct builder *builder)
{
    unsigned char set[SYMBOLS] = {0};
    char byte = *builder->at++;
    struct part part;

    if (strchr("*+?{", byte)) return 0;
    if (byte == '\\') {
        if (builder->at == builder->end || !strchr(SV_LOGSELECT_ESCAPED, *builder->at))
            return 0;
        set[(unsigned char)*builder->at++] = 1;
    } else if (byte == '[') {
        if (!read_bracket(builder, set)) return 0;
    } else if (byte == '.')
        memset(set, 1, 256);
    else if (byte == '^' || byte == '$')
        set[byte == '^' ? AT_BEGIN : AT_END] = 1;
    else
        set[(unsigned char)byte] = 1;
    set[0] = set[1];
    if (!add_position(builder, &part)) return 0;
    for (size_t i = 0; i < SYMBOLS; i++)
        if (set[i]) builder->matched_by[i] |= part.first;
    return add_part(builder, &part);
}

/* At the end of an alternative: `before` is all of them up to here. */
static int end_alternative(struct level *level)
{
    if (!level->has_sequence) return 0;
    if (level->has_before) {
        level->before.first |= level->sequence.first;
        level->before.last |= level->sequence.last;
        level->before.empty |= level->sequence.empty;
    } else
        level->before = level->sequence;
    level->has_before = 1;
    level->has_sequence = 0;
    return 1;
}

static int read_next(struct builder *builder)
{
    switch (*builder->at) {
    case '|': builder->at++; return end_alternative(builder->level + builder->depth);
    case '(':
        builder->at++;
        if (++builder->depth == DEPTH) return 0;
        builder->level[builder->depth] = (struct level){.has_before = 0};
        return 1;
    case ')':
        builder->at++;
        if (!builder->depth || !end_alternative(builder->level + builder->depth))
            return 0;
        return add_part(builder, &builder->level[builder->depth--].before);
    }
    return read_piece(builder);
}

/* Putting together ------------------------------------------------------------------ */

/* The bytes by kinds. */
static int sort_bytes(struct sv_logselect_automaton *automaton,
                      struct builder const *builder)
{
    size_t kinds = 0;

    for (size_t i = 0; i < 256; i++) {
        size_t kind = 0;
        while (kind < kinds && automaton->matched_by[kind] != builder->matched_by[i])
            kind++;
        if (kind == SV_LOGSELECT_KINDS) return 0;
        if (kind == kinds) automaton->matched_by[kinds++] = builder->matched_by[i];
        automaton->kind[i] = (unsigned char)kind;
    }
    return 1;
}

/* 0 if something comes behind a $ or before a ^. */
static int sort_positions(struct sv_logselect_automaton *automaton,
                          struct builder const *builder)
{
    uint64_t begins = builder->matched_by[AT_BEGIN];

    automaton->end_anchors = builder->matched_by[AT_END];
    for (size_t i = 0; i < builder->count; i++) {
        uint64_t here = bit(i), next = here << 1, behind = builder->behind[i];
        if (behind & begins || (behind && automaton->end_anchors & here)) return 0;
        if (behind & here) automaton->itself |= here;
        if (behind & next) automaton->next |= here;
        if (behind & ~(here | next)) automaton->others |= here;
        automaton->behind[i] = behind;
        if (automaton->begin & begins & here) automaton->begin |= behind;
    }
    automaton->first &= ~begins;
    return 1;
}

int sv_logselect_automaton_read(struct sv_logselect_automaton *automaton,
                                char const *expression, size_t length, int *everything)
{
    struct builder builder = {.at = expression, .end = expression + length};

    while (builder.at < builder.end)
        if (!read_next(&builder)) return 0;
    if (builder.depth || !end_alternative(builder.level)) return 0;
    struct part const *whole = &builder.level->before;
    *automaton = (struct sv_logselect_automaton){
        .begin = whole->first,
        .first = whole->first,
        .last = whole->last,
    };
    uint64_t begins = builder.matched_by[AT_BEGIN];
    *everything = whole->empty || whole->first & whole->last & begins;
    return sort_bytes(automaton, &builder) && sort_positions(automaton, &builder);
}
