/* ISC license. */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sv/cursorfile.h>
#include <sv/openat.h>

#define FIRST_ROWS 32

_Static_assert(sizeof(off_t) == sizeof(int64_t), "sendfile() stores its offset there");

/* Closes `fd` without touching errno. Returns 0. */
static int give_up(int fd)
{
    int error_number = errno;

    (void)close(fd); /* nothing of it is used */
    errno = error_number;
    return 0;
}

/* A lock of the process: it is gone when the process is, whoever else has the file open.
 */
static int lock(int fd)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

    if (!fcntl(fd, F_SETLK, &whole)) return 1;
    if (errno == EAGAIN || errno == EACCES) errno = EBUSY;
    return 0;
}

static int is_foreign(struct stat const *about)
{
    return !S_ISREG(about->st_mode)
           || (about->st_size && about->st_size < SV_CURSOR_TEXT_AT);
}

/* Sets its length and maps it. */
static int map(struct sv_cursorfile *file, int fd)
{
    struct stat about;

    if (fstat(fd, &about) < 0) return 0;
    if (is_foreign(&about)) {
        errno = EPROTO;
        return 0;
    }
    if (!about.st_size && ftruncate(fd, SV_CURSOR_TEXT_AT) < 0) return 0;
    void *mapped =
        mmap(0, sizeof *file->cursor, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (mapped == MAP_FAILED) return 0;
    file->fd = fd;
    file->cursor = mapped;
    return 1;
}

int sv_cursorfile_open(struct sv_cursorfile *file, char const *path)
{
    int fd = sv_openat(AT_FDCWD, path, O_RDWR | O_CREAT | O_NONBLOCK | O_CLOEXEC, 0600);

    if (fd < 0) return 0;
    if (!lock(fd) || !map(file, fd)) return give_up(fd);
    enum sv_cursor_kind kind = sv_cursor_look(file->cursor);
    int fits = kind != SV_CURSOR_FOREIGN;
    if (!fits) errno = EPROTO;
    file->room = 0;
    if (fits && sv_cursorfile_reserve(file, sv_cursor_slot(file->cursor)->rows)) {
        if (kind == SV_CURSOR_BLANK) sv_cursor_init(file->cursor);
        return 1;
    }
    int error_number = errno;
    (void)munmap(file->cursor, sizeof *file->cursor); /* it is there */
    errno = error_number;
    return give_up(fd);
}

/*
 * Room for these bytes, whether they are a hole or not. Where the file system cannot say
 * that they are wanted, they are written as they are.
 */
static int reserve(int fd, unsigned char const *mapped, size_t from, size_t length)
{
    int result;

    do result = fallocate(fd, 0, (off_t)from, (off_t)length);
    while (result < 0 && errno == EINTR);
    if (!result) return 1;
    if (errno != EOPNOTSUPP && errno != ENOSYS) return 0;
    while (length) {
        unsigned char copy[4096];
        size_t part = length < sizeof copy ? length : sizeof copy;
        memcpy(copy, mapped + from, part);
        ssize_t written = pwrite(fd, copy, part, (off_t)from);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return 0;
        from += (size_t)written;
        length -= (size_t)written;
    }
    return 1;
}

int sv_cursorfile_reserve(struct sv_cursorfile *file, unsigned int rows)
{
    unsigned char const *mapped = (unsigned char const *)file->cursor;
    unsigned int room = file->room ? file->room : FIRST_ROWS;

    while (room < rows) room *= 2;
    if (room > SV_CURSOR_ROWS) room = SV_CURSOR_ROWS;
    if (room == file->room) return 1;
    for (unsigned int i = 0; i < 2; i++) {
        size_t from = i ? offsetof(struct sv_cursor, slots[1]) : 0;
        size_t end = i ? offsetof(struct sv_cursor, slots[1].row)
                       : offsetof(struct sv_cursor, slots[0].row);
        end += room * sizeof(struct sv_cursor_row);
        if (!reserve(file->fd, mapped, from, end - from)) return 0;
    }
    file->room = room;
    return 1;
}

/*
 * The old text is cut off rather than overwritten, so that its pages belong to those only
 * who have been given them. They lie far behind the slots, for a large page that has some
 * of both would be changed after all.
 */
int sv_cursorfile_put(struct sv_cursorfile *file, char const *text, size_t length)
{
    if (ftruncate(file->fd, SV_CURSOR_TEXT_AT) < 0) return 0;
    for (size_t done = 0; done < length;) {
        ssize_t written =
            pwrite(file->fd, text + done, length - done, SV_CURSOR_TEXT_AT + (off_t)done);
        if (written < 0 && errno == EINTR) continue;
        if (!written) errno = ENOSPC;
        if (written <= 0) return 0;
        done += (size_t)written;
    }
    return 1;
}

static int get_at(int fd, char *text, size_t length, int64_t from)
{
    for (size_t done = 0; done < length;) {
        ssize_t got = pread(fd, text + done, length - done, from + (off_t)done);
        if (got < 0 && errno == EINTR) continue;
        if (!got) errno = EPROTO; /* somebody has cut it off */
        if (got <= 0) return 0;
        done += (size_t)got;
    }
    return 1;
}

int sv_cursorfile_get(struct sv_cursorfile const *file, char *text, size_t length)
{
    return get_at(file->fd, text, length, SV_CURSOR_TEXT_AT);
}

/* After a call that has failed: 1 if it may be tried again, now that it would not wait.
 */
static int try_again(int output)
{
    struct pollfd wanted = {.fd = output, .events = POLLOUT};

    if (errno == EINTR) return 1;
    if (errno != EAGAIN) return 0;
    return poll(&wanted, 1, -1) >= 0 || errno == EINTR;
}

/* By write(), whose result is ours to store: after a kill, some of it may come twice. */
static int send_copy(struct sv_cursorfile *file, struct sv_cursor_slot *slot, int output)
{
    char copy[4096];
    size_t left;

    while ((left = sv_cursor_left(slot))) {
        size_t part = left < sizeof copy ? left : sizeof copy;
        if (!get_at(file->fd, copy, part, slot->sent)) return 0;
        ssize_t written = write(output, copy, part);
        if (written > 0)
            slot->sent += written;
        else if (written < 0 && !try_again(output))
            return 0;
    }
    return 1;
}

/* Where sendfile() does not work. The length of a file tells how much has been appended.
 */
static int send_otherwise(struct sv_cursorfile *file, struct sv_cursor_slot *slot,
                          int output)
{
    struct stat about;

    if (fstat(output, &about) < 0) return 0;
    if (S_ISREG(about.st_mode))
        sv_cursor_note_file(slot, about.st_dev, about.st_ino, (uint64_t)about.st_size);
    if (!send_copy(file, slot, output)) return 0;
    slot->appended_inode = 0; /* all is sent, whatever becomes of the file */
    return 1;
}

/* A batch that a killed reader was about to append. */
static int find_sent(struct sv_cursor_slot *slot, int output)
{
    struct stat about;

    if (!slot->appended_inode) return 1;
    if (fstat(output, &about) < 0) return 0;
    (void)sv_cursor_find_sent(slot, about.st_dev, about.st_ino,
                              (uint64_t)about.st_size); /* or to another file */
    slot->appended_inode = 0;
    return 1;
}

int sv_cursorfile_send(struct sv_cursorfile *file, int output)
{
    struct sv_cursor_slot *slot = sv_cursor_slot(file->cursor);
    size_t left;

    if (!find_sent(slot, output)) return 0;
    while ((left = sv_cursor_left(slot))) {
        ssize_t sent = sendfile(output, file->fd, (off_t *)&slot->sent, left);
        if (sent > 0) continue;    /* the kernel has stored that */
        if (!sent) errno = EPROTO; /* somebody has cut it off */
        if (sent < 0 && (errno == EINVAL || errno == ENOSYS))
            return send_otherwise(file, slot, output);
        if (!sent || !try_again(output)) return 0;
    }
    return 1;
}
