/* ISC license. */

/*
 * Puts the service directory into place whole, and then the link to it: that is the
 * moment at which there is a service. Killed before, there is none: what is left is
 * either called .svadd:NAME, or has a file .svadd.new in it, and goes with the next svadd
 * that comes by. As long as we live the directory is locked.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h> /* snprintf */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sv/definition.h>
#include <sv/message.h>
#include <sv/openat.h>

#include "svadd.h"

/* The name under which something is made. */
struct making {
    char name[sizeof SV_DEFINITION_MAKING + NAME_MAX];
};

static struct making making(char const *name)
{
    struct making made;

    (void)snprintf(made.name, sizeof made.name, SV_DEFINITION_MAKING "%s", name);
    return made;
}

char const *svadd_path(char path[PATH_MAX], char const *directory, char const *name)
{
    size_t length = strlen(directory), name_length = strlen(name);

    if (length + name_length + 2 > PATH_MAX) {
        errno = ENAMETOOLONG;
        sv_dieusys(111, "create ", directory, "/", name);
    }
    memcpy(path, directory, length);
    if (path[length - 1] != '/') path[length++] = '/';
    memcpy(path + length, name, name_length + 1);
    return path;
}

/* From here on the directory is as it is, whoever looks at it. */
static void remove_mark(struct sv_places const *places, char const *name)
{
    char mark[2 * NAME_MAX];

    (void)snprintf(mark, sizeof mark, "%s/" SV_DEFINITION_NEW, name); /* it fits */
    if (unlinkat(places->base_dir, mark, 0) < 0 && errno != ENOENT && errno != ENOTDIR)
        sv_warnusys("remove ", places->base, "/", mark);
}

static int exists(int dir, char const *name)
{
    struct stat about;

    if (!fstatat(dir, name, &about, AT_SYMLINK_NOFOLLOW)) return 1;
    if (errno != ENOENT && errno != ENOTDIR) sv_dieusys(111, "look at ", name);
    return 0;
}

