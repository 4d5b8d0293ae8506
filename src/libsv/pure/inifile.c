/* ISC license. */

#include <string.h>

#include <sv/inifile.h>

static int is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r';
}

static struct sv_inifile_part trimmed(char const *start, char const *end)
{
    while (start < end && is_blank(*start)) start++;
    while (start < end && is_blank(end[-1])) end--;
    return (struct sv_inifile_part){start, (size_t)(end - start)};
}

/* Takes the first line off the rest. */
static struct sv_inifile_part next_line(struct sv_inifile_part *rest)
{
    char const *newline = memchr(rest->start, '\n', rest->length);
    size_t length = newline ? (size_t)(newline - rest->start) : rest->length;
    struct sv_inifile_part line = trimmed(rest->start, rest->start + length);

    length += newline ? 1 : 0;
    rest->start += length;
    rest->length -= length;
    return line;
}

/* Whether the line is a setting. */
static int split(struct sv_inifile_part line, struct sv_inifile_entry *entry)
{
    char const *end = line.start + line.length;
    char const *equals = memchr(line.start, '=', line.length);

    if (!equals) return 0;
    entry->name = trimmed(line.start, equals);
    entry->value = trimmed(equals + 1, end);
    return entry->name.length > 0;
}

int sv_inifile_next(struct sv_inifile *file, struct sv_inifile_entry *entry)
{
    while (file->rest.length) {
        struct sv_inifile_part line = next_line(&file->rest);
        if (!line.length || *line.start == ';' || memchr(line.start, 0, line.length))
            continue;
        if (*line.start == '[') {
            char const *end = memchr(line.start, ']', line.length);
            if (end) file->section = trimmed(line.start + 1, end);
        } else if (split(line, entry)) {
            entry->section = file->section;
            return 1;
        }
    }
    return 0;
}
