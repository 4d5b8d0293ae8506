/* ISC license. */

/*
 * What a name stands for. Nothing is changed here; what cannot be done is told before
 * anything is.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h> /* snprintf */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sv/message.h>
#include <sv/openat.h>
#include <sv/text.h>

#include "svdel.h"

#define PLACE (O_PATH | O_DIRECTORY | O_CLOEXEC)
#define READABLE (O_RDONLY | O_DIRECTORY | O_CLOEXEC)

/* Whether there is `name`, a directory or a link. */
static int exists(int dir, char const *name, int *is_link)
{
    struct stat about;

    if (fstatat(dir, name, &about, AT_SYMLINK_NOFOLLOW) < 0) {
        if (errno != ENOENT) sv_dieusys(111, "look at ", name);
        return 0;
    }
    *is_link = S_ISLNK(about.st_mode);
    if (!*is_link && !S_ISDIR(about.st_mode))
        sv_dieu(111, "remove ", name, ": it is neither a directory nor a link to one");
    return 1;
}

/* Opens a directory that there need not be; what cannot be told is not taken for none. */
static int open_place(int dir, char const *name)
{
    int fd = sv_openat(dir, name, PLACE, 0);

    if (fd < 0 && errno != ENOENT && errno != ENOTDIR) sv_dieusys(111, "open ", name);
    return fd;
}

/* Cuts the path of a service directory in two. */
static void split(struct service *service, char const *path)
{
    size_t length = strlen(path), begin;

    while (length > 1 && path[length - 1] == '/') length--;
    for (begin = length; begin && path[begin - 1] != '/';) begin--;
    (void)snprintf(service->directory, sizeof service->directory, "%.*s",
                   (int)(length - begin), path + begin);
    (void)snprintf(service->parent_path, sizeof service->parent_path, "%.*s",
                   begin ? (int)begin : 1, begin ? path : ".");
    length = strlen(service->parent_path);
    if (length > 1) service->parent_path[length - 1] = 0; /* the slash */
}

static void follow(struct service *service, char const *name,
                   struct sv_places const *places)
{
    struct sv_link link;

    if (!sv_link_read(places->scan_dir, name, &link))
        sv_dieusys(111, "read the link ", places->scan, "/", name);
    char const *argument = sv_instance_argument(service->name, link.target);
    if (argument && strlen(argument) < sizeof service->instance)
        strcpy(service->instance, argument);
    split(service, link.target);
    service->parent = sv_openat(places->scan_dir, service->parent_path, READABLE, 0);
    if (service->parent < 0 && errno != ENOENT && errno != ENOTDIR)
        sv_dieusys(111, "open ", service->parent_path);
    if (*service->parent_path == '/') return;
    *link.target = 0;
    sv_text_append(link.target, sizeof link.target, places->scan);
    sv_text_append(link.target, sizeof link.target, "/");
    sv_text_append(link.target, sizeof link.target, service->parent_path);
    strcpy(service->parent_path, link.target);
}

/* What has no link any more may still have to be removed. */
static void find_definition(struct service *service, struct choice const *choice,
                            struct sv_places const *places)
{
    int is_link = 0;

    service->main.dir = service->logger.dir = -1;
    if (!choice->purges || places->base_dir < 0
        || (!exists(places->base_dir, service->name, &is_link)
            && !exists(places->base_dir, service->leaving, &is_link)))
        sv_dieu(111, "remove ", service->name, ": there is no ", places->scan, "/",
                service->name, choice->purges ? ", and no " : "",
                choice->purges ? places->base : "", choice->purges ? "/" : "",
                choice->purges ? service->name : "");
    if (is_link)
        sv_dieu(111, "remove ", places->base, "/", service->name, ": it is a link");
    strcpy(service->parent_path, places->base);
    strcpy(service->directory, service->name);
    service->parent = places->base_dir;
    service->main.dir = open_place(service->parent, service->directory);
}

void svdel_find(struct service *service, char const *name, struct choice const *choice,
                struct sv_places const *places)
{
    char const *problem = sv_definition_name_problem(name);
    int is_leaving_link = 0;

    if (problem) sv_die(100, "no service is called ", name, ": ", problem);
    service->name = name;
    service->parent = -1;
    (void)snprintf(service->leaving, sizeof service->leaving, SV_DEFINITION_LEAVING "%s",
                   name);
    service->is_there = exists(places->scan_dir, name, &service->is_link);
    service->is_leaving = exists(places->scan_dir, service->leaving, &is_leaving_link);
    char const *present = service->is_there ? name : service->leaving;
    if (!service->is_there) service->is_link = is_leaving_link;
    if (!service->is_there && !service->is_leaving) {
        find_definition(service, choice, places);
    } else {
        service->main.dir = open_place(places->scan_dir, present);
        if (service->is_link) follow(service, present, places);
    }
    if ((service->is_there || service->is_leaving) && !service->is_link) {
        strcpy(service->parent_path, places->scan);
        strcpy(service->directory, present);
        service->parent = places->scan_dir;
    }
    service->logger.dir =
        service->main.dir < 0 ? -1 : open_place(service->main.dir, "log");
}
