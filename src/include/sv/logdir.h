/* ISC license. */

/*
 * logdir (kernel): one log directory of multilog: opens and locks it, looks at it, writes
 * to `current`, and does the steps that logplan decides. Everything is relative to a
 * descriptor of the directory, and no symbolic link in it is followed. Modes are exact
 * under umask 022.
 *
 * What fails is described in `trouble` and is not reported: the caller decides who hears
 * it and when it is tried again. Every function may be called again after a failure.
 */

#ifndef SV_LOGDIR_H
#define SV_LOGDIR_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <sv/logplan.h>

/*
 * What could not be done: "unable to VERB DIR/FILE TAIL", without the slash if there is
 * no file. VERB ends in a space, TAIL begins with one or is empty: they are daemontools'
 * words.
 */
struct sv_logdir_trouble {
    char const *verb;
    char const *file; /* null: the directory itself, or what the verb says */
    char const *tail;
    int error; /* errno */
};

struct sv_logdir {
    /* set by the caller, before anything else */
    char const *path;      /* relative to the working directory, which must stay */
    char const *suffix;    /* of finished files */
    char const *processor; /* shell command; null if there is none */
    uint64_t files;        /* most files, current included; >= 2 */
    uint64_t total; /* most bytes in old files; SV_LOGSCRIPT_NUMBER_MAX: no bound */
    /* for the caller to read */
    uint64_t identity_device; /* these two tell which directory it is */
    uint64_t identity_inode;
    uint64_t inode; /* of current, whoever made it; 0 if there is none */
    uint64_t bytes; /* in current, 0 if there is none; written ones are counted */
    unsigned int in_line : 1; /* current, while held, does not end with a newline */
    pid_t pid; /* of the processor; 0: none, or the caller has seen its end */
    struct sv_logdir_trouble trouble; /* of the last failure */
    /* not for others */
    int fd, lock, current; /* -1: not open */
    uint64_t settled;      /* so many bytes of current are on their way to the disk */
    char name[SV_LOGPLAN_NAME]; /* of the file that trouble is about */
};

/*
 * Makes the directory if there is none, opens and locks it. `directory` has the caller's
 * fields set. Returns 1 and sets the identity, with no inode nor bytes before a look; 0
 * on trouble, with nothing left open: EWOULDBLOCK if somebody holds the lock, and does
 * not give it back within a quarter of a second.
 */
extern int sv_logdir_open(struct sv_logdir *directory);

/*
 * Whether nobody has the lock of the directory that is open as `directory`, with the same
 * patience: 1; 0 also if there is no lock.
 */
extern int sv_logdir_is_free(int directory);

/*
 * Lets go of what is open, the lock last, and does nothing else: to the files it is as if
 * we had been killed. A processor goes on. May be called again, and after an open that
 * failed; it may be opened again.
 */
extern void sv_logdir_close(struct sv_logdir *directory);

/*
 * Looks at the directory. Sets the fields of *situation that are about the disk, `held`,
 * and `pruned` to 0; `processor` and `vouched` are left alone, but nobody can vouch for a
 * current that is no regular file: `vouched` is 0 then. Sets inode and bytes. Returns 1,
 * 0 on trouble.
 */
extern int sv_logdir_look(struct sv_logdir *directory,
                          struct sv_logplan_situation *situation);

/*
 * Does one step, of any kind but DONE and WAIT, which are nothing to do. `room` is
 * sv_logplan_keep()'s and used by PRUNE. CREATE_CURRENT and REOPEN_CURRENT set inode,
 * bytes and in_line to what is in the file. START_PROCESSOR sets `pid`; waiting for it is
 * the caller's. Returns 1, 0 on trouble; a step that failed may have been done in part.
 */
extern int sv_logdir_step(struct sv_logdir *directory, enum sv_logplan_step step,
                          struct sv_logplan_room room);

/*
 * Appends up to `length` > 0 bytes to current, which is held. Returns how many were
 * written, more than 0; 0 on trouble.
 */
extern size_t sv_logdir_write(struct sv_logdir *directory, char const *data,
                              size_t length);

/*
 * The disk is full: removes the oldest old file if there are more than `kept` of them.
 * Returns 1 if one has been removed, and something can be tried again; 0 if not, either
 * because of trouble, or because there are not enough: then trouble stays as it was.
 */
extern int sv_logdir_relieve(struct sv_logdir *directory, uint64_t kept);

/*
 * Whether somebody has taken away the directory, or the current that we hold: 1 or 0.
 */
extern int sv_logdir_has_lost(struct sv_logdir const *directory);

#endif
