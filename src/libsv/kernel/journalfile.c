/* ISC license. */

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sv/journalfile.h>
#include <sv/openat.h>
#include <sv/statefile.h>

/* Reads or writes a whole record; they are smaller than a page and never split on a disk.
 */
static int read_record(int fd, unsigned char *packed, uint64_t offset)
{
    ssize_t got;

    do got = pread(fd, packed, SV_JOURNAL_RECORD, (off_t)offset);
    while (got < 0 && errno == EINTR);
    return got == SV_JOURNAL_RECORD;
}

static int write_record(int fd, unsigned char const *packed, uint64_t offset)
{
    ssize_t written;

    do written = pwrite(fd, packed, SV_JOURNAL_RECORD, (off_t)offset);
    while (written < 0 && errno == EINTR);
    if (written >= 0 && written < SV_JOURNAL_RECORD) errno = ENOSPC;
    return written == SV_JOURNAL_RECORD;
}

/* The serial in the slot of `serial`, 0 if there is none. */
static uint64_t read_serial(int fd, uint64_t serial)
{
    unsigned char packed[SV_JOURNAL_RECORD];
    struct sv_journal_entry entry;

    if (!read_record(fd, packed, sv_journal_offset(serial))) return 0;
    return sv_journal_unpack(packed, &entry) ? entry.serial : 0;
}

/* A known serial leads to its successors; without one every slot is looked at. */
static uint64_t find_last(int fd, uint64_t last)
{
    if (!last)
        for (uint64_t slot = 0; slot < SV_JOURNAL_SLOTS; slot++) {
            uint64_t serial = read_serial(fd, slot);
            if (serial > last) last = serial;
        }
    while (read_serial(fd, last + 1) == last + 1) last++;
    return last;
}

/* Makes `fd` an empty journal. */
static int start_anew(int fd)
{
    unsigned char header[SV_JOURNAL_RECORD];

    sv_journal_pack_header(header);
    return !ftruncate(fd, 0) && write_record(fd, header, 0);
}

/* Closes `fd`, which is not used, without touching errno. Returns -1. */
static int give_up(int fd)
{
    int error_number = errno;

    (void)close(fd);
    errno = error_number;
    return -1;
}

/* A new file in the place of whatever is there. Returns -1 with errno. */
static int replace(int dir)
{
    int fd = sv_statefile_create(dir, SV_JOURNAL_FILE, O_RDWR, 0644);

    if (fd < 0) return -1;
    return fchmod(fd, 0644) < 0 || !start_anew(fd) ? give_up(fd) : fd;
}

/* Nothing is written into what may be somebody else's file under our name. */
int sv_journalfile_open(int dir, uint64_t *last)
{
    unsigned char header[SV_JOURNAL_RECORD];
    int fd =
        sv_openat(dir, SV_JOURNAL_FILE, O_RDWR | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC, 0);

    if (fd < 0 && errno != ENOENT && errno != ELOOP && errno != EISDIR) return -1;
    if (fd < 0) return replace(dir);
    if (!sv_statefile_is_ours(fd)) {
        (void)give_up(fd);
        return errno == EPERM ? replace(dir) : -1;
    }
    if (read_record(fd, header, 0) && sv_journal_check_header(header))
        *last = find_last(fd, *last);
    else if (!start_anew(fd))
        return give_up(fd);
    return fd;
}

int sv_journalfile_write(int fd, struct sv_journal_entry const *entry)
{
    unsigned char packed[SV_JOURNAL_RECORD];

    sv_journal_pack(packed, entry);
    return write_record(fd, packed, sv_journal_offset(entry->serial));
}
