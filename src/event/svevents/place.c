/* ISC license. */

/* Which services there are: those that were named, and those of scan directories. */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sv/message.h>
#include <sv/servicedir.h>
#include <sv/statedir.h>

#include "svevents.h"

/* "one/two" or, without the slash, "onetwo"; malloc'd. */
static char *join(char const *one, char const *slash, char const *two)
{
    size_t length = strlen(one), slash_length = strlen(slash), two_length = strlen(two);
    char *joined = malloc(length + slash_length + two_length + 1);

    if (!joined) sv_dieusys(111, "allocate");
    memcpy(joined, one, length);
    memcpy(joined + length, slash, slash_length);
    memcpy(joined + length + slash_length, two, two_length + 1);
    return joined;
}

static int is_directory(char const *path)
{
    struct stat about;

    return !stat(path, &about) && S_ISDIR(about.st_mode);
}

/* A service has a run script or was supervised before; else it may hold services. */
static enum place_kind kind_of(char const *path)
{
    int dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

    if (dir < 0) return PLACE_UNKNOWN;
    int state_dir = sv_statedir_find(path, 0);
    int is_service = state_dir >= 0 || errno != ENOENT;
    if (state_dir >= 0) (void)close(state_dir); /* only a place */
    if (!is_service) is_service = sv_servicedir_has(dir, "run") != 0;
    (void)close(dir); /* only a place */
    return is_service ? PLACE_SERVICE : PLACE_SCAN;
}

static struct source *find(struct svevents const *events, struct place const *place,
                           char const *name)
{
    for (struct source *source = events->sources; source; source = source->next)
        if (source->place == place && !strcmp(source->name, name)) return source;
    return 0;
}

/* How a service is called: with its scan directory if there are several. */
static char *name_of(struct svevents const *events, struct place const *place,
                     char const *name)
{
    return events->place_count > 1 ? join(place->argument, "/", name)
                                   : join(name, "", "");
}

/* The service of that name is there. `path` and `name` are taken over. */
static void see(struct svevents *events, struct place *place, char *path, char *name)
{
    struct source *source = find(events, place, name);

    if (source) {
        free(path);
        free(name);
    } else if (events->choice.cursor && events->source_count == SV_CURSOR_ROWS) {
        sv_warn("leaving out ", name, ": there are more services than a cursor can know");
        free(path);
        free(name);
        return;
    } else {
        source = svevents_add(events, place, path, name);
    }
    source->seen = 1;
    source->leaving = 0;
    svevents_check(events, source);
}

static void see_member(struct svevents *events, struct place *place, char const *entry)
{
    char *path = join(place->argument, "/", entry);

    if (!is_directory(path)) {
        free(path);
        return;
    }
    char *log = join(path, "/", "log");
    char *name = name_of(events, place, entry);
    char *log_name = join(name, "/", "log");
    see(events, place, path, name);
    if (is_directory(log)) {
        see(events, place, log, log_name);
        return;
    }
    free(log);
    free(log_name);
}

static int is_entry(struct dirent const *entry)
{
    return *entry->d_name != '.';
}

/* Their names are in order, so that services with equal times are, too. */
static void look_at_scan(struct svevents *events, struct place *place)
{
    struct dirent **entries;
    int count = scandir(place->argument, &entries, is_entry, alphasort);

    if (count < 0 && errno != ENOENT) {
        sv_warnusys("read ", place->argument);
        events->has_failed = 1;
    }
    for (int i = 0; i < count; i++) {
        see_member(events, place, entries[i]->d_name);
        free(entries[i]);
    }
    if (count >= 0) free(entries);
}

/* The directory that `path` is in, malloc'd; null if the path does not tell. */
static char *parent_of(char const *path)
{
    size_t length = strlen(path);
    char *parent = join(path, "", "");

    while (length > 1 && parent[length - 1] == '/') parent[--length] = 0;
    char *slash = strrchr(parent, '/');
    char const *last = slash ? slash + 1 : parent;
    if (!*last || !strcmp(last, ".") || !strcmp(last, "..")) {
        free(parent);
        return 0;
    }
    if (slash)
        slash[slash == parent] = 0;
    else
        memcpy(parent, ".", *parent ? 2 : 1);
    return parent;
}

/* Before it is looked at, so that nothing is overlooked. */
static void watch(struct svevents *events, struct place *place)
{
    int is_scan = place->kind == PLACE_SCAN;
    char *parent = is_scan ? 0 : parent_of(place->argument);
    char const *path = is_scan ? place->argument : parent;

    if (place->watch >= 0) sv_watch_remove(&events->watch, place->watch);
    place->watch = -1;
    if (path) {
        place->watch = sv_watch_add(&events->watch, path,
                                    SV_WATCH_COMES | SV_WATCH_GOES | SV_WATCH_SELF);
        if (place->watch < 0 && errno == EEXIST)
            events->is_shared = 1;
        else if (place->watch < 0 && errno != ENOENT && errno != ENOTDIR)
            sv_dieusys(111, "watch ", path);
    }
    free(parent);
}

/* What is not there any more leaves, when all it has to say has been told. */
static void forget_unseen(struct svevents *events, struct place const *place)
{
    for (struct source *source = events->sources, *next; source; source = next) {
        next = source->next;
        if (source->place == place && !source->seen) source->leaving = source->dirty = 1;
    }
}

void svevents_look(struct svevents *events, struct place *place)
{
    enum place_kind before = place->kind;

    for (struct source *source = events->sources; source; source = source->next)
        if (source->place == place) source->seen = 0;
    place->kind = kind_of(place->argument);
    if (events->choice.follow && (place->watch < 0 || place->kind != before)) {
        watch(events, place);
        place->kind = kind_of(place->argument);
    }
    switch (place->kind) {
    case PLACE_UNKNOWN: break;
    case PLACE_SERVICE:
        see(events, place, join(place->argument, "", ""), join(place->argument, "", ""));
        break;
    case PLACE_SCAN: look_at_scan(events, place); break;
    }
    forget_unseen(events, place);
}

void svevents_look_everywhere(struct svevents *events)
{
    for (size_t i = 0; i < events->place_count; i++)
        svevents_look(events, events->places + i);
    for (struct source *source = events->sources; source; source = source->next)
        source->dirty = 1;
}
