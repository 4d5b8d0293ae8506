/* ISC license. */

#include <stdlib.h>
#include <string.h>

#include <sv/personality.h>

#include "config.h"

static int find(char const *name, enum sv_personality *personality)
{
    if (!name) return 0;
    if (!strcmp(name, "encore"))
        *personality = SV_PERSONALITY_ENCORE;
    else if (!strcmp(name, "djb"))
        *personality = SV_PERSONALITY_DJB;
    else
        return 0;
    return 1;
}

enum sv_personality sv_personality(void)
{
    static enum sv_personality answer;
    static int known;

    if (!known && !find(getenv("SVPERSONALITY"), &answer))
        (void)find(SV_PERSONALITY, &answer);
    known = 1;
    return answer;
}
