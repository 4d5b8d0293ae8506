/* ISC license. */

/*
 * svc: writes commands to the supervise of each service, all of them at once, and waits
 * for what becomes of it if that was asked for.
 *
 * The exit code is 0 whatever happened to the services, as ever; with --strict it is 111
 * if one of them could not be told, with --wait it tells what became of them.
 */

#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include <skalibs/sig.h>

#include <sv/clock.h>
#include <sv/message.h>
#include <sv/statedir.h>

#include "svc.h"

#define FEW 200 /* services, for which every user has descriptors enough */

char const *PROG = "svc";

static int here; /* where we began */

/* Tells one service, in its own directory. */
static void tell(struct errand *errand, struct news *news)
{
    char instance[SV_INSTANCE_MAX];

    sv_statedir_instance(errand->service, instance);
    if (chdir(errand->service) < 0) {
        sv_warnusys("chdir to ", errand->service);
        errand->outcome = OUTCOME_TROUBLE;
    } else {
        svc_tell(errand, instance, news);
    }
    if (fchdir(here) < 0) sv_dieusys(111, "set directory");
}

static int has(struct errand const *errands, unsigned int count, enum outcome outcome)
{
    for (unsigned int i = 0; i < count; i++)
        if (errands[i].outcome == outcome) return 1;
    return 0;
}

static int exit_code(struct errand const *errands, unsigned int count)
{
    if (has(errands, count, OUTCOME_TROUBLE)) return 111;
    if (has(errands, count, OUTCOME_INSTEAD)) return 1;
    return has(errands, count, OUTCOME_LATE) ? 99 : 0;
}

static void raise_limit(void)
{
    struct rlimit files;

    if (getrlimit(RLIMIT_NOFILE, &files) < 0) return;
    files.rlim_cur = files.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &files); /* if not, some cannot be waited for */
}

int svc_send(struct errand *errands, unsigned int count, int64_t deadline_ms)
{
    static struct news news;
    static int is_open;
    int waits = 0;

    for (unsigned int i = 0; i < count; i++)
        waits |= errands[i].request->goal != SV_GOAL_COUNT;
    if (waits && count > FEW) raise_limit();
    if (waits && !is_open) svc_open_news(&news);
    is_open |= waits;
    for (unsigned int i = 0; i < count; i++) tell(&errands[i], &news);
    if (waits) svc_wait(errands, count, &news, deadline_ms);
    return exit_code(errands, count);
}

static int send_all(struct request const *request, char const *const *services,
                    unsigned int count, int64_t deadline_ms)
{
    struct errand *errands = calloc(count + 1, sizeof *errands);

    if (!errands) sv_dieusys(111, "allocate memory");
    for (unsigned int i = 0; i < count; i++)
        errands[i] = (struct errand){.service = services[i], .request = request};
    return svc_send(errands, count, deadline_ms);
}

int main(int argc, char const *const *argv)
{
    static struct request request;
    int64_t deadline_ms = INT64_MAX; /* the time begins before they are told */
    int first = svc_read_options(argc, argv, &request);
    unsigned int count = (unsigned int)(argc - first);

    if (!sig_ignore(SIGPIPE)) sv_dieusys(111, "ignore SIGPIPE");
    here = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (here < 0) sv_dieusys(111, "open current directory");
    if (request.timeout_ms != INT64_MAX)
        deadline_ms = sv_clock_monotonic_ms() + request.timeout_ms;
    int tells = request.goal != SV_GOAL_COUNT; /* whether the exit code does */
    if (tells) svc_prepare_wait(&request);
    int code = request.along == ALONG_NOBODY
                   ? send_all(&request, argv + first, count, deadline_ms)
                   : svc_in_order(&request, argv + first, count, deadline_ms);
    /* what was allocated ends with us, and nothing waits to be written */
    _exit(tells || request.strict || request.along == ALONG_DEPENDENTS ? code : 0);
}
