/* ISC license. */

#include <sv/cgrouppath.h>

#include "tap.h"

#define MOUNT(root, point) \
    "41 38 0:31 " root " " point " rw,relatime shared:9 - cgroup2 cgroup2 rw"

static char found[SV_CGROUP_PATH];

static char const *own(char const *text)
{
    return sv_cgrouppath_own(text, strlen(text), found) ? found : "none";
}

static char const *mounted(char const *line, char const *cgroup)
{
    return sv_cgrouppath_mounted(line, strlen(line), cgroup, found) ? found : "none";
}

static void which(void)
{
    is_str(own("0::/\n"), "/", "the root");
    is_str(own("0::/user.slice/a b\n"), "/user.slice/a b", "a name with a blank");
    is_str(own("9:name=systemd:/x\n1:cpu:/y\n0::/z\n"), "/z",
           "beside cgroups of version 1 the one of version 2");
    is_str(own("0::/z"), "/z", "without a newline");
    is_str(own("1:cpu:/y\n"), "none", "only version 1: none");
    is_str(own(""), "none", "nothing: none");
    is_str(own("0::\n"), "none", "an empty path: none");
    is_str(own("0::/a (deleted)\n"), "none", "one that has been removed: none");
    is_str(own("0::/..\n"), "none", "one outside of our namespace: none");
    is_str(own("0::/../../b\n"), "none", "... farther outside");
    is_str(own("0::/..b\n"), "/..b", "but a name may begin like that");
}

static void where(void)
{
    is_str(mounted(MOUNT("/", "/sys/fs/cgroup"), "/a/b"), "/sys/fs/cgroup/a/b",
           "the whole hierarchy is mounted");
    is_str(mounted(MOUNT("/", "/sys/fs/cgroup"), "/"), "/sys/fs/cgroup/", "its root");
    is_str(mounted(MOUNT("/a", "/mnt"), "/a/b"), "/mnt/b", "a part of it is");
    is_str(mounted(MOUNT("/a", "/mnt"), "/a"), "/mnt", "the root of that part");
    is_str(mounted(MOUNT("/a", "/mnt"), "/ab"), "none", "ours is outside of that part");
    is_str(mounted(MOUNT("/a/b", "/mnt"), "/a"), "none", "... above it");
    is_str(mounted(MOUNT("/", "/my\\040place\\134x"), "/a"), "/my place\\x/a",
           "blanks and the like stand as octal numbers");
    is_str(mounted("41 38 0:31 / /mnt rw - cgroup2 none rw", "/a"), "/mnt/a",
           "without optional fields");
    is_str(mounted("41 38 0:31 / /mnt rw a:1 b:2 c - cgroup2 none rw", "/a"), "/mnt/a",
           "with several");
    is_str(mounted("41 38 0:31 / /mnt rw shared:1 - cgroup none rw", "/a"), "none",
           "version 1 is not meant");
    is_str(mounted("41 38 0:31 / /mnt rw cgroup2", "/a"), "none", "no type, no place");
    is_str(mounted("", "/a"), "none", "an empty line");
}

static void bounds(void)
{
    char text[SV_CGROUP_PATH + 8], line[SV_CGROUP_PATH + 64];

    memset(text, 'a', sizeof text);
    memcpy(text, "0::/", 4);
    ok(sv_cgrouppath_own(text, SV_CGROUP_PATH + 2, found),
       "the longest path there may be");
    ok(!sv_cgrouppath_own(text, SV_CGROUP_PATH + 3, found), "one more is too long");
    (void)sv_cgrouppath_own(text, SV_CGROUP_PATH + 2, found);
    memcpy(text, found, SV_CGROUP_PATH);
    is_str(mounted(MOUNT("/", "/m"), text), "none", "what does not fit is not used");
    (void)snprintf(line, sizeof line, "1 2 3 / %s rw - cgroup2 x x", text);
    is_str(mounted(line, "/"), "none", "... wherever it is mounted");
}

static void names(void)
{
    char name[SV_CGROUP_NAME];

    sv_cgrouppath_name(name, 0xfe00, 0xA84174);
    is_str(name, "upkeep.fe00.a84174",
           "a service's cgroup is called after its directory");
    sv_cgrouppath_name(name, UINT64_MAX, UINT64_MAX);
    is_int((long long)strlen(name), 7 + 16 + 1 + 16, "however large the numbers are");
    is_int((long long)sv_cgrouppath_find("/a/x/b", "x"), 4, "found in a path");
    is_int((long long)sv_cgrouppath_find("/a/x", "x"), 4, "at its end");
    is_int((long long)sv_cgrouppath_find("/x/x/b", "x"), 4, "the innermost one");
    is_int((long long)sv_cgrouppath_find("/a/xx/ax", "x"), 0, "a part of a name is none");
    is_int((long long)sv_cgrouppath_find("/", "x"), 0, "the root is not called anything");
}

int main(void)
{
    which();
    where();
    bounds();
    names();
    return done();
}
