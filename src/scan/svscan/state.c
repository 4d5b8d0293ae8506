/* ISC license. */

/*
 * SCANDIR/.svscan: a lock, so that there is one svscan for a scan directory, and a FIFO
 * for svscanctl. Both are conveniences: services run without them too.
 */

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <skalibs/allreadwrite.h>
#include <skalibs/djbunix.h>

#include <sv/clock.h>
#include <sv/controlfifo.h>
#include <sv/message.h>
#include <sv/openat.h>
#include <sv/scancontrol.h>

#include "svscan.h"

#define CHUNK 256
#define LOCK_MS 500
#define TRY_MS 10

/* Also on a read-only filesystem, if it is there already. Returns -1 with errno. */
static int open_directory(void)
{
    int error_number = mkdir(SV_SCANCONTROL_DIR, 0700) < 0 ? errno : 0;

    if (error_number && error_number != EEXIST && error_number != EROFS) return -1;
    int fd = open2(SV_SCANCONTROL_DIR, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT && error_number) errno = error_number;
    return fd;
}

static int open_lock(int dir)
{
    int const flags = O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC;
    int fd =
        sv_openat(dir, SV_SCANCONTROL_LOCK, O_WRONLY | O_APPEND | O_CREAT | flags, 0600);

    /* on a read-only filesystem an old one can be locked all the same */
    return fd < 0 && errno == EROFS
               ? sv_openat(dir, SV_SCANCONTROL_LOCK, O_RDONLY | flags, 0)
               : fd;
}

/*
 * Locks it. An svscan that was killed while it started a supervise has the lock for as
 * long as that takes: it is tried for a moment.
 */
static int lock(int fd)
{
    int64_t limit_ms = sv_clock_monotonic_ms() + LOCK_MS;

    while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        int64_t now_ms = sv_clock_monotonic_ms();
        if (errno == EINTR) continue;
        if (errno != EWOULDBLOCK || now_ms >= limit_ms) return 0;
        (void)sv_clock_wait(0, 0, now_ms + TRY_MS); /* without descriptors: cannot fail */
    }
    return 1;
}

/* The lock that the image before had is ours, if it is still that of this directory. */
static int take_handed_lock(struct svscan *svscan)
{
    struct stat ours, handed;

    if (!svscan->handed_count || fstat(svscan->lock, &ours) < 0
        || fstat(svscan->handed[0], &handed) < 0 || ours.st_ino != handed.st_ino
        || ours.st_dev != handed.st_dev)
        return 0;
    (void)close(svscan->lock); /* nothing was written */
    svscan->lock = svscan->handed[0];
    return 1;
}

/* Dies if there is another svscan. Returns 1; 0 with errno if there is no telling. */
static int take_lock(struct svscan *svscan, int dir)
{
    int fd = open_lock(dir);

    if (fd < 0) return 0;
    svscan->lock = fd; /* stays open as long as we live */
    if (take_handed_lock(svscan) || lock(fd)) return 1;
    svscan->lock = -1;
    if (errno == EWOULDBLOCK)
        sv_dieu(111, "lock ", svscan->dir_name,
                "/" SV_SCANCONTROL_DIR "/" SV_SCANCONTROL_LOCK, ": ", sv_errortext(errno),
                ": another svscan runs there; to end it: svscanctl ", svscan->dir_name,
                " t");
    (void)close(fd); /* nothing was written */
    return 0;
}

void svscan_open_state(struct svscan *svscan)
{
    int dir = open_directory();
    int is_locked = dir >= 0 && take_lock(svscan, dir);

    if (!is_locked)
        sv_warnu("use ", svscan->dir_name, "/" SV_SCANCONTROL_DIR ": ",
                 sv_errortext(errno),
                 "; svscanctl will not work and a second svscan will not be noticed");
    svscan->control =
        is_locked ? sv_controlfifo_make(dir, SV_SCANCONTROL_FIFO, &svscan->control_writer)
                  : -1;
    if (is_locked && svscan->control < 0)
        sv_warnu("use ", svscan->dir_name,
                 "/" SV_SCANCONTROL_DIR "/" SV_SCANCONTROL_FIFO ": ", sv_errortext(errno),
                 "; svscanctl will not work");
    if (dir >= 0) (void)close(dir); /* only a place to open things from */
    /* only now: without a reader what was written to control would be lost */
    for (unsigned int i = 0; i < svscan->handed_count; i++)
        if (svscan->handed[i] != svscan->lock) (void)close(svscan->handed[i]);
}

static void obey(struct svscan *svscan, unsigned char byte)
{
    switch (sv_scancontrol_find(byte)) {
    case SV_SCANCONTROL_RESCAN:
    case SV_SCANCONTROL_HANGUP: svscan->scan_wanted = 1; break;
    case SV_SCANCONTROL_TERMINATE:
    case SV_SCANCONTROL_INTERRUPT:
    case SV_SCANCONTROL_QUIT: svscan_leave(svscan); break;
    case SV_SCANCONTROL_REAP: svscan_reap(svscan); break;
    case SV_SCANCONTROL_ABORT: svscan->abandoning = 1; break;
    case SV_SCANCONTROL_UPGRADE: svscan_begin_upgrade(svscan); break;
    case SV_SCANCONTROL_COUNT: break; /* unknown: svscanctl does not send it */
    }
}

void svscan_read_control(struct svscan *svscan)
{
    char bytes[CHUNK];
    ssize_t length = fd_read(svscan->control, bytes, sizeof bytes);

    for (ssize_t i = 0; i < length; i++) obey(svscan, (unsigned char)bytes[i]);
    if (length > 0 || (length < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))) return;
    if (!length) errno = EPIPE; /* cannot happen: we are a writer ourselves */
    if (trouble_is_new(&svscan->troubles, TROUBLE_CONTROL))
        sv_warnu("read ", svscan->dir_name,
                 "/" SV_SCANCONTROL_DIR "/" SV_SCANCONTROL_FIFO ": ", sv_errortext(errno),
                 "; svscanctl will not work any more");
    (void)close(svscan->control); /* only read from */
    svscan->control = -1;
}
