/* ISC license. */

#include <errno.h>

#include <sv/errortext.h>

#include "tap.h"

/* The words that scripts and test suites made for daemontools compare. */
static struct {
    int number;
    char const *words;
} const known[] = {{0, "no error"},
                   {ENOENT, "file does not exist"},
                   {EAGAIN, "temporary failure"},
                   {EWOULDBLOCK, "temporary failure"},
                   {ELOOP, "symbolic link loop"},
                   {EACCES, "access denied"},
                   {EPERM, "permission denied"},
                   {ENXIO, "device not configured"},
                   {ENOSPC, "out of disk space"},
                   {EISDIR, "is a directory"},
                   {EEXIST, "file already exists"},
                   {ENOTDIR, "not a directory"},
                   {EIO, "input/output error"},
                   {ENOMEM, "out of memory"},
                   {EINTR, "interrupted system call"},
                   {ETXTBSY, "text busy"},
                   {EPIPE, "broken pipe"},
                   {ESRCH, "no such process"},
                   {E2BIG, "argument list too long"},
                   {ENOEXEC, "exec format error"},
                   {ECHILD, "no child processes"},
                   {EROFS, "read-only file system"},
                   {ENAMETOOLONG, "file name too long"},
                   {EMFILE, "process cannot open more files"},
                   {ENFILE, "system cannot open more files"},
                   {EINVAL, "invalid argument"},
                   {EBADF, "file descriptor not open"},
                   {EBUSY, "device busy"},
                   {ENOSTR, "not a stream device"},
                   {ENOSR, "out of stream resources"},
                   {ENODEV, "device does not support operation"},
                   {EDQUOT, "disk quota exceeded"}};

int main(void)
{
    unsigned int with_words = 0;

    for (unsigned int i = 0; i < sizeof known / sizeof *known; i++)
        is_str(sv_errortext(known[i].number), known[i].words, "%d is \"%s\"",
               known[i].number, known[i].words);
    for (int number = 0; number < 134; number++) {
        char const *words = sv_errortext(number);
        expect(words && *words && !strchr(words, '\n'), "%d has words of one line",
               number);
        with_words += strcmp(words, "unknown error") != 0;
    }
    ok(with_words > 80, "%u of Linux's errors have words", with_words);
    is_str(sv_errortext(-1), "unknown error", "there is a word for what is no error");
    is_str(sv_errortext(99999), "unknown error", "and for one from the future");
    return done();
}
