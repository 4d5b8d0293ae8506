/* ISC license. */

#include <sv/capability.h>

#include "tap.h"

static uint64_t set;
static size_t length;

static void understood(char const *text, uint64_t want)
{
    ok(!sv_capability_scan(text, &set, &length), "\"%s\" is understood", text);
    is_int(set, want, "its value");
}

static void not_understood(char const *text, char const *from, size_t so_long)
{
    char const *culprit = sv_capability_scan(text, &set, &length);
    is_str(culprit, from, "\"%s\" is not, from there", text);
    is_int(length, so_long, "so long");
}

int main(void)
{
    understood("", 0);
    understood("chown", 1);
    understood("cap_chown", 1);
    understood("CAP_Kill,net_bind_service", 1 << 5 | 1 << 10);
    understood("kill,kill", 1 << 5);
    understood("checkpoint_restore", 1LL << 40);
    not_understood("x", "x", 1);
    not_understood("kill,", "", 0);
    not_understood(",kill", ",kill", 0);
    not_understood("kill,xy,chown", "xy,chown", 2);
    not_understood("cap_", "cap_", 4);
    not_understood("cap_cap_kill", "cap_cap_kill", 12);
    not_understood("kil", "kil", 3);
    not_understood("killer", "killer", 6);

    char text[2048], small[12];
    uint64_t all = (UINT64_C(1) << 41) - 1;
    sv_capability_format(text, sizeof text, all);
    understood(text, (long long)all);
    sv_capability_format(text, sizeof text, 0);
    is_str(text, "", "an empty set");
    sv_capability_format(text, sizeof text, UINT64_C(1) << 63 | 1);
    is_str(text, "cap_chown,63", "one without a name");
    sv_capability_format(small, sizeof small, 1 | 1 << 5);
    is_str(small, "cap_chown,c", "what does not fit is left out");
    ok(!sv_capability_name(41) && sv_capability_name(40), "the last one");
    for (unsigned int i = 0; i < 41; i++)
        expect(sv_capability_name(i) && !strncmp(sv_capability_name(i), "cap_", 4), "%u",
               i);
    return done();
}
