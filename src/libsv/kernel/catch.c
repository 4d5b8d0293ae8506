/* ISC license. */

#include <signal.h>
#include <stdint.h>

#include <skalibs/selfpipe.h>
#include <skalibs/sig.h>

#include <sv/catch.h>

static volatile uint32_t early; /* bit N: signal N came before it could be read */

static void note_early(int number)
{
    early |= (uint32_t)1 << number;
}

/*
 * Where signals are read from a signalfd they stay blocked, and their action does not
 * matter to us; but a child has our handlers until it executes.
 */
static void restore(int const *numbers)
{
    sigset_t blocked;

    (void)sigprocmask(SIG_BLOCK, 0, &blocked); /* the arguments are right */
    for (; *numbers; numbers++)
        if (sigismember(&blocked, *numbers)) (void)sig_restore(*numbers);
}

int sv_catch(int const *numbers)
{
    struct sigaction action = {.sa_handler = note_early, .sa_flags = SA_RESTART};
    sigset_t set;

    sigemptyset(&set);
    for (int const *number = numbers; *number; number++) {
        sigaddset(&set, *number);
        (void)sigaction(*number, &action, 0); /* the arguments are right */
    }
    int fd = selfpipe_init(); /* unblocks all */
    if (fd < 0 || selfpipe_trapset(&set) < 0) return -1;
    (void)sig_ignore(SIGPIPE);
    restore(numbers);
    for (int const *number = numbers; *number; number++)
        if (early >> *number & 1) (void)raise(*number); /* to be read */
    return fd;
}
