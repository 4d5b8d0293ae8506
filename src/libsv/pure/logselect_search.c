/* ISC license. */

/*
 * logselect_search.c: whether a line has the needles of a regular expression. A needle is
 * looked for by its two rarest bytes, sixteen places at a time: bytes that logs are full
 * of would stop memchr everywhere, and memmem needs longer to begin than most lines take.
 */

#include <stdint.h>
#include <string.h>

#include "logselect_needle.h"

typedef uint8_t bytes16 __attribute__((vector_size(16)));
typedef uint64_t words2 __attribute__((vector_size(16)));

/* The bytes that are frequent in logs, the most frequent first. All others are rarer. */
static char const frequent[] = " etaoinsr0l1dc2m3u.p5-4h:8679/fgTb=v,y\"G[]w@k_AESPICO";

static size_t rarity(char byte)
{
    char const *found = memchr(frequent, byte, sizeof frequent - 1);

    return found ? (size_t)(found - frequent) : sizeof frequent;
}

void sv_logselect_needle_prepare(struct sv_logselect_needle *needle, char const *text)
{
    text += needle->from;
    needle->rare[0] = needle->rare[1] = 0;
    for (unsigned char i = 1; i < needle->length; i++)
        if (rarity(text[i]) > rarity(text[needle->rare[0]])) needle->rare[0] = i;
    if (!needle->rare[0] && needle->length > 1) needle->rare[1] = 1;
    for (unsigned char i = 1; i < needle->length; i++)
        if (i != needle->rare[0] && rarity(text[i]) > rarity(text[needle->rare[1]]))
            needle->rare[1] = i;
}

/* For fewer than sixteen places: the needle at one of the `places` first bytes of line.
 */
static char const *search_few(struct sv_logselect_needle const *needle, char const *bytes,
                              char const *line, size_t places)
{
    size_t rare = needle->rare[0];
    char const *at = line + rare, *end = at + places;

    while (at < end && (at = memchr(at, bytes[rare], (size_t)(end - at)))) {
        if (!memcmp(at - rare, bytes, needle->length)) return at - rare;
        at++;
    }
    return 0;
}

/* Of the sixteen places from `line` on that `hits` names, the first with the needle. */
static char const *first_hit(bytes16 hits, char const *bytes, size_t length,
                             char const *line)
{
    for (size_t i = 0; i < sizeof hits; i++)
        if (hits[i] && !memcmp(line + i, bytes, length)) return line + i;
    return 0;
}

/* Where the needle, which is not empty, comes first; null: nowhere. */
static char const *search(struct sv_logselect_needle const *needle, char const *bytes,
                          char const *line, size_t length)
{
    if (length < needle->length) return 0;
    size_t places = length - needle->length + 1;
    if (needle->length == 1) return memchr(line, *bytes, places);
    if (places < sizeof(bytes16)) return search_few(needle, bytes, line, places);

    bytes16 first, second;
    memset(&first, bytes[needle->rare[0]], sizeof first);
    memset(&second, bytes[needle->rare[1]], sizeof second);
    for (size_t at = 0;;) {
        bytes16 one, other;
        memcpy(&one, line + at + needle->rare[0], sizeof one);
        memcpy(&other, line + at + needle->rare[1], sizeof other);
        bytes16 hits = (bytes16)(one == first) & (bytes16)(other == second);
        words2 any = (words2)hits;
        if (any[0] | any[1]) {
            char const *found = first_hit(hits, bytes, needle->length, line + at);
            if (found) return found;
        }
        if (at + sizeof one == places) return 0;
        at += sizeof one;
        /* the last sixteen: some of them once more */
        if (at + sizeof one > places) at = places - sizeof one;
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