/* Where the log is to be is made, but for what it is in; or is there, and its user's. */
static void make_log_directory(struct request const *request)
{
    char const *path = request->log_directory;
    char const *slash = strrchr(path, '/');
    char parent[PATH_MAX] = "/";
    struct stat about;

    if (!stat(path, &about)) {
        if (!S_ISDIR(about.st_mode))
            sv_dieu(111, "log in ", path, ": it is no directory");
        if (request->log_user.name && about.st_uid != request->log_user.uid)
            sv_dieu(111, "log in ", path, ": it is not ", request->log_user.name,
                    "'s; give it to that user: chown ", request->log_user.name, " ",
                    path);
        return;
    }
    if (strlen(path) >= sizeof parent) sv_dieu(100, "log in ", path, ": it is too long");
    if (!slash[1]) sv_dieu(100, "log in ", path, ": leave out the slash at its end");
    if (slash > path) strcpy(parent, path)[slash - path] = 0;
    struct making made = making(slash + 1);
    int dir = sv_openat(AT_FDCWD, parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    int tree = dir < 0 ? -1 : sv_tree_begin(dir, made.name);
    if (tree < 0 || fchown(tree, request->log_user.uid, request->log_user.gid) < 0
        || !sv_tree_publish(dir, made.name, tree, 0700, slash + 1)) {
        int error_number = errno;
        if (tree >= 0) (void)sv_tree_remove(dir, made.name); /* else the next one does */
        errno = error_number;
        sv_dieusys(111, "create ", path);
    }
    (void)close(tree); /* synced */
    (void)close(dir);
}

static int has_mark(struct sv_places const *places, char const *name)
{
    char mark[2 * NAME_MAX];

    (void)snprintf(mark, sizeof mark, "%s/" SV_DEFINITION_NEW, name); /* it fits */
    return exists(places->base_dir, mark);
}

/* What nobody has linked in yet is ours alone. Returns it, locked; -1 if it has gone. */
static int lock_marked(struct sv_places const *places, char const *name)
{
    int lock = sv_tree_lock(places->base_dir, name);

    if (lock >= 0 || errno == ENOENT) return lock;
    if (errno == EBUSY) sv_dieu(111, "add ", name, ": another svadd is just doing that");
    sv_dieusys(111, "lock ", places->base, "/", name);
}

/* What killed ones have left in the way, that of this name included. */
static void clear(struct request const *request, struct sv_places const *places)
{
    char culprit[NAME_MAX + 1];
    char const *name = request->name;

    if (sv_tree_sweep(places->base_dir, SV_DEFINITION_MAKING, culprit) < 0)
        sv_warnusys("remove what a killed svadd has left: ", places->base, "/", culprit);
    if (!has_mark(places, name)) return;
    int lock = lock_marked(places, name);
    if (lock < 0) return;
    struct making made = making(name);
    if (!sv_tree_rename(places->base_dir, name, made.name)
        || !sv_tree_remove(places->base_dir, made.name))
        sv_dieusys(111, "remove what a killed svadd has left: ", places->base, "/", name);
    (void)close(lock);
}

/* The name may be another's already: nothing has been done then. */
static void refuse_taken(struct request const *request, struct sv_places const *places)
{
    char const *name = request->name;

    if (!request->is_template && exists(places->scan_dir, name)) {
        if (places->base_dir >= 0) remove_mark(places, name); /* one was killed late */
        sv_dieu(111, "add ", name, ": there is ", places->scan, "/", name,
                " already; svdel ", name, " takes it away");
    }
    if (!places->is_same && !request->is_template
        && faccessat(places->scan_dir, ".", W_OK, AT_EACCESS) < 0)
        sv_dieusys(111, "create ", places->scan, "/", name);
    if (!request->command) return;
    clear(request, places);
    if (exists(places->base_dir, name))
        sv_dieu(111, "add ", name, ": there is ", places->base, "/", name,
                " already; svadd ", name,
                " without a command links to it, svdel --purge ", name, " removes it");
}

/* Returns the directory, locked, in its place. */
static int make_definition(struct plan const *plan, struct request const *request,
                           struct sv_places const *places)
{
    struct making made = making(request->name);
    int tree = sv_tree_begin(places->base_dir, made.name);
    size_t failed = plan->count;

    if (tree < 0 && errno == EBUSY)
        sv_dieu(111, "add ", request->name, ": another svadd is just doing that");
    if (tree < 0) sv_dieusys(111, "create ", places->base, "/", made.name);
    int is_written = sv_tree_fill(tree, plan->entries, plan->count, &failed);
    if (is_written
        && sv_tree_publish(places->base_dir, made.name, tree, 0755, request->name))
        return tree;
    int error_number = errno;
    (void)sv_tree_remove(places->base_dir, made.name); /* else the next one does */
    errno = error_number;
    sv_dieusys(111, "create ", places->base, "/", request->name, is_written ? "" : "/",
               is_written ? "" : plan->entries[failed].path);
}

static void take_back(struct request const *request, struct sv_places const *places)
{
    struct making made = making(request->name);
    int error_number = errno;

    if (request->command && sv_tree_rename(places->base_dir, request->name, made.name))
        (void)sv_tree_remove(places->base_dir, made.name); /* else the next one does */
    errno = error_number;
}

/* A link is made whole by one system call, and never in the place of something. */
static void link_in(struct request const *request, struct sv_places const *places)
{
    char path[PATH_MAX];
    char const *target = request->target;

    if (!places->is_same) target = svadd_path(path, places->base, target);
    if (symlinkat(target, places->scan_dir, request->name) < 0) {
        take_back(request, places);
        sv_dieusys(111, "create ", places->scan, "/", request->name);
    }
    if (fsync(places->scan_dir) < 0 && errno != EINVAL && errno != EROFS)
        sv_warnusys("sync ", places->scan);
}

void svadd_place(struct plan const *plan, struct request const *request,
                 struct sv_places *places)
{
    int tree = -1;

    refuse_taken(request, places);
    if (request->command) {
        if (request->has_log && request->log_directory) make_log_directory(request);
        tree = make_definition(plan, request, places);
    } else if (has_mark(places, request->target)) {
        tree = lock_marked(places, request->target);
    }
    if (request->is_template) return;
    if (!places->is_same || strcmp(request->target, request->name))
        link_in(request, places);
    remove_mark(places, request->target);
    if (tree >= 0) (void)close(tree); /* synced; others may have it now */
}
