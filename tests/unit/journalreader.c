/* ISC license. */

/*
 * Reading a journal while somebody writes it: nothing twice, nothing left out, and what
 * is lost is counted.
 */

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sv/journalfile.h>
#include <sv/journalreader.h>

#include "tap.h"

#define STORM 200000 /* entries that are written while they are read */

static int dir;
static struct sv_journalreader reader;
static struct sv_journal_entry entry;

/* A directory of our own, gone at the end. */
static char place[] = "/tmp/journalreader.XXXXXX";

static int begin(uint64_t *last)
{
    *last = 0;
    (void)unlinkat(dir, SV_JOURNAL_FILE, 0); /* or there is none */
    return sv_journalfile_open(dir, last);
}

static void write_one(int fd, uint64_t serial)
{
    struct sv_journal_entry const one = {.serial = serial, .cause_uid = 7};

    if (!sv_journalfile_write(fd, &one)) diag("unable to write an entry");
}

static void write_some(int fd, uint64_t from, uint64_t to)
{
    for (; from <= to; from++) write_one(fd, from);
}

/* The results up to NOTHING, in short: "1 2 +3 6" is 1, 2, three missed, 6. */
static char const *read_all(void)
{
    static char text[4096];
    size_t at = 0;
    enum sv_journalreader_result result;

    *text = 0;
    while ((result = sv_journalreader_next(&reader, &entry)) != SV_JOURNALREADER_NOTHING
           && at < sizeof text - 32)
        at += (size_t)snprintf(text + at, sizeof text - at, "%s%s%llu", at ? " " : "",
                               result == SV_JOURNALREADER_MISSED ? "+" : "",
                               (unsigned long long)(result == SV_JOURNALREADER_MISSED
                                                        ? reader.missed
                                                        : entry.serial));
    return text;
}

static void in_order(void)
{
    uint64_t last;
    int fd = begin(&last);

    ok(sv_journalreader_open(&reader, dir), "a new journal can be opened");
    is_str(read_all(), "", "there is nothing in it");
    write_some(fd, 1, 3);
    is_str(read_all(), "1 2 3", "entries come in order");
    is_str(read_all(), "", "and once");
    write_one(fd, 4);
    is_str(read_all(), "4", "then the next");
    write_some(fd, 5, 300);
    reader.serial = 297;
    is_str(read_all(), "298 299 300", "round the end of the ring, too");
    sv_journalreader_skip(&reader);
    is_int(reader.serial, 300, "all can be skipped");
    is_str(read_all(), "", "and then there is nothing");
    reader.serial = 40;
    is_int(sv_journalreader_next(&reader, &entry), SV_JOURNALREADER_MISSED,
           "who is too slow is told");
    is_int(reader.missed, 5, "how many were missed");
    is_int(sv_journalreader_next(&reader, &entry), SV_JOURNALREADER_ENTRY, "and goes on");
    is_int(entry.serial, 46, "with the first that is left");
    sv_journalreader_close(&reader);
    (void)close(fd);
}

static void gaps(void)
{
    uint64_t last;
    int fd = begin(&last);

    ok(sv_journalreader_open(&reader, dir), "another journal");
    write_some(fd, 1, 2);
    write_some(fd, 6, 7);
    is_str(read_all(), "1 2 +3 6 7", "entries that were never written count as missed");
    write_one(fd, 9);
    is_str(read_all(), "+1 9", "also at the end");
    write_some(fd, 10, 600);
    reader.serial = 500;
    write_some(fd, 602, 603);
    reader.serial = 600;
    is_str(read_all(), "+1 602 603", "and with older ones in their place");
    sv_journalreader_close(&reader);
    (void)close(fd);
}

static void torn(void)
{
    uint64_t last;
    int fd = begin(&last);

    ok(sv_journalreader_open(&reader, dir), "a journal with a torn entry");
    write_some(fd, 1, 5);
    (void)pwrite(fd, "x", 1, (off_t)sv_journal_offset(5) + 30);
    is_str(read_all(), "1 2 3 4", "it may be written to its end yet");
    write_one(fd, 5);
    is_str(read_all(), "5", "and then it counts");
    write_some(fd, 6, 8);
    (void)pwrite(fd, "x", 1, (off_t)sv_journal_offset(7) + 30);
    is_str(read_all(), "6 +1 8", "but not if later ones are there");
    sv_journalreader_close(&reader);
    (void)close(fd);
}

static void anew(void)
{
    uint64_t last;
    int fd = begin(&last);

    write_some(fd, 1, 20);
    ok(sv_journalreader_open(&reader, dir), "a journal that will be begun anew");
    sv_journalreader_skip(&reader);
    (void)ftruncate(fd, SV_JOURNAL_RECORD);
    is_str(read_all(), "", "an empty one says nothing");
    write_some(fd, 1, 3);
    is_str(read_all(), "1 2 3", "lower serials are read from the first");
    ok(!sv_journalreader_is_replaced(&reader, dir), "it is still the same file");
    (void)close(fd);
    fd = begin(&last);
    ok(sv_journalreader_is_replaced(&reader, dir), "until there is another");
    sv_journalreader_close(&reader);
    (void)close(fd);
}

/* A writer that never waits for us. */
static void storm(void)
{
    uint64_t last, expected = 1, missed = 0, read = 0;
    int fd = begin(&last), wrong = 0, status, over = 0;

    ok(sv_journalreader_open(&reader, dir), "a journal in a storm");
    (void)fflush(stdout);
    pid_t pid = fork();
    if (!pid) {
        write_some(fd, 1, STORM);
        _exit(0);
    }
    while (!over || expected <= STORM) {
        enum sv_journalreader_result result = sv_journalreader_next(&reader, &entry);
        if (result == SV_JOURNALREADER_MISSED) {
            missed += reader.missed;
            expected += reader.missed;
        } else if (result == SV_JOURNALREADER_ENTRY) {
            wrong += entry.serial != expected;
            expected = entry.serial + 1;
            read++;
        } else if (over) {
            break;
        } else {
            over = waitpid(pid, &status, WNOHANG) != 0;
        }
        wrong += reader.serial != expected - 1;
    }
    is_int(wrong, 0, "every entry comes in its turn or is counted");
    is_int(expected, STORM + 1, "up to the last one");
    diag("%llu read, %llu missed", (unsigned long long)read, (unsigned long long)missed);
    sv_journalreader_close(&reader);
    (void)close(fd);
}

int main(void)
{
    if (!mkdtemp(place) || (dir = open(place, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0) {
        ok(0, "a directory to work in");
        return done();
    }
    in_order();
    gaps();
    torn();
    anew();
    storm();
    (void)unlinkat(dir, SV_JOURNAL_FILE, 0); /* it is there */
    (void)rmdir(place);
    return done();
}
