/* ISC license. */

/*
 * tree (kernel): a directory with what is in it, put into place whole.
 *
 * It is made under another name in the same directory, synced, and renamed: who looks
 * sees all of it or nothing, and so does who looks after a crash. As long as it is being
 * made it is locked (flock), so that what a killed maker has left can be told from what
 * somebody is making. A file that is removed with all that is in it is renamed first in
 * the same way.
 */

#ifndef SV_TREE_H
#define SV_TREE_H

#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

struct sv_tree_entry {
    char const *path;  /* below the tree, "log/run"; what it is in comes before it */
    mode_t mode;       /* S_IFDIR or S_IFREG, and its permissions */
    uid_t uid;         /* its owner; (uid_t)-1: who makes it */
    gid_t gid;         /* (gid_t)-1: that of who makes it */
    char const *bytes; /* of a file */
    size_t length;
};

/*
 * Makes the empty directory `name` in `dir`, mode 0700, locked. What a killed one has
 * left under that name goes first. Returns its descriptor, close-on-exec; -1 with errno:
 * EBUSY if somebody has locked it, EPERM if somebody has put another one in its place.
 */
extern int sv_tree_begin(int dir, char const *name);

/*
 * Writes the entries, in their order, and syncs them. Returns 1; 0 with errno, and
 * *failed is the entry that could not be written.
 */
extern int sv_tree_fill(int tree, struct sv_tree_entry const *entries, size_t count,
                        size_t *failed);

/*
 * Gives the tree that was begun as `from` in `dir` its mode and the name `to` there, if
 * there is nothing of that name, and syncs `dir`. Returns 1; 0 with errno: EEXIST.
 */
extern int sv_tree_publish(int dir, char const *from, int tree, mode_t mode,
                           char const *to);

/* Renames in `dir`, in the place of nothing. Returns 1; 0 with errno: EEXIST. */
extern int sv_tree_rename(int dir, char const *from, char const *to);

/*
 * Opens the directory `name` in `dir` and locks it, if that is free. Returns its
 * descriptor, close-on-exec; -1 with errno: EBUSY if somebody has locked it, ENOENT also
 * if it has gone meanwhile, ENOTDIR if it is something else, a link for example.
 */
extern int sv_tree_lock(int dir, char const *name);

/*
 * Removes the directory `name` in `dir` with all that is in it. No link is followed, and
 * nothing entered that is mounted in it. Killed midway, what is left is still under that
 * name. Returns 1; 0 with errno: EBUSY if something is mounted. There need not be
 * anything.
 */
extern int sv_tree_remove(int dir, char const *name);

/*
 * Removes what killed ones have left in `dir`: directories whose names begin so, and
 * which nobody has locked. Returns how many; -1 with errno, and the name of the first
 * that could not be removed in culprit[NAME_MAX + 1]; it is "" if `dir` cannot be read.
 */
extern int sv_tree_sweep(int dir, char const *prefix, char *culprit);

#endif
