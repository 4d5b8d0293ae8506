/* ISC license. */

/*
 * atcall [OPTION...] PROGRAM [ARGUMENT...]: runs it under ptrace, counts its system
 * calls, and does something to it at the one that is asked for. What it starts itself
 * runs untouched.
 *
 *     -c CLASS   which calls are counted, see below; all if not given
 *     -n NUMBER  the one that is hit, from 1; without it none is
 *     -d DEED    what is done to it, see below
 *     -k TIMES   of a failure: the next TIMES - 1 calls of that name on that file, too
 *     -K TIMES   of a failure: the next TIMES - 1 calls of the class, too
 *     -i FILE    input: given through standard input, a pipe, piece by piece, the next
 *                one whenever the program is about to wait and the pipe is empty
 *     -p BYTES   length of a piece
 *     -o BYTES   where in FILE to begin
 *     -s SIGNAL@PIECES  sends it, a number, at the first wait after so many pieces
 *     -x READS   SIGKILL when it has read input so often, whatever else is done to it
 *     -l         lists the calls that are counted
 *
 *     CLASS  all | disk    what names a file, or has a descriptor of one
 *                | write   what writes to one
 *                | input   reads of standard input
 *     DEED   before  SIGKILL, the call is not done
 *            after   SIGKILL when it has been done
 *            half    it is done with half of its length
 *            torn    the same, then SIGKILL: so a kill ends a long write
 *            ERRNO   a number: it is not done, and fails with that
 *
 * It prints, a line each: the list; `did DEED NUMBER NAME TARGET READS` if it came to
 * that, READS being how often the program had read input by then; `calls NUMBER`, of the
 * class; `fed BYTES`, the offset reached in FILE; `ended exit CODE` or `ended signal
 * NUMBER`. Exit codes: 0, 99 with a reason where this cannot be done, 100 usage, 111
 * trouble.
 *
 * So that input comes in the same pieces in each run and the pipe outlives a program that
 * is killed, atcall opens the other end of the pipe itself, through /proc.
 */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "calls.h"

#define USAGE \
    "atcall [-l] [-c class] [-n number -d deed [-k times] [-K times]] " \
    "[-i file -p bytes [-o bytes] [-s signal@pieces] [-x reads]] program..."
#define PIECE_MAX 65536
#define EXEC_STOP (SIGTRAP | PTRACE_EVENT_EXEC << 8)

/* What is asked for, and where it stands */

enum class { ALL, DISK, WRITE, INPUT };
enum deed { NOTHING, BEFORE, AFTER, HALF, TORN, FAIL };

static char const *const classes[] = {"all", "disk", "write", "input", 0};
static char const *const deeds[] = {"nothing", "before", "after", "half", "torn", 0};

struct hit { /* what was hit, and what else is to be */
    long number;
    char target[TARGET];
    unsigned long same;  /* calls of that name on that file */
    unsigned long other; /* calls of the class */
};

struct world {
    pid_t pid;
    enum class class;
    enum deed deed;
    int error;
    int lists;
    unsigned long at; /* 0: none */
    struct hit hit;
    unsigned long calls;     /* of the class, entered so far */
    unsigned long reads;     /* of standard input that brought something */
    unsigned long last_read; /* at its end comes SIGKILL; 0: none */
    int feeding, feeder; /* the file; the pipe's other end, -1 when it has been shut */
    size_t piece;
    off_t fed;
    int signal;
    unsigned long signal_after, pieces;

    /* the call that is being done */
    int armed;    /* the program has been executed */
    int entered;  /* the next stop is the end of a call */
    int fails;    /* it is not done: give it the error */
    int shortens; /* it has less to do: give it its length back */
    int dies;     /* SIGKILL at its end */
    int is_input;
    uint64_t length;
};

/* What is said on standard output and error is not meant, wherever they lead. */
static int is_counted(struct world const *world, struct call const *call,
                      uint64_t const *arguments, char const *target)
{
    if (world->class == ALL) return 1;
    if (!call || (call->writes && arguments[(int)call->fd] <= 2)) return 0;
    if (world->class == INPUT) return world->is_input;
    return is_on_disk(call, target) && (world->class == DISK || call->writes);
}

/* Input */

/* The pipe holds little: what does not fit is left for the next time. */
static void feed_piece(struct world *world)
{
    static char piece[PIECE_MAX];
    ssize_t length = pread(world->feeding, piece, world->piece, world->fed);

    if (length < 0) stop(111, "unable to read input");
    if (length) {
        ssize_t done = write(world->feeder, piece, (size_t)length);
        if (done < 0) stop(111, "unable to write to the pipe");
        world->fed += done;
        world->pieces++;
    } else {
        (void)close(world->feeder);
        world->feeder = -1;
    }
}

