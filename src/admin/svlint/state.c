/* ISC license. */

/* supervise/, as far as it is there, and the file system that it is on. */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <sv/errortext.h>
#include <sv/instance.h>
#include <sv/link.h>

#include "svlint.h"

#define TELL_FILE(service, about, name, ...) \
    TELL((service)->lint, about, .directory = (service)->path, .file = (name), \
         __VA_ARGS__)

static int has_place_elsewhere(void)
{
    char const *place = getenv("SUPERVISEDIR");

    return place && *place;
}

static void check_fifo(struct service const *service, char const *state, char const *name)
{
    char *file = svlint_join(state, name);
    struct stat about;

    if (!fstatat(service->dir, file, &about, AT_SYMLINK_NOFOLLOW)) {
        if (!S_ISFIFO(about.st_mode))
            TELL_FILE(service, STATE, file, .remedy = "remove it: supervise makes it",
                      .text = {"it is no FIFO"});
        else if (about.st_mode & S_IWOTH && !strcmp(name, "control"))
            TELL_FILE(service, STATE_OPEN, file,
                      .remedy = "svperms gives that right to whom you like",
                      .text = {"everybody may control the service"});
    }
    free(file);
}

/* The link says where supervise makes its directory, but not the directories before. */
static void check_target(struct service const *service, char const *name,
                         char const *target)
{
    char *parent = svlint_join(0, target);
    char *slash = strrchr(parent, '/');
    struct stat about;

    if (slash) slash[slash == parent] = 0;
    if (slash && fstatat(service->dir, parent, &about, 0) < 0)
        TELL_FILE(service, STATE, name, .remedy = "make that directory",
                  .text = {"it leads to ", target, ", but there is no ", parent});
    free(parent);
}

/* Returns 1 if it leads to something that can be looked at. */
static int check_link(struct service const *service, char const *name)
{
    struct sv_link link;
    struct stat about;

    if (!sv_link_read(service->dir, name, &link)) return 0;
    if (!link.alone || (link.owner && link.owner != service->runner->uid)) {
        TELL_FILE(service, STATE, name, .remedy = "let root make it",
                  .text = {
                      "supervise does not follow a link that another user has made"});
        return 0;
    }
    if (!fstatat(service->dir, name, &about, 0)) return 1;
    if (errno == ENOENT) check_target(service, name, link.target);
    return 0;
}

static void check_state(struct service const *service, char const *name)
{
    struct stat about;

    if (fstatat(service->dir, name, &about, AT_SYMLINK_NOFOLLOW) < 0) return;
    if (S_ISLNK(about.st_mode)) {
        if (!check_link(service, name)) return;
        if (fstatat(service->dir, name, &about, 0) < 0) return;
    }
    if (!S_ISDIR(about.st_mode)) {
        TELL_FILE(service, STATE, name, .remedy = "remove it: supervise makes it",
                  .text = {"it is no directory"});
        return;
    }
    if (about.st_mode & S_IWOTH)
        TELL_FILE(service, STATE_OPEN, name, .remedy = "chmod o-w",
                  .text = {"everybody may write in it, and so stop the service"});
    check_fifo(service, name, "control");
    check_fifo(service, name, "ok");
}

void svlint_state(struct service const *service)
{
    if (has_place_elsewhere()) return;
    for (size_t i = 0; i < service->names.count; i++) {
        char const *name = service->names.list[i];
        if (!strcmp(name, "supervise") || !strncmp(name, "supervise@", 10))
            check_state(service, name);
    }
}

static int has_state_link(struct service const *service)
{
    struct stat about;

    return !fstatat(service->dir, "supervise", &about, AT_SYMLINK_NOFOLLOW)
           && S_ISLNK(about.st_mode);
}

void svlint_file_system(struct service *service)
{
    struct statvfs about;

    if (fstatvfs(service->dir, &about) < 0) return;
    service->is_noexec = (about.f_flag & ST_NOEXEC) != 0;
    if (service->is_noexec)
        TELL_FILE(service, NOEXEC, 0, .remedy = "mount it without noexec",
                  .text = {"the file system is mounted with noexec, so nothing can be "
                           "executed there"});
    if (about.f_flag & ST_RDONLY && !has_place_elsewhere() && !has_state_link(service))
        TELL_FILE(service, READ_ONLY, 0,
                  .remedy = "set SUPERVISEDIR, or make supervise a link",
                  .text = {
                      "the file system is read-only, so supervise/ cannot be there"});
}
