/* ISC license. */

#include <sv/ioprio.h>

#include "tap.h"

static long long value_of(char const *text)
{
    unsigned int value;
    return sv_ioprio_scan(text, &value) ? (long long)value : -1;
}

int main(void)
{
    is_int(value_of("none"), 0, "none");
    is_int(value_of("idle"), 3 << 13, "idle");
    is_int(value_of("best-effort"), 2 << 13 | 4, "a level of 4 if none is given");
    is_int(value_of("realtime"), 1 << 13 | 4, "also in realtime");
    for (int level = 0; level < 8; level++) {
        char text[] = "realtime:0";
        text[9] = (char)('0' + level);
        is_int(value_of(text), 1 << 13 | level, "%s", text);
    }
    char const *const wrong[] = {
        "",       "idl",          "idler",         "idle:",          "idle:0",
        "none:4", "best-effort:", "best-effort:8", "best-effort:44", "best-effort:-1",
        "Idle",   ":3",           "realtime:x"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        is_int(value_of(wrong[i]), -1, "\"%s\" is none", wrong[i]);
    is_int(sv_ioprio_class_count, 4, "four classes");
    return done();
}
