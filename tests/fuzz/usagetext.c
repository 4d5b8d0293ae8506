/* ISC license. */

/*
 * Any text as /proc/PID/stat and as cpu.stat.
 */

#include <stdlib.h>
#include <string.h>

#include <sv/usagetext.h>

int LLVMFuzzerTestOneInput(uint8_t const *data, size_t size)
{
    char *text = calloc(1, size ? size : 1); /* so that reading beyond it is noticed */
    struct sv_usagetext usage;
    uint64_t value;

    if (!text) return 0;
    if (size) memcpy(text, data, size);
    if (sv_usagetext_process(text, size, &usage) && !memchr(text, ')', size)) abort();
    if (sv_usagetext_line(text, size, "usage_usec", &value) && size < 12) abort();
    free(text);
    return 0;
}
