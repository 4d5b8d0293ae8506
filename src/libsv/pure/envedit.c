/* ISC license. */

#include <string.h>

#include <sv/envedit.h>

size_t sv_envedit_apply(char const **environment, size_t count, char const *edit)
{
    size_t name = strcspn(edit, "=");

    for (size_t i = 0; i < count; i++)
        if (!strncmp(environment[i], edit, name) && environment[i][name] == '=') {
            environment[i] = environment[--count];
            break;
        }
    if (edit[name]) environment[count++] = edit;
    return count;
}

static int is_blank(char byte)
{
    return byte == ' ' || byte == '\t';
}

size_t sv_envedit_value(char *text, size_t length, struct sv_envedit_cut const *how)
{
    if (!how->whole) {
        char const *end = memchr(text, '\n', length);
        if (end) length = (size_t)(end - text);
        if (!how->blanks)
            while (length && is_blank(text[length - 1])) length--;
    } else if (!how->blanks && length && text[length - 1] == '\n')
        length--;
    for (size_t i = 0; i < length; i++)
        if (!text[i]) text[i] = how->null_is;
    return length;
}