/* The program is about to wait. */
static void feed(struct world *world)
{
    int there = 0;

    if (world->feeder < 0 || ioctl(world->feeder, FIONREAD, &there) < 0 || there) return;
    if (world->signal && world->pieces >= world->signal_after) {
        (void)kill(world->pid, world->signal);
        world->signal = 0;
    } else
        feed_piece(world);
}

/* tee(2) is one as long as it may block; else it only looks at what is there. */
static int is_wait(struct world const *world, uint64_t number, uint64_t const *arguments)
{
    if (number == SYS_tee) return !arguments[3];
    for (size_t i = 0; i < sizeof waits / sizeof *waits; i++)
        if ((uint64_t)waits[i] == number) return 1;
    return world->is_input;
}

/* Deeds */

static void shorten(struct world *world, struct call const *call,
                    uint64_t const *arguments)
{
    if (!call || call->length == NO || arguments[(int)call->length] < 2) return;
    world->shortens = call->length;
    world->length = arguments[(int)call->length];
    set_argument(world->pid, call->length, world->length / 2);
}

static void fail(struct world *world)
{
    skip_call(world->pid);
    world->fails = 1;
}

static void do_deed(struct world *world, struct call const *call,
                    uint64_t const *arguments)
{
    if (world->deed == BEFORE) {
        skip_call(world->pid);
        (void)kill(world->pid, SIGKILL);
    }
    if (world->deed == HALF || world->deed == TORN) shorten(world, call, arguments);
    world->dies = world->deed == AFTER || world->deed == TORN;
    if (world->deed == FAIL) fail(world);
}

/* A counted call. */
static void hit(struct world *world, struct call const *call, uint64_t number,
                uint64_t const *arguments, char const *target)
{
    struct hit *hit = &world->hit;
    char const *name = call ? call->name : "unknown";

    world->calls++;
    if (world->lists) (void)printf("%lu %s %s\n", world->calls, name, target);
    if (world->calls == world->at) {
        hit->number = (long)number;
        memcpy(hit->target, target, TARGET);
        do_deed(world, call, arguments);
        (void)printf("did %s %lu %s %s %lu\n",
                     world->deed == FAIL ? strerror(world->error) : deeds[world->deed],
                     world->calls, name, *target ? target : "-", world->reads);
    } else if (world->at && world->calls > world->at) {
        if (hit->other) {
            hit->other--;
            fail(world);
        } else if (hit->same && hit->number == (long)number
                   && !strcmp(hit->target, target)) {
            hit->same--;
            fail(world);
        }
    }
}

static void enter_call(struct world *world, struct __ptrace_syscall_info const *info)
{
    uint64_t number = info->entry.nr;
    uint64_t const *arguments = (uint64_t const *)info->entry.args;
    struct call const *call = find_call(number);
    char target[TARGET];

    find_target(world->pid, call, arguments, target);
    world->is_input = (number == SYS_read || number == SYS_readv) && !arguments[0];
    if (is_wait(world, number, arguments)) feed(world);
    if (is_counted(world, call, arguments, target))
        hit(world, call, number, arguments, target);
}

static void leave_call(struct world *world, struct __ptrace_syscall_info const *info)
{
    if (world->is_input && info->exit.rval > 0 && ++world->reads == world->last_read)
        world->dies = 1;
    if (world->shortens) set_argument(world->pid, world->shortens, world->length);
    if (world->fails) set_result(world->pid, world->error);
    if (world->dies) (void)kill(world->pid, SIGKILL);
    world->shortens = world->fails = world->dies = 0;
}

/* Tracing */

static void at_call(struct world *world)
{
    struct __ptrace_syscall_info info;

    if (ptrace(PTRACE_GET_SYSCALL_INFO, world->pid, sizeof info, &info) < 0) {
        if (errno == ESRCH) return; /* killed meanwhile */
        stop(NOWHERE, "the kernel does not tell about system calls");
    }
    if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
        world->entered = 1;
        enter_call(world, &info);
    } else if (world->entered) {
        world->entered = 0;
        leave_call(world, &info);
    }
}

/* Lets it go on after a stop, and passes on what signal it got. */
static void go_on(struct world *world, int wstat)
{
    int event = wstat >> 16, signal = WSTOPSIG(wstat), request = PTRACE_SYSCALL;

    if (wstat >> 8 == EXEC_STOP) world->armed = 1;
    if (signal == (SIGTRAP | 0x80)) {
        if (world->armed) at_call(world);
        signal = 0;
    } else if (event) {
        if (event == PTRACE_EVENT_STOP && signal != SIGTRAP) request = PTRACE_LISTEN;
        signal = 0;
    }
    if (ptrace(request, world->pid, 0, signal) < 0 && errno != ESRCH)
        stop(111, "unable to let it go on");
}

