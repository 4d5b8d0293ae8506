/* ISC license. */

/*
 * atcall [OPTION...] PROGRAM [ARGUMENT...]: runs it under ptrace, counts its system
 * calls, and does something to it at the one that is asked for. What it starts itself
 * runs untouched.
 *
 *     -c CLASS   which calls are counted, see below; all if not given
 *     -n NUMBER  the one that is hit, from 1; without it none is
 *     -d DEED    what is done to it, see below
 *     -m STEPS   of `after`: not at once, but so many instructions later
 *     -k TIMES   of a failure: the next TIMES - 1 calls of that name on that file, too
 *     -K TIMES   of a failure: the next TIMES - 1 calls of the class, too
 *     -t MS      of -k or -K: however many there are, for so long
 *     -i FILE    input: given through standard input, a pipe, piece by piece, the next
 *                one whenever the program is about to wait and the pipe is empty
 *     -p BYTES   length of a piece
 *     -o BYTES   where in FILE to begin
 *     -s SIGNAL@PIECES  sends it, a number, at the first wait after so many pieces
 *     -x READS   SIGKILL when it has read input so often, whatever else is done to it
 *     -l         lists the calls that are counted
 *     -e         ends as the program has ended, not with 0
 *     -w FILE    writes there what it would print
 *
 *     CLASS  all | disk    what names a file, or has a descriptor of one
 *                | write   what writes to one
 *                | change  what writes to one, makes, names or removes one
 *                | input   reads of standard input
 *                | birth   of the processes that the program makes with vfork semantics,
 *                          before they execute anything; the first is that there is one
 *                | NAME    those of that name
 *     DEED   before  SIGKILL, the call is not done
 *            after   SIGKILL when it has been done
 *            half    it is done with half of its length
 *            torn    the same, then SIGKILL: so a kill ends a long write
 *            orphan  of a birth: SIGKILL to the program, the new process goes on
 *            stopped the same, but it goes on a while later
 *            ERRNO   a number: it is not done, and fails with that
 *
 * It prints, a line each: the list; `did DEED NUMBER NAME TARGET READS` if it came to
 * that, READS being how often the program had read input by then; `calls NUMBER`, of the
 * class; `fed BYTES`, the offset reached in FILE; `failed NUMBER`; `during NUMBER`: all
 * calls in the time of -t; without -e, `ended exit CODE` or `ended signal NUMBER`. Exit
 * codes: 0, 99 with a reason where this cannot be done, 100 usage, 111 trouble.
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
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "calls.h"
#include "options.h"
#include "world.h"

#define EXEC_STOP (SIGTRAP | PTRACE_EVENT_EXEC << 8)
#define A_WHILE_MS 150

static int64_t now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now); /* there is always this clock */
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* What is said on standard output and error is not meant, wherever they lead. */
static int is_counted(struct world const *world, struct tracee const *who,
                      struct call const *call, uint64_t const *arguments,
                      char const *target)
{
    if ((world->class == BIRTH) != (who == &world->born)) return 0;
    if (world->class == ALL || world->class == BIRTH) return 1;
    if (!call || (call->writes && call->fd != NO && arguments[(int)call->fd] <= 2))
        return 0;
    if (world->class == INPUT) return who->is_input;
    if (world->class == NAMED) return !strcmp(call->name, world->name);
    if (!is_on_disk(call, target)) return 0;
    return world->class == DISK || call->writes
           || (world->class == CHANGE && is_change(call, arguments));
}

/* Deeds ---------------------------------------------------------------------------- */

static void shorten(struct tracee *who, struct call const *call,
                    uint64_t const *arguments)
{
    if (!call || call->length == NO || arguments[(int)call->length] < 2) return;
    who->shortens = call->length;
    who->length = arguments[(int)call->length];
    set_argument(who->pid, call->length, who->length / 2);
}

static void fail(struct world *world, struct tracee *who)
{
    skip_call(who->pid);
    who->fails = 1;
    world->hit.failed++;
}

/* The new process is let go, stopped if it is to go on later only. */
static void let_go(struct tracee *who, pid_t *helper)
{
    pid_t pid = who->pid;

    if (ptrace(PTRACE_DETACH, pid, 0, helper ? SIGSTOP : 0) < 0 && errno != ESRCH)
        stop(111, "unable to let the new process go");
    who->pid = 0;
    if (!helper || (*helper = fork())) return;
    struct timespec const a_while = {.tv_nsec = A_WHILE_MS * 1000000L};
    (void)nanosleep(&a_while, 0);
    (void)kill(pid, SIGCONT);
    _exit(0);
}

