/* ISC license. */

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sv/journalfile.h>

/* Reads or writes a whole record; they are smaller than a page and never split on a disk.
 */
static int read_record(int fd, unsigned char *packed, uint64_t offset)
{
    return pread(fd, packed, SV_JOURNAL_RECORD, (off_t)offset) == SV_JOURNAL_RECORD;
}

static int write_record(int fd, unsigned char const *packed, uint64_t offset)
{
    ssize_t written = pwrite(fd, packed, SV_JOURNAL_RECORD, (off_t)offset);

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
    return !ftruncate(fd, 0) && !fchmod(fd, 0644) && write_record(fd, header, 0);
}

int sv_journalfile_open(int dir, uint64_t *last)
{
    unsigned char header[SV_JOURNAL_RECORD];
    struct stat about;
    int fd = openat(dir, SV_JOURNAL_FILE,
                    O_RDWR | O_CREAT | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC, 0644);

    if (fd < 0) return -1;
    int sound = !fstat(fd, &about);
    if (sound && !S_ISREG(about.st_mode)) {
        errno = EINVAL;
        sound = 0;
    }
    if (sound && read_record(fd, header, 0) && sv_journal_check_header(header))
        *last = find_last(fd, *last);
    else if (sound)
        sound = start_anew(fd);
    if (sound) return fd;

    int error_number = errno;
    (void)close(fd); /* it is not used */
    errno = error_number;
    return -1;
}

int sv_journalfile_write(int fd, struct sv_journal_entry const *entry)
{
    unsigned char packed[SV_JOURNAL_RECORD];

    sv_journal_pack(packed, entry);
    return write_record(fd, packed, sv_journal_offset(entry->serial));
}
