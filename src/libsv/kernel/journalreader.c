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

#define RING \
    ((size_t)SV_JOURNAL_RECORD * (1 + SV_JOURNAL_SLOTS)) /* bytes of a journal \
                                                          */

/* What stood in the ring, read at once; but a record may have come while we read. */
struct ring {
    unsigned char bytes[RING];
    size_t length;
};

static struct ring ring; /* too large for a stack */

static void read_ring(struct sv_journalreader const *reader)
{
    ssize_t got = read_at(reader->fd, ring.bytes, sizeof ring.bytes, 0);

    ring.length = got < 0 ? 0 : (size_t)got;
}

/* The entry that stood in the slot of `serial`, whichever that is. Returns 1 or 0. */
static int find_in_ring(uint64_t serial, struct sv_journal_entry *entry)
{
    uint64_t offset = sv_journal_offset(serial);

    return offset + SV_JOURNAL_RECORD <= ring.length
           && sv_journal_unpack(ring.bytes + offset, entry);
}

/* Whether any slot may hold an entry behind `seen`, or `seen` is not there any more. */
static int may_have_changed(uint64_t seen)
{
    uint64_t offset = sv_journal_offset(seen);

    if (seen
        && (offset + SV_JOURNAL_RECORD > ring.length
            || sv_journal_claimed(ring.bytes + offset) != seen))
        return 1;
    for (size_t at = SV_JOURNAL_RECORD; at + SV_JOURNAL_RECORD <= ring.length;
         at += SV_JOURNAL_RECORD)
        if (sv_journal_claimed(ring.bytes + at) > seen) return 1;
    return 0;
}

/* The lowest serial behind `seen`, 0 if there is none; and the highest of all, 0: none.
 */
static uint64_t find_bounds(uint64_t seen, uint64_t *highest)
{
    struct sv_journal_entry entry;
    uint64_t lowest = 0;

    *highest = 0;
    for (uint64_t slot = 0; slot < SV_JOURNAL_SLOTS; slot++) {
        if (!find_in_ring(slot, &entry)) continue;
        if (entry.serial > *highest) *highest = entry.serial;
        if (entry.serial > seen && (!lowest || entry.serial < lowest))
            lowest = entry.serial;
    }
    return lowest;
}

void sv_journalreader_bounds(struct sv_journalreader const *reader, uint64_t *lowest,
                             uint64_t *highest)
{
    read_ring(reader);
    *lowest = find_bounds(0, highest);
}

int sv_journalreader_find(struct sv_journalreader const *reader, uint64_t serial,
                          struct sv_journal_entry *entry)
{
    return read_slot(reader, serial, entry) && entry->serial == serial;
}

void sv_journalreader_skip(struct sv_journalreader *reader)
{
    uint64_t lowest;

    sv_journalreader_bounds(reader, &lowest, &reader->serial);
}

/* Whether all of these slots held something newer. */
static int are_overwritten(uint64_t from, uint64_t to)
{
    struct sv_journal_entry entry;

    for (; from < to; from++)
        if (!find_in_ring(from, &entry) || entry.serial <= from) return 0;
    return 1;
}

/*
 * The next entry is not where it should be: not written yet, never written, overwritten,
 * or the journal was begun anew. Entries are written one after the other, but a look at
 * the ring takes a while, and may see a later one and not the one before it. So an entry
 * is given up only if it is not there although a later one was seen in an earlier look,
 * or if something newer stands in its place.
 */
static enum sv_journalreader_result look_around(struct sv_journalreader *reader,
                                                struct sv_journal_entry *entry)
{
    uint64_t seen_before = 0; /* a later one, seen in the look before; 0: none */

    for (;;) {
        uint64_t highest, lowest;
        read_ring(reader);
        if (!may_have_changed(reader->serial)) return SV_JOURNALREADER_NOTHING;
        lowest = find_bounds(reader->serial, &highest);
        if (!lowest && !(highest && highest < reader->serial))
            return SV_JOURNALREADER_NOTHING;
        if (!lowest) {
            reader->serial = 0; /* begun anew */
            seen_before = 0;
        } else if (lowest == reader->serial + 1) {
            reader->serial++;
            (void)find_in_ring(lowest, entry); /* it is there */
            return SV_JOURNALREADER_ENTRY;
        } else if (seen_before && are_overwritten(seen_before, lowest)) {
            reader->missed = lowest - reader->serial - 1;
            reader->serial = lowest - 1;
            return SV_JOURNALREADER_MISSED;
        } else {
            seen_before = lowest;
        }
    }
}

enum sv_journalreader_result sv_journalreader_next(struct sv_journalreader *reader,
                                                   struct sv_journal_entry *entry)
{
    if (sv_journalreader_find(reader, reader->serial + 1, entry)) {
        reader->serial++;
        return SV_JOURNALREADER_ENTRY;
    }
    return look_around(reader, entry);
}

int sv_journalreader_is_replaced(struct sv_journalreader const *reader, int dir)
{
    struct stat about;

    return !fstatat(dir, SV_JOURNAL_FILE, &about, AT_SYMLINK_NOFOLLOW)
           && (about.st_dev != reader->device || about.st_ino != reader->inode);
}
