/* ISC license. */

/*
 * svwhy's own: a service is read into a struct service, and put into words.
 */

#ifndef SVWHY_H
#define SVWHY_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <sv/status.h>

#define INDENT "    "

/* A service, as it is now. */
struct service {
    char const *path;
    struct sv_status status;
    int is_supervised;   /* 1, 0, or -1: cannot be told */
    int is_this_boot;    /* processes in the status mean something */
    struct timespec now; /* wall clock */
    int64_t now_ms;
};

/* output.c --------------------------------------------------------------------------- */

/* These end the program, 111, or 0 if nobody reads any more. */
extern void put(char const *text);
extern void put_number(uint64_t number);
extern void flush(void);

/* The word, and blanks up to the next column. */
extern void put_column(char const *word, size_t width);

/* Local time, with milliseconds or without. */
extern void put_time(struct timespec const *when, int has_milliseconds);

/* "42 s", "5 min", "3 h", "2 d" */
extern void put_age(int64_t seconds);

/* "3.2 s" */
extern void put_left(int64_t left_ms);

/* state.c ---------------------------------------------------------------------------- */

/* Reads .status in `dir`. Returns 1; 0 with errno: ENODATA if there is something else. */
extern int svwhy_read(struct service *service, int dir);

/* What it is doing, and what comes next. */
extern void svwhy_put_state(struct service const *service);

#endif
