/* ISC license. */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <skalibs/allreadwrite.h>
#include <skalibs/types.h>

#include <sv/process.h>

#define STAT_MAX 1024 /* 52 numbers and a name of at most 64 bytes */

/*
 * Reads state and start time out of /proc/PID/stat. The second field is the program's
 * name in parentheses, and may itself hold blanks, parentheses and newlines: the last ')'
 * ends it.
 */
static int parse(char *text, char *state, uint64_t *ticks)
{
    char *at = strrchr(text, ')');

    if (!at || at[1] != ' ' || !at[2]) return 0;
    *state = at[2];
    for (unsigned int field = 3; field <= 22; field++) {
        at = strchr(at, ' ');
        if (!at) return 0;
        at++;
        if (field == 22) break;
    }
    size_t length = uint64_scan(at, ticks);
    return length && (at[length] == ' ' || at[length] == '\n' || !at[length]);
}

int sv_process_start_time(pid_t pid, uint64_t *ticks)
{
    char path[sizeof "/proc//stat" + PID_FMT] = "/proc/";
    char text[STAT_MAX + 1];
    uint64_t value;
    char state;

    size_t length = strlen(path);
    length += pid_fmt(path + length, pid);
    memcpy(path + length, "/stat", sizeof "/stat");
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return errno == ENOENT ? 0 : -1;
    errno = 0;
    length = allread(fd, text, STAT_MAX);
    int error_number = errno;
    (void)close(fd); /* opened for reading */
    if (length < STAT_MAX && error_number && error_number != EPIPE) {
        errno = error_number;
        return error_number == ESRCH ? 0 : -1; /* it went while we looked */
    }
    text[length] = 0;
    if (!parse(text, &state, &value)) {
        errno = EPROTO;
        return -1;
    }
    if (state == 'Z' || state == 'X') return 0;
    *ticks = value;
    return 1;
}

int sv_process_is(pid_t pid, uint64_t ticks)
{
    uint64_t started;
    int there = sv_process_start_time(pid, &started);

    if (there > 0) return started == ticks;
    /* With hidepid /proc looks empty to us; kill() asks the kernel. */
    return !there && kill(pid, 0) < 0 && errno == EPERM ? -1 : there;
}
