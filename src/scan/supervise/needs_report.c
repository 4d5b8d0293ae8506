/* ISC license. */

/*
 * What is wrong with what a service needs is told when it begins to wait, all of it and
 * at once: lines that say nothing, names of no service, and that it waits for itself,
 * through others, with the whole way. Told once: a checksum of it tells what is news.
 */

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <skalibs/types.h>

#include <sv/checksum.h>
#include <sv/message.h>
#include <sv/needs.h>
#include <sv/openat.h>
#include <sv/statefile.h>

#include "beside.h"

#define MOST 256 /* services that are looked at */
#define WAY_SIZE 2048

/* Those that are needed, directly or not; who needs it stands before each of them. */
static SV_LARGE struct {
    char name[SV_NEEDS_NAME];
    unsigned int from; /* position of who needs it; the first is the service itself */
} found[MOST];
static unsigned int count;

static SV_LARGE char text[SV_NEEDS_SIZE];

static int is_known(char const *name)
{
    for (unsigned int i = 1; i < count; i++)
        if (!strcmp(found[i].name, name)) return 1;
    return 0;
}

static void append(char *way, char const *more)
{
    size_t length = strlen(way), more_length = strlen(more);

    if (length + more_length < WAY_SIZE) memcpy(way + length, more, more_length + 1);
}

static void add(uint32_t *sum, char const *what)
{
    *sum = *sum * 31 + sv_checksum((unsigned char const *)what, strlen(what));
}

/* "a -> b -> a": from the first one by way of `last` back to it. */
static void describe(char *way, unsigned int last)
{
    static SV_LARGE unsigned int path[MOST];
    unsigned int length = 0;

    for (unsigned int at = last; at; at = found[at].from) path[length++] = at;
    *way = 0;
    append(way, found[0].name);
    while (length) {
        append(way, " -> ");
        append(way, found[path[--length]].name);
    }
    append(way, " -> ");
    append(way, found[0].name);
}

/* Reads what found[at] needs into `text`. */
static void read_needs(struct service const *service, unsigned int at,
                       struct sv_needs *needs)
{
    int dir = service->dir;

    *needs = (struct sv_needs){.text = text};
    if (at)
        dir = sv_openat(service->scan_dir, found[at].name,
                        O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
    if (dir < 0) return;
    ssize_t length = sv_statefile_follow(dir, SV_NEEDS_FILE, text, sizeof text);
    if (at) (void)close(dir); /* only a place */
    if (length > 0) needs->length = (size_t)length;
}

/* Adds what found[at] needs. Returns 1 if that is the first one. */
static int follow(struct service const *service, unsigned int at)
{
    struct sv_needs needs;
    struct sv_need need;
    int result;

    read_needs(service, at, &needs);
    while ((result = sv_needs_next(&needs, &need))) {
        if (result < 0) continue;
        if (!strcmp(need.name, found[0].name)) return 1;
        if (count == MOST || is_known(need.name)) continue;
        memcpy(found[count].name, need.name, sizeof need.name);
        found[count++].from = at;
    }
    return 0;
}

/* The last one before the service itself on the way back to it. Returns 1 or 0. */
static int find_cycle(struct service const *service, unsigned int *last)
{
    for (*last = 0; *last < count; ++*last)
        if (follow(service, *last)) return 1;
    return 0;
}

/* Goes through the file; says what is wrong if `says`. Returns a sum of that. */
static uint32_t check_lines(struct service const *service, int says)
{
    struct sv_needs needs;
    struct sv_need need;
    char line[UINT_FMT];
    uint32_t sum = 0;
    int result;

    read_needs(service, 0, &needs);
    while ((result = sv_needs_next(&needs, &need))) {
        line[uint_fmt(line, needs.line)] = 0;
        if (result > 0 && !faccessat(service->scan_dir, need.name, F_OK, 0)) continue;
        add(&sum, result < 0 ? line : need.name);
        if (says && result < 0)
            sv_warn(service->dir_name, "/" SV_NEEDS_FILE " line ", line,
                    " is not used: it should hold the name of a service, and stop, "
                    "restart or nothing");
        if (says && result > 0)
            sv_warn(service->dir_name, " needs ", need.name,
                    ", and there is no such service; waiting for it");
    }
    return sum;
}

void service_needs_report(struct service *service)
{
    static SV_LARGE char way[WAY_SIZE];
    size_t length = strlen(service->name);
    unsigned int last;

    if (length >= SV_NEEDS_NAME) return; /* a logger's: it needs nothing */
    memcpy(found[0].name, service->name, length + 1);
    count = 1;
    uint32_t sum = check_lines(service, 0);
    int waits_for_itself = find_cycle(service, &last);
    if (waits_for_itself) describe(way, last);
    if (waits_for_itself) add(&sum, way);
    if (sum == service->needs_told) return;
    service->needs_told = sum;
    (void)check_lines(service, 1);
    if (waits_for_itself)
        sv_warn(service->dir_name, " waits for itself: ", way,
                "; take one of these lines out of its file needs");
}
