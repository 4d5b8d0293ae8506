/* ISC license. */

/*
 * Signals, without a descriptor to wait for beside standard input and without a system
 * call to ask for them: a handler notes a signal, and makes the next wait end at once.
 *
 * Waited for is not standard input but a duplicate of it, which is used for nothing else.
 * A handler puts something that can always be read in its place. So it makes no
 * difference whether the signal comes before the wait or in it; when the signal has been
 * seen to, the duplicate is made again.
 *
 * A pipe is not waited for with poll(2): once it has been polled, the kernel looks for
 * somebody to wake at each write, not only at the first into an empty pipe, and the
 * writer pays for it as long as the pipe lives (pipe_poll() and pipe_write() of Linux
 * since 5.5). tee(2) waits as read(2) does, copies what there is into a pipe of ours and
 * leaves it where it is. A timer makes the deadlines. Whatever else tee(2) says, poll(2)
 * has the last word: on the end, on a FIFO that nobody has opened for writing yet, on
 * a descriptor that does not block.
 */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <skalibs/allreadwrite.h>
#include <skalibs/djbunix.h>

#include <sv/clock.h>
#include <sv/message.h>
#include <sv/timer.h>

#include "multilog.h"

#define LOOK 512  /* bytes: few lines are counted that way */
#define ROOM 8192 /* of the pipe for it: a page for each of two writes */

/* SIGVTALRM is the timer's. */
static int const handled[] = {SIGTERM, SIGALRM, SIGCHLD, SIGHUP, SIGIO, SIGVTALRM};

static unsigned int noted;  /* a bit for each signal that has come */
static int awaited = -1;    /* the duplicate of standard input */
static int always = -1;     /* can always be read */
static sigset_t ours, none; /* all of the handled, and no signal */
static struct sv_timer timer;
static int copies[2]; /* a pipe for what is looked at */
static int is_pipe;   /* standard input is one, and all is there to wait for it so */

static void note(int number)
{
    int error = errno;

    __atomic_fetch_or(&noted, 1u << number, __ATOMIC_RELAXED);
    (void)dup3(always, awaited, O_CLOEXEC); /* both are open: it works */
    errno = error;
}

/*
 * Copies the beginning of the input and throws the copy away, at once: it would keep
 * pages of the input's pipe from being used again. Returns what tee(2) does.
 */
static ssize_t look(int fd, unsigned int flags)
{
    char copy[LOOK];
    ssize_t count = tee(fd, copies[1], sizeof copy, flags);

    /* it is all there; but what stays would fill our pipe, and then tee(2) would hang */
    if (count > 0 && fd_read(copies[0], copy, (size_t)count) != count) is_pipe = 0;
    return count;
}

/*
 * Standard input is a pipe if tee(2) takes it. If something is missing that this needs,
 * poll(2) will do.
 */
static void prepare_look(void)
{
    if (pipecoe(copies) < 0) return;
    (void)fcntl(copies[1], F_SETPIPE_SZ, ROOM); /* it works with any */
    is_pipe = 1;
    if ((look(0, SPLICE_F_NONBLOCK) < 0 && errno != EAGAIN)
        || !sv_timer_open(&timer, SIGVTALRM))
        is_pipe = 0;
    if (is_pipe) return;
    (void)close(copies[0]); /* nothing is in them */
    (void)close(copies[1]);
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
    prepare_look();
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
    if (numbers & 1u << SIGVTALRM) timer.at_ms = INT64_MAX;
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

/*
 * Set for an earlier time it wakes us once, and is set again then: that is cheaper than
 * to set it for each wait. But nobody is woken when there is nothing to be waited for.
 */
static void set_timer(int64_t deadline_ms)
{
    int is_early = timer.at_ms < deadline_ms && deadline_ms != INT64_MAX;

    if (timer.at_ms != deadline_ms && !is_early) sv_timer_set(&timer, deadline_ms);
}

/*
 * Returns how many bytes there are, at least; 0 if there are none, after a signal, or if
 * tee(2) does not know.
 */
static ssize_t await_pipe(int64_t deadline_ms)
{
    set_timer(deadline_ms);
    ssize_t count = look(awaited, 0);
    return count < 0 ? 0 : count;
}

int multilog_await_input(int64_t deadline_ms, int *available)
{
    struct pollfd input = {.fd = awaited, .events = POLLIN};
    struct timespec left;
    int events = 0;

    *available = 0;
    if (multilog_is_signalled()) return 0;
    ssize_t count = is_pipe ? await_pipe(deadline_ms) : 0;
    if (count)
        events = POLLIN;
    else if (!multilog_is_signalled()
             && ppoll(&input, 1, time_left(&left, deadline_ms), 0) > 0)
        events = input.revents;
    if (count < LOOK) *available = (int)count;
    return multilog_is_signalled() ? 0 : events;
}

void multilog_await_signal(int64_t deadline_ms)
{
    struct timespec left;

    (void)sigprocmask(SIG_BLOCK, &ours, 0); /* cannot fail: the arguments are right */
    if (!multilog_is_signalled())
        (void)ppoll(0, 0, time_left(&left, deadline_ms), &none); /* whatever ends it */
    (void)sigprocmask(SIG_UNBLOCK, &ours, 0);
}
