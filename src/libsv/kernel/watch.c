/* ISC license. */

#include <errno.h>
#include <stdio.h> /* snprintf */
#include <unistd.h>

#include <sv/watch.h>

#define OF_SELF "/proc/self/fd/%d"
#define OF_SELF_SIZE (sizeof OF_SELF + 3 * sizeof(int))

int sv_watch_open(struct sv_watch *watch)
{
    watch->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    watch->at = watch->length = 0;
    return watch->fd >= 0;
}

void sv_watch_close(struct sv_watch *watch)
{
    if (watch->fd >= 0) (void)close(watch->fd); /* only read from */
    watch->fd = -1;
    watch->at = watch->length = 0;
}

int sv_watch_add(struct sv_watch *watch, char const *path, unsigned int what)
{
    uint32_t mask = IN_ONLYDIR;

    if (!(what & SV_WATCH_AGAIN)) mask |= IN_MASK_CREATE; /* or the other would change */
    if (what & SV_WATCH_COMES) mask |= IN_CREATE | IN_MOVED_TO;
    if (what & SV_WATCH_RENAMED) mask |= IN_MOVED_TO;
    if (what & SV_WATCH_GOES) mask |= IN_DELETE | IN_MOVED_FROM;
    if (what & SV_WATCH_SELF) mask |= IN_MOVE_SELF | IN_DELETE_SELF;
    return inotify_add_watch(watch->fd, path, mask);
}

int sv_watch_add_file(struct sv_watch *watch, int fd)
{
    char path[OF_SELF_SIZE];

    (void)snprintf(path, sizeof path, OF_SELF, fd); /* it fits */
    return inotify_add_watch(watch->fd, path, IN_MODIFY | IN_ATTRIB | IN_MASK_CREATE);
}

int sv_watch_add_open(struct sv_watch *watch, int dir_fd, unsigned int what)
{
    char path[OF_SELF_SIZE];

    (void)snprintf(path, sizeof path, OF_SELF, dir_fd); /* it fits */
    return sv_watch_add(watch, path, what);
}

void sv_watch_remove(struct sv_watch *watch, int id)
{
    (void)inotify_rm_watch(watch->fd, id); /* fails only if the kernel has removed it */
}

/* Returns 1 if it is one that we tell. IN_IGNORED comes last for each watch that ends. */
static int translate(struct inotify_event const *from, struct sv_watch_event *to)
{
    to->id = from->wd;
    to->name = 0;
    if (from->mask & IN_Q_OVERFLOW) {
        to->kind = SV_WATCH_OVERFLOW;
    } else if (from->mask & IN_IGNORED) {
        to->kind = SV_WATCH_ENDED;
    } else if (from->mask & IN_MODIFY) {
        to->kind = SV_WATCH_WRITTEN;
    } else if (from->mask & IN_ATTRIB) {
        to->kind = SV_WATCH_CHANGED;
    } else if (from->mask & IN_MOVE_SELF) {
        to->kind = SV_WATCH_MOVED;
    } else if (from->len) {
        to->kind = SV_WATCH_NAME;
        to->name = from->name;
    } else {
        return 0; /* IN_DELETE_SELF, IN_UNMOUNT: IN_IGNORED follows */
    }
    return 1;
}

int sv_watch_holds(struct sv_watch const *watch)
{
    return watch->at < watch->length;
}

int sv_watch_read(struct sv_watch *watch, struct sv_watch_event *event)
{
    do {
        if (!sv_watch_holds(watch)) {
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
