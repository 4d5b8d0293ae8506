/* ISC license. */

/* Any text: names are names, and every line is told once. */

#include <stdlib.h>
#include <string.h>

#include <sv/needs.h>

int LLVMFuzzerTestOneInput(uint8_t const *data, size_t size)
{
    struct sv_needs needs = {.text = (char const *)data, .length = size};
    struct sv_need need;
    unsigned int line = 0;
    int result;

    while ((result = sv_needs_next(&needs, &need))) {
        if (needs.line <= line) abort();
        line = needs.line;
        if (result < 0) continue;
        if (!*need.name || *need.name == '.' || strchr(need.name, '/')) abort();
        if (strlen(need.name) >= SV_NEEDS_NAME) abort();
        if (need.loss >= SV_NEEDS_LOSS_COUNT) abort();
    }
    return 0;
}
