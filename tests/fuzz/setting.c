/* ISC license. */

/*
 * Any bytes in an option file of a service directory. The first byte says in which.
 */

#include <stdlib.h>
#include <string.h>

#include <sv/setting.h>

static void check(struct sv_settings const *settings)
{
    if (settings->down_signal < 1 || settings->down_signal > 31) abort();
    if (settings->reload_signal < 1 || settings->reload_signal > 31) abort();
    if (settings->max_death_tally > SV_TALLY_MAX) abort();
    if (settings->delay_longest_ms < settings->delay_shortest_ms) abort();
    if (settings->limit_seconds && settings->limit_deaths >= SV_TALLY_MAX) abort();
    if (settings->restart > SV_RESTART_NEVER || settings->kill_mode > SV_KILL_TREE)
        abort();
    if (settings->timeout_kill_ms > INT32_MAX || settings->timeout_finish_ms > INT32_MAX)
        abort();
}

int LLVMFuzzerTestOneInput(uint8_t const *data, size_t size)
{
    struct sv_settings settings, before;

    if (!size) return 0;
    enum sv_setting which = (enum sv_setting)(data[0] % SV_SETTING_COUNT);
    memset(&settings, 0, sizeof settings);
    sv_setting_defaults(&settings);
    memcpy(&before, &settings, sizeof before);
    int parsed = sv_setting_parse(&settings, which, (char const *)data + 1, size - 1);
    if (!parsed && memcmp(&settings, &before, sizeof before)) abort();
    check(&settings);

    /* What was read once is read again: the same comes out, whatever stood there before.
     */
    memcpy(&before, &settings, sizeof before);
    if (sv_setting_parse(&settings, which, (char const *)data + 1, size - 1) != parsed)
        abort();
    if (memcmp(&settings, &before, sizeof before)) abort();
    return 0;
}
