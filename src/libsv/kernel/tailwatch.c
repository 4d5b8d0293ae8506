/* ISC license. */

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include <skalibs/types.h>

#include <sv/tailwatch.h>

#define OF_SELF "/proc/self/fd/"
#define WANTED \
    (IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_MODIFY | IN_ONLYDIR)

int sv_tailwatch_open(struct sv_tailwatch *watch)
{
    watch->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    watch->at = watch->length = 0;
    return watch->fd >= 0;
}

/* By its descriptor: another directory may have got the name by now. */
int sv_tailwatch_add(struct sv_tailwatch *watch, int fd, char const *path)
{
    char self[sizeof OF_SELF + UINT_FMT];

    memcpy(self, OF_SELF, sizeof OF_SELF - 1);
    self[sizeof OF_SELF - 1 + uint_fmt(self + sizeof OF_SELF - 1, (unsigned int)fd)] = 0;
    int id = inotify_add_watch(watch->fd, self, WANTED);
    return id < 0 && errno == ENOENT ? inotify_add_watch(watch->fd, path, WANTED) : id;
}

void sv_tailwatch_remove(struct sv_tailwatch *watch, int id)
{
    (void)inotify_rm_watch(watch->fd, id); /* fails only if the kernel has removed it */
}

/* Returns 1 if it is one that we tell. */
static int translate(struct inotify_event const *from, struct sv_tailwatch_event *to)
{
    to->id = from->wd;
    to->name = from->len ? from->name : "";
    to->cookie = from->cookie;
    if (from->mask & IN_Q_OVERFLOW)
        to->kind = SV_TAILWATCH_OVERFLOW;
    else if (from->mask & IN_IGNORED)
        to->kind = SV_TAILWATCH_ENDED;
    else if (from->mask & IN_MODIFY)
        to->kind = SV_TAILWATCH_WRITTEN;
    else if (from->mask & IN_CREATE)
        to->kind = SV_TAILWATCH_COMES;
    else if (from->mask & IN_DELETE)
        to->kind = SV_TAILWATCH_GOES;
    else if (from->mask & IN_MOVED_FROM)
        to->kind = SV_TAILWATCH_LEAVES;
    else if (from->mask & IN_MOVED_TO)
        to->kind = SV_TAILWATCH_ENTERS;
    else
        return 0; /* IN_UNMOUNT: IN_IGNORED follows */
    return 1;
}

int sv_tailwatch_read(struct sv_tailwatch *watch, struct sv_tailwatch_event *event)
{
    if (watch->fd < 0) return 0;
    do {
        if (watch->at == watch->length) {
            ssize_t length;
            do length = read(watch->fd, watch->buffer, sizeof watch->buffer);
            while (length < 0 && errno == EINTR);
            if (length <= 0) return length < 0 && errno != EAGAIN ? -1 : 0;
            watch->at = 0;
            watch->length = (size_t)length;
        }
        struct inotify_event const *next =
            (struct inotify_event const *)(watch->buffer + watch->at);
        watch->at += sizeof *next + next->len;
        if (translate(next, event)) return 1;
    } while (1);
}

int sv_tailwatch_wait(struct sv_tailwatch const *watch, int other, int output,
                      int limit_ms)
{
    struct pollfd fds[] = {{.fd = watch->fd, .events = POLLIN},
                           {.fd = other, .events = POLLIN},
                           {.fd = output}}; /* an error there is always told */

    if (poll(fds, sizeof fds / sizeof *fds, limit_ms) < 0 && errno != EINTR) return -1;
    return !(fds[2].revents & (POLLERR | POLLHUP));
}
