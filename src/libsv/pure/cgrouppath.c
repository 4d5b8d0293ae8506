/* ISC license. */

#include <string.h>

#include <skalibs/types.h>

#include <sv/cgrouppath.h>
#include <sv/mountinfo.h>

#define PREFIX "upkeep."
#define REMOVED " (deleted)"
#define TYPE "cgroup2"

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

int sv_cgrouppath_mounted(char const *line, size_t length, char const *own, char *path)
{
    struct sv_mountinfo mount;
    size_t own_length = strlen(own);

    if (!sv_mountinfo_scan(line, length, &mount) || mount.type.length != sizeof TYPE - 1
        || memcmp(mount.type.text, TYPE, sizeof TYPE - 1) != 0)
        return 0;
    size_t skip = sv_mountinfo_path(path, SV_CGROUP_PATH, &mount.root);
    if (skip >= SV_CGROUP_PATH) return 0;
    if (skip == 1 && *path == '/') skip = 0;
    if (skip > own_length || memcmp(path, own, skip)) return 0;
    if (own[skip] && own[skip] != '/') return 0;
    size_t used = sv_mountinfo_path(path, SV_CGROUP_PATH, &mount.point);
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
