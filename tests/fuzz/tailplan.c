/* ISC license. */

/*
 * Any list of names and any events, sensible or not. A byte says what happens, the next
 * one to which name. The plan never has more files than it was given room for, and every
 * file that is asked for is one.
 */

#include <stdlib.h>
#include <string.h>

#include <sv/tailplan.h>

#define ROOM 64

static char const *const names[] = {
    "current",
    "previous",
    "processed",
    "state",
    "lock",
    ".inflight",
    "",
    "@short",
    "@4000000000000001000000aa.s",
    "@4000000000000001000000aa.u",
    "@4000000000000001000000aa.t",
    "@4000000000000002000000aa.s",
    "@4000000000000002000000aa.gz",
    "@4000000000000003000000aa.s",
    "@4000000000000003000000aa",
    "@4000000000000004000000aa.u",
};

static void check(struct sv_tailplan const *plan)
{
    if (plan->count > plan->room || plan->first > plan->count) abort();
    for (size_t i = plan->first; i < plan->count; i++) {
        struct sv_tailplan_file const *file = plan->files + i;
        char const *name = sv_tailplan_name(file), *label = sv_tailplan_label(file);
        if (name && !*name) abort();
        if (label && *label != '@') abort();
        (void)sv_tailplan_is_torn(file);
        if (sv_tailplan_is_raw(file) && !name) abort();
    }
}

static void act(struct sv_tailplan *plan, unsigned int what, char const *name)
{
    struct sv_tailplan_file *file = sv_tailplan_next(plan);

    switch (what % 8) {
    case 0: sv_tailplan_event(plan, SV_TAILPLAN_COMES, name, 0); break;
    case 1: sv_tailplan_event(plan, SV_TAILPLAN_GOES, name, 0); break;
    case 2:
    case 3: sv_tailplan_event(plan, SV_TAILPLAN_LEAVES, name, what / 8 % 2); break;
    case 4:
    case 5: sv_tailplan_event(plan, SV_TAILPLAN_ENTERS, name, what / 8 % 2); break;
    case 6:
        if (file) sv_tailplan_done(plan, file);
        break;
    case 7:
        sv_tailplan_lapse(plan);
        plan->frozen = what / 8 % 2;
        break;
    }
}

int LLVMFuzzerTestOneInput(uint8_t const *data, size_t size)
{
    static struct sv_tailplan_file files[ROOM];
    struct sv_tailplan plan;
    size_t listed = size ? data[0] % 8 : 0;

    sv_tailplan_begin(&plan, files, ROOM);
    for (size_t i = 0; i < size && plan.room - plan.count >= 2 * SV_TAILPLAN_MORE; i++) {
        char const *name = names[data[i] % (sizeof names / sizeof *names)];
        if (i < listed) {
            sv_tailplan_note(&plan, name);
        } else if (i < 2 * listed) {
            sv_tailplan_event(&plan, data[i] / 64, name, 0);
        } else if (plan.listing) {
            sv_tailplan_settle(&plan);
        } else
            act(&plan, data[i] / 16 | data[i - 1] / 16 << 4, name);
        if (!plan.listing) check(&plan);
    }
    return 0;
}
