/* ISC license. */

#include <string.h>

#include <sv/mountinfo.h>

#define FIELD_ROOT 3  /* from 0 */
#define FIELD_POINT 4 /* ... and optional fields up to one that is "-" */

/* Cuts the next field off *rest. Returns 1, or 0 if there is none. */
static int next_field(struct sv_mountinfo_field *rest, struct sv_mountinfo_field *field)
{
    if (!rest->length) return 0;
    char const *blank = memchr(rest->text, ' ', rest->length);
    field->text = rest->text;
    field->length = blank ? (size_t)(blank - rest->text) : rest->length;
    size_t taken = field->length + (blank != 0);
    rest->text += taken;
    rest->length -= taken;
    return 1;
}

int sv_mountinfo_scan(char const *line, size_t length, struct sv_mountinfo *mount)
{
    struct sv_mountinfo_field field, rest = {line, length};

    for (unsigned int i = 0; i <= FIELD_POINT; i++) {
        if (!next_field(&rest, &field)) return 0;
        if (i == FIELD_ROOT) mount->root = field;
        if (i == FIELD_POINT) mount->point = field;
    }
    do
        if (!next_field(&rest, &field)) return 0;
    while (field.length != 1 || *field.text != '-');
    return next_field(&rest, &mount->type);
}

static int is_octal(char byte)
{
    return byte >= '0' && byte <= '7';
}

size_t sv_mountinfo_path(char *path, size_t size, struct sv_mountinfo_field const *field)
{
    size_t length = 0;

    for (size_t i = 0; i < field->length; i++) {
        char const *at = field->text + i;
        if (length + 1 >= size) return size;
        if (*at == '\\' && i + 3 < field->length && is_octal(at[1]) && is_octal(at[2])
            && is_octal(at[3])) {
            path[length++] =
                (char)((at[1] - '0') << 6 | (at[2] - '0') << 3 | (at[3] - '0'));
            i += 3;
        } else {
            path[length++] = *at;
        }
    }
    path[length] = 0;
    return length;
}
