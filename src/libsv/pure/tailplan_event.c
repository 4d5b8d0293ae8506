/* ISC license. */

/* tailplan: what an event tells about the files. */

#include <string.h>

#include <sv/tailplan.h>

static void copy_name(char to[SV_LOGPLAN_NAME], char const *name)
{
    size_t length =
        strnlen(name, SV_LOGPLAN_NAME - 1); /* no file system has longer ones */

    memcpy(to, name, length);
    to[length] = 0;
}

static struct sv_tailplan_file *with_raw(struct sv_tailplan *plan, char const *name)
{
    for (size_t i = plan->count; i-- > plan->first;)
        if (!strcmp(plan->files[i].raw, name)) return plan->files + i;
    return 0;
}

static struct sv_tailplan_file *with_product(struct sv_tailplan *plan, char const *name)
{
    for (size_t i = plan->count; i-- > plan->first;)
        if (!strcmp(plan->files[i].product, name)) return plan->files + i;
    return 0;
}

static struct sv_tailplan_file *with_label(struct sv_tailplan *plan, char const *name)
{
    for (size_t i = plan->count; i-- > plan->first;) {
        struct sv_tailplan_file *file = plan->files + i;
        char const *label = sv_tailplan_label(file);
        if (label && !memcmp(label, name, SV_STAMP_TEXT)) return file;
    }
    return 0;
}

static int is_newer(struct sv_tailplan const *plan, char const *name)
{
    return memcmp(name, plan->newest, SV_STAMP_TEXT) > 0;
}

static void see_label(struct sv_tailplan *plan, char const *name)
{
    if (sv_tailplan_is_lasting(name) && is_newer(plan, name))
        memcpy(plan->newest, name, SV_STAMP_TEXT);
}

static void lose(struct sv_tailplan *plan, char const *name)
{
    struct sv_tailplan_file *file;

    if ((file = with_raw(plan, name))) *file->raw = 0;
    if ((file = with_product(plan, name))) *file->product = 0;
}

/* A name of an old file that nothing was renamed to: which file has got it as well? */
static void see_old(struct sv_tailplan *plan, char const *name)
{
    struct sv_tailplan_file *file = with_label(plan, name);

    if (!file && !is_newer(plan, name)) return; /* of one that is done and forgotten */
    if (!file && (file = with_product(plan, "processed"))) *file->product = 0;
    if (!file) file = with_raw(plan, "previous");
    if (!file) file = with_raw(plan, "current");
    if (file && !*file->product) copy_name(file->product, name);
    see_label(plan, name);
}

static void come(struct sv_tailplan *plan, char const *name)
{
    if (sv_tailplan_is_lasting(name)) {
        see_old(plan, name);
    } else if (!strcmp(name, "processed")) {
        struct sv_tailplan_file *file = with_raw(plan, "previous");
        plan->processes = 1;
        if (file) copy_name(file->product, name);
    } else if (!strcmp(name, "current")) {
        lose(plan, name);
        if (plan->frozen) return;
        struct sv_tailplan_file *file = plan->files + plan->count++;
        *file = (struct sv_tailplan_file){0};
        copy_name(file->raw, name);
    }
}

static void move(struct sv_tailplan *plan, char const *from, char const *to)
{
    struct sv_tailplan_file *raw = with_raw(plan, from);
    struct sv_tailplan_file *product = with_product(plan, from);

    lose(plan, to);
    if (raw) copy_name(raw->raw, to);
    if (product) copy_name(product->product, to);
    if (raw || product)
        see_label(plan, to);
    else if (strcmp(from, "processed") && strcmp(from, "previous"))
        come(plan, to);
    else
        see_label(plan, to); /* what it was made of is done and forgotten */
}

/* While the list is not complete only what is there counts. */
static void list_event(struct sv_tailplan *plan, enum sv_tailplan_event event,
                       char const *name)
{
    if (event == SV_TAILPLAN_COMES || event == SV_TAILPLAN_ENTERS) {
        sv_tailplan_note(plan, name);
        return;
    }
    if (!strcmp(name, "current")) plan->has_current = 0;
    if (!strcmp(name, "previous")) plan->has_previous = 0;
    if (!strcmp(name, "processed")) plan->has_processed = 0;
    for (struct sv_tailplan_file *file; (file = with_raw(plan, name));)
        *file = plan->files[--plan->count]; /* the order comes later */
}

void sv_tailplan_lapse(struct sv_tailplan *plan)
{
    if (*plan->moving) lose(plan, plan->moving);
    *plan->moving = 0;
}

void sv_tailplan_event(struct sv_tailplan *plan, enum sv_tailplan_event event,
                       char const *name, uint32_t cookie)
{
    if (!*name) return;
    if (plan->listing) {
        list_event(plan, event, name);
        return;
    }
    switch (event) {
    case SV_TAILPLAN_COMES: come(plan, name); break;
    case SV_TAILPLAN_GOES: lose(plan, name); break;
    case SV_TAILPLAN_LEAVES:
        sv_tailplan_lapse(plan);
        copy_name(plan->moving, name);
        plan->cookie = cookie;
        break;
    case SV_TAILPLAN_ENTERS:
        if (*plan->moving && plan->cookie == cookie) {
            move(plan, plan->moving, name);
            *plan->moving = 0;
        } else {
            lose(plan, name);
            come(plan, name);
        }
        break;
    }
}
