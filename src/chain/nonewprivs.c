/* ISC license. */

/*
 * nonewprivs: becomes a program that gets no new privileges, nor what it starts: neither
 * set-uid and set-gid bits nor file capabilities count for them, and there is no way
 * back. Anybody may do that.
 */

#include <sys/prctl.h>

#include <sv/about.h>
#include <sv/chain.h>
#include <sv/message.h>

#define USAGE "nonewprivs child"

char const *PROG = "nonewprivs";

int main(int argc, char const *const *argv)
{
    sv_about(argv, "usage: " USAGE "\n");
    if (argc < 2) sv_dieusage(100, USAGE);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        sv_dieusys(111, "give up new privileges");
    (void)sv_chain_run(argv + 1, 0); /* if it returns it has failed */
    sv_dieusys(111, "run ", argv[1]);
}
