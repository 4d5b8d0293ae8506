/* ISC license. */

/*
 * envuidgid: runs a program with an account's ids in its environment, and changes nothing
 * else.
 */

#include <skalibs/stralloc.h>
#include <skalibs/types.h>

#include <sv/about.h>
#include <sv/chain.h>
#include <sv/credentials.h>
#include <sv/message.h>
#include <sv/personality.h>

#define USAGE "envuidgid account child"

char const *PROG = "envuidgid";

static void set_number(stralloc *edits, char const *name, unsigned int number)
{
    char text[UINT_FMT];

    if (!sv_chain_set(edits, "", name, text, uint_fmt(text, number)))
        sv_die(111, "out of memory");
}

int main(int argc, char const *const *argv)
{
    static struct sv_credentials credentials;
    stralloc edits = STRALLOC_ZERO;

    sv_about(argv, "usage: " USAGE "\n");
    if (argc < 3) sv_dieusage(100, USAGE);
    if (!sv_credentials_find(&credentials, argv[1],
                             sv_personality() != SV_PERSONALITY_DJB))
        sv_die(111, "unknown account ", argv[1]);
    set_number(&edits, "GID", credentials.gid);
    set_number(&edits, "UID", credentials.uid);
    sv_chain_run(argv + 2, &edits);
    sv_dieusys(111, "run ", argv[2]);
}
