/* ISC license. */

/*
 * logselect_run.c: an automaton on a line. Where it would be as at the beginning of a
 * match, the next place where one may begin is looked for by its hint.
 */

#include "logselect_needle.h"

/* What may come next behind the set's positions. */
static uint64_t all_behind(struct sv_logselect_automaton const *automaton, uint64_t set)
{
    uint64_t all = 0;

    for (; set; set &= set - 1) all |= automaton->behind[__builtin_ctzll(set)];
    return all;
}

/* The bytes that match one of the set; `matched`: which of it are matched by any. */
static struct sv_logselect_range read_range_of(
    struct sv_logselect_automaton const *automaton, uint64_t set, uint64_t *matched)
{
    struct sv_logselect_range range = {255, 0};

    *matched = 0;
    for (unsigned int i = 0; i < 256; i++) {
        uint64_t of_byte = automaton->matched_by[automaton->kind[i]] & set;
        if (!of_byte) continue;
        *matched |= of_byte;
        if (range.low > i) range.low = (unsigned char)i;
        range.high = (unsigned char)i;
    }
    return range;
}

unsigned int sv_logselect_automaton_prepare(struct sv_logselect_automaton *automaton)
{
    struct sv_logselect_range ranges[SV_LOGSELECT_POSITIONS];
    uint64_t set = automaton->first;
    size_t count = 0;

    while (count < SV_LOGSELECT_POSITIONS && !(set & automaton->end_anchors)) {
        uint64_t matched;
        ranges[count] = read_range_of(automaton, set, &matched);
        if (!matched) break;
        count++;
        if (matched & automaton->last) break;
        set = all_behind(automaton, matched);
    }
    automaton->shortest = (unsigned char)count;
    return sv_logselect_choose_hint(&automaton->hint, ranges, count);
}

/* Matching -------------------------------------------------------------------------- */

int sv_logselect_automaton_matches(struct sv_logselect_automaton const *automaton,
                                   char const *line, size_t length)
{
    uint64_t const first = automaton->first, itself = automaton->itself;
    uint64_t const next = automaton->next, others = automaton->others;
    size_t shortest = automaton->shortest, at = 0;
    size_t places = length < shortest ? 0 : length - shortest + 1;
    uint64_t set = automaton->begin;

    while (at < length) {
        if (set == first) {
            if (!first) return 0;
            if (shortest) at = sv_logselect_seek(&automaton->hint, line, at, places);
            if (shortest && at >= places) break;
        }
        do {
            unsigned char byte = (unsigned char)line[at++];
            uint64_t matched = set & automaton->matched_by[automaton->kind[byte]];
            if (matched & automaton->last) return 1;
            set = first | (matched & itself) | (matched & next) << 1;
            if (matched & others) set |= all_behind(automaton, matched & others);
        } while (set != first && at < length);
    }
    return (set & automaton->end_anchors) != 0;
}
