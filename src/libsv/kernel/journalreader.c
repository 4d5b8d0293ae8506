/* ISC license. */

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sv/journalreader.h>
#include <sv/openat.h>

/* Reads `length` bytes at most. Returns how many, -1 with errno. */
static ssize_t read_at(int fd, void *bytes, size_t length, uint64_t offset)
{
    ssize_t got;

    do got = pread(fd, bytes, length, (off_t)offset);
    while (got < 0 && errno == EINTR);
    return got;
}

int sv_journalreader_open(struct sv_journalreader *reader, int dir)
{
    unsigned char header[SV_JOURNAL_RECORD];
    struct stat about;

    *reader = (struct sv_journalreader){.fd = -1};
    int fd = sv_openat(dir, SV_JOURNAL_FILE,
                       O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC, 0);
    if (fd < 0) return 0;
    if (fstat(fd, &about) == 0 && S_ISREG(about.st_mode)
        && read_at(fd, header, sizeof header, 0) == sizeof header
        && sv_journal_check_header(header)) {
        reader->fd = fd;
        reader->device = about.st_dev;
        reader->inode = about.st_ino;
        return 1;
    }
    (void)close(fd); /* only read from */
    errno = EPROTO;
    return 0;
}

void sv_journalreader_close(struct sv_journalreader *reader)
{
    if (reader->fd >= 0) (void)close(reader->fd); /* only read from */
    reader->fd = -1;
}

/* The entry in the slot of `serial`, whichever that is. Returns 1 or 0. */
static int read_slot(struct sv_journalreader const *reader, uint64_t serial,
                     struct sv_journal_entry *entry)
{
    unsigned char packed[SV_JOURNAL_RECORD];

    return read_at(reader->fd, packed, sizeof packed, sv_journal_offset(serial))
               == sizeof packed
           && sv_journal_unpack(packed, entry);
}

/* The lowest and the highest serial in the ring; 0: it is empty. */
static void find_bounds(struct sv_journalreader const *reader, uint64_t *lowest,
                        uint64_t *highest)
{
    struct sv_journal_entry entry;

    *lowest = *highest = 0;
    for (uint64_t slot = 0; slot < SV_JOURNAL_SLOTS; slot++) {
        if (!read_slot(reader, slot, &entry)) continue;
        if (!*lowest || entry.serial < *lowest) *lowest = entry.serial;
        if (entry.serial > *highest) *highest = entry.serial;
    }
}

void sv_journalreader_skip(struct sv_journalreader *reader)
{
    uint64_t lowest;

    find_bounds(reader, &lowest, &reader->serial);
}

/*
 * The next entry is not where it should be: it was overwritten, has never been written,
 * or the journal is another one. A record that is just being overwritten counts as gone.
 */
static enum sv_journalreader_result look_around(struct sv_journalreader *reader)
{
    uint64_t lowest, highest;

    find_bounds(reader, &lowest, &highest);
    if (highest < reader->serial) reader->serial = 0; /* begun anew */
    if (highest <= reader->serial) return SV_JOURNALREADER_NOTHING;
    if (highest > SV_JOURNAL_SLOTS && lowest <= highest - SV_JOURNAL_SLOTS)
        lowest = highest - SV_JOURNAL_SLOTS + 1; /* the slot is being overwritten */
    if (lowest <= reader->serial + 1) lowest = reader->serial + 2; /* torn, and gone */
    reader->missed = lowest - reader->serial - 1;
    reader->serial = lowest - 1;
    return SV_JOURNALREADER_MISSED;
}

enum sv_journalreader_result sv_journalreader_next(struct sv_journalreader *reader,
                                                   struct sv_journal_entry *entry)
{
    struct sv_journal_entry last;

    if (read_slot(reader, reader->serial + 1, entry)
        && entry->serial == reader->serial + 1) {
        reader->serial++;
        return SV_JOURNALREADER_ENTRY;
    }
    /* the last one is overwritten before the next one is */
    if (reader->serial && read_slot(reader, reader->serial, &last)
        && last.serial == reader->serial)
        return SV_JOURNALREADER_NOTHING;
    return look_around(reader);
}

int sv_journalreader_is_replaced(struct sv_journalreader const *reader, int dir)
{
    struct stat about;

    return !fstatat(dir, SV_JOURNAL_FILE, &about, AT_SYMLINK_NOFOLLOW)
           && (about.st_dev != reader->device || about.st_ino != reader->inode);
}
