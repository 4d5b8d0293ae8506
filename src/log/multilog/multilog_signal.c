/* ISC license. */

/*
 * Signals, without a descriptor to wait for beside standard input and without a system
 * call to ask for them: a handler notes a signal, and makes the next wait end at once.
 *
 * Waited for is not standard input but a duplicate of it, which is used for nothing else.
 * A handler puts something that can always be read in its place. So it makes no
 * difference whether the signal comes before the wait or in it; when the signal has been
 * seen to, the duplicate is made again.
 */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <sv/clock.h>
#include <sv/message.h>

#include "multilog.h"

static int const handled[] = {SIGTERM, SIGALRM, SIGCHLD, SIGHUP, SIGIO};

static unsigned int noted;  /* a bit for each signal that has come */
static int awaited = -1;    /* the duplicate of standard input */
static int always = -1;     /* can always be read */
static sigset_t ours, none; /* all of the handled, and no signal */

static void note(int number)
{
    int error = errno;

    __atomic_fetch_or(&noted, 1u << number, __ATOMIC_RELAXED);
    (void)dup3(always, awaited, O_CLOEXEC); /* both are open: it works */
    errno = error;
}

void multilog_catch(void)
{
    struct sigaction action = {.sa_handler = note, .sa_flags = SA_RESTART | SA_NOCLDSTOP};

    sigemptyset(&none);
    sigemptyset(&ours);
    always = open("/dev/null", O_RDONLY | O_CLOEXEC);
    awaited = fcntl(0, F_DUPFD_CLOEXEC, 0);
    if (always < 0 || awaited < 0) sv_dieusys(111, "make descriptors for signals");
    for (unsigned int i = 0; i < sizeof handled / sizeof *handled; i++)
        (void)sigaddset(&ours, handled[i]); /* they are signals */
    action.sa_mask = ours;
    for (unsigned int i = 0; i < sizeof handled / sizeof *handled; i++)
        if (sigaction(handled[i], &action, 0) < 0) sv_dieusys(111, "catch signals");
    /* whoever reads our alerts may go away */
    (void)signal(SIGPIPE, SIG_IGN);
    /* inherited as blocked, they would never come */
    (void)sigprocmask(SIG_UNBLOCK, &ours, 0);
}

int multilog_is_signalled(void)
{
    return __atomic_load_n(&noted, __ATOMIC_RELAXED) != 0;
}

unsigned int multilog_signals(void)
{
    unsigned int numbers = 0;

    if (!multilog_is_signalled()) return 0;
    (void)sigprocmask(SIG_BLOCK, &ours, 0); /* cannot fail: the arguments are right */
    numbers = __atomic_exchange_n(&noted, 0, __ATOMIC_RELAXED);
    (void)dup3(0, awaited, O_CLOEXEC); /* both are open */
    (void)sigprocmask(SIG_UNBLOCK, &ours, 0);
    return numbers;
}

/* How long until then; null for ever. */
static struct timespec *time_left(struct timespec *left, int64_t deadline_ms)
{
    if (deadline_ms == INT64_MAX) return 0;
    int64_t left_ms = deadline_ms - sv_clock_monotonic_ms();
    if (left_ms < 0) left_ms = 0;
    left->tv_sec = (time_t)(left_ms / 1000);
    left->tv_nsec = (long)(left_ms % 1000) * 1000000;
    return left;
}

int multilog_await_input(int64_t deadline_ms)
{
    struct pollfd input = {.fd = awaited, .events = POLLIN};
    struct timespec left;
    if (multilog_is_signalled()) return 0;
    int ready = ppoll(&input, 1, time_left(&left, deadline_ms), 0);

    return ready > 0 && !multilog_is_signalled() ? input.revents : 0;
}

void multilog_await_signal(int64_t deadline_ms)
{
    struct timespec left;

    (void)sigprocmask(SIG_BLOCK, &ours, 0); /* cannot fail: the arguments are right */
    if (!multilog_is_signalled())
        (void)ppoll(0, 0, time_left(&left, deadline_ms), &none); /* whatever ends it */
    (void)sigprocmask(SIG_UNBLOCK, &ours, 0);
}
