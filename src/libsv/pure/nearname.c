/* ISC license. */

#include <string.h>
#include <strings.h>

#include <sv/nearname.h>

/* What stands behind the name of a copy, or of a script as other systems name them. */
static int is_ending(char const *text)
{
    static char const *const endings[] = {
        "~",          ".bak", ".old",    ".orig",     ".save",     ".new",
        ".sh",        ".txt", ".rpmnew", ".rpmsave",  ".dpkg-old", ".dpkg-new",
        ".dpkg-dist", ".swp", ".tmp",    ".disabled",
    };

    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        if (!strcasecmp(endings[i], text)) return 1;
    return 0;
}

static char fold(char byte)
{
    if (byte >= 'A' && byte <= 'Z') return (char)(byte - 'A' + 'a');
    return byte == '_' ? '-' : byte;
}

/* Whether both are the same but for what fold() makes the same. */
static int is_folded(char const *name, char const *known)
{
    while (*name && fold(*name) == fold(*known)) name++, known++;
    return fold(*name) == fold(*known);
}

static int is_one_letter(char const *name, char const *known)
{
    while (*name && fold(*name) == fold(*known)) name++, known++;
    if (*name && is_folded(name + 1, known)) return 1;  /* one too many */
    if (*known && is_folded(name, known + 1)) return 1; /* one is missing */
    if (!*name || !*known) return 0;
    if (is_folded(name + 1, known + 1)) return 1;
    return name[1] && fold(name[0]) == fold(known[1]) && fold(name[1]) == fold(known[0])
           && is_folded(name + 2, known + 2);
}

enum sv_nearname sv_nearname(char const *name, char const *known)
{
    size_t length = strlen(known);

    if (!strcmp(name, known)) return SV_NEARNAME_NONE;
    if (!strncasecmp(name, known, length) && is_ending(name + length))
        return SV_NEARNAME_COPY;
    if (is_folded(name, known)) return SV_NEARNAME_SPELLED;
    if (length >= SV_NEARNAME_SHORTEST && is_one_letter(name, known))
        return SV_NEARNAME_SPELLED;
    return SV_NEARNAME_NONE;
}
