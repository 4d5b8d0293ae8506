/* ISC license. */

/*
 * handover (kernel): a resident program executes its own file anew, which may have been
 * replaced, in the same process: children, locks and pipes stay what they are. What stays
 * open is told to the new image in the environment, in UPKEEP_HANDOVER, which holds the
 * pid and the descriptors; the new image takes it out of there at once.
 */

#ifndef SV_HANDOVER_H
#define SV_HANDOVER_H

#include <stddef.h>

#define SV_HANDOVER_MAX 16 /* descriptors */

/*
 * Writes the path of the file that this process executes, without the mark that the
 * kernel puts behind it when another file has got that name. Returns 1; 0 with errno.
 */
extern int sv_handover_path(char *path, size_t size);

/*
 * Executes `path` with `argv` in this process; the `count` descriptors in `fds` stay
 * open (negative ones are left out). Signals that are blocked stay blocked, so none that comes meanwhile is lost.
 * Returns only if it fails: errno says why, everything is as before.
 */
extern void sv_handover_execute(char const *path, char const *const *argv, int const *fds,
                                unsigned int count);

/*
 * The descriptors that were handed over to this image, in their order, close-on-exec
 * again. Returns how many; 0 if it was started in any other way.
 */
extern unsigned int sv_handover_take(int fds[SV_HANDOVER_MAX]);

#endif
