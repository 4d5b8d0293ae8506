/* ISC license. */

/*
 * Waits for a run script to appear, with inotify on the service directory, but only while
 * there is nothing else to wait for: a user has few inotify instances (128 by default).
 */

#include <errno.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sv/clock.h>
#include <sv/message.h>

#include "service.h"

#define RETRY_MS 5000 /* without inotify: daemontools' scan period */

static int open_watch(void)
{
    int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

    if (fd < 0) return -1;
    if (inotify_add_watch(fd, ".", IN_CREATE | IN_MOVED_TO | IN_CLOSE_WRITE | IN_ATTRIB)
        >= 0)
        return fd;
    int error_number = errno;
    (void)close(fd); /* it watches nothing */
    errno = error_number;
    return -1;
}

/* When run changed last; 0: there is none. Returns 1; 0 if that cannot be told now. */
static int changed_at(struct service const *service, struct timespec *when)
{
    struct stat about;
    int known = !stat(service_run_name(service), &about);

    *when = known ? about.st_ctim : (struct timespec){0, 0};
    return known || errno == ENOENT;
}

void service_look_at_run(struct service *service)
{
    (void)changed_at(service,
                     &service->run_changed); /* or it is tried once more than needed */
}

/* Only a change since the last try is worth another one. */
static void try_if_changed(struct service *service)
{
    struct timespec changed;

    if (!changed_at(service, &changed) || changed.tv_sec != service->run_changed.tv_sec
        || changed.tv_nsec != service->run_changed.tv_nsec)
        service_event(service, SV_EVENT_RUN_CHANGED);
}

static void start_watching(struct service *service)
{
    service->watch = open_watch();
    if (service->watch < 0) {
        service->watch_retry_ms = sv_clock_monotonic_ms() + RETRY_MS;
        if (trouble_is_new(&service->watch_trouble))
            sv_warnusys("watch ", service->dir_name,
                        " for a run script, looking every 5 seconds");
        return;
    }
    trouble_over(&service->watch_trouble);
    try_if_changed(service); /* it may have come between the last try and the watch */
}

void service_watch_run(struct service *service)
{
    int wanted = sv_machine_watches_run(&service->machine);
    int watching = service->watch >= 0 || service->watch_retry_ms != SV_NEVER;

    if (wanted && !watching) start_watching(service);
}

/* The kernel may take 10 ms and more to close an instance that has watched something. */
void service_end_watch_run(struct service *service)
{
    if (sv_machine_watches_run(&service->machine)) return;
    if (service->watch >= 0) (void)close(service->watch); /* only read from */
    service->watch = -1;
    service->watch_retry_ms = SV_NEVER;
}

/* Reads all that is there. Returns 1 if any of it may be about run. */
static int read_watch(int fd, char const *name)
{
    _Alignas(struct inotify_event) char events[1024];
    int about_run = 0;
    ssize_t length;

    while ((length = read(fd, events, sizeof events)) > 0) {
        for (char const *at = events; at < events + length;) {
            struct inotify_event const *event = (struct inotify_event const *)at;
            about_run |= (event->mask & IN_Q_OVERFLOW)
                         || (event->len && !strcmp(event->name, name));
            at += sizeof *event + event->len;
        }
    }
    return about_run;
}

void service_run_watch_ready(struct service *service)
{
    if (service->watch >= 0 && !read_watch(service->watch, service_run_name(service)))
        return;
    service->watch_retry_ms = SV_NEVER;
    try_if_changed(service);
}
