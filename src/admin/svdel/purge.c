/* ISC license. */

/*
 * Removes the service directory. What multilog has written in it is kept, beside it,
 * unless it is to be removed too.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h> /* snprintf */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <skalibs/buffer.h>

#include <sv/message.h>
#include <sv/openat.h>
#include <sv/tree.h>

#include "svdel.h"

#define READABLE (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
#define KEPT_SIZE (NAME_MAX + 1)
#define TRIES 1000 /* names for what is kept */

/* Reads a directory. Null with errno; ENOENT if it is none. */
static DIR *open_names(int dir, char const *name)
{
    int fd = sv_openat(dir, name, READABLE, 0);
    DIR *names = fd < 0 ? 0 : fdopendir(fd);
    int error_number = errno == ENOTDIR || errno == ELOOP ? ENOENT : errno;

    if (!names && fd >= 0) (void)close(fd); /* only read */
    errno = error_number;
    return names;
}

/* The next name in it; null at the end, or with errno. */
static char const *next_name(DIR *names)
{
    struct dirent const *entry;

    do errno = 0, entry = readdir(names);
    while (entry && (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")));
    return entry ? entry->d_name : 0;
}

/* Closes what was only read; errno stays. */
static void close_names(DIR *names)
{
    int error_number = errno;

    (void)closedir(names);
    errno = error_number;
}

/* Another name that leads to the same directory, in the scan directory; "" if none. */
static void find_other(struct service const *service, struct sv_places const *places,
                       char other[NAME_MAX + 1])
{
    struct stat ours, about;
    char const *name;

    *other = 0;
    if (service->main.dir < 0) return;
    DIR *names = open_names(places->scan_dir, ".");
    if (!names) sv_dieusys(111, "read ", places->scan);
    if (fstat(service->main.dir, &ours) < 0)
        sv_dieusys(111, "look at ", service->directory);
    while (!*other && (name = next_name(names))) {
        if (*name == '.' || !strcmp(name, service->name)) continue;
        if (fstatat(places->scan_dir, name, &about, 0) < 0) {
            if (errno == ENOENT || errno == ELOOP) continue; /* it leads to nowhere */
            sv_dieusys(111, "look at ", places->scan, "/", name);
        }
        if (about.st_dev == ours.st_dev && about.st_ino == ours.st_ino)
            strcpy(other, name); /* it is the name of a file */
    }
    if (!*other && errno) sv_dieusys(111, "read ", places->scan);
    close_names(names);
}

/* It is removed by its name in the directory that it is in: so that must be its name, not
 * that of a link, nor . or .. at the end of the link that was followed. */
static void check_own_name(struct service const *service)
{
    char const *name = service->directory;
    struct stat about;

    if (service->main.dir < 0) return;
    if (strcmp(name, ".") && strcmp(name, "..")
        && !fstatat(service->parent, name, &about, AT_SYMLINK_NOFOLLOW)
        && S_ISDIR(about.st_mode))
        return;
    sv_dieu(111, "purge ", service->name, ": its link leads to ", service->parent_path,
            "/", name, ", which is not the directory itself; svdel ", service->name,
            " without --purge takes it out");
}

void svdel_check_purge(struct service const *service, struct choice const *choice,
                       struct sv_places const *places)
{
    char other[NAME_MAX + 1];
    struct stat about;

    check_own_name(service);
    if (*service->instance)
        sv_dieu(100, "purge ", service->name, ": its directory, ", service->directory,
                ", is that of all instances");
    find_other(service, places, other);
    if (*other)
        sv_dieu(111, "purge ", service->name, ": ", places->scan, "/", other,
                " is the same service directory; svdel ", other, " first");
    if (choice->is_forced || service->main.dir < 0) return;
    if (!fstatat(service->main.dir, SV_DEFINITION_MARK, &about, AT_SYMLINK_NOFOLLOW))
        return;
    if (errno != ENOENT) sv_dieusys(111, "look at ", service->directory);
    sv_dieu(111, "purge ", service->name,
            ": svadd has not made it; --force removes it all the same");
}

/* Whether there is anything in it; -1 with errno. */
static int has_any(int dir, char const *name)
{
    DIR *names = open_names(dir, name);

    if (!names) return errno == ENOENT ? 0 : -1;
    int found = next_name(names) ? 1 : errno ? -1 : 0;
    close_names(names);
    return found;
}

/* Whether there are logs in log/: something in any directory that neither supervise nor
 * the admin has made. -1 with errno. */
static int has_logs(int definition)
{
    DIR *names = open_names(definition, "log");
    char const *name;
    int found = 0;

    if (!names) return errno == ENOENT ? 0 : -1;
    while (!found && (name = next_name(names)))
        if (strncmp(name, "supervise", 9) && strcmp(name, "env")
            && strcmp(name, "control"))
            found = has_any(dirfd(names), name);
    if (!found && errno) found = -1;
    close_names(names);
    return found;
}

/* By one rename, so that a kill loses nothing. Returns 1; 0 with errno. */
static int keep_logs(struct service const *service, int definition,
                     struct sv_places const *places)
{
    char kept[KEPT_SIZE];
    struct stat about;
    int is_scanned = service->parent == places->scan_dir;

    for (unsigned int i = 0; i < TRIES; i++) {
        (void)snprintf(kept, sizeof kept, i ? "%s%s.log.%u" : "%s%s.log",
                       is_scanned ? "." : "", service->name, i);
        if (!fstatat(service->parent, kept, &about, AT_SYMLINK_NOFOLLOW)) continue;
        if (errno != ENOENT) return 0;
        if (renameat(definition, "log", service->parent, kept) < 0) {
            if (errno == ENOTEMPTY || errno == EEXIST) continue;
            return 0;
        }
        buffer_puts(buffer_1, service->name);
        buffer_puts(buffer_1, ": its logs are kept in ");
        buffer_puts(buffer_1, service->parent_path);
        buffer_puts(buffer_1, "/");
        buffer_puts(buffer_1, kept);
        buffer_putsflush(buffer_1, "\n");
        return 1;
    }
    return errno = EEXIST, 0;
}

int svdel_purge(struct service const *service, struct choice const *choice,
                struct sv_places const *places)
{
    char const *name =
        service->parent == places->scan_dir ? service->leaving : service->directory;
    if (service->parent < 0) return 1; /* the link led nowhere */
    int is_fine = 1, definition = sv_tree_lock(service->parent, name);
    if (definition >= 0) {
        int keeps = choice->purges_logs ? 0 : has_logs(definition);
        if (keeps) is_fine = keeps > 0 && keep_logs(service, definition, places);
        if (is_fine && strcmp(name, service->leaving))
            is_fine = sv_tree_rename(service->parent, name, service->leaving);
    } else {
        is_fine = errno == ENOENT; /* an svdel before us was killed later than this */
    }
    is_fine = is_fine && sv_tree_remove(service->parent, service->leaving);
    if (!is_fine) sv_warnusys("remove ", service->parent_path, "/", service->directory);
    if (definition >= 0) (void)close(definition); /* only read */
    return is_fine;
}
