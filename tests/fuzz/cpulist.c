/* ISC license. */

/* Any text as a list of processors. Written again, a list must be the same list. */

#include <stdlib.h>
#include <string.h>

#include <sv/cpulist.h>

#define TEXT_MAX 300
#define AGAIN_MAX (6 * SV_CPULIST_MAX)

int LLVMFuzzerTestOneInput(uint8_t const *data, size_t size)
{
    static struct sv_cpulist list, same;
    static char again[AGAIN_MAX];
    char text[TEXT_MAX + 1];

    if (size > TEXT_MAX) return 0;
    memcpy(text, data, size);
    text[size] = 0;
    if (!sv_cpulist_scan(text, &list)) return 0;
    sv_cpulist_format(again, sizeof again, &list);
    if (!*again) abort(); /* there is at least one */
    if (!sv_cpulist_scan(again, &same)) abort();
    if (memcmp(&list, &same, sizeof list)) abort();
    if (sv_cpulist_without(&list, &same)) abort();
    return 0;
}
