/* ISC license. */

/*
 * cursorfile (kernel): the file that cursor.h describes, mapped, and the text in it.
 */

#ifndef SV_CURSORFILE_H
#define SV_CURSORFILE_H

#include <stddef.h>
#include <sys/types.h>

#include <sv/cursor.h>

struct sv_cursorfile {
    int fd;
    struct sv_cursor *cursor; /* mapped */
    unsigned int room;        /* rows for which there is room on the disk */
};

/*
 * Opens the cursor `path`, makes it, mode 0600, if there is none, and locks it; the lock
 * ends with the process. Returns 1; 0 with errno: EBUSY if another process has it, EPROTO
 * if the file is no cursor (it is left alone).
 */
extern int sv_cursorfile_open(struct sv_cursorfile *file, char const *path);

/*
 * Makes sure that a draft with so many rows can be stored: a store into a hole of a file
 * kills where the disk is full. Returns 1; 0 with errno.
 */
extern int sv_cursorfile_reserve(struct sv_cursorfile *file, unsigned int rows);

/*
 * Puts the text there that is going to be owed. Nothing may be owed now. What was there
 * stays as it is for whoever has not read it yet: sendfile() gives a pipe the pages of
 * the file, not a copy. Returns 1; 0 with errno.
 */
extern int sv_cursorfile_put(struct sv_cursorfile *file, char const *text, size_t length);

/* Reads what is owed, `length` bytes. Returns 1; 0 with errno. */
extern int sv_cursorfile_get(struct sv_cursorfile const *file, char *text, size_t length);

/*
 * Sends to `output` what is still owed. Waits as long as it takes. Returns 1; 0 with
 * errno: EPIPE if nobody reads it (SIGPIPE must be ignored).
 */
extern int sv_cursorfile_send(struct sv_cursorfile *file, int output);

#endif
