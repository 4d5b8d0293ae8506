/* ISC license. */

/*
 * A tiny producer of TAP for unit tests. No plan beforehand: call the checks, then
 * `return done();` from main. Each check takes a sentence (printf format) that says what
 * should be so, and returns whether it is. A test of very many cases uses expect(), which
 * is silent when all is well, and says one ok() at the end.
 */

#ifndef TAP_H
#define TAP_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The compiler checks what follows the format as it does for printf. */
#define TAP_FORMAT(at, first) __attribute__((format(printf, at, first)))

/* More failures than this in one program say nothing new: it stops. */
#define TAP_MAX_FAILED 50

static unsigned int tap_count; /* lines so far */
static unsigned int tap_failed;

/* done: prints the plan; the value is main's exit code. */
static inline int done(void)
{
    printf("1..%u\n", tap_count);
    fflush(stdout);
    return tap_failed ? 1 : 0;
}

/* diag: a comment that prove shows. */
TAP_FORMAT(1, 2)
static inline void diag(char const *format, ...)
{
    va_list args;
    fflush(stdout);
    fputs("# ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
}

static inline int tap_line(int good, char const *file, int line, char const *format,
                           va_list args)
{
    printf("%sok %u - ", good ? "" : "not ", ++tap_count);
    vprintf(format, args);
    putchar('\n');
    if (good) return 1;
    diag("failed at %s:%d", file, line);
    if (++tap_failed >= TAP_MAX_FAILED) {
        diag("%d failures are enough", TAP_MAX_FAILED);
        exit(done());
    }
    return 0;
}

TAP_FORMAT(4, 5)
static inline int tap_ok(int good, char const *file, int line, char const *format, ...)
{
    va_list args;
    va_start(args, format);
    tap_line(good, file, line, format, args);
    va_end(args);
    return good;
}

TAP_FORMAT(4, 5)
static inline int tap_expect(int good, char const *file, int line, char const *format,
                             ...)
{
    va_list args;
    if (good) return 1;
    va_start(args, format);
    tap_line(0, file, line, format, args);
    va_end(args);
    return 0;
}

TAP_FORMAT(5, 6)
static inline int tap_is_int(long long got, long long want, char const *file, int line,
                             char const *format, ...)
{
    va_list args;
    va_start(args, format);
    tap_line(got == want, file, line, format, args);
    va_end(args);
    if (got != want) diag("got %lld, expected %lld", got, want);
    return got == want;
}

TAP_FORMAT(5, 6)
static inline int tap_is_str(char const *got, char const *want, char const *file,
                             int line, char const *format, ...)
{
    int good = got && want ? !strcmp(got, want) : got == want;
    va_list args;
    va_start(args, format);
    tap_line(good, file, line, format, args);
    va_end(args);
    if (!good)
        diag("got \"%s\", expected \"%s\"", got ? got : "(null)", want ? want : "(null)");
    return good;
}

static inline void tap_dump(char const *what, void const *bytes, size_t length)
{
    unsigned char const *byte = bytes;
    fprintf(stderr, "# %s %zu bytes:", what, length);
    for (size_t i = 0; i < length && i < 256; i++) fprintf(stderr, " %02x", byte[i]);
    fputs(length > 256 ? " ...\n" : "\n", stderr);
}

TAP_FORMAT(7, 8)
static inline int tap_is_mem(void const *got, size_t got_length, void const *want,
                             size_t want_length, char const *file, int line,
                             char const *format, ...)
{
    int good =
        got_length == want_length && (!want_length || !memcmp(got, want, want_length));
    va_list args;
    va_start(args, format);
    tap_line(good, file, line, format, args);
    va_end(args);
    if (!good) {
        tap_dump("got     ", got, got_length);
        tap_dump("expected", want, want_length);
    }
    return good;
}

/* skip: one check that this machine cannot make, and why. */
TAP_FORMAT(1, 2)
static inline void skip(char const *format, ...)
{
    va_list args;
    printf("ok %u # SKIP ", ++tap_count);
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    putchar('\n');
}

/* ok(condition, format, ...): the condition holds. */
#define ok(condition, ...) tap_ok((condition) ? 1 : 0, __FILE__, __LINE__, __VA_ARGS__)

/* expect(condition, format, ...): as ok, but a line of output only if it does not. */
#define expect(condition, ...) \
    tap_expect((condition) ? 1 : 0, __FILE__, __LINE__, __VA_ARGS__)

/* is_int(got, want, format, ...): any integers that a long long can hold. */
#define is_int(got, want, ...) \
    tap_is_int((long long)(got), (long long)(want), __FILE__, __LINE__, __VA_ARGS__)

/* is_str(got, want, format, ...): null-terminated strings, or null pointers. */
#define is_str(got, want, ...) tap_is_str((got), (want), __FILE__, __LINE__, __VA_ARGS__)

/* is_mem(got, got_length, want, want_length, format, ...): the same bytes. */
#define is_mem(got, got_length, want, want_length, ...) \
    tap_is_mem((got), (got_length), (want), (want_length), __FILE__, __LINE__, \
               __VA_ARGS__)

#endif
