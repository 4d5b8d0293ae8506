/* ISC license. */

/*
 * Any bytes as /proc/PID/cgroup and then, from the first empty line on, as a line of
 * mountinfo: a path that comes out is absolute, fits, and ends as the cgroup does.
 */

#include <stdlib.h>
#include <string.h>

#include <sv/cgrouppath.h>

int LLVMFuzzerTestOneInput(uint8_t const *data, size_t size)
{
    char own[SV_CGROUP_PATH] = "/", path[SV_CGROUP_PATH], name[SV_CGROUP_NAME];
    char const *text = (char const *)data;
    char const *line = size ? memmem(text, size, "\n\n", 2) : 0;
    size_t length = line ? (size_t)(line - text) + 1 : size;

    if (sv_cgrouppath_own(text, length, own)
        && (*own != '/' || strlen(own) >= SV_CGROUP_PATH || strchr(own, '\n')))
        abort();
    sv_cgrouppath_name(name, size, length);
    if (sv_cgrouppath_find(own, name) > strlen(own)) abort();
    if (!line) return 0;
    if (!sv_cgrouppath_mounted(line + 2, size - length - 1, own, path)) return 0;
    if (*path != '/' || strlen(path) >= SV_CGROUP_PATH) abort();
    return 0;
}
