/* ISC license. */

/*
 * logselect_needle.c: the strings that every line must have that an extended regular
 * expression matches. Whatever is not plain counts as a gap between them in which
 * anything may be, and what may be no expression, or what C libraries disagree about, has
 * none: then the engine decides.
 */

#include <string.h>

#include "logselect_needle.h"

/* An expression, or a part of it, being read. */
struct reader {
    char const *at;
    char const *end;
};

static int next_is(struct reader const *reader, char byte)
{
    return reader->at < reader->end && *reader->at == byte;
}

/* At a `[`: moves behind its `]`. 0 if there is none. */
static int skip_bracket(struct reader *reader)
{
    reader->at++;
    if (next_is(reader, '^')) reader->at++;
    if (next_is(reader, ']')) reader->at++;
    while (reader->at < reader->end) {
        char byte = *reader->at++;
        if (byte == ']') return 1;
        if (byte != '[' || reader->at == reader->end || !strchr(":.=", *reader->at))
            continue;
        char const close[] = {*reader->at++, ']'};
        char const *found =
            memmem(reader->at, (size_t)(reader->end - reader->at), close, 2);
        if (!found) return 0;
        reader->at = found + 2;
    }
    return 0;
}

/* At a `(`: moves behind its `)`. 0 if there is none. */
static int skip_group(struct reader *reader)
{
    for (size_t depth = 0; reader->at < reader->end;) {
        switch (*reader->at) {
        case '[':
            if (!skip_bracket(reader)) return 0;
            continue;
        case '\\': reader->at++; break;
        case '(': depth++; break;
        case ')': depth--; break;
        }
        if (reader->at < reader->end) reader->at++;
        if (!depth) return 1;
    }
    return 0;
}

/* At a `{`: moves behind its `}`. 0 if what is in between is no number or two. */
static int skip_interval(struct reader *reader)
{
    int digits = 0, commas = 0;

    for (reader->at++; reader->at < reader->end; reader->at++) {
        if (*reader->at == '}') {
            reader->at++;
            return digits && commas < 2;
        }
        if (*reader->at == ',')
            commas++;
        else if (*reader->at >= '0' && *reader->at <= '9')
            digits = 1;
        else
            return 0;
    }
    return 0;
}

enum piece {
    PIECE_BYTE,  /* it stands for itself */
    PIECE_ANY,   /* any byte */
    PIECE_GAP,   /* something else */
    PIECE_BEGIN, /* ^ */
    PIECE_END,   /* $ */
    PIECE_STRANGE
};

/* What a backslash makes of the byte behind it. */
static enum piece read_escaped(struct reader *reader, char *byte)
{
    if (reader->at == reader->end) return PIECE_STRANGE;
    *byte = *reader->at++;
    /* others may be operators, as `\<` and `\w` are, or references to a group */
    return strchr(SV_LOGSELECT_ESCAPED, *byte) ? PIECE_BYTE : PIECE_GAP;
}

/* `[x]` says x; other brackets are gaps. */
static enum piece read_bracket(struct reader *reader, char *byte)
{
    if (reader->end - reader->at >= 3 && reader->at[2] == ']' && reader->at[1] != '^') {
        *byte = reader->at[1];
        reader->at += 3;
        return PIECE_BYTE;
    }
    return skip_bracket(reader) ? PIECE_GAP : PIECE_STRANGE;
}

/* One piece without what says how often; a literal byte into *byte. Not at a `|`. */
static enum piece read_piece(struct reader *reader, char *byte)
{
    *byte = *reader->at;
    switch (*byte) {
    case '(': return skip_group(reader) ? PIECE_GAP : PIECE_STRANGE;
    case '[': return read_bracket(reader, byte);
    }
    reader->at++;
    switch (*byte) {
    case '\\': return read_escaped(reader, byte);
    case '.': return PIECE_ANY;
    case '^': return PIECE_BEGIN;
    case '$': return PIECE_END;
    case '*':
    case '+':
    case '?':
    case '{':
    case ')': return PIECE_STRANGE;
    }
    return PIECE_BYTE;
}

enum times { TIMES_ONE, TIMES_STAR, TIMES_MORE, TIMES_PERHAPS, TIMES_STRANGE };

/* How often the piece before comes: PERHAPS is anything that may be never. */
static enum times read_times(struct reader *reader)
{
    enum times times = TIMES_ONE;
    int count = 0;

    for (; reader->at < reader->end; count++) {
        if (*reader->at == '{') {
            times = TIMES_PERHAPS;
            if (!skip_interval(reader)) return TIMES_STRANGE;
            continue;
        }
        if (!strchr("*+?", *reader->at)) break;
        if (*reader->at++ == '+')
            times = times == TIMES_ONE ? TIMES_MORE : times;
        else
            times = TIMES_PERHAPS;
    }
    return count == 1 && reader->at[-1] == '*' ? TIMES_STAR : times;
}

/* The needles so far. */
struct collector {
    struct sv_logselect_needles *needles;
    struct sv_logselect_needle *open; /* what comes next continues it; null: none */
    size_t used;                      /* of needles->text */
    unsigned int whole : 1;           /* the expression says no more than the needles */
};

static void open_needle(struct collector *collector)
{
    struct sv_logselect_needles *needles = collector->needles;

    if (needles->count == SV_LOGSELECT_NEEDLES) {
        collector->whole = 0;
        return;
    }
    collector->open = needles->needle + needles->count++;
    *collector->open =
        (struct sv_logselect_needle){.from = (unsigned char)collector->used};
}

