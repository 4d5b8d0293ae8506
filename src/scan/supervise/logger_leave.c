/* ISC license. */

/*
 * The end of a logger that is a file: the service is over, and supervise stays until the
 * logger has read what is left and its own supervise has gone. Whoever is killed
 * meanwhile, it is begun again.
 */

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <skalibs/allreadwrite.h>
#include <skalibs/djbunix.h>
#include <skalibs/selfpipe.h>

#include <sv/clock.h>
#include <sv/controlfifo.h>

#include "service.h"

#define LOOK_MS 50    /* it does not listen yet */
#define START_MS 1000 /* if that cannot be seen: it does after so long */

/*
 * The directory has been removed: whoever is started there now cannot do anything, and
 * whoever was is not found by its files.
 */
static int is_removed(struct service_logger const *logger)
{
    struct stat about;

    return !fstat(logger->dir, &about) && !about.st_nlink;
}

/*
 * Whether its supervise, which has gone, has left because it was told to, and needed no
 * more. Where there is no page to say so, it was told, or nobody can be.
 */
static int has_left(struct service const *service)
{
    struct sv_recovery page;
    struct sv_status status;
    struct sv_machine machine;
    struct sv_control decoder;
    struct sv_recovery_doing doing;

    if (!service_logger_page(service, &page))
        return service->logger.input_ends || is_removed(&service->logger);
    return sv_recovery_load(&page, &status, &machine, &decoder, &doing) && doing.has_left;
}

/* It has its page; or its FIFO, which comes last, if there can be no page. */
static int listens(struct service const *service)
{
    struct service_logger const *logger = &service->logger;
    struct sv_recovery page;

    if (service_logger_page(service, &page))
        return (pid_t)page.supervise_pid == logger->pid;
    if (is_removed(logger)) return sv_clock_monotonic_ms() >= logger->born_ms + START_MS;
    return sv_controlfifo_listening(logger->dir, "ok") > 0;
}

/*
 * As soon as it listens. Only then the pipe is closed: a logger that ended with its input
 * before that would be started once more.
 */
static void tell_that_input_ends(struct service *service)
{
    struct service_logger *logger = &service->logger;

    if (logger->input_ends || !logger->pid) return;
    logger->retry_ms = sv_clock_monotonic_ms() + LOOK_MS;
    if (!listens(service)) return;
    service_logger_signal(logger, SIGHUP);
    if (logger->pipe[1] >= 0)
        (void)close(logger->pipe[1]); /* what was written is in it */
    logger->pipe[1] = -1;
    logger->input_ends = 1;
    logger->retry_ms = SV_NEVER;
}

static void take_signals(struct service *service)
{
    int number, pid, wait_status;

    while ((number = selfpipe_read()) > 0) {
        if (number == SIGTERM || number == SIGINT)
            service_logger_signal(&service->logger, SIGTERM);
        if (number == SIGIO) service->logger.has_changed = 1;
        if (number != SIGCHLD) continue;
        while ((pid = wait_nohang(&wait_status)) > 0)
            (void)service_logger_ended(service, pid);
    }
}

/* Only those for the logger mean anything now. */
static void take_commands(struct service *service)
{
    unsigned char bytes[SV_RECOVERY_INPUT];
    ssize_t length = fd_read(service->control, (char *)bytes, sizeof bytes);
    struct sv_command command;

    for (ssize_t i = 0; i < length; i++)
        if (sv_control_decode(&service->decoder, bytes[i], &command) && command.to_log
            && command.kind != SV_COMMAND_EXIT)
            service_logger_command(service, &command);
    sv_control_end_batch(&service->decoder);
}

void service_logger_leave(struct service *service)
{
    struct service_logger *logger = &service->logger;

    if (logger->dir < 0) return;
    while (logger->pid || !has_left(service)) {
        iopause_fd fds[] = {
            {.fd = service->signals, .events = IOPAUSE_READ},
            {.fd = service->control, .events = IOPAUSE_READ},
            {.fd = logger->held, .events = IOPAUSE_READ},
        };
        service_logger_tend(service);
        tell_that_input_ends(service);
        service_write(service);
        int64_t deadline_ms =
            logger->retry_ms < service->write_ms ? logger->retry_ms : service->write_ms;
        if (sv_clock_wait(fds, sizeof fds / sizeof *fds, deadline_ms) < 0) return;
        if (fds[0].revents) take_signals(service);
        if (fds[1].revents) take_commands(service);
        if (fds[2].revents && logger->held >= 0) service_logger_held_ended(service);
    }
    service->doing.has_left = 1;
    service_store(service);
}
