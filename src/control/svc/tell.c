/* ISC license. */

/*
 * Tells one service. Whoever waits for what becomes of it watches it first, then sends,
 * and knows its own commands in the journal by their token.
 */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include <sv/clock.h>
#include <sv/controlfifo.h>
#include <sv/message.h>
#include <sv/statedir.h>
#include <sv/statefile.h>
#include <sv/status.h>

#include "svc.h"

/* A full FIFO means that supervise is stopped, or slow: it is given this long to read. */
#define PATIENCE_MS 5000

#define MARKED (SV_CONTROL_TOKEN + SV_CONTROL_MARK + SV_CONTROL_MARK_COVERS)

/* How many commands there are in what we send that supervise notes in its journal. */
static unsigned int count_commands(struct batch const *batch)
{
    struct sv_control control = {.covers = 0};
    struct sv_command command;
    unsigned int count = 0;

    for (unsigned int i = 0; i < batch->length; i++)
        if (sv_control_decode(&control, batch->bytes[i], &command))
            count += !command.to_log && command.kind != SV_COMMAND_UPGRADE;
    return count;
}

void svc_prepare_wait(struct request *request)
{
    request->commands = count_commands(&request->batch);
    while (request->commands && !request->token)
        if (getrandom(&request->token, sizeof request->token, GRND_NONBLOCK) < 0)
            request->token = (uint32_t)sv_clock_boottime_ns() ^ (uint32_t)getpid() << 16;
}

void svc_derive(struct request *request, struct request const *from, unsigned char byte,
                enum sv_goal goal)
{
    *request = *from;
    request->goal = goal;
    if (byte) {
        /* but for the 'l' that encore begins with */
        request->batch.length = from->batch.length && from->batch.bytes[0] == 'l';
        request->batch.bytes[request->batch.length++] = byte;
    }
    request->token = 0;
    svc_prepare_wait(request);
}

/* Whether the supervise of the state directory `dir` is ours, and so knows marks. */
static int is_upkeep(int dir)
{
    unsigned char packed[SV_STATUS_OWN];
    struct sv_status status;
    ssize_t got = sv_statefile_read(dir, SV_STATUS_OWN_FILE, packed, sizeof packed);

    if (got < 0 || !sv_status_unpack(packed, (size_t)got, &status)) return 0;
    /* The record may have outlived its writer, and another suite's supervise be here now.
     */
    return !kill((pid_t)status.supervise_pid, 0) || errno == EPERM;
}

/*
 * Puts a mark before the bytes: who asks; and before that the token, if there is one. One
 * mark cannot speak for all 32, but the 'l' that they then begin with says nothing at the
 * beginning of a batch. Returns the length.
 */
static size_t mark(unsigned char *marked, struct request const *request)
{
    struct batch const *batch = &request->batch;
    unsigned int dropped = batch->length > SV_CONTROL_MARK_COVERS;
    unsigned int covers = batch->length - dropped;
    size_t length = 0;

    if (!covers) return 0;
    if (request->token) {
        sv_control_token(marked, request->token);
        length += SV_CONTROL_TOKEN;
    }
    sv_control_mark(marked + length, covers, getuid());
    length += SV_CONTROL_MARK;
    memcpy(marked + length, batch->bytes + dropped, covers);
    return length + covers;
}

/* Watches the state directory `dir`. Returns 1; 0 with errno. */
static int subscribe(struct errand *errand, struct news *news, int dir)
{
    struct sv_awaitdir *where = &errand->where;

    if (sv_awaitdir_open_cheaply(where, &news->renamed, errand->service, dir)) return 1;
    if (news->watch.fd < 0 && !sv_watch_open(&news->watch)) return 0;
    return sv_awaitdir_open(where, &news->watch, errand->service, dir);
}

/* Begins to wait for the service, before it is told. Returns what is_upkeep() does. */
static int watch_first(struct errand *errand, struct request const *request,
                       struct news *news, int dir)
{
    struct sv_awaitdir *where = &errand->where;

    sv_await_begin(&where->await, request->goal, request->token, request->commands);
    int ours = subscribe(errand, news, dir) ? sv_awaitdir_base(where, 1) : -1;
    if (ours >= 0) {
        errand->outcome = OUTCOME_OPEN;
        return ours;
    }
    svc_warn_no_wait(errand);
    errand->outcome = OUTCOME_TROUBLE;
    return is_upkeep(dir);
}

/* Writes to the FIFO `control`. Returns how many bytes; 0 after a warning. */
static size_t send(int control, char const *service, struct request const *request,
                   int ours)
{
    unsigned char marked[MARKED];
    struct batch const *batch = &request->batch;
    size_t size = ours ? mark(marked, request) : batch->length;

    if (sv_controlfifo_write(control, ours ? marked : batch->bytes, size,
                             sv_clock_monotonic_ms() + PATIENCE_MS))
        return size;
    sv_warn("error writing commands to ", service, ": ", sv_errortext(errno));
    return 0;
}

/* Tells the supervise of the state directory `dir`, which it closes. */
static void tell_there(struct errand *errand, struct request const *request,
                       struct news *news, int dir)
{
    int waits = request->goal != SV_GOAL_COUNT;
    int control = sv_controlfifo_open(dir, "control");

    errand->outcome = OUTCOME_TROUBLE;
    errand->where.dir = dir;
    errand->where.control = errand->where.journal.fd = -1;
    if (control < 0) {
        if (errno == ENXIO)
            sv_warnu("control ", errand->service, ": supervise not running");
        else
            sv_warnusys("control ", errand->service);
        sv_awaitdir_close(&errand->where);
        return;
    }
    if (!waits) errand->outcome = OUTCOME_DONE;
    int ours = waits ? watch_first(errand, request, news, dir) : is_upkeep(dir);
    size_t sent = send(control, errand->service, request, ours);
    if (!sent && request->batch.length) errand->outcome = OUTCOME_TROUBLE;
    errand->where.control = control;
    errand->where.sent = sent;
    if (errand->outcome != OUTCOME_OPEN) sv_awaitdir_close(&errand->where);
}

/* To watch a directory takes the right to read it; to tell somebody something does not.
 */
static int open_state(struct request const *request, char const *instance)
{
    int dir = -1;

    if (request->goal != SV_GOAL_COUNT) dir = sv_statedir_open(instance, 0);
    return dir < 0 ? sv_statedir_place(AT_FDCWD, instance) : dir;
}

void svc_tell(struct errand *errand, char const *instance, struct news *news)
{
    int dir = open_state(errand->request, instance);

    if (dir >= 0) {
        tell_there(errand, errand->request, news, dir);
        return;
    }
    sv_warnu("control ", errand->service, ": ", sv_errortext(errno),
             sv_statedir_remedy(errno));
    errand->outcome = OUTCOME_TROUBLE;
}
