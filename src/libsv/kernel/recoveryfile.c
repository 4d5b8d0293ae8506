/* ISC license. */

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h> /* renameat */
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <skalibs/allreadwrite.h>

#include <sv/openat.h>
#include <sv/recoveryfile.h>

#define NEW SV_RECOVERY_FILE ".new"

/* linux/fs.h: FS_IOC_GETFLAGS, FS_IOC_SETFLAGS, FS_NOCOW_FL */
#define GET_FLAGS _IOR('f', 1, long)
#define SET_FLAGS _IOW('f', 2, long)
#define NO_COPY 0x00800000

/* Closes `fd` without touching errno. Returns -1. */
static int give_up(int fd)
{
    int error_number = errno;

    (void)close(fd); /* what was written to it is not used */
    errno = error_number;
    return -1;
}

/*
 * Opens the file if it is one of ours: whoever owns the directory may put anything there.
 * Returns the descriptor; -1 with errno, ENOENT if what is there is nothing of ours.
 */
static int open_ours(int dir, int mode, struct stat *about)
{
    int fd =
        sv_openat(dir, SV_RECOVERY_FILE, mode | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC, 0);

    if (fd < 0) {
        if (errno == ELOOP || errno == ENXIO || errno == EISDIR) errno = ENOENT;
        return -1;
    }
    if (fstat(fd, about) < 0) return give_up(fd);
    if (S_ISREG(about->st_mode) && about->st_size == SV_RECOVERY_SIZE
        && about->st_uid == geteuid() && about->st_nlink == 1)
        return fd;
    errno = ENOENT;
    return give_up(fd);
}

static ssize_t write_at(int fd, void const *bytes, size_t length, off_t at)
{
    ssize_t written;

    do written = pwrite(fd, bytes, length, at);
    while (written < 0 && errno == EINTR);
    return written;
}

/*
 * On a file system that copies on write a store could need new room, and there is a
 * SIGBUS where the disk is full. Such a file, still empty, can be told to do without.
 */
static void write_in_place(int fd)
{
    long flags;

    if (ioctl(fd, GET_FLAGS, &flags) < 0 || flags & NO_COPY) return;
    flags |= NO_COPY;
    (void)ioctl(fd, SET_FLAGS, &flags); /* where it is not known it is not needed */
}

/* Makes NEW with the bytes of *page: written, so that it has its room. */
static int make_new(struct sv_recovery const *page, int dir)
{
    if (unlinkat(dir, NEW, 0) < 0 && errno != ENOENT) return -1;
    int fd =
        sv_openat(dir, NEW, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) return -1;
    write_in_place(fd);
    ssize_t written = fd_write(fd, (char const *)page, SV_RECOVERY_SIZE);
    if (written == SV_RECOVERY_SIZE) return fd;
    if (written >= 0) errno = ENOSPC;
    (void)give_up(fd);
    int error_number = errno;
    (void)unlinkat(dir, NEW, 0); /* the room it took is of more use elsewhere */
    errno = error_number;
    return -1;
}

/* Elsewhere first: a MAP_FIXED that fails may leave a hole. */
static int map_over(struct sv_recovery *page, int fd)
{
    void *mapped = mmap(0, SV_RECOVERY_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

    if (mapped == MAP_FAILED) return 0;
    if (mremap(mapped, SV_RECOVERY_SIZE, SV_RECOVERY_SIZE, MREMAP_MAYMOVE | MREMAP_FIXED,
               page)
        != MAP_FAILED)
        return 1;
    int error_number = errno;
    (void)munmap(mapped, SV_RECOVERY_SIZE); /* it is there */
    errno = error_number;
    return 0;
}

int sv_recoveryfile_retry(struct sv_recovery *page, int dir)
{
    struct stat about;
    int fd = make_new(page, dir);

    if (fd < 0) return 0;
    if (fstat(fd, &about) < 0) return give_up(fd), 0;
    page->device = about.st_dev;
    page->inode = about.st_ino;
    /* the name comes last: what has it is what is mapped */
    if (write_at(fd, page, SV_RECOVERY_SIZE, 0) != SV_RECOVERY_SIZE || !map_over(page, fd)
        || renameat(dir, NEW, dir, SV_RECOVERY_FILE) < 0)
        return give_up(fd), 0;
    (void)close(fd); /* the mapping stays */
    return 1;
}

/* Maps the file, if there is one of ours, over the page. As sv_recoveryfile_open(). */
static int open_file(struct sv_recovery *page, int dir, unsigned char const *life)
{
    struct stat about;
    int fd = open_ours(dir, O_RDWR, &about);

    if (fd < 0 && errno != ENOENT) return -2;
    if (fd < 0) {
        sv_recovery_init(page, 0, 0, life);
        return sv_recoveryfile_retry(page, dir) ? 0 : -1;
    }
    if (!map_over(page, fd)) {
        int error_number = errno;
        sv_recovery_init(page, 0, 0, life);
        errno = error_number;
        (void)give_up(fd);
        return errno == ENODEV ? -1 : -2; /* a file system that maps nothing */
    }
    (void)close(fd); /* the mapping stays */
    if (sv_recovery_is_ours(page, about.st_dev, about.st_ino, life)) return 1;
    sv_recovery_init(page, about.st_dev, about.st_ino, life);
    return 0;
}

int sv_recoveryfile_open(struct sv_recovery **page, int dir, unsigned char const *life)
{
    void *memory = mmap(0, SV_RECOVERY_SIZE, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    *page = memory == MAP_FAILED ? 0 : memory;
    return *page ? open_file(*page, dir, life) : -2;
}

int sv_recoveryfile_peek(struct sv_recovery *copy, int dir, unsigned char const *life)
{
    struct stat about;
    int fd = open_ours(dir, O_RDONLY, &about);

    if (fd < 0) return errno == ENOENT ? 0 : -1;
    ssize_t length = fd_read(fd, (char *)copy, sizeof *copy);
    if (length < 0) return give_up(fd);
    (void)close(fd); /* only read from */
    return length == sizeof *copy
           && sv_recovery_is_ours(copy, about.st_dev, about.st_ino, life);
}

int sv_recoveryfile_relay(int dir, int pid, int wait_status)
{
    struct stat about;
    struct {
        uint32_t pid;
        int32_t wait_status;
    } const relayed = {(uint32_t)pid, wait_status};
    _Static_assert(offsetof(struct sv_recovery, relayed_status)
                       == offsetof(struct sv_recovery, relayed_pid) + 4,
                   "they stand one behind the other");
    int fd = open_ours(dir, O_WRONLY, &about);

    if (fd < 0) return 0;
    ssize_t written =
        write_at(fd, &relayed, sizeof relayed, offsetof(struct sv_recovery, relayed_pid));
    if (written == sizeof relayed) return (void)close(fd), 1;
    return give_up(fd), 0;
}
