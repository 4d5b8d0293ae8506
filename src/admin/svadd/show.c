/* ISC license. */

/*
 * What would be written: a line for each directory, file and link, with its mode and
 * owner, and below it, indented, what is in it.
 */

#include <string.h>
#include <sys/stat.h>

#include <skalibs/buffer.h>

#include <sv/definition.h>

#include "svadd.h"

static void out(char const *text)
{
    (void)buffer_puts(buffer_1, text); /* the last flush tells */
}

static void show_mode(mode_t mode)
{
    char digits[] = {' ',
                     '0',
                     (char)('0' + (mode >> 6 & 7)),
                     (char)('0' + (mode >> 3 & 7)),
                     (char)('0' + (mode & 7)),
                     0};

    out(digits);
}

/* A NUL is shown as in a C string. */
static void show_content(char const *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (!i || bytes[i - 1] == '\n') out("    ");
        if (bytes[i])
            (void)buffer_put(buffer_1, bytes + i, 1);
        else
            out("\\0");
    }
}

static void show_entry(struct sv_tree_entry const *entry, struct request const *request,
                       struct sv_places const *places)
{
    int is_directory = S_ISDIR(entry->mode);

    if (!strcmp(entry->path, SV_DEFINITION_NEW)) return; /* it is gone in the end */
    out(places->base), out("/"), out(request->name), out("/"), out(entry->path);
    if (is_directory) out("/");
    show_mode(entry->mode);
    if (entry->uid != (uid_t)-1) out(" "), out(request->log_user.name);
    out("\n");
    show_content(entry->bytes, entry->length);
}

void svadd_show(struct plan const *plan, struct request const *request,
                struct sv_places const *places)
{
    if (plan->count) {
        if (request->has_log && request->log_directory) {
            out(request->log_directory), out("/ 0700");
            if (request->log_user.name) out(" "), out(request->log_user.name);
            out("\n");
        }
        out(places->base), out("/"), out(request->name), out("/ 0755\n");
    }
    for (size_t i = 0; i < plan->count; i++)
        show_entry(plan->entries + i, request, places);
    if (request->is_template) return;
    if (places->is_same && !strcmp(request->target, request->name)) return;
    out(places->scan), out("/"), out(request->name), out(" -> ");
    if (!places->is_same) out(places->base), out("/");
    out(request->target), out("\n");
}