/* What comes next does not continue the needle. An empty one says nothing. */
static void close_needle(struct collector *collector)
{
    struct sv_logselect_needle *open = collector->open;

    if (open && !open->length && !(open->at_begin && open->at_end))
        collector->needles->count--;
    collector->open = 0;
}

/* A gap in which not just anything may be. */
static void add_gap(struct collector *collector)
{
    collector->whole = 0;
    close_needle(collector);
}

static void add_byte(struct collector *collector, char byte, enum times times)
{
    if (byte == 1) { /* which a NUL is, too */
        add_gap(collector);
        return;
    }
    if (times == TIMES_ONE || times == TIMES_MORE) {
        if (!collector->open) open_needle(collector);
        if (collector->open && collector->used < SV_LOGSELECT_NEEDLE_BYTES) {
            collector->needles->text[collector->used++] = byte;
            collector->open->length++;
        } else
            add_gap(collector);
    }
    if (times != TIMES_ONE) add_gap(collector);
}

/* A piece at the beginning (`first`) of an alternative, at its end (`last`) or within. */
static void add_piece(struct collector *collector, enum piece piece, enum times times,
                      char byte, int first, int last)
{
    if (piece == PIECE_BYTE)
        add_byte(collector, byte, times);
    else if (piece == PIECE_ANY && times == TIMES_STAR)
        close_needle(collector);
    else if (piece == PIECE_BEGIN && first) {
        if (!collector->open) open_needle(collector);
        if (collector->open) collector->open->at_begin = 1;
    } else if (piece == PIECE_END && last) {
        if (collector->open) collector->open->at_end = 1;
    } else
        add_gap(collector);
}

/*
 * One alternative: moves behind it, to a `|` or the end. `begin` and `end`: it stands
 * between ^ and $. 0 if there is something strange.
 */
static int read_alternative(struct collector *collector, struct reader *reader, int begin,
                            int end)
{
    char const *start = reader->at;

    collector->open = 0;
    if (begin) add_piece(collector, PIECE_BEGIN, TIMES_ONE, 0, 1, 0);
    while (reader->at < reader->end && *reader->at != '|') {
        char byte;
        int first = reader->at == start;
        enum piece piece = read_piece(reader, &byte);
        enum times times = read_times(reader);
        int last = reader->at == reader->end || *reader->at == '|';
        int anchor = piece == PIECE_BEGIN || piece == PIECE_END;
        if (piece == PIECE_STRANGE || times == TIMES_STRANGE) return 0;
        if (anchor && times != TIMES_ONE) return 0;
        add_piece(collector, piece, times, byte, first, last);
    }
    if (end) add_piece(collector, PIECE_END, TIMES_ONE, 0, 0, 1);
    close_needle(collector);
    return reader->at != start;
}

static void skip_anything(struct reader *reader)
{
    if (reader->end - reader->at >= 2 && !memcmp(reader->at, ".*", 2)) reader->at += 2;
}

/*
 * If the expression is all in parentheses, but for anchors and `.*` around them, goes
 * into them. *begin and *end: the anchors that hold for what is there.
 */
static void unwrap(struct reader *reader, int *begin, int *end)
{
    for (;;) {
        struct reader ahead = *reader;
        int begins = *begin, ends = *end;
        if (next_is(&ahead, '^')) {
            ahead.at++;
            begins = 1;
        }
        char const *place = ahead.at;
        skip_anything(&ahead);
        if (ahead.at > place) begins = 0;
        char const *open = ahead.at;
        if (!next_is(&ahead, '(') || !skip_group(&ahead)) return;
        char const *close = place = ahead.at;
        skip_anything(&ahead);
        if (ahead.at > place)
            ends = 0;
        else if (next_is(&ahead, '$'))
            ends = 1;
        if (next_is(&ahead, '$')) ahead.at++;
        if (ahead.at < ahead.end) return;
        *reader = (struct reader){open + 1, close - 1};
        *begin = begins;
        *end = ends;
    }
}

/* The hints. Of alternatives that counts which is found at the most places. */
static void prepare(struct sv_logselect_needles *needles)
{
    unsigned int least = SV_LOGSELECT_ALL_PLACES;

    needles->places = 0;
    for (size_t i = 0; i < needles->count; i++) {
        struct sv_logselect_needle *needle = needles->needle + i;
        unsigned int places = sv_logselect_needle_prepare(needle, needles->text);
        if (places < least) least = places;
        if (!needle->last) continue;
        if (needles->places < least) needles->places = least;
        least = SV_LOGSELECT_ALL_PLACES;
    }
}

int sv_logselect_needles_read(struct sv_logselect_needles *needles,
                              char const *expression, size_t length)
{
    struct collector collector = {.needles = needles, .whole = 1};
    struct reader reader = {expression, expression + length};
    int begin = 0, end = 0;

    needles->count = 0;
    needles->places = SV_LOGSELECT_ALL_PLACES;
    unwrap(&reader, &begin, &end);
    for (;;) {
        size_t before = needles->count;
        int good = read_alternative(&collector, &reader, begin, end);
        if (!good || needles->count == before) {
            /* nothing is necessary, then; which is the whole truth of `.*` */
            needles->count = 0;
            return good && !before && reader.at == reader.end && collector.whole;
        }
        needles->needle[needles->count - 1].last = 1;
        if (reader.at == reader.end) break;
        reader.at++;
    }
    prepare(needles);
    return collector.whole;
}
