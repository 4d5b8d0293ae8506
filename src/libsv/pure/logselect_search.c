/* ISC license. */

/*
 * logselect_search.c: where in a line a hint fits, and whether it has the needles of a
 * regular expression. A needle or the beginning of a match is looked for by its two
 * rarest bytes, sixteen places at a time: bytes that logs are full of would stop memchr
 * everywhere, and memmem needs longer to begin than most lines take.
 */

#include <endian.h>
#include <stdint.h>
#include <string.h>

#include "logselect_needle.h"

typedef uint8_t bytes16 __attribute__((vector_size(16)));
typedef uint64_t words2 __attribute__((vector_size(16)));

/* Hints ----------------------------------------------------------------------------- */

/* The bytes that are frequent in logs, the most frequent first. All others are rarer. */
static char const frequent[] = " etaoinsr0l1dc2m3u.p5-4h:8679/fgTb=v,y\"G[]w@k_AESPICO";

/* So many of 2000 places, roughly, have a byte of the range. */
static unsigned int frequency(struct sv_logselect_range range)
{
    unsigned int sum = (unsigned int)range.high - range.low + 1;

    for (size_t i = 0; i < sizeof frequent - 1; i++) {
        unsigned char byte = (unsigned char)frequent[i];
        if (byte >= range.low && byte <= range.high)
            sum += (unsigned int)(sizeof frequent - 1 - i);
    }
    return sum;
}

unsigned int sv_logselect_choose_hint(struct sv_logselect_hint *hint,
                                      struct sv_logselect_range const *ranges,
                                      size_t count)
{
    unsigned int least[2] = {2000, 2000};

    *hint = (struct sv_logselect_hint){.span = {255, 255}};
    for (size_t i = 0; i < count; i++) {
        unsigned int own = frequency(ranges[i]);
        if (own >= least[1]) continue;
        size_t place = own >= least[0];
        if (!place) {
            hint->at[1] = hint->at[0];
            hint->low[1] = hint->low[0];
            hint->span[1] = hint->span[0];
            least[1] = least[0];
        }
        hint->at[place] = (unsigned char)i;
        hint->low[place] = ranges[i].low;
        hint->span[place] = (unsigned char)(ranges[i].high - ranges[i].low);
        least[place] = own;
    }
    return least[0] * least[1];
}

unsigned int sv_logselect_needle_prepare(struct sv_logselect_needle *needle,
                                         char const *text)
{
    struct sv_logselect_range ranges[SV_LOGSELECT_NEEDLE_BYTES];

    for (size_t i = 0; i < needle->length; i++) {
        unsigned char byte = (unsigned char)text[needle->from + i];
        ranges[i] = (struct sv_logselect_range){byte, byte};
    }
    return sv_logselect_choose_hint(&needle->hint, ranges, needle->length);
}

static int fits(struct sv_logselect_hint const *hint, char const *line)
{
    unsigned char one = (unsigned char)line[hint->at[0]] - hint->low[0];
    unsigned char other = (unsigned char)line[hint->at[1]] - hint->low[1];

    return one <= hint->span[0] && other <= hint->span[1];
}

/* A hint, sixteen times. */
struct wide_hint {
    bytes16 low[2];
    bytes16 span[2];
};

/* Of sixteen places, the bits of each all set or none, the first that is set. */
static inline size_t first_hit(words2 hits)
{
    size_t skipped = hits[0] ? 0 : 8;

    return skipped + (size_t)__builtin_ctzll(le64toh(hits[skipped / 8])) / 8;
}

static inline bytes16 fit16(struct wide_hint const *wide,
                            struct sv_logselect_hint const *hint, char const *line)
{
    bytes16 one, other;

    memcpy(&one, line + hint->at[0], sizeof one);
    memcpy(&other, line + hint->at[1], sizeof other);
    return (bytes16)(one - wide->low[0] <= wide->span[0])
           & (bytes16)(other - wide->low[1] <= wide->span[1]);
}

size_t sv_logselect_seek(struct sv_logselect_hint const *hint, char const *line,
                         size_t from, size_t places)
{
    struct wide_hint wide;

    if (from + sizeof(bytes16) > places) {
        while (from < places && !fits(hint, line + from)) from++;
        return from < places ? from : places;
    }
    for (size_t i = 0; i < 2; i++) {
        memset(wide.low + i, hint->low[i], sizeof(bytes16));
        memset(wide.span + i, hint->span[i], sizeof(bytes16));
    }
    for (;;) {
        words2 hits = (words2)fit16(&wide, hint, line + from);
        if (hits[0] | hits[1]) return from + first_hit(hits);
        from += sizeof(bytes16);
        if (from == places) return places;
        /* the last sixteen: some of them once more */
        if (from + sizeof(bytes16) > places) from = places - sizeof(bytes16);
    }
}

/* Needles --------------------------------------------------------------------------- */

/* Where the needle, which is not empty, comes first; null: nowhere. */
static char const *search(struct sv_logselect_needle const *needle, char const *bytes,
                          char const *line, size_t length)
{
    if (length < needle->length) return 0;
    size_t places = length - needle->length + 1;
    if (needle->length == 1) return memchr(line, *bytes, places);
    for (size_t at = 0;; at++) {
        at = sv_logselect_seek(&needle->hint, line, at, places);
        if (at == places) return 0;
        if (!memcmp(line + at, bytes, needle->length)) return line + at;
    }
}

/*
 * Whether the line has the needle, from *place on. If so, moves *place behind the first
 * one there.
 */
static int find(struct sv_logselect_needle const *needle, char const *text,
                char const *line, size_t length, size_t *place)
{
    char const *bytes = text + needle->from;
    size_t left = length - *place;

    if (left < needle->length) return 0;
    if (needle->at_begin || needle->at_end) {
        if (needle->at_begin && needle->at_end && length != needle->length) return 0;
        size_t at = needle->at_begin ? 0 : length - needle->length;
        *place = at + needle->length;
        return !needle->length || !memcmp(line + at, bytes, needle->length);
    }
    char const *found = search(needle, bytes, line + *place, left);
    if (!found) return 0;
    *place = (size_t)(found - line) + needle->length;
    return 1;
}

int sv_logselect_needles_in(struct sv_logselect_needles const *needles, char const *line,
                            size_t length)
{
    size_t place = 0;
    int all_found = 1;

    for (size_t i = 0; i < needles->count; i++) {
        struct sv_logselect_needle const *needle = needles->needle + i;
        if (all_found) all_found = find(needle, needles->text, line, length, &place);
        if (!needle->last) continue;
        if (all_found) return 1;
        all_found = 1;
        place = 0;
    }
    return 0;
}
