/* ISC license. */

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <skalibs/types.h>

#include <sv/clock.h>
#include <sv/errortext.h>
#include <sv/prober.h>
#include <sv/servicedir.h>
#include <sv/statefile.h>

#include "prober_parts.h"

#define PROBE_FILE "probe"
#define PROBE_FILE_SIZE 4096 /* more than that is none */

enum sv_prober_result sv_prober_say(struct sv_prober const *prober,
                                    enum sv_prober_result result, ...)
{
    va_list texts;
    size_t at = 0;

    va_start(texts, result);
    for (char const *text; (text = va_arg(texts, char const *));)
        while (*text && at < SV_PROBER_REASON - 1) {
            unsigned char byte = (unsigned char)*text++;
            prober->reason[at++] = byte < ' ' || byte == 127 ? '?' : (char)byte;
        }
    va_end(texts);
    prober->reason[at] = 0;
    return result;
}

enum sv_prober_result sv_prober_unable(struct sv_prober const *prober, char const *verb,
                                       char const *object)
{
    int is_ours = errno == EMFILE || errno == ENFILE || errno == ENOMEM
                  || errno == ENOBUFS || errno == EAFNOSUPPORT;

    return SAY(prober, is_ours ? SV_PROBER_TROUBLE : SV_PROBER_BAD, "unable to ", verb,
               object, ": ", sv_errortext(errno));
}

enum sv_prober_result sv_prober_late(struct sv_prober const *prober,
                                     char const *while_doing)
{
    return SAY(prober, SV_PROBER_BAD, while_doing, ": timed out");
}

enum sv_prober_result sv_prober_wait(struct sv_prober const *prober, int fd, short events,
                                     char const *while_doing)
{
    iopause_fd fds[] = {{.fd = fd, .events = events},
                        {.fd = prober->watched, .events = IOPAUSE_READ}};

    for (;;) {
        fds[0].revents = fds[1].revents = 0; /* a signal leaves them as they are */
        if (sv_clock_wait(fds, prober->watched >= 0 ? 2 : 1, prober->deadline_ms) < 0)
            return SAY(prober, SV_PROBER_TROUBLE,
                       "unable to wait: ", sv_errortext(errno));
        if (fds[1].revents) return SAY(prober, SV_PROBER_STOPPED, "");
        if (fds[0].revents) return SV_PROBER_GOOD;
        if (sv_clock_monotonic_ms() >= prober->deadline_ms)
            return sv_prober_late(prober, while_doing);
    }
}

static enum sv_prober_result look_at_file(struct sv_prober const *prober,
                                          struct sv_probe const *probe)
{
    struct stat about;
    struct timespec now;
    char age[UINT64_FMT], max_age[UINT32_FMT];

    if (stat(probe->path, &about) < 0)
        return sv_prober_unable(prober, "find ", probe->path);
    if (!probe->has_max_age) return SV_PROBER_GOOD;
    sv_clock_wall(&now);
    int64_t seconds = (int64_t)now.tv_sec - about.st_mtim.tv_sec
                      - (now.tv_nsec < about.st_mtim.tv_nsec);
    if (seconds <= (int64_t)probe->max_age_s) return SV_PROBER_GOOD;
    age[uint64_fmt(age, (uint64_t)seconds)] = 0;
    max_age[uint32_fmt(max_age, probe->max_age_s)] = 0;
    return SAY(prober, SV_PROBER_BAD, probe->path, " is ", age,
               " seconds old, more than ", max_age);
}

enum sv_prober_result sv_prober_probe(struct sv_prober const *prober,
                                      struct sv_probe const *probe)
{
    int fd;

    *prober->reason = 0;
    switch (probe->kind) {
    case SV_PROBE_TCP:
    case SV_PROBE_UNIX:;
        enum sv_prober_result result = sv_prober_connect(prober, probe, &fd);
        if (result == SV_PROBER_GOOD) (void)close(fd); /* that it was open is all */
        return result;
    case SV_PROBE_HTTP: return sv_prober_http(prober, probe);
    case SV_PROBE_FILE: return look_at_file(prober, probe);
    case SV_PROBE_LINE: return sv_prober_line(prober, probe);
    case SV_PROBE_COMMAND: return sv_prober_command(prober, probe->command);
    case SV_PROBE_COUNT: break; /* cannot happen: no kind */
    }
    return SV_PROBER_TROUBLE;
}

/* Apart, so that its room is not part of a checker that has a script. */
static __attribute__((noinline)) enum sv_prober_result probe_file(
    struct sv_prober const *prober)
{
    char text[PROBE_FILE_SIZE + 1];
    char const *words[SV_PROBE_WORDS + 1], *why;
    struct sv_probe probe;
    ssize_t length = sv_statefile_follow(AT_FDCWD, PROBE_FILE, text, PROBE_FILE_SIZE);

    if (length < 0 && (errno == ENOENT || errno == ENOLINK))
        return SAY(prober, SV_PROBER_TROUBLE,
                   "there is neither an executable check nor a file probe");
    if (length < 0)
        return SAY(prober, SV_PROBER_TROUBLE,
                   "unable to read probe: ", sv_errortext(errno));
    int count = sv_probe_split(text, (size_t)length, words, &why);
    if (count < 0 || !sv_probe_parse(&probe, words, (size_t)count, &why))
        return SAY(prober, SV_PROBER_TROUBLE, "unable to use probe: ", why);
    return sv_prober_probe(prober, &probe);
}

enum sv_prober_result sv_prober_check(struct sv_prober const *prober,
                                      char const *const *scripts, char const *argument)
{
    *prober->reason = 0;
    for (; *scripts; scripts++) {
        if (!sv_servicedir_is_executable(AT_FDCWD, *scripts)) continue;
        char const *argv[] = {*scripts, argument, 0};
        return sv_prober_command(prober, argv);
    }
    return probe_file(prober);
}