static void do_deed(struct world *world, struct tracee *who, struct call const *call,
                    uint64_t const *arguments)
{
    if (world->deed == BEFORE) {
        if (call || who == &world->program) skip_call(who->pid);
        (void)kill(who->pid, SIGKILL);
    }
    if (world->deed == ORPHAN || world->deed == STOPPED) {
        if (who == &world->born) let_go(who, world->deed == STOPPED ? &world->helper : 0);
        (void)kill(world->program.pid, SIGKILL);
    }
    if (world->deed == HALF || world->deed == TORN) shorten(who, call, arguments);
    who->dies = world->deed == AFTER || world->deed == TORN;
    if (world->deed == FAIL) fail(world, who);
}

/* Whether what is asked for is to go on happening. */
static int goes_on(struct world *world, uint64_t number, char const *target)
{
    struct hit *hit = &world->hit;
    int is_same = hit->number == (long)number && !strcmp(hit->target, target);

    if (hit->span_ms && now_ms() >= hit->until_ms) return 0;
    if (hit->other) {
        hit->other -= !hit->span_ms;
        return 1;
    }
    if (!hit->same || !is_same) return 0;
    hit->same -= !hit->span_ms;
    return 1;
}

/* A counted call. */
static void hit(struct world *world, struct tracee *who, uint64_t number,
                struct call const *call, uint64_t const *arguments, char const *target)
{
    struct hit *hit = &world->hit;
    char const *name = call ? call->name : number == (uint64_t)-1 ? "birth" : "unknown";

    world->calls++;
    if (world->lists) (void)printf("%lu %s %s\n", world->calls, name, target);
    if (world->calls == world->at) {
        hit->number = (long)number;
        hit->until_ms = now_ms() + hit->span_ms;
        (void)snprintf(hit->target, sizeof hit->target, "%s", target);
        (void)printf("did %s %lu %s %s %lu\n",
                     world->deed == FAIL ? strerror(world->error) : deeds[world->deed],
                     world->calls, name, *target ? target : "-", world->reads);
        (void)fflush(stdout);
        do_deed(world, who, call, arguments);
    } else if (world->at && world->calls > world->at && goes_on(world, number, target)) {
        fail(world, who);
    }
}

static void enter_call(struct world *world, struct tracee *who,
                       struct __ptrace_syscall_info const *info)
{
    uint64_t number = info->entry.nr;
    uint64_t const *arguments = (uint64_t const *)info->entry.args;
    struct call const *call = find_call(number);
    char target[TARGET];

    find_target(who->pid, call, arguments, target);
    who->is_input = (number == SYS_read || number == SYS_readv) && !arguments[0];
    if (is_wait(world, number, arguments)) feed(world);
    if (world->hit.until_ms && now_ms() < world->hit.until_ms) world->hit.during++;
    if (is_counted(world, who, call, arguments, target))
        hit(world, who, number, call, arguments, target);
}

static void leave_call(struct world *world, struct tracee *who,
                       struct __ptrace_syscall_info const *info)
{
    if (who->is_input && info->exit.rval > 0 && ++world->reads == world->last_read)
        who->dies = 1;
    if (who->shortens) set_argument(who->pid, who->shortens, who->length);
    if (who->fails) set_result(who->pid, world->error);
    if (who->dies && world->instructions)
        world->steps = world->instructions;
    else if (who->dies)
        (void)kill(who->pid, SIGKILL);
    who->shortens = who->fails = who->dies = 0;
}

/* Tracing -------------------------------------------------------------------------- */

static void at_call(struct world *world, struct tracee *who)
{
    struct __ptrace_syscall_info info;

    if (ptrace(PTRACE_GET_SYSCALL_INFO, who->pid, sizeof info, &info) < 0) {
        if (errno == ESRCH) return; /* killed meanwhile */
        stop(NOWHERE, "the kernel does not tell about system calls");
    }
    if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
        who->entered = 1;
        enter_call(world, who, &info);
    } else if (who->entered) {
        who->entered = 0;
        leave_call(world, who, &info);
    }
}

/* Lets it go on after a stop, and passes on what signal it got. */
static void go_on(struct world *world, struct tracee *who, int wstat)
{
    int event = wstat >> 16, signal = WSTOPSIG(wstat), request = PTRACE_SYSCALL;

    if (who == &world->program && wstat >> 8 == EXEC_STOP) world->armed = 1;
    if (signal == (SIGTRAP | 0x80)) {
        if (world->armed) at_call(world, who);
        signal = 0;
    } else if (event) {
        if (event == PTRACE_EVENT_STOP && signal != SIGTRAP) request = PTRACE_LISTEN;
        signal = 0;
    } else if (signal == SIGTRAP && world->steps) {
        if (!--world->steps) (void)kill(who->pid, SIGKILL);
        signal = 0;
    }
    if (world->steps) request = PTRACE_SINGLESTEP;
    if (!who->pid) return; /* it was let go */
    if (ptrace(request, who->pid, 0, signal) < 0 && errno != ESRCH)
        stop(111, "unable to let it go on");
}

