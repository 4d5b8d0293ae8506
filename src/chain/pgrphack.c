/* ISC license. */

/*
 * pgrphack: becomes a program in a session and a process group of its own.
 */

#include <unistd.h>

#include <sv/about.h>
#include <sv/chain.h>
#include <sv/message.h>

#define USAGE "pgrphack child"

char const *PROG = "pgrphack";

int main(int argc, char const *const *argv)
{
    sv_about(argv, "usage: " USAGE "\n");
    if (argc < 2) sv_dieusage(100, USAGE);
    /* Fails only if we lead a process group, and says nothing: so it has always been. */
    (void)setsid();
    (void)sv_chain_run(argv + 1, 0); /* if it returns it has failed */
    sv_dieusys(111, "run ", argv[1]);
}
