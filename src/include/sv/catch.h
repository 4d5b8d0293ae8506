/* ISC license. */

/*
 * catch (kernel): signals that are read from a descriptor, skalibs' selfpipe, from the
 * first moment on. None that comes while a program starts up is lost, nor does it do what
 * it does to any program; the same holds for a program that was executed anew in the same
 * process (handover.h) with its signals blocked.
 */

#ifndef SV_CATCH_H
#define SV_CATCH_H

/*
 * Catches the signals in the list, which ends in 0, and ignores SIGPIPE: a closed
 * standard error is no reason to die. Returns the descriptor for selfpipe_read(); -1 with
 * errno. To be called once.
 */
extern int sv_catch(int const *numbers);

#endif