/*
 * Processes that the program has just made are followed until they execute something. It
 * may make the next one before we hear that.
 */
static void follow(struct world *world, pid_t pid, int wstat)
{
    static uint64_t const none[6];
    struct tracee *born = &world->born, older = {.pid = pid};

    if (wstat >> 8 == EXEC_STOP) {
        let_go(born->pid == pid ? born : &older, 0);
        world->followed--;
    } else if (born->pid == pid) {
        go_on(world, born, wstat);
        if (!born->pid) world->followed--;
    } else {
        *born = older;
        world->followed++;
        hit(world, born, (uint64_t)-1, 0, none, "");
        if (born->pid)
            go_on(world, born, wstat);
        else
            world->followed--;
    }
}

static int trace(struct world *world)
{
    int wstat, ended = -1;

    while (ended < 0 || world->followed) {
        pid_t pid = waitpid(-1, &wstat, __WALL);
        if (pid < 0 && errno == EINTR) continue;
        if (pid < 0) stop(111, "unable to wait");
        if (pid == world->program.pid) {
            if (!WIFSTOPPED(wstat))
                ended = wstat;
            else
                go_on(world, &world->program, wstat);
        } else if (WIFSTOPPED(wstat)) {
            follow(world, pid, wstat);
        } else if (pid != world->helper) {
            if (pid == world->born.pid) world->born.pid = 0;
            world->followed--;
        }
    }
    return ended;
}

/* It begins when it is traced. */
static void start(struct world *world, char **program)
{
    int gate[2];
    char byte;
    long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL
                   | (world->class == BIRTH ? PTRACE_O_TRACEVFORK : 0);

    if (pipe2(gate, O_CLOEXEC) < 0) stop(111, "unable to create a pipe");
    (void)fflush(stdout);
    pid_t pid = world->program.pid = fork();
    if (pid < 0) stop(111, "unable to fork");
    if (!pid) {
        (void)close(gate[1]);
        if (read(gate[0], &byte, 1) != 1) _exit(111);
        (void)execvp(program[0], program);
        (void)fprintf(stderr, "atcall: unable to run %s: %s\n", program[0],
                      strerror(errno));
        _exit(127);
    }
    if (ptrace(PTRACE_SEIZE, pid, 0, options) < 0)
        stop(NOWHERE, "processes cannot be traced here");
    if (ptrace(PTRACE_INTERRUPT, pid, 0, 0) < 0) stop(111, "unable to trace");
    if (write(gate[1], "", 1) != 1) stop(111, "unable to begin");
    (void)close(gate[0]);
    (void)close(gate[1]);
}

static void end_like_it(int wstat)
{
    struct rlimit const none = {0, 0};

    (void)fflush(stdout);
    if (WIFEXITED(wstat)) exit(WEXITSTATUS(wstat));
    (void)setrlimit(RLIMIT_CORE, &none);
    (void)signal(WTERMSIG(wstat), SIG_DFL);
    (void)kill(getpid(), WTERMSIG(wstat));
}

int main(int argc, char **argv)
{
    static struct world world = {.feeder = -1, .piece = PIECE_MAX};
    int letter, ends_like_it = 0;

    while ((letter = getopt(argc, argv, "+lec:n:d:m:k:K:t:i:p:o:s:x:w:")) != -1) {
        set_option(&world, letter, optarg);
        if (letter == 'e') ends_like_it = 1;
        if (letter == 'w') world.report = optarg;
    }
    if (optind == argc || !world.piece || world.piece > PIECE_MAX)
        stop(100, "usage: " USAGE);
#ifdef REGISTERS_UNKNOWN
    stop(NOWHERE, "registers of this kind of machine are not known");
#endif
    start(&world, argv + optind);
    if (world.report && !freopen(world.report, "a", stdout))
        stop(111, "unable to open the report");
    int wstat = trace(&world);
    (void)printf("calls %lu\nfed %lld\nfailed %lu\nduring %lu\n", world.calls,
                 (long long)world.fed, world.hit.failed, world.hit.during);
    if (ends_like_it) end_like_it(wstat);
    (void)printf(WIFEXITED(wstat) ? "ended exit %d\n" : "ended signal %d\n",
                 WIFEXITED(wstat) ? WEXITSTATUS(wstat) : WTERMSIG(wstat));
    return 0;
}
