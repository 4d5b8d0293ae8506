/* ISC license. */

#include <sv/checking.h>

void sv_checking_begin(struct sv_checking *checking, int is_waiting)
{
    *checking = (struct sv_checking){.is_waiting = !!is_waiting};
}

static enum sv_checking_verdict wait_for(struct sv_checking *checking,
                                         struct sv_checking_rules const *rules,
                                         int is_good)
{
    checking->in_row = is_good ? checking->in_row + 1 : 0;
    if (checking->in_row < rules->successes) return SV_CHECKING_NOTHING;
    checking->is_waiting = 0;
    return SV_CHECKING_READY;
}

enum sv_checking_verdict sv_checking_take(struct sv_checking *checking,
                                          struct sv_checking_rules const *rules,
                                          int is_good)
{
    uint32_t of;

    checking->has_begun = 1;
    if (checking->is_waiting) return wait_for(checking, rules, is_good);
    checking->failed = checking->failed << 1 | !is_good;
    if (checking->seen < SV_CHECKING_MAX) checking->seen++;
    if (is_good || !rules->checks) return SV_CHECKING_NOTHING;
    if (sv_checking_failures(checking, rules, &of) < rules->failures)
        return SV_CHECKING_NOTHING;
    checking->failed = 0;
    checking->seen = 0;
    return SV_CHECKING_UNHEALTHY;
}

void sv_checking_pass(struct sv_checking *checking)
{
    checking->has_begun = 1;
}

uint32_t sv_checking_delay_ms(struct sv_checking const *checking,
                              struct sv_checking_rules const *rules)
{
    if (!checking->is_waiting) return rules->later_ms;
    return checking->has_begun ? rules->first_ms : 0;
}

uint32_t sv_checking_failures(struct sv_checking const *checking,
                              struct sv_checking_rules const *rules, uint32_t *of)
{
    uint32_t count = 0;

    *of = checking->seen < rules->checks ? checking->seen : rules->checks;
    for (uint32_t i = 0; i < *of; i++) count += checking->failed >> i & 1;
    return count;
}
