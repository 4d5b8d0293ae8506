/* ISC license. */

#include <sv/heir.h>

#include "tap.h"

#define OURS .is_ours = 1

/* Who is chosen of these candidates, up to one with pid 0. */
static pid_t choose(struct sv_heir const *candidates)
{
    struct sv_heir_choice choice = {.guesses = 0};
    uint64_t start = 0;

    for (; candidates->pid; candidates++) sv_heir_consider(&choice, candidates);
    pid_t pid = sv_heir_chosen(&choice, &start);
    return pid && start != choice.best.start ? -1 : pid;
}

#define CHOOSE(...) choose((struct sv_heir const[]){__VA_ARGS__, {.pid = 0}})

static void our_children(void)
{
    is_int(CHOOSE({.pid = 0}), 0, "of nobody nobody is chosen");
    is_int(CHOOSE({5, .start = 9, OURS}), 5, "the only one is, whatever it is like");
    is_int(CHOOSE({5, .start = 9, OURS}, {6, .start = 9, OURS, .same_name = 1}), 6,
           "one with the name of the one that has ended is preferred");
    is_int(CHOOSE({5, .start = 9, OURS, .same_name = 1},
                  {6, .start = 9, OURS, .other_session = 1}),
           6, "... but more than that one that has left the session of run");
    is_int(CHOOSE({6, .start = 9, OURS, .other_session = 1},
                  {5, .start = 9, OURS, .same_name = 1}),
           6, "... wherever it stands in the list");
    is_int(CHOOSE({5, .start = 8, OURS, .same_name = 1},
                  {6, .start = 9, OURS, .same_name = 1},
                  {7, .start = 7, OURS, .same_name = 1}),
           6, "of several that were forked by it the last one");
    is_int(CHOOSE({6, .start = 9, OURS, .same_name = 1},
                  {5, .start = 9, OURS, .same_name = 1}),
           5, "... which is later in the list, if the clock does not tell");
    is_int(CHOOSE({5, .start = 9, OURS}, {6, .start = 8, OURS}, {7, .start = 10, OURS}),
           5, "of several that a script has called the one that was an orphan first");
}

static void after_a_takeover(void)
{
    is_int(CHOOSE({5, .start = 9}, {6, .start = 9, .other_session = 1}), 0,
           "whoever has neither the name nor a reason to be the service's is not chosen");
    is_int(CHOOSE({5, .start = 9, .same_name = 1}), 5,
           "the only one that has the name is");
    is_int(CHOOSE({5, .start = 9, .same_name = 1}, {6, .start = 9, .same_name = 1}), 0,
           "of two that have the name neither: the other may be another service's");
    is_int(CHOOSE({5, .start = 9, .same_name = 1, .other_session = 1},
                  {6, .start = 9, OURS}, {7, .start = 9, .same_name = 1}),
           6, "one that belongs to the service for certain is preferred to all of them");
}

int main(void)
{
    our_children();
    after_a_takeover();
    return done();
}
