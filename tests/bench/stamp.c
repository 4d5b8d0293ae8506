/* ISC license. */

/*
 * stamp: the `run` of every benchmark service. Reads the clock before it does anything
 * else, reports that to the stopwatch, and is then at rest until a signal ends it.
 *
 * Where the machine is known its entry point is ours and reads the clock before the C
 * library starts up, which takes longer than all that is measured. Elsewhere main is the
 * first.
 *
 * An open descriptor 3 can only be s6's notification-fd: it is told that the service is
 * ready. SIGUSR1 is the death of which the time is known: it is left in the file `died`
 * for the next instance to report. Static, so that no dynamic linker is measured.
 */

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"

#define NOTIFICATION 3

/* The first instruction; written by the entry point. */
__attribute__((used)) static struct timespec volatile first;

#if defined(__x86_64__)
__asm__(
    ".pushsection .text\n.globl stamp_entry\n.type stamp_entry, @function\nstamp_entry:\n"
    "    mov $228, %eax\n" /* clock_gettime */
    "    mov $1, %edi\n"   /* CLOCK_MONOTONIC */
    "    lea first(%rip), %rsi\n"
    "    syscall\n"
    "    jmp _start\n"
    ".popsection\n");
#elif defined(__aarch64__)
__asm__(
    ".pushsection .text\n.globl stamp_entry\n.type stamp_entry, %function\nstamp_entry:\n"
    "    mov x9, x0\n"
    "    mov x8, #113\n" /* clock_gettime */
    "    mov x0, #1\n"   /* CLOCK_MONOTONIC */
    "    adrp x1, first\n"
    "    add x1, x1, :lo12:first\n"
    "    svc #0\n"
    "    mov x0, x9\n"
    "    b _start\n"
    ".popsection\n");
#endif

static int died_file;

static void die(int number)
{
    int64_t now_ns = bench_now_ns();

    (void)number;
    _exit(pwrite(died_file, &now_ns, sizeof now_ns, 0) != sizeof now_ns);
}

int main(void)
{
    struct bench_start start = {.started_ns = bench_now_ns(), .pid = getpid()};
    struct sigaction action = {.sa_handler = die};
    int is_notified = fcntl(NOTIFICATION, F_GETFD) >= 0;
    char here[4096];

    if (first.tv_sec)
        start.started_ns = (int64_t)first.tv_sec * 1000000000 + first.tv_nsec;
    died_file = open("died", O_RDWR | O_CLOEXEC);
    if (pread(died_file, &start.died_ns, sizeof start.died_ns, 0) < 0) start.died_ns = 0;
    (void)sigaction(SIGUSR1, &action, 0); /* cannot fail with these arguments */

    char const *slash = getcwd(here, sizeof here) ? strrchr(here, '/') : 0;
    if (slash) memcpy(start.name, slash + 1, strnlen(slash + 1, BENCH_NAME_MAX - 1));
    int events = open(BENCH_EVENTS, O_WRONLY | O_CLOEXEC);
    if (write(events, &start, sizeof start) != sizeof start) return 111;
    close(events);
    if (is_notified) is_notified = write(NOTIFICATION, "\n", 1) == 1;
    if (is_notified) close(NOTIFICATION);
    for (;;) pause();
}
