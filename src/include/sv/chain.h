/* ISC license. */

/*
 * chain (kernel): what the programs share that change one thing about the process and
 * become the next program.
 */

#ifndef SV_CHAIN_H
#define SV_CHAIN_H

#include <stddef.h>

#include <skalibs/stralloc.h>

/*
 * Notes a change to the environment of the next program: the variable prefix + name gets
 * value[length], or goes if `value` is null. Returns 1; 0 if there is no memory.
 */
extern int sv_chain_set(stralloc *edits, char const *prefix, char const *name,
                        char const *value, size_t length);

/*
 * Becomes argv[0], with these changes to the environment, in their order (null: none). A
 * name with a slash is taken as it is, any other searched for in daemontools' way: in
 * PATH as it is now, whatever the changes say; without one in /bin and /usr/bin; an empty
 * part of it is the working directory. The search goes on where there is no such file, or
 * none that may be run. Returns only if that fails: -1 with the errno that tells most.
 */
extern int sv_chain_run(char const *const *argv, stralloc const *edits);

/* The same for the program `name`, which is told that it is called argv[0]. */
extern int sv_chain_run_as(char const *name, char const *const *argv,
                           stralloc const *edits);

/*
 * Locks a file, which is made if need be, for as long as this process lives and whatever
 * has inherited the descriptor; it is never told where that is. With `at_once` nobody
 * waits. What fails is the answer, with errno.
 */
enum sv_chain_lock { SV_CHAIN_LOCKED, SV_CHAIN_LOCK_OPEN, SV_CHAIN_LOCK_LOCK };
extern enum sv_chain_lock sv_chain_lock(char const *file, int at_once);

/* Reads a whole file. Never waits for a FIFO's writer. Returns 1; -1 with errno. */
extern int sv_chain_read(int dir, char const *name, stralloc *content);

/*
 * Whether the first argument is a long option. daemontools' own programs know no options
 * where encore's do: in its personality a name may begin with a dash.
 */
extern int sv_chain_has_long(char const *const *argv);

#endif
