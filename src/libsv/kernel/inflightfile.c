/* ISC license. */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sv/inflightfile.h>

#define NEW SV_INFLIGHTFILE ".new"

void sv_inflightfile_boot(char boot[SV_INFLIGHT_BOOT])
{
    static char const digits[] = "0123456789abcdef";
    unsigned char random[SV_INFLIGHT_BOOT / 2 - 1];

    memset(boot, 0, SV_INFLIGHT_BOOT);
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? -1 : read(fd, boot, SV_INFLIGHT_BOOT - 1);
    if (fd >= 0) (void)close(fd); /* nothing was written */
    if (length > 0) return;
    if (getrandom(random, sizeof random, 0) != sizeof random)
        memset(random, getpid() & 255, sizeof random);
    for (size_t i = 0; i < sizeof random; i++) {
        boot[2 * i] = digits[random[i] >> 4];
        boot[2 * i + 1] = digits[random[i] & 15];
    }
}

static void *map(int fd, size_t size, void *where)
{
    int flags = MAP_SHARED | (where ? MAP_FIXED : 0);
    void *memory = mmap(where, size, PROT_READ | PROT_WRITE, flags, fd, 0);

    return memory == MAP_FAILED ? 0 : memory;
}

int sv_inflightfile_open(struct sv_inflight *record, int directory, char const *boot)
{
    struct stat found;
    void *memory = 0;
    int fd;

    do
        fd = openat(directory, SV_INFLIGHTFILE,
                    O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    while (fd < 0 && errno == EINTR);
    if (fd < 0) return errno == ENOENT ? 0 : -1;
    int known = fstat(fd, &found);
    if (!known && S_ISREG(found.st_mode) && found.st_size > 0)
        memory = map(fd, (size_t)found.st_size, 0);
    int error = errno;
    (void)close(fd); /* the mapping stays */
    errno = error;
    if (known < 0 || (!memory && found.st_size > 0)) return -1;
    if (!memory) return 0;
    if (sv_inflight_take(record, memory, (size_t)found.st_size, boot)) return 1;
    (void)munmap(memory, (size_t)found.st_size); /* the arguments are right */
    return 0;
}

/* With all its blocks: where nothing can be allocated ahead, zeros are written. */
static int fill(int fd, size_t size)
{
    static char const zeros[SV_INFLIGHT_PAGE];
    int done;

    do done = fallocate(fd, 0, 0, (off_t)size);
    while (done < 0 && errno == EINTR);
    if (!done) return 1;
    if (errno != EOPNOTSUPP && errno != ENOSYS) return 0;
    for (size_t at = 0; at < size;) {
        ssize_t written = pwrite(fd, zeros, sizeof zeros, (off_t)at);
        if (written > 0)
            at += (size_t)written;
        else if (errno != EINTR)
            return 0;
    }
    return 1;
}

/* A new file of zeros; an older one, of whoever was killed making it, is replaced. */
static int make_file(int directory, size_t size)
{
    if (unlinkat(directory, NEW, 0) < 0 && errno != ENOENT) return -1;
    int fd =
        openat(directory, NEW, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0 || fill(fd, size)) return fd;
    int error = errno;
    (void)close(fd);
    (void)unlinkat(directory, NEW, 0); /* the room it took is of more use elsewhere */
    errno = error;
    return -1;
}

int sv_inflightfile_make(struct sv_inflight *record, int directory,
                         struct sv_inflight_shape const *shape)
{
    size_t size = sv_inflight_size(shape);
    int fd = make_file(directory, size);

    if (fd < 0) return 0;
    void *memory = map(fd, size, 0);
    int error = errno;
    (void)close(fd);
    if (memory) {
        sv_inflight_make(record, memory, shape);
        return 1;
    }
    (void)unlinkat(directory, NEW, 0);
    errno = error;
    return 0;
}

int sv_inflightfile_publish(int directory)
{
    return !renameat(directory, NEW, directory, SV_INFLIGHTFILE);
}

int sv_inflightfile_private(struct sv_inflight *record,
                            struct sv_inflight_shape const *shape)
{
    void *memory = mmap(0, sv_inflight_size(shape), PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (memory == MAP_FAILED) return 0;
    sv_inflight_make(record, memory, shape);
    return 1;
}

int sv_inflightfile_renew(struct sv_inflight *record, int directory)
{
    size_t size = (size_t)record->head->size, written = 0;
    int fd = make_file(directory, size);

    if (fd < 0) return 0;
    while (written < size) {
        ssize_t count = pwrite(fd, (char const *)record->head + written, size - written,
                               (off_t)written);
        if (count <= 0 && errno != EINTR) break;
        if (count > 0) written += (size_t)count;
    }
    int done = written == size && sv_inflightfile_publish(directory)
               && map(fd, size, record->head);
    int error = errno;
    (void)close(fd);
    errno = error;
    return done;
}

void sv_inflightfile_rest(struct sv_inflight *record)
{
    (void)madvise(record->head, (size_t)record->head->size, MADV_DONTNEED);
}

int sv_inflightfile_remove(int directory)
{
    return !unlinkat(directory, SV_INFLIGHTFILE, 0) || errno == ENOENT;
}

void sv_inflightfile_unmap(struct sv_inflight *record)
{
    if (record->head) (void)munmap(record->head, (size_t)record->head->size);
    record->head = 0;
}
