/* ISC license. */

/* What atcall is asked for, and where it stands. */

#ifndef WORLD_H
#define WORLD_H

#include <signal.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/types.h>
#include <unistd.h>

#include "calls.h"

#define PIECE_MAX 65536

enum class { ALL, DISK, WRITE, CHANGE, INPUT, BIRTH, NAMED };
enum deed { NOTHING, BEFORE, AFTER, HALF, TORN, ORPHAN, STOPPED, FAIL };

static char const *const classes[] = {"all",   "disk",  "write", "change",
                                      "input", "birth", 0};
static char const *const deeds[] = {"nothing", "before", "after",   "half",
                                    "torn",    "orphan", "stopped", 0};

struct hit { /* what was hit, and what else is to be */
    long number;
    char target[TARGET];
    unsigned long same;  /* calls of that name on that file */
    unsigned long other; /* calls of the class */
    long span_ms;        /* not counted, but for so long; 0: counted */
    int64_t until_ms;
    unsigned long failed; /* so far */
    unsigned long during; /* calls of any kind in that span */
};

/* A process that is traced, and the call that it is doing. */
struct tracee {
    pid_t pid;    /* 0: none */
    int entered;  /* the next stop is the end of a call */
    int fails;    /* it is not done: give it the error */
    int shortens; /* it has less to do: give it its length back */
    int dies;     /* SIGKILL at its end */
    int is_input;
    uint64_t length;
};

struct world {
    struct tracee program;
    struct tracee born;    /* BIRTH: a process that has not executed anything yet */
    unsigned int followed; /* how many of these there are, that one included */
    pid_t helper;          /* lets a stopped one go on */
    int armed;             /* the program has been executed */
    enum class class;
    char const *name; /* NAMED: of the call */
    enum deed deed;
    int error;
    int lists;
    char const *report;                /* null: standard output */
    unsigned long at;                  /* 0: none */
    unsigned long instructions, steps; /* AFTER: so many later; and still to be done */
    struct hit hit;
    unsigned long calls;     /* of the class, entered so far */
    unsigned long reads;     /* of standard input that brought something */
    unsigned long last_read; /* at its end comes SIGKILL; 0: none */
    int feeding, feeder; /* the file; the pipe's other end, -1 when it has been shut */
    size_t piece;
    off_t fed;
    int signal;
    unsigned long signal_after, pieces;
};

/* Input ---------------------------------------------------------------------------- */

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
        (void)kill(world->program.pid, world->signal);
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
    return world->program.is_input;
}

#endif
