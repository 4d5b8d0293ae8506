/* ISC license. */

/* Any bytes as a line of mountinfo. What is found lies in the line, in its order. */

#include <stdlib.h>
#include <string.h>

#include <sv/mountinfo.h>

static void check(struct sv_mountinfo_field const *field, char const *start,
                  char const *end)
{
    char path[100];

    if (field->text < start || field->text + field->length > end) abort();
    if (memchr(field->text, ' ', field->length)) abort();
    size_t length = sv_mountinfo_path(path, sizeof path, field);
    if (length > field->length && length != sizeof path) abort();
    if (length < sizeof path && path[length]) abort();
}

int LLVMFuzzerTestOneInput(uint8_t const *data, size_t size)
{
    struct sv_mountinfo mount;
    char const *line = (char const *)data;

    if (!sv_mountinfo_scan(line, size, &mount)) return 0;
    check(&mount.root, line, line + size);
    check(&mount.point, mount.root.text + mount.root.length, line + size);
    check(&mount.type, mount.point.text + mount.point.length, line + size);
    return 0;
}
