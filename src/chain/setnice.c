/* ISC license. */

/*
 * setnice: becomes a program with another nice value: how much it yields the processors
 * to others, from -20 to 19.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <skalibs/types.h>

#include <sv/about.h>
#include <sv/chain.h>
#include <sv/message.h>

#define USAGE "setnice n child"
#define HELP \
    "usage: " USAGE "\n\n" \
    "  n   the nice value, from -20 (yields least) to 19\n" \
    "  +n  so much more than now\n"

#define LEAST (-20)
#define MOST 19
#define LONGEST 9 /* characters: int0_scan() takes -4294967295 for 1 */

char const *PROG = "setnice";

/* The value that the argument asks for. One above what there is becomes that. */
static int understand(char const *text)
{
    int is_more = *text == '+';
    unsigned int more;
    int nice;

    if (is_more ? !uint0_scan(text + 1, &more)
                : strlen(text) > LONGEST || !int0_scan(text, &nice))
        sv_die(100, text, " is no nice value: it is a number, -20 to 19, or + and one");
    if (is_more) {
        errno = 0;
        nice = getpriority(PRIO_PROCESS, 0); /* can be -1 */
        if (nice == -1 && errno) sv_dieusys(111, "find out the nice value");
        nice = more < MOST - LEAST ? nice + (int)more : MOST;
        if (nice > MOST) nice = MOST;
    }
    if (nice < LEAST || nice > MOST)
        sv_die(100, text, " is no nice value: the least is -20, the most 19");
    return nice;
}

static _Noreturn void die_refused(char const *text, int nice)
{
    char limit[UINT_FMT];

    limit[uint_fmt(limit, (unsigned int)(MOST + 1 - nice))] = 0;
    if (errno == EACCES || errno == EPERM)
        sv_dieu(111, "set the nice value to ", text, ": ", sv_errortext(errno),
                ": to have less than now takes root, CAP_SYS_NICE or a limit that allows "
                "it, as softlimit --nice=",
                limit);
    sv_dieusys(111, "set the nice value to ", text);
}

int main(int argc, char const *const *argv)
{
    sv_about(argv, HELP);
    if (argc < 3) sv_dieusage(100, USAGE);
    int nice = understand(argv[1]);
    if (setpriority(PRIO_PROCESS, 0, nice) < 0) die_refused(argv[1], nice);
    (void)sv_chain_run(argv + 2, 0); /* if it returns it has failed */
    sv_dieusys(111, "run ", argv[2]);
}
