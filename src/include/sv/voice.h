/* ISC license. */

/*
 * voice (kernel): messages of a resident program must not make it wait. Standard error
 * may be a pipe that is full because its reader does not work; and the reader may depend
 * on us.
 */

#ifndef SV_VOICE_H
#define SV_VOICE_H

/*
 * From now on a message (message.h) that standard error has no room for is dropped. Who
 * else writes there is not concerned: the open file stays as it is.
 */
extern void sv_voice_never_wait(void);

#endif
