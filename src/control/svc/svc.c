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

/* Tells one service, in its own directory. */
static void tell(struct errand *errand, struct request const *request,
                 struct sv_watch *watch, int here)
{
    char instance[SV_INSTANCE_MAX];

    sv_statedir_instance(errand->service, instance);
    if (chdir(errand->service) < 0) {
        sv_warnusys("chdir to ", errand->service);
        errand->outcome = OUTCOME_TROUBLE;
    } else {
        svc_tell(errand, request, instance, watch);
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

/* The time begins before they are told. */
static int tell_and_wait(struct request *request, char const *const *services,
                         unsigned int count, int here)
{
    struct errand *errands = calloc(count + 1, sizeof *errands);
    static struct sv_watch watch;
    struct rlimit files;
    int64_t deadline_ms = INT64_MAX;

    if (!errands) sv_dieusys(111, "allocate memory");
    if (request->timeout_ms != INT64_MAX)
        deadline_ms = sv_clock_monotonic_ms() + request->timeout_ms;
    if (count > FEW && !getrlimit(RLIMIT_NOFILE, &files)) {
        files.rlim_cur = files.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &files); /* if not, some cannot be waited for */
    }
    if (!sv_watch_open(&watch)) sv_dieusys(111, "watch services");
    svc_prepare_wait(request);
    for (unsigned int i = 0; i < count; i++) {
        errands[i].service = services[i];
        tell(&errands[i], request, &watch, here);
    }
    svc_wait(errands, count, &watch, deadline_ms);
    return exit_code(errands, count);
}

static int tell_all(struct request const *request, char const *const *services, int here)
{
    struct errand errand;
    int failed = 0;

    for (; *services; services++) {
        errand.service = *services;
        tell(&errand, request, 0, here);
        failed |= errand.outcome == OUTCOME_TROUBLE;
    }
    return request->strict && failed ? 111 : 0;
}

int main(int argc, char const *const *argv)
{
    static struct request request;
    int first = svc_read_options(argc, argv, &request);

    if (!sig_ignore(SIGPIPE)) sv_dieusys(111, "ignore SIGPIPE");
    int here = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (here < 0) sv_dieusys(111, "open current directory");
    if (request.goal == SV_GOAL_COUNT) return tell_all(&request, argv + first, here);
    return tell_and_wait(&request, argv + first, (unsigned int)(argc - first), here);
}
