/* ISC license. */

/*
 * sdnotify (pure): one message of the sd_notify protocol, by which a service says how it
 * is; sd_notify(3).
 *
 * A message is lines `VARIABLE=VALUE`, ended by newlines, the last one by the end of the
 * message. Names and values are exact: no blanks, no other case. What stands in a
 * variable twice counts the first time (as in systemd). Variables that are not listed
 * here are ignored; so is a value that is not of the kind said here, but `malformed`
 * tells of it.
 *
 *   READY=1             it is ready, or has reloaded
 *   RELOADING=1         it reloads
 *   STOPPING=1          it is going to end
 *   STATUS=TEXT         what it is doing, for people
 *   ERRNO=N             why it fails, 0 to 4095
 *   MAINPID=N           its main process, 1 to 2147483647
 *   WATCHDOG=1          it is alive
 *   WATCHDOG=trigger    it is not well: as if it had been silent for too long
 *   WATCHDOG_USEC=N     its watchdog's time from now on
 *   EXTEND_TIMEOUT_USEC=N  it needs so long from now
 *   BARRIER=1           close the descriptor that comes with it when all before is done
 *
 * Several may stand in one message. If contradictory things do, stopping wins over ready,
 * and ready over reloading; it is for the caller to look in that order.
 */

#ifndef SV_SDNOTIFY_H
#define SV_SDNOTIFY_H

#include <stddef.h>
#include <stdint.h>

#define SV_SDNOTIFY_ERRNO_MAX 4095 /* the kernel's MAX_ERRNO */

struct sv_sdnotify {
    unsigned int ready : 1;
    unsigned int reloading : 1;
    unsigned int stopping : 1;
    unsigned int watchdog : 1;
    unsigned int watchdog_trigger : 1;
    unsigned int barrier : 1;
    unsigned int has_status : 1;
    unsigned int has_errno : 1;
    unsigned int has_watchdog_usec : 1;
    unsigned int has_extend_usec : 1;
    unsigned int malformed : 1; /* a variable listed above has a value that is none */
    char const *status;         /* within the message; defined if (has_status) */
    size_t status_length;       /* 0: there is nothing to be said any more */
    int error_number;           /* defined if (has_errno) */
    int main_pid;               /* 0: none */
    uint64_t watchdog_usec;     /* defined if (has_watchdog_usec) */
    uint64_t extend_usec;       /* defined if (has_extend_usec) */
};

/*
 * Takes a message of `length` bytes, which may be any; NULs at its end do not count.
 * Fills *notify completely. Returns 1; 0 if there is a NUL within, then the message is
 * none, and *notify says nothing but that it is malformed.
 */
extern int sv_sdnotify_parse(struct sv_sdnotify *notify, char const *message,
                             size_t length);

/*
 * A time of the protocol in milliseconds: rounded up, so that 0 alone stays 0. Any number
 * will do, systemd's "infinity" (all bits set) too: the result is at most 2^55, and so
 * may be added to a time.
 */
extern int64_t sv_sdnotify_ms(uint64_t usec);

/*
 * Copies the text of a status to out[size] (size > 0) for people: each control byte is
 * a '?', so that no terminal obeys it, and where it is too long it is cut at the
 * beginning of a UTF-8 character. Ends it with a NUL. Returns the length.
 */
extern size_t sv_sdnotify_copy_status(char *out, size_t size, char const *status,
                                      size_t length);

#endif
