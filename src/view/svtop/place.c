/* ISC license. */

/* Which services there are: those that were named, and those in scan directories. */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h> /* asprintf */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sv/instance.h>
#include <sv/message.h>
#include <sv/servicedir.h>
#include <sv/statedir.h>

#include "svtop.h"

#define FIRST_ROOM 64

static void make_room(struct svtop *top)
{
    if (top->service_count < top->service_room) return;
    size_t room = top->service_room ? 2 * top->service_room : FIRST_ROOM;
    struct service **services = realloc(top->services, room * sizeof *services);
    if (services) top->services = services;
    struct service **rows = realloc(top->rows, room * sizeof *rows);
    if (rows) top->rows = rows;
    if (!services || !rows) svtop_die("allocate", "memory");
    top->service_room = room;
}

/* `path` and `name` are taken over. */
static void add(struct svtop *top, struct place *place, char *path, char *name)
{
    struct service *service = calloc(1, sizeof *service);

    if (!service) svtop_die("allocate", "memory");
    make_room(top);
    *service =
        (struct service){.place = place,
                         .path = path,
                         .name = name,
                         .watch = -1,
                         .supervise_fd = -1,
                         .is_seen = 1,
                         .is_stale = 1,
                         .log = {.dir = -1, .fd = -1, .dir_watch = -1, .file_watch = -1},
                         .row = {.service = name, .state = ""}};
    top->services[top->service_count++] = service;
}

static struct service *find(struct svtop const *top, struct place const *place,
                            char const *path)
{
    for (size_t i = 0; i < top->service_count; i++)
        if (top->services[i]->place == place && !strcmp(top->services[i]->path, path))
            return top->services[i];
    return 0;
}

/* "one/two", or without `two` just "one"; malloc'd. */
static char *join(char const *one, char const *two)
{
    char *joined;

    if (asprintf(&joined, "%s%s%s", one, two ? "/" : "", two ? two : "") < 0)
        svtop_die("allocate", "memory");
    return joined;
}

/* The service directory `path` is there; people call it `name`. Both are taken over. */
static void see(struct svtop *top, struct place *place, char *path, char *name)
{
    struct service *service = find(top, place, path);

    if (!service) {
        add(top, place, path, name);
        return;
    }
    service->is_seen = 1;
    free(path);
    free(name);
}

static int is_directory(char const *path)
{
    struct stat about;

    return !stat(path, &about) && S_ISDIR(about.st_mode);
}

/* And its logger, if there is to be a row for it. */
static void see_with_logger(struct svtop *top, struct place *place, char *path,
                            char *name)
{
    char *log = join(path, "log"), *log_name = join(name, "log");

    see(top, place, path, name);
    if (top->choice.loggers && is_directory(log)) {
        see(top, place, log, log_name);
        return;
    }
    free(log);
    free(log_name);
}

/* In a scan directory; the names of several directories could be the same. */
static void see_member(struct svtop *top, struct place *place, char const *entry)
{
    char *path = join(place->argument, entry);

    if (is_directory(path))
        see_with_logger(top, place, path,
                        top->place_count > 1 ? join(path, 0) : join(entry, 0));
    else
        free(path);
}

/* A service has a run script or was supervised before; else it may hold services. Returns
 * 1 or 0; -1 with errno. */
static int is_service(char const *path)
{
    int dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

    if (dir < 0) return -1;
    int state_dir = sv_statedir_find(path, 0);
    int found = state_dir >= 0 || errno != ENOENT;
    if (state_dir >= 0) (void)close(state_dir); /* only a place */
    if (!found) found = sv_servicedir_has(dir, "run") != 0;
    (void)close(dir); /* only a place */
    return found;
}

static void watch(struct svtop *top, struct place *place)
{
    if (top->watch.fd < 0 || place->watch >= 0) return;
    place->watch = sv_watch_add(&top->watch, place->argument,
                                SV_WATCH_COMES | SV_WATCH_GOES | SV_WATCH_SELF
                                    | SV_WATCH_AGAIN); /* -1: seen to at the next tick */
}

static int fail(struct svtop *top, struct place *place)
{
    char const *why = sv_errortext(errno);

    if (top->watch.fd < 0) {
        sv_warnu("read ", place->argument, ": ", why);
        return 0;
    }
    *top->message = 0;
    svtop_say(top, "unable to read ");
    svtop_say(top, place->argument);
    svtop_say(top, ": ");
    svtop_say(top, why);
    return 0;
}

static int look(struct svtop *top, struct place *place)
{
    int found = is_service(place->argument);
    struct dirent const *entry;

    place->is_service = found > 0;
    if (found < 0) return fail(top, place);
    if (found) {
        see_with_logger(top, place, join(place->argument, 0), join(place->argument, 0));
        return 1;
    }
    watch(top, place); /* before it is read: nothing is missed */
    DIR *directory = opendir(place->argument);
    if (!directory) return fail(top, place);
    while ((errno = 0, entry = readdir(directory)))
        if (*entry->d_name != '.' && !sv_instance_is_template(entry->d_name))
            see_member(top, place, entry->d_name);
    int good = !errno || fail(top, place);
    (void)closedir(directory); /* only read from */
    return good;
}

static void remove_service(struct svtop *top, size_t index)
{
    struct service *service = top->services[index];

    svtop_forget(top, service);
    for (size_t i = 0; i < top->shown_count; i++)
        if (top->shown[i] == service) top->shown[i] = top->shown[--top->shown_count];
    if (top->selected == service) top->selected = 0;
    free(service->path);
    free(service->name);
    free(service);
    top->services[index] = top->services[--top->service_count];
}

int svtop_find_services(struct svtop *top)
{
    int good = 1;

    for (size_t i = 0; i < top->service_count; i++) top->services[i]->is_seen = 0;
    for (size_t i = 0; i < top->place_count; i++)
        if (!look(top, top->places + i)) good = 0;
    for (size_t i = top->service_count; i--;)
        if (!top->services[i]->is_seen) remove_service(top, i);
    top->is_stale = 0;
    return good;
}
