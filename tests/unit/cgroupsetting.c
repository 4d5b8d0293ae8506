/* ISC license. */

#include <sv/cgroupsetting.h>

#include "tap.h"

static struct sv_cgroupsetting setting;

static void is_setting(char const *word, char const *file, char const *controller,
                       char const *value)
{
    ok(sv_cgroupsetting_scan(word, &setting), "%s is a setting", word);
    is_str(setting.file, file, "its file");
    is_str(setting.controller, controller, "its controller");
    is_str(setting.value, value, "its value");
}

int main(void)
{
    is_setting("memory.max=512M", "memory.max", "memory", "512M");
    is_setting("memory.swap.max=0", "memory.swap.max", "memory", "0");
    is_setting("hugetlb.2MB.max=", "hugetlb.2MB.max", "hugetlb", "");
    is_setting("io.max=8:0 rbps=1", "io.max", "io", "8:0 rbps=1");
    is_setting("cgroup.max.depth=3", "cgroup.max.depth", "", "3");

    char const *const wrong[] = {"",       "=",      "a=b",     ".a=b",    "a.=b",
                                 "a..b=c", "a.b",    "./a.b=c", "a/b.c=d", "a b.c=d",
                                 "a.b =c", "a.b.=c", "a.b/c=d"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        ok(!sv_cgroupsetting_scan(wrong[i], &setting), "\"%s\" is none", wrong[i]);

    char word[SV_CGROUPSETTING_FILE + 3] = "a.";
    memset(word + 2, 'x', SV_CGROUPSETTING_FILE - 3);
    strcat(word, "=");
    ok(sv_cgroupsetting_scan(word, &setting), "as long a name as there may be");
    memset(word + 2, 'x', SV_CGROUPSETTING_FILE - 2);
    word[SV_CGROUPSETTING_FILE] = '=';
    ok(!sv_cgroupsetting_scan(word, &setting), "one longer");
    return done();
}
