/* ISC license. */

#include <sv/mountinfo.h>

#include "tap.h"

static struct sv_mountinfo mount;
static char path[40];

static int scan(char const *line)
{
    return sv_mountinfo_scan(line, strlen(line), &mount);
}

static void is_path(struct sv_mountinfo_field const *field, char const *want)
{
    size_t length = sv_mountinfo_path(path, sizeof path, field);
    is_str(path, want, "the path is %s", want);
    is_int(length, strlen(want), "its length");
}

int main(void)
{
    ok(scan("36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw"), "a line");
    is_path(&mount.root, "/mnt1");
    is_path(&mount.point, "/mnt2");
    is_mem(mount.type.text, mount.type.length, "ext3", 4, "its type");
    ok(scan("36 35 98:0 / / rw - tmpfs x rw"), "without optional fields");
    is_mem(mount.type.text, mount.type.length, "tmpfs", 5, "its type");
    ok(scan("36 35 98:0 / /a\\040b\\011\\134c rw a:1 b:2 - tmpfs"), "with escapes");
    is_path(&mount.point, "/a b\t\\c");
    ok(scan("36 35 98:0 / /a\\04 rw - t"), "with half of one");
    is_path(&mount.point, "/a\\04");

    ok(scan("1 2 3 /r /0123456789012345678901234567890123456789 rw - t"), "a long path");
    is_int(sv_mountinfo_path(path, sizeof path, &mount.point), sizeof path,
           "does not fit");

    char const *const wrong[] = {
        "",     "36 35 98:0 / /", "36 35 98:0 / / rw", "1 2 3 4 5 6 -", "1 2 3 4 5 6 7 8",
        "1 2 3"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        ok(!scan(wrong[i]), "\"%s\" is no such line", wrong[i]);
    return done();
}
