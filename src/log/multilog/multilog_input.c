/* ISC license. */

/*
 * Standard input: how much there is, what it begins with, and reading exactly that. The
 * record must know before a read how many bytes it will bring.
 */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <skalibs/allreadwrite.h>
#include <skalibs/djbunix.h>

#include "multilog.h"
#include "record.h"

#define AHEAD 4096 /* bytes that are looked at before they are read */

int multilog_is_in_line(struct multilog const *multilog)
{
    return multilog->held || multilog->in_line;
}

int multilog_available(void)
{
    int count;

    return ioctl(0, FIONREAD, &count) < 0 ? -1 : count;
}

/* A copy of what the pipe holds, in a pipe of our own. */
static ssize_t peek_pipe(struct multilog *multilog, char *ahead, size_t room)
{
    if (multilog->spare[0] < 0 && pipecoe(multilog->spare) < 0) return -1;
    ssize_t count = tee(0, multilog->spare[1], room, SPLICE_F_NONBLOCK);
    return count <= 0 ? -1 : fd_read(multilog->spare[0], ahead, (size_t)count);
}

/* Looks at the next bytes without reading them. Returns how many; 0 if that cannot be. */
static size_t peek(struct multilog *multilog, char *ahead, size_t room)
{
    ssize_t count = recv(0, ahead, room, MSG_PEEK | MSG_DONTWAIT);

    if (count < 0 && errno == ENOTSOCK) count = peek_pipe(multilog, ahead, room);
    return count > 0 ? (size_t)count : 0;
}

/* Takes what was read: `length` bytes where `want` were announced. */
static void give(struct multilog *multilog, size_t length, size_t want, int ends)
{
    /* what is replaced might look like what was there before the read */
    if (length != want || ends || multilog->program.replaces)
        multilog_correct(multilog, length, ends);
    if (length) multilog_take(multilog, length);
    if (ends) multilog_end(multilog);
    multilog_flush_all(multilog);
    multilog_note_idle(multilog);
    if (length >= MULTILOG_LARGE) multilog->touched = 1;
}

static void end(struct multilog *multilog)
{
    multilog->ended = 1;
    if (!multilog_is_in_line(multilog)) return;
    multilog_announce(multilog, 0, 0);
    give(multilog, 0, 0, 1);
}

/*
 * Of `available` bytes, with the first `known` of them ahead. What says that it can be
 * read, and has nothing (or does not know), has ended, or is of a kind that only a read
 * tells of.
 */
static size_t choose(struct multilog const *multilog, int available, char const *ahead,
                     size_t known)
{
    size_t want =
        available <= 0 || available > MULTILOG_READ ? MULTILOG_READ : (size_t)available;

    if (!multilog->leaving) return want;
    /* to the end of the line, and not a byte further: that is the next multilog's */
    if (!known) return 1;
    char const *newline = memchr(ahead, '\n', known);
    return newline ? (size_t)(newline - ahead) + 1 : known;
}

static int read_batch(struct multilog *multilog, int available)
{
    char ahead[AHEAD];
    size_t known = 0;

    if (multilog->leaving || (available > 0 && available < SV_INFLIGHT_NONCE))
        known = peek(multilog, ahead, sizeof ahead);
    size_t want = choose(multilog, available, ahead, known);
    multilog_announce(multilog, want, known >= want ? ahead : 0);
    ssize_t length =
        fd_read(0, multilog->record.input + multilog->held_at + multilog->held, want);
    if (length > 0) {
        give(multilog, (size_t)length, want, 0);
        return 1;
    }
    int error = errno;
    multilog_note_idle(multilog);
    errno = error;
    if (!length) end(multilog);
    return !length || error == EAGAIN;
}

static void restore_all(struct multilog *multilog)
{
    for (size_t i = 0; i < multilog->output_count; i++)
        if (multilog->outputs[i].watched_stale
            || (multilog->outputs[i].watch < 0
                && sv_logdir_has_lost(&multilog->outputs[i].directory)))
            multilog_restore(multilog, multilog->outputs + i);
}

int multilog_input(struct multilog *multilog, int available)
{
    restore_all(multilog);
    multilog_mend_record(multilog);
    return read_batch(multilog, available);
}

int multilog_input_event(struct multilog *multilog, int events)
{
    if (events & POLLIN) {
        int available = multilog->available ? multilog->available : multilog_available();
        /* what is behind a SIGTERM may have been counted: that is to be seen to first */
        if (multilog_is_signalled()) return 1;
        return multilog_input(multilog, available);
    }
    if (events & POLLHUP) {
        end(multilog);
        return 1;
    }
    return multilog_input(multilog, 0);
}
