/* ISC license. */

/*
 * setaffinity: becomes a program that runs on some of the processors only.
 *
 * The kernel takes a list of which a single processor can be used, and forgets the rest;
 * we do not: a service that is to have four and has one would be a surprise.
 */

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <sv/about.h>
#include <sv/chain.h>
#include <sv/cpulist.h>
#include <sv/message.h>

#define USAGE "setaffinity list child"
#define HELP \
    "usage: " USAGE "\n\n" \
    "  list  processors, counted from 0, as 0,2-5; 0-6:2 is every second of them\n"

#define LIST_TEXT 256 /* for a message */

char const *PROG = "setaffinity";

/* The system call itself: the C library's wants to know the number of processors. */
static void get(struct sv_cpulist *list)
{
    memset(list, 0, sizeof *list);
    if (syscall(SYS_sched_getaffinity, 0, sizeof *list, list) < 0)
        sv_dieusys(111, "find out the processors");
}

static int set(struct sv_cpulist const *list)
{
    return (int)syscall(SYS_sched_setaffinity, 0, sizeof *list, list);
}

/* Those that cannot be had, and those that can: there is no harm in trying all. */
static _Noreturn void die_missing(struct sv_cpulist *missing)
{
    char wanted[LIST_TEXT], present[LIST_TEXT];
    static struct sv_cpulist list;

    memset(&list, 0xff, sizeof list);
    if (set(&list) < 0) sv_dieusys(111, "find out the processors");
    get(&list);
    sv_cpulist_format(wanted, sizeof wanted, missing);
    sv_cpulist_format(present, sizeof present, &list);
    sv_dieu(111, "run on processor ", wanted,
            ": not online, or not in our cpuset; there is ", present);
}

int main(int argc, char const *const *argv)
{
    static struct sv_cpulist wanted, present;

    sv_about(argv, HELP);
    if (argc < 3) sv_dieusage(100, USAGE);
    if (!sv_cpulist_scan(argv[1], &wanted))
        sv_die(100, argv[1],
               " is no list of processors: it is numbers and ranges, as 0,2-5");
    if (set(&wanted) < 0 && errno != EINVAL) /* EINVAL: not one of them */
        sv_dieusys(111, "run on processor ", argv[1]);
    get(&present);
    if (sv_cpulist_without(&wanted, &present)) die_missing(&wanted);
    (void)sv_chain_run(argv + 2, 0); /* if it returns it has failed */
    sv_dieusys(111, "run ", argv[2]);
}
