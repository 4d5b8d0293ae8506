/* ISC license. */

#include <string.h>
#include <strings.h>

#include <sv/capability.h>
#include <sv/text.h>

#define PREFIX "cap_"
#define PREFIX_LENGTH (sizeof PREFIX - 1)

#define ROW(number, name) [number] = PREFIX name,
static char const *const names[] = {SV_CAPABILITIES(ROW)};
#undef ROW

#define COUNT (sizeof names / sizeof *names)

char const *sv_capability_name(unsigned int number)
{
    return number < COUNT ? names[number] : 0;
}

/* Returns the number; COUNT if there is no such name. */
static unsigned int find(char const *name, size_t length)
{
    size_t skipped = length > PREFIX_LENGTH && !strncasecmp(name, PREFIX, PREFIX_LENGTH)
                         ? PREFIX_LENGTH
                         : 0;
    unsigned int i = 0;

    name += skipped, length -= skipped;
    while (i < COUNT
           && (strlen(names[i]) - PREFIX_LENGTH != length
               || strncasecmp(names[i] + PREFIX_LENGTH, name, length) != 0))
        i++;
    return i;
}

char const *sv_capability_scan(char const *text, uint64_t *set, size_t *length)
{
    *set = 0;
    if (!*text) return 0;
    for (;; text++) {
        *length = strcspn(text, ",");
        unsigned int number = find(text, *length);
        if (number == COUNT) return text;
        *set |= UINT64_C(1) << number;
        text += *length;
        if (!*text) return 0;
    }
}

void sv_capability_format(char *text, size_t size, uint64_t set)
{
    *text = 0;
    for (unsigned int i = 0; i < SV_CAPABILITY_BITS; i++) {
        if (!(set >> i & 1)) continue;
        if (*text) sv_text_append(text, size, ",");
        if (sv_capability_name(i))
            sv_text_append(text, size, sv_capability_name(i));
        else
            sv_text_append_number(text, size, i);
    }
}
