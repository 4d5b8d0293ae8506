/* ISC license. */

/* A GET, and what is answered up to its status: the rest is the daemon's business. */

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <skalibs/types.h>

#include <sv/errortext.h>

#include "prober_parts.h"

#define REQUEST_SIZE (SV_PROBE_URL * 2 + 128)
#define READ_SIZE 512
#define REST_SIZE \
    65536 /* of an answer that is taken in so that the daemon sees no error */

static size_t add(char *request, size_t at, char const *text, size_t length)
{
    memcpy(request + at, text, length);
    return at + length;
}

static size_t write_request(char *request, struct sv_probe const *probe)
{
    static char const end[] = "\r\nUser-Agent: upkeep\r\nAccept: */*\r\n"
                              "Connection: close\r\n\r\n";
    size_t at = add(request, 0, "GET ", 4);

    if (*probe->target != '/') request[at++] = '/';
    at = add(request, at, probe->target, strlen(probe->target));
    at = add(request, at, " HTTP/1.1\r\nHost: ", 17);
    at = add(request, at, probe->host, probe->host_length);
    return add(request, at, end, sizeof end - 1);
}

static enum sv_prober_result ask(struct sv_prober const *prober, int fd,
                                 struct sv_probe const *probe)
{
    char request[REQUEST_SIZE];
    size_t length = write_request(request, probe);

    for (size_t at = 0; at < length;) {
        ssize_t sent = send(fd, request + at, length - at, MSG_NOSIGNAL);
        if (sent < 0 && errno != EAGAIN && errno != EINTR)
            return sv_prober_unable(prober, "send a request", "");
        if (sent >= 0)
            at += (size_t)sent;
        else {
            enum sv_prober_result result =
                sv_prober_wait(prober, fd, IOPAUSE_WRITE, "the request is not read");
            if (result != SV_PROBER_GOOD) return result;
        }
    }
    return SV_PROBER_GOOD;
}

static enum sv_prober_result judge(struct sv_prober const *prober,
                                   struct sv_probe const *probe, unsigned int status)
{
    char number[UINT32_FMT];

    if (sv_probe_is_expected(probe, status)) return SV_PROBER_GOOD;
    number[uint32_fmt(number, status)] = 0;
    return SAY(prober, SV_PROBER_BAD, "the answer is ", number);
}

/* What is there already: closing with it unread would be a reset for the other side. */
static void take_rest(int fd)
{
    char bytes[READ_SIZE];

    for (size_t taken = 0; taken < REST_SIZE;) {
        ssize_t got = recv(fd, bytes, sizeof bytes, 0);
        if (got <= 0) return;
        taken += (size_t)got;
    }
}

static enum sv_prober_result listen_to(struct sv_prober const *prober, int fd,
                                       struct sv_probe const *probe)
{
    struct sv_probe_answer answer = {.seen = 0};
    char bytes[READ_SIZE];

    for (;;) {
        enum sv_prober_result result =
            sv_prober_wait(prober, fd, IOPAUSE_READ, "there is no answer");
        if (result != SV_PROBER_GOOD) return result;
        ssize_t got = recv(fd, bytes, sizeof bytes, 0);
        if (got < 0 && (errno == EAGAIN || errno == EINTR)) continue;
        if (got < 0) return sv_prober_unable(prober, "read the answer", "");
        if (!got) return SAY(prober, SV_PROBER_BAD, "the answer ends before its status");
        for (ssize_t i = 0; i < got; i++)
            switch (sv_probe_answer(&answer, (unsigned char)bytes[i])) {
            case SV_PROBE_ANSWER_MORE: break;
            case SV_PROBE_ANSWER_DONE:
                take_rest(fd);
                return judge(prober, probe, answer.status);
            case SV_PROBE_ANSWER_WRONG:
                return SAY(prober, SV_PROBER_BAD, "the answer is not HTTP");
            }
    }
}

enum sv_prober_result sv_prober_http(struct sv_prober const *prober,
                                     struct sv_probe const *probe)
{
    int fd;
    enum sv_prober_result result = sv_prober_connect(prober, probe, &fd);

    if (result != SV_PROBER_GOOD) return result;
    result = ask(prober, fd, probe);
    if (result == SV_PROBER_GOOD) result = listen_to(prober, fd, probe);
    (void)close(fd); /* the answer is known */
    return result;
}
