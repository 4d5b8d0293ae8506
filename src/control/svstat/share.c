/* ISC license. */

/*
 * Nearly all the time goes by in the kernel, looking for names. Where there are many
 * services, and processors, a second process does half of it. Its output comes through a
 * pipe and ends in a NUL, which no line has: so it is known that nothing is missing.
 */

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <skalibs/allreadwrite.h>

#include <sv/message.h>

#include "svstat.h"

#define MANY 256          /* services; below, it is not worth a process */
#define PIPE_SIZE 1048576 /* so that the second process need not wait */

static pid_t helper; /* 0: there is none */
static int from_helper;
static int is_helper;

static int has_processors(void)
{
    cpu_set_t set;

    return !sched_getaffinity(0, sizeof set, &set) && CPU_COUNT(&set) > 1;
}

char const *const *svstat_share(char const *const **services)
{
    int ends[2];
    unsigned int count = 0;

    while ((*services)[count]) count++;
    char const *const *all = *services + count, *const *half = *services + count / 2;
    if (count < MANY || !has_processors() || pipe2(ends, O_CLOEXEC) < 0) return all;
    (void)fcntl(ends[1], F_SETPIPE_SZ, PIPE_SIZE); /* it is right without, too */
    helper = fork();
    is_helper = !helper;
    if (is_helper) {
        if (dup2(ends[1], 1) < 0) _exit(111); /* which will be noticed */
        (void)close(ends[0]);                 /* so that a write fails if nobody reads */
        (void)close(ends[1]);                 /* is 1 now */
        *services = half;
        return all;
    }
    (void)close(ends[1]); /* the helper's */
    if (helper > 0) {
        from_helper = ends[0];
        return half;
    }
    helper = 0; /* no more processes: then one does it */
    (void)close(ends[0]);
    return all;
}

/* Returns whether it was all. */
static int copy_from_helper(void)
{
    char bytes[16384];
    int is_whole = 0;

    for (;;) {
        ssize_t got = fd_read(from_helper, bytes, sizeof bytes);
        if (got <= 0) return got == 0 && is_whole;
        is_whole = !bytes[got - 1];
        out_bytes(bytes, (size_t)(got - is_whole));
    }
}

void svstat_share_end(void)
{
    if (is_helper) out_bytes("", 1);
    out_flush();
    if (is_helper) _exit(0);
    if (!helper) return;
    int is_whole = copy_from_helper();
    out_flush();
    while (waitpid(helper, 0, 0) < 0 && errno == EINTR) {}
    if (!is_whole) sv_die(111, "the process for the other half has failed");
}
