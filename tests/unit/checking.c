/* ISC license. */

/*
 * The schedule of checks, against a second implementation that keeps the whole history
 * and looks through it anew each time: every sequence of results up to LENGTH, under
 * every small set of rules; then long ones, with rules that change.
 */

#include "tap.h"

#include <sv/checking.h>

#define LENGTH 9
#define LONG 5000

/* The reference: every result since the beginning, and where what counts begins. */
struct history {
    char results[LONG + 1]; /* 'g' or 'b' */
    unsigned int count;
    unsigned int from; /* results before that do not count */
    int is_waiting;
};

static enum sv_checking_verdict remember(struct history *history,
                                         struct sv_checking_rules const *rules,
                                         int is_good)
{
    history->results[history->count++] = is_good ? 'g' : 'b';
    unsigned int length = history->count - history->from, bad = 0;
    char const *end = history->results + history->count;

    if (history->is_waiting) {
        if (length < rules->successes) return SV_CHECKING_NOTHING;
        for (unsigned int i = 1; i <= rules->successes; i++)
            if (*(end - i) == 'b') return SV_CHECKING_NOTHING;
        history->is_waiting = 0;
        history->from = history->count;
        return SV_CHECKING_READY;
    }
    for (unsigned int i = 1; i <= length && i <= rules->checks; i++)
        bad += *(end - i) == 'b';
    if (is_good || !rules->checks || bad < rules->failures) return SV_CHECKING_NOTHING;
    history->from = history->count;
    return SV_CHECKING_UNHEALTHY;
}

static uint32_t delay(struct history const *history,
                      struct sv_checking_rules const *rules)
{
    if (!history->is_waiting) return rules->later_ms;
    return history->count ? rules->first_ms : 0;
}

static int agree(struct sv_checking *checking, struct history *history,
                 struct sv_checking_rules const *rules, int is_good)
{
    uint32_t of, want_of = 0, want = 0;

    if (sv_checking_delay_ms(checking, rules) != delay(history, rules)) return 0;
    enum sv_checking_verdict got = sv_checking_take(checking, rules, is_good);
    if (got != remember(history, rules, is_good)) return 0;
    uint32_t failures = sv_checking_failures(checking, rules, &of);
    if (history->is_waiting) return !of && !failures;
    while (want_of < history->count - history->from && want_of < rules->checks)
        want += history->results[history->count - ++want_of] == 'b';
    return of == want_of && failures == want
           && sv_checking_delay_ms(checking, rules) == delay(history, rules);
}

static void try_all_sequences(struct sv_checking_rules const *rules, int is_waiting)
{
    static struct history history;

    for (unsigned int bits = 0; bits < 1u << LENGTH; bits++) {
        struct sv_checking checking;
        sv_checking_begin(&checking, is_waiting);
        history = (struct history){.is_waiting = is_waiting};
        for (unsigned int i = 0; i < LENGTH; i++)
            if (!expect(agree(&checking, &history, rules, (int)(bits >> i & 1)),
                        "%u successes, %u of %u, sequence %x, check %u", rules->successes,
                        rules->failures, rules->checks, bits, i))
                return;
    }
}

static void try_all_rules(void)
{
    unsigned int tried = 0;

    for (uint32_t successes = 1; successes <= 4; successes++)
        for (uint32_t checks = 0; checks <= 6; checks++)
            for (uint32_t failures = 1; failures <= (checks ? checks : 1); failures++)
                for (int is_waiting = 0; is_waiting < 2; is_waiting++) {
                    struct sv_checking_rules const rules = {1000, 10000, successes,
                                                            failures, checks};
                    try_all_sequences(&rules, is_waiting);
                    tried++;
                }
    ok(tried == 2 * 4 * 22, "every sequence of %d checks under %u sets of rules", LENGTH,
       tried);
}

static uint32_t next_random(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*state >> 33);
}

static void try_changing_rules(void)
{
    static struct history history;
    struct sv_checking checking;
    struct sv_checking_rules rules = {1, 2, 3, 4, 64};
    uint64_t state = 5;

    for (int is_waiting = 0; is_waiting < 2; is_waiting++) {
        sv_checking_begin(&checking, is_waiting);
        history = (struct history){.is_waiting = is_waiting};
        for (unsigned int i = 0; i < LONG; i++) {
            if (!(next_random(&state) % 50)) {
                rules.checks = next_random(&state) % (SV_CHECKING_MAX + 1);
                rules.failures =
                    1 + (rules.checks ? next_random(&state) % rules.checks : 0);
                rules.successes = 1 + next_random(&state) % 3;
            }
            int is_good = next_random(&state) % 4 != 0;
            if (!expect(agree(&checking, &history, &rules, is_good), "check %u", i))
                return;
        }
    }
    ok(1, "%d checks while the rules change", 2 * LONG);
}

int main(void)
{
    struct sv_checking checking;
    struct sv_checking_rules const rules = {100, 200, 2, 2, 3};

    try_all_rules();
    try_changing_rules();

    sv_checking_begin(&checking, 1);
    is_int(sv_checking_delay_ms(&checking, &rules), 0, "the first check is at once");
    sv_checking_pass(&checking);
    is_int(sv_checking_delay_ms(&checking, &rules), 100,
           "the next is later, even if the first had no result");
    sv_checking_take(&checking, &rules, 1);
    sv_checking_pass(&checking);
    is_int(sv_checking_take(&checking, &rules, 1), SV_CHECKING_READY,
           "a check without a result does not end a row");
    is_int(sv_checking_delay_ms(&checking, &rules), 200,
           "then the interval is the other");
    sv_checking_begin(&checking, 0);
    is_int(sv_checking_delay_ms(&checking, &rules), 200,
           "for health alone, the first check is an interval later");
    return done();
}
