/* ISC license. */

#include <sv/heir.h>

/* Whether the one that came later in the list is to be preferred. */
static int is_better(struct sv_heir const *later, struct sv_heir const *best)
{
    if (later->is_ours != best->is_ours) return later->is_ours;
    if (later->other_session != best->other_session) return later->other_session;
    if (later->same_name != best->same_name) return later->same_name;
    return later->same_name && later->start >= best->start;
}

void sv_heir_consider(struct sv_heir_choice *choice, struct sv_heir const *candidate)
{
    if (!candidate->is_ours) {
        if (!candidate->same_name) return;
        choice->guesses++;
    }
    if (!choice->best.pid || is_better(candidate, &choice->best))
        choice->best = *candidate;
}

pid_t sv_heir_chosen(struct sv_heir_choice const *choice, uint64_t *start)
{
    if (!choice->best.pid) return 0;
    if (!choice->best.is_ours && choice->guesses > 1) return 0;
    *start = choice->best.start;
    return choice->best.pid;
}
