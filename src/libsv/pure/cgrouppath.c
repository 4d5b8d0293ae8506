/* ISC license. */

#include <string.h>

#include <skalibs/types.h>

#include <sv/cgrouppath.h>

#define PREFIX "upkeep."
#define REMOVED " (deleted)"
#define FIELD_ROOT 3  /* of a line of mountinfo, from 0 */
#define FIELD_POINT 4 /* ... and optional fields up to one that is "-" */

void sv_cgrouppath_name(char *name, uint64_t device, uint64_t inode)
{
    size_t length = sizeof PREFIX - 1;

    memcpy(name, PREFIX, length);
    length += uint64_xfmt(name + length, device);
    name[length++] = '.';
    length += uint64_xfmt(name + length, inode);
    name[length] = 0;
}

/* One that is outside of what we may see begins with "/..", several times perhaps. */
static int is_usable(char const *own, size_t length)
{
    size_t removed = sizeof REMOVED - 1;

    if (!length || length >= SV_CGROUP_PATH || *own != '/') return 0;
    if (memchr(own, 0, length)) return 0;
    if (length >= 3 && !memcmp(own, "/..", 3) && (length == 3 || own[3] == '/')) return 0;
    return length < removed || memcmp(own + length - removed, REMOVED, removed) != 0;
}

int sv_cgrouppath_own(char const *text, size_t length, char *own)
{
    while (length) {
        char const *end = memchr(text, '\n', length);
        size_t line = end ? (size_t)(end - text) : length;
        if (line > 3 && !memcmp(text, "0::", 3)) {
            if (!is_usable(text + 3, line - 3)) return 0;
            memcpy(own, text + 3, line - 3);
            own[line - 3] = 0;
            return 1;
        }
        if (!end) break;
        text += line + 1;
        length -= line + 1;
    }
    return 0;
}

struct part {
    char const *text;
    size_t length;
};

/* Cuts the next field off *rest. Returns 1, or 0 if there is none. */
static int next_field(struct part *rest, struct part *field)
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

static int is_octal(char byte)
{
    return byte >= '0' && byte <= '7';
}

/* Writes the field without its escapes: blanks stand as \040. Returns its length, or
 * SV_CGROUP_PATH if it does not fit. */
static size_t unescape(char *to, struct part const *field)
{
    size_t length = 0;

    for (size_t i = 0; i < field->length; i++) {
        char const *at = field->text + i;
        if (length + 1 >= SV_CGROUP_PATH) return SV_CGROUP_PATH;
        if (*at == '\\' && i + 3 < field->length && is_octal(at[1]) && is_octal(at[2])
            && is_octal(at[3])) {
            to[length++] =
                (char)((at[1] - '0') << 6 | (at[2] - '0') << 3 | (at[3] - '0'));
            i += 3;
        } else {
            to[length++] = *at;
        }
    }
    to[length] = 0;
    return length;
}

/* The root and the mount point of a mount of the unified hierarchy. Returns 1 or 0. */
static int read_mount(struct part rest, struct part *root, struct part *point)
{
    struct part field;

    for (unsigned int i = 0; i <= FIELD_POINT; i++) {
        if (!next_field(&rest, &field)) return 0;
        if (i == FIELD_ROOT) *root = field;
        if (i == FIELD_POINT) *point = field;
    }
    do
        if (!next_field(&rest, &field)) return 0;
    while (field.length != 1 || *field.text != '-');
    return next_field(&rest, &field) && field.length == 7
           && !memcmp(field.text, "cgroup2", 7);
}

int sv_cgrouppath_mounted(char const *line, size_t length, char const *own, char *path)
{
    struct part root, point;
    size_t own_length = strlen(own);

    if (!read_mount((struct part){line, length}, &root, &point)) return 0;
    size_t skip = unescape(path, &root);
    if (skip >= SV_CGROUP_PATH) return 0;
    if (skip == 1 && *path == '/') skip = 0;
    if (skip > own_length || memcmp(path, own, skip)) return 0;
    if (own[skip] && own[skip] != '/') return 0;
    size_t used = unescape(path, &point);
    if (used + (own_length - skip) >= SV_CGROUP_PATH) return 0;
    memcpy(path + used, own + skip, own_length - skip + 1);
    return *path == '/';
}

size_t sv_cgrouppath_find(char const *own, char const *name)
{
    size_t length = strlen(name), found = 0;

    for (char const *at = own; (at = strchr(at, '/')); at++)
        if (!strncmp(at + 1, name, length) && (!at[1 + length] || at[1 + length] == '/'))
            found = (size_t)(at - own) + 1 + length;
    return found;
}