static int trace(struct world *world)
{
    int wstat;

    for (;;) {
        pid_t pid = waitpid(world->pid, &wstat, __WALL);
        if (pid < 0 && errno == EINTR) continue;
        if (pid < 0) stop(111, "unable to wait");
        if (!WIFSTOPPED(wstat)) return wstat;
        go_on(world, wstat);
    }
}

/* It begins when it is traced. */
static void start(struct world *world, char **program)
{
    int gate[2];
    char byte;
    long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;

    if (pipe2(gate, O_CLOEXEC) < 0) stop(111, "unable to create a pipe");
    world->pid = fork();
    if (world->pid < 0) stop(111, "unable to fork");
    if (!world->pid) {
        (void)close(gate[1]);
        if (read(gate[0], &byte, 1) != 1) _exit(111);
        (void)execvp(program[0], program);
        (void)fprintf(stderr, "atcall: unable to run %s: %s\n", program[0],
                      strerror(errno));
        _exit(127);
    }
    if (ptrace(PTRACE_SEIZE, world->pid, 0, options) < 0)
        stop(NOWHERE, "processes cannot be traced here");
    if (ptrace(PTRACE_INTERRUPT, world->pid, 0, 0) < 0) stop(111, "unable to trace");
    if (write(gate[1], "", 1) != 1) stop(111, "unable to begin");
    (void)close(gate[0]);
    (void)close(gate[1]);
}

/* The command line */

static unsigned long number_of(char const *text)
{
    char *end;
    unsigned long number = strtoul(text, &end, 10);

    if (!*text || *end) stop(100, "usage: " USAGE);
    return number;
}

static int index_of(char const *const *names, char const *name)
{
    for (int i = 0; names[i]; i++)
        if (!strcmp(names[i], name)) return i;
    return -1;
}

static void set_deed(struct world *world, char const *name)
{
    int deed = index_of(deeds, name);

    world->deed = deed < 0 ? FAIL : (enum deed)deed;
    if (deed < 0) world->error = (int)number_of(name);
}

static void set_class(struct world *world, char const *name)
{
    int class = index_of(classes, name);

    if (class < 0) stop(100, "usage: " USAGE);
    world->class = (enum class) class;
}

static void set_signal(struct world *world, char *text)
{
    char *at = strchr(text, '@');

    if (!at) stop(100, "usage: " USAGE);
    *at = 0;
    world->signal = (int)number_of(text);
    world->signal_after = number_of(at + 1);
}

static void open_input(struct world *world, char const *file)
{
    world->feeding = open(file, O_RDONLY | O_CLOEXEC);
    if (world->feeding < 0) stop(111, "unable to open input");
    world->feeder = open("/proc/self/fd/0", O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    if (world->feeder < 0) stop(111, "unable to open the pipe");
}

static void set_option(struct world *world, int letter, char *value)
{
    if (letter == 'l') world->lists = 1;
    if (letter == 'c') set_class(world, value);
    if (letter == 'n') world->at = number_of(value);
    if (letter == 'd') set_deed(world, value);
    if (letter == 'k') world->hit.same = number_of(value) - 1;
    if (letter == 'K') world->hit.other = number_of(value) - 1;
    if (letter == 'i') open_input(world, value);
    if (letter == 'p') world->piece = number_of(value);
    if (letter == 'o') world->fed = (off_t)number_of(value);
    if (letter == 'x') world->last_read = number_of(value);
    if (letter == 's') set_signal(world, value);
    if (letter == '?') stop(100, "usage: " USAGE);
}

int main(int argc, char **argv)
{
    static struct world world = {.feeder = -1, .piece = PIECE_MAX};
    int letter;

    while ((letter = getopt(argc, argv, "+lc:n:d:k:K:i:p:o:s:x:")) != -1)
        set_option(&world, letter, optarg);
    if (optind == argc || !world.piece || world.piece > PIECE_MAX)
        stop(100, "usage: " USAGE);
#ifdef REGISTERS_UNKNOWN
    stop(NOWHERE, "registers of this kind of machine are not known");
#endif
    start(&world, argv + optind);
    int wstat = trace(&world);
    (void)printf("calls %lu\nfed %lld\n", world.calls, (long long)world.fed);
    (void)printf(WIFEXITED(wstat) ? "ended exit %d\n" : "ended signal %d\n",
                 WIFEXITED(wstat) ? WEXITSTATUS(wstat) : WTERMSIG(wstat));
    return 0;
}
