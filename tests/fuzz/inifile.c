/* ISC license. */

/*
 * Any text as a file of settings: what is found lies within the text, in its order, and
 * is what could be in a variable.
 */

#include <stdlib.h>
#include <string.h>

#include <sv/inifile.h>

/* Whether the part lies in the text, is one line at most, and holds no NUL. */
static int is_sound(struct sv_inifile_part part, char const *text, size_t size)
{
    if (!part.length) return 1;
    if (part.start < text || part.start + part.length > text + size) return 0;
    return !memchr(part.start, '\n', part.length) && !memchr(part.start, 0, part.length);
}

int LLVMFuzzerTestOneInput(uint8_t const *data, size_t size)
{
    char const *text = (char const *)data;
    struct sv_inifile file = {.rest = {text, size}};
    struct sv_inifile_entry entry;
    char const *last = 0;

    while (sv_inifile_next(&file, &entry)) {
        if (!is_sound(entry.section, text, size)) abort();
        if (!is_sound(entry.name, text, size) || !entry.name.length) abort();
        if (!is_sound(entry.value, text, size)) abort();
        if (memchr(entry.name.start, '=', entry.name.length)) abort();
        if (last && entry.name.start <= last) abort();
        last = entry.name.start;
    }
    if (file.rest.length) abort();
    return 0;
}
