/* ISC license. */

/*
 * How a run, or its checker, says that it is ready: supervise/.ready, a FIFO that each
 * run has of its own. The run gets it open for reading and writing, so that what is
 * written there is kept as long as the run lives, whether there is a supervise or not.
 *
 * What is read is stored in the page by the read() itself, and how far it has been taken
 * with the decision that follows from it.
 */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <skalibs/allreadwrite.h>

#include <sv/clock.h>
#include <sv/message.h>
#include <sv/openat.h>
#include <sv/servicedir.h>

#include "beside.h"

static void close_fifo(struct service *service)
{
    if (service->ready >= 0) (void)close(service->ready); /* nothing was written */
    service->ready = -1;
}

/* Opens the FIFO, which has no end as long as it is open like this. */
static int open_fifo(struct service const *service)
{
    struct stat about;
    int fd = sv_openat(service->state_dir, SV_NOTICE_FIFO,
                       O_RDWR | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC, 0);

    if (fd < 0) return -1;
    if (!fstat(fd, &about) && S_ISFIFO(about.st_mode) && about.st_nlink == 1) return fd;
    (void)close(fd); /* what it is has not been touched */
    errno = EEXIST;
    return -1;
}

/* Makes a new one. Returns 1; 0 with errno. */
static int make_fifo(struct service *service)
{
    close_fifo(service);
    if (unlinkat(service->state_dir, SV_NOTICE_FIFO, 0) < 0 && errno != ENOENT) return 0;
    if (mkfifoat(service->state_dir, SV_NOTICE_FIFO, 0600) < 0) return 0;
    service->ready = open_fifo(service);
    return service->ready >= 0;
}

/* Another descriptor of it, as a run gets it: with a mode of its own, and blocking. */
static int open_writer(struct service const *service)
{
    struct stat ours, about;
    int fd = open_fifo(service);

    if (fd < 0) return -1;
    if (!fstat(service->ready, &ours) && !fstat(fd, &about) && ours.st_ino == about.st_ino
        && fcntl(fd, F_SETFL, 0) >= 0)
        return fd;
    (void)close(fd); /* as above */
    errno = EEXIST;
    return -1;
}

static void warn(struct service *service, char const *what)
{
    if (trouble_is_new(&service->ready_trouble))
        sv_warnu(what, service->dir_name, "/supervise/" SV_NOTICE_FIFO ": ",
                 sv_errortext(errno), "; it cannot say that it is ready");
}

int service_ready_writer(struct service *service)
{
    int fd = service->ready < 0 ? -1 : open_writer(service);

    if (fd < 0 && service->ready >= 0) warn(service, "open ");
    return fd;
}

void service_ready_begin(struct service *service)
{
    struct sv_settings const *settings = &service->settings;
    int checks = service_checks(service);
    int wanted = settings->notification_fd || checks;

    service->doing.notice = (struct sv_notice){.state = 0};
    service->doing.notice_done = 0;
    memset(service->page->notice, 0, sizeof service->page->notice);
    if (!wanted) {
        if (service->ready < 0) return;
        close_fifo(service);
        (void)unlinkat(service->state_dir, SV_NOTICE_FIFO, 0); /* nobody reads it */
    } else if (make_fifo(service)) {
        trouble_over(&service->ready_trouble);
    } else {
        warn(service, "create ");
    }
}

void service_ready_resume(struct service *service)
{
    service->ready = open_fifo(service); /* or there is none */
}

static void feed_notice(struct service *service, enum sv_notice_kind kind)
{
    struct sv_event event = {.now_ms = sv_clock_monotonic_ms()};

    switch (kind) {
    case SV_NOTICE_NOTHING: return;
    case SV_NOTICE_READY:
        event.kind = SV_EVENT_READY;
        event.cause = SV_CAUSE_READY;
        break;
    case SV_NOTICE_CHECKED:
        event.kind = SV_EVENT_READY;
        event.cause = SV_CAUSE_CHECKED;
        break;
    case SV_NOTICE_UNHEALTHY:
        event.kind = SV_EVENT_CONDEMNED;
        event.cause = SV_CAUSE_HEALTH;
        break;
    }
    if (service->machine.child == SV_CHILD_RUN) service_feed(service, &event);
}

void service_ready_take(struct service *service)
{
    struct sv_recovery const *page = service->page;
    struct sv_recovery_doing *doing = &service->doing;

    while (!service->leaving && doing->notice_done < sizeof page->notice) {
        unsigned char byte = page->notice[doing->notice_done++];
        if (byte) feed_notice(service, sv_notice_decode(&doing->notice, byte));
    }
}

void service_ready_read(struct service *service)
{
    struct sv_recovery *page = service->page;

    memset(page->notice, 0, sizeof page->notice);
    service->doing.notice_done = 0;
    service_store(service); /* before anything can be read */
    ssize_t length = fd_read(service->ready, (char *)page->notice, sizeof page->notice);
    if (length > 0)
        service_ready_take(service);
    else if (length < 0 && errno != EAGAIN)
        close_fifo(service); /* cannot happen: it is a FIFO that we have open */
}
