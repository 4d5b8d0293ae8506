/* ISC license. */

/* tailplan: the list, and what is asked. The events are in tailplan_event.c. */

#include <stdlib.h>
#include <string.h>

#include <sv/tailplan.h>

void sv_tailplan_begin(struct sv_tailplan *plan, struct sv_tailplan_file *files,
                       size_t room)
{
    *plan = (struct sv_tailplan){.files = files, .room = room, .listing = 1};
}

int sv_tailplan_is_lasting(char const *name)
{
    return sv_logplan_is_old(name);
}

static int is_same_label(char const *one, char const *other)
{
    return sv_tailplan_is_lasting(one) && sv_tailplan_is_lasting(other)
           && !memcmp(one, other, SV_STAMP_TEXT);
}

/* Whether the name ends in the label, a dot and the letter. */
static int has_suffix(char const *name, char letter)
{
    return sv_tailplan_is_lasting(name) && name[SV_STAMP_TEXT] == '.'
           && name[SV_STAMP_TEXT + 1] == letter && !name[SV_STAMP_TEXT + 2];
}

char const *sv_tailplan_name(struct sv_tailplan_file const *file)
{
    if (*file->raw) return file->raw;
    return *file->product ? file->product : 0;
}

char const *sv_tailplan_label(struct sv_tailplan_file const *file)
{
    if (sv_tailplan_is_lasting(file->raw)) return file->raw;
    return sv_tailplan_is_lasting(file->product) ? file->product : 0;
}

int sv_tailplan_is_torn(struct sv_tailplan_file const *file)
{
    return has_suffix(file->raw, 'u') || has_suffix(file->product, 'u');
}

int sv_tailplan_is_raw(struct sv_tailplan_file const *file)
{
    char const *name = sv_tailplan_name(file);

    if (!name) return 0;
    if (sv_tailplan_is_lasting(name))
        return has_suffix(name, 's') || has_suffix(name, 'u');
    return name == file->raw;
}

struct sv_tailplan_file *sv_tailplan_next(struct sv_tailplan const *plan)
{
    for (size_t i = plan->first; i < plan->count; i++)
        if (!plan->files[i].done) return plan->files + i;
    return 0;
}

/* An old file that is done is of no interest, nor is one that has no name. */
static int is_past(struct sv_tailplan_file const *file)
{
    if (!file->done) return 0;
    if (*file->raw && !sv_tailplan_is_lasting(file->raw)) return 0;
    return !*file->product || sv_tailplan_is_lasting(file->product);
}

void sv_tailplan_done(struct sv_tailplan *plan, struct sv_tailplan_file *file)
{
    file->done = 1;
    while (plan->first < plan->count && is_past(plan->files + plan->first)) plan->first++;
    if (plan->first < plan->count - plan->first) return;
    /* seldom, so that it does not count with many files */
    plan->count -= plan->first;
    memmove(plan->files, plan->files + plan->first, plan->count * sizeof *plan->files);
    plan->first = 0;
}

void sv_tailplan_twin(struct sv_tailplan *plan, size_t index)
{
    struct sv_tailplan_file *file = plan->files + index;

    memcpy(file[-1].product, file[-1].raw, sizeof file->raw);
    memcpy(file[-1].raw, file->raw, sizeof file->raw);
    plan->count--;
    memmove(file, file + 1, (plan->count - index) * sizeof *file);
}

void sv_tailplan_note(struct sv_tailplan *plan, char const *name)
{
    if (!strcmp(name, "current")) plan->has_current = 1;
    if (!strcmp(name, "previous")) plan->has_previous = 1;
    if (!strcmp(name, "processed")) plan->has_processed = 1;
    if (!sv_tailplan_is_lasting(name) || strlen(name) >= SV_LOGPLAN_NAME) return;
    struct sv_tailplan_file *file = plan->files + plan->count++;
    *file = (struct sv_tailplan_file){0};
    strcpy(file->raw, name);
}

static int compare(void const *one, void const *other)
{
    return strcmp(((struct sv_tailplan_file const *)one)->raw,
                  ((struct sv_tailplan_file const *)other)->raw);
}

/* A file with the same label as the one before it: which of them the logger wrote? */
static void unite(struct sv_tailplan_file *file, struct sv_tailplan_file const *same)
{
    int better = !has_suffix(file->raw, 's') && !has_suffix(file->raw, 'u')
                 && (has_suffix(same->raw, 's') || has_suffix(same->raw, 'u'));

    if (better) {
        memcpy(file->product, file->raw, sizeof file->raw);
        memcpy(file->raw, same->raw, sizeof file->raw);
    } else if (!*file->product)
        memcpy(file->product, same->raw, sizeof file->product);
}

static struct sv_tailplan_file *append(struct sv_tailplan *plan, char const *raw,
                                       char const *product)
{
    struct sv_tailplan_file *file = plan->files + plan->count++;

    *file = (struct sv_tailplan_file){0};
    strcpy(file->raw, raw);
    strcpy(file->product, product);
    return file;
}

void sv_tailplan_settle(struct sv_tailplan *plan)
{
    size_t kept = 0;

    plan->listing = 0;
    if (plan->count) qsort(plan->files, plan->count, sizeof *plan->files, compare);
    for (size_t i = 0; i < plan->count; i++) {
        struct sv_tailplan_file *file = plan->files + i;
        if (kept && !strcmp(file[0].raw, plan->files[kept - 1].raw)) continue;
        if (kept && is_same_label(file->raw, plan->files[kept - 1].raw))
            unite(plan->files + kept - 1, file);
        else
            plan->files[kept++] = *file;
    }
    plan->count = kept;
    if (kept) memcpy(plan->newest, plan->files[kept - 1].raw, SV_STAMP_TEXT);
    plan->processes = plan->has_processed;
    if (plan->has_previous || plan->has_processed)
        append(plan, plan->has_previous ? "previous" : "",
               plan->has_processed ? "processed" : "");
    if (plan->has_current) append(plan, "current", "");
}
