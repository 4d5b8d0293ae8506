/* ISC license. */

/*
 * personality (kernel): whose bytes and words we use where daemontools and
 * daemontools-encore differ. The environment variable SVPERSONALITY ("encore" or "djb")
 * beats the build's default (conf-compile/conf-personality); any other value of it counts
 * as unset.
 */

#ifndef SV_PERSONALITY_H
#define SV_PERSONALITY_H

enum sv_personality { SV_PERSONALITY_ENCORE, SV_PERSONALITY_DJB };

/* Reads the environment once; the same answer ever after. */
extern enum sv_personality sv_personality(void);

#endif
