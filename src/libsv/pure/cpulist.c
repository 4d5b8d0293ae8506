/* ISC license. */

#include <string.h>

#include <skalibs/types.h>

#include <sv/cpulist.h>
#include <sv/text.h>

#define WORDS (SV_CPULIST_MAX / SV_CPULIST_WORD)
#define DIGITS 9 /* more would overflow, and are too many anyway */

int sv_cpulist_has(struct sv_cpulist const *list, unsigned int cpu)
{
    return list->words[cpu / SV_CPULIST_WORD] >> cpu % SV_CPULIST_WORD & 1;
}

/* Moves *text behind a number. Returns 1 or 0. */
static int scan_number(char const **text, unsigned int *number)
{
    size_t length = strspn(*text, "0123456789");

    if (!length || length > DIGITS) return 0;
    *text += uint_scan(*text, number);
    return 1;
}

/* Adds a number or a range, and moves *text behind it. Returns 1 or 0. */
static int scan_part(char const **text, struct sv_cpulist *list)
{
    unsigned int first, last, step = 1;

    if (!scan_number(text, &first)) return 0;
    last = first;
    if (**text == '-') {
        ++*text;
        if (!scan_number(text, &last) || last < first) return 0;
        if (**text == ':') {
            ++*text;
            if (!scan_number(text, &step) || !step) return 0;
        }
    }
    if (last >= SV_CPULIST_MAX) return 0;
    for (unsigned int cpu = first; cpu <= last; cpu += step)
        list->words[cpu / SV_CPULIST_WORD] |= 1UL << cpu % SV_CPULIST_WORD;
    return 1;
}

int sv_cpulist_scan(char const *text, struct sv_cpulist *list)
{
    memset(list, 0, sizeof *list);
    for (;; text++) {
        if (!scan_part(&text, list)) return 0;
        if (!*text) return 1;
        if (*text != ',') return 0;
    }
}

void sv_cpulist_format(char *text, size_t size, struct sv_cpulist const *list)
{
    *text = 0;
    for (unsigned int cpu = 0; cpu < SV_CPULIST_MAX; cpu++) {
        if (!sv_cpulist_has(list, cpu)) continue;
        unsigned int last = cpu;
        while (last + 1 < SV_CPULIST_MAX && sv_cpulist_has(list, last + 1)) last++;
        if (*text) sv_text_append(text, size, ",");
        sv_text_append_number(text, size, cpu);
        if (last != cpu) sv_text_append(text, size, "-");
        if (last != cpu) sv_text_append_number(text, size, last);
        cpu = last;
    }
}

int sv_cpulist_without(struct sv_cpulist *list, struct sv_cpulist const *other)
{
    unsigned long left = 0;

    for (size_t i = 0; i < WORDS; i++) left |= list->words[i] &= ~other->words[i];
    return left != 0;
}
