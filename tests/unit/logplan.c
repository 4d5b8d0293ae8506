/* ISC license. */

/*
 * When a file is full, which old files go, and names. The protocol itself is explored by
 * logplan_explore.c.
 */

#include <sv/logplan.h>
#include <sv/logscript.h>
#include <sv/stamp.h>

#include "tap.h"

/* Shares ---------------------------------------------------------------------------- */

static struct sv_logplan_share share(uint64_t size, uint64_t tolerance, uint64_t bytes,
                                     unsigned int in_line, char const *data)
{
    struct sv_logplan_file file = {size, tolerance, bytes, in_line};
    return sv_logplan_share(&file, data, strlen(data));
}

static void check_share(struct sv_logplan_share got, size_t take, int rotate,
                        char const *what)
{
    ok(got.take == take && (int)got.rotate == rotate, "%s", what);
    if (got.take != take || (int)got.rotate != rotate)
        diag("took %zu, rotate %d", got.take, (int)got.rotate);
}

static void check_shares(void)
{
    check_share(share(100, 10, 0, 0, "one\ntwo\n"), 8, 0, "what fits is taken");
    check_share(share(100, 10, 100, 0, "one\n"), 0, 1,
                "a file of its size takes no more");
    check_share(share(100, 10, 200, 0, "one\n"), 0, 1, "nor does a longer one");
    check_share(share(100, 10, 86, 0, "one\n"), 4, 1,
                "a newline within the tolerance ends it");
    check_share(share(100, 10, 85, 0, "one\n"), 4, 0, "one before does not");
    check_share(share(100, 10, 86, 0, "four"), 4, 0, "nor does the middle of a line");
    check_share(share(100, 10, 96, 0, "four"), 4, 1, "unless nothing is left");
    check_share(share(100, 10, 93, 0, "one\ntwo\n"), 4, 1,
                "it is cut behind the last newline");
    check_share(share(100, 10, 80, 0, "one\nlonger than it can take\n"), 4, 1,
                "or before a line that does not fit");
    check_share(share(100, 10, 80, 0, "longer than it can take\n"), 0, 1,
                "even if that is the first");
    check_share(share(100, 10, 80, 1, "longer than it can take\n"), 20, 1,
                "but not if it has begun already");
    check_share(share(20, 2, 10, 0, "longer than any file can be\n"), 10, 1,
                "a line that fits no file is cut");
    check_share(share(20, 2, 10, 0, "one\nlonger than any file can be\n"), 10, 1,
                "after others too");
    check_share(share(20, 2, 10, 0, "lines 8\nlonger than any file can be\n"), 8, 1,
                "but not for the sake of the tolerance");
    check_share(share(UINT64_MAX / 2, 2000, UINT64_MAX / 2 - 4, 0, "one\n"), 4, 1,
                "the largest size is one too");
}

/* What must be so for every share, whatever the rule: 1 if it is. */
static int is_sound(struct sv_logplan_file const *file, char const *data, size_t length,
                    struct sv_logplan_share got)
{
    uint64_t room = file->bytes < file->size ? file->size - file->bytes : 0;
    if (got.take > length || got.take > room || (!got.take && !got.rotate)) return 0;
    if (got.take < length && !got.rotate) return 0;
    if (got.rotate && !got.take && !file->bytes) return 0; /* it would go on for ever */
    int whole = got.take ? data[got.take - 1] == '\n' : !file->in_line;
    if (got.take == length) {
        int full = got.take == room || (whole && room - got.take <= file->tolerance);
        return full == (int)got.rotate;
    }
    if (whole) return 1;
    /*
     * cut in the middle of a line: only one that began before, or does not fit any file
     */
    char const *begin = got.take ? memrchr(data, '\n', got.take) : NULL;
    size_t at = begin ? (size_t)(begin - data) + 1 : 0;
    char const *end = memchr(data + at, '\n', length - at);
    size_t known = end ? (size_t)(end - data) + 1 - at : length - at;
    return got.take == room && ((!at && file->in_line) || known > file->size);
}

/* Every file up to 6 bytes, every data up to 9. */
static void check_all_shares(void)
{
    unsigned long count = 0;
    int good = 1;
    for (size_t length = 1; length <= 9; length++)
        for (unsigned int bits = 0; bits < 1u << length; bits++) {
            char data[9];
            for (size_t i = 0; i < length; i++) data[i] = bits >> i & 1 ? '\n' : 'x';
            for (struct sv_logplan_file file = {.size = 1}; file.size <= 6; file.size++)
                for (file.tolerance = 0; file.tolerance < file.size; file.tolerance++)
                    for (file.bytes = 0; file.bytes <= file.size + 1; file.bytes++)
                        for (int in_line = 0; in_line < 2; in_line++) {
                            file.in_line = in_line && file.bytes;
                            struct sv_logplan_share got =
                                sv_logplan_share(&file, data, length);
                            count++;
                            good &= expect(is_sound(&file, data, length, got),
                                           "size %d tolerance %d bytes %d in_line %d "
                                           "data %x/%zu: take %zu rotate %d",
                                           (int)file.size, (int)file.tolerance,
                                           (int)file.bytes, in_line, bits, length,
                                           got.take, (int)got.rotate);
                        }
        }
    ok(good, "%lu shares: never over the size, never stuck, no line cut without need",
       count);
}

/* A stream of lines in chunks, as multilog writes it. */
static void check_streams(void)
{
    uint32_t random = 7;
    int good = 1;
    unsigned int files = 0;
    for (unsigned int round = 0; round < 300; round++) {
        struct sv_logplan_file file = {.size = 40 + round, .tolerance = round % 30};
        size_t longest = 0; /* line of this file */
        char chunk[320];
        for (unsigned int chunks = 0; chunks < 30; chunks++) {
            size_t length = 0;
            while (length < 200) {
                random = random * 1664525 + 1013904223;
                size_t line = random >> 26; /* up to 63, whole in this chunk */
                memset(chunk + length, 'x', line);
                chunk[length + line] = '\n';
                length += line + 1;
                if (line + 1 > longest) longest = line + 1;
            }
            for (char const *data = chunk; length;) {
                struct sv_logplan_share got = sv_logplan_share(&file, data, length);
                data += got.take;
                length -= got.take;
                file.bytes += got.take;
                good &= expect(file.bytes <= file.size, "round %u: %d bytes", round,
                               (int)file.bytes);
                if (got.take) file.in_line = data[-1] != '\n';
                if (!got.rotate) continue;
                good &= expect(!file.in_line || longest > file.size,
                               "round %u cuts a line", round);
                files++;
                file.bytes = file.in_line = 0;
            }
        }
    }
    ok(good && files > 1000, "%u files of random lines, each ends with a line", files);
}

/* Retention ------------------------------------------------------------------------- */

static void check_is_old(void)
{
    ok(sv_logplan_is_old("@400000006b0118fb149e2b5c.s"), "an old file");
    ok(sv_logplan_is_old("@400000006b0118fb149e2b5c.u"), "one that was not finished");
    ok(sv_logplan_is_old("@400000006b0118fb149e2b5c"), "25 bytes are enough");
    ok(sv_logplan_is_old("@these are at least 25 bytes"), "whatever they are");
    ok(!sv_logplan_is_old("@400000006b0118fb149e2b5"), "24 are not");
    ok(!sv_logplan_is_old("400000006b0118fb149e2b5c.sss"), "nor anything without @");
    ok(!sv_logplan_is_old("current") && !sv_logplan_is_old("") && !sv_logplan_is_old("."),
       "and not the other files");
}

static struct sv_logplan_retention retention;

static void name_of(char *name, unsigned int number)
{
    snprintf(name, SV_LOGPLAN_NAME, "@4000000000000000%08x.s", number);
}

/* In bytes, of a file; some are empty. */
static uint64_t size_of(unsigned int number)
{
    return number * 7 % 5;
}

/* Notes the files 0..count-1 in an order of its own, and others. */
static void note(unsigned int count, unsigned int stride)
{
    char name[SV_LOGPLAN_NAME];
    sv_logplan_retention_begin(&retention);
    for (unsigned int i = 0; i < count; i++) {
        unsigned int number = i * stride % count;
        name_of(name, number);
        sv_logplan_retention_note(&retention, name, size_of(number));
        sv_logplan_retention_note(&retention, "current", 1000);
        sv_logplan_retention_note(&retention, "@short", 1000);
    }
}

/* Which is prime to the count visits each once. */
static int visits_all(unsigned int stride, unsigned int count)
{
    unsigned int a = stride, b = count;
    while (b) {
        unsigned int rest = a % b;
        a = b;
        b = rest;
    }
    return !count || a == 1;
}

static int check_excess(unsigned int count, unsigned int keep, uint64_t total,
                        unsigned int want)
{
    char name[SV_LOGPLAN_NAME];
    int again, good;
    unsigned int excess = sv_logplan_retention_excess(&retention, keep, total, &again);
    good = expect(again == (want > SV_LOGPLAN_BATCH)
                      && excess == (again ? SV_LOGPLAN_BATCH : want),
                  "%u of %u must go, again %d, total %u", want, count, again, (int)total);
    for (unsigned int i = 0; i < excess; i++) {
        name_of(name, i);
        good &= expect(!strcmp(retention.oldest[i], name), "%u of %u: %s", i, count,
                       retention.oldest[i]);
    }
    return good;
}

/* How many must go, one by one. */
static unsigned int count_excess(unsigned int count, unsigned int keep, uint64_t total)
{
    for (unsigned int gone = 0;; gone++) {
        uint64_t bytes = 0;
        for (unsigned int i = gone; i < count; i++) bytes += size_of(i);
        if (count - gone <= keep && bytes <= total) return gone;
    }
}

static void check_retention(void)
{
    int good = 1, bytes = 1;
    for (unsigned int count = 0; count < 60; count++)
        for (unsigned int stride = 1; stride < 62; stride += 4) {
            if (!visits_all(stride, count)) continue;
            note(count, stride);
            good &= expect(retention.count == count, "%u counted", count);
            for (unsigned int keep = 0; keep < 62; keep++) {
                good &= check_excess(count, keep, UINT64_MAX,
                                     count > keep ? count - keep : 0);
                for (uint64_t total = 0; total < 125; total += 7)
                    bytes &= check_excess(count, keep, total,
                                          count_excess(count, keep, total));
            }
        }
    ok(good, "for every number of files, in many orders, exactly the oldest go");
    ok(bytes, "until no more bytes are left than may be");
}

static void check_large_files(void)
{
    char name[SV_LOGPLAN_NAME];
    int again;
    sv_logplan_retention_begin(&retention);
    for (unsigned int i = 0; i < 4; i++) {
        name_of(name, i);
        sv_logplan_retention_note(&retention, name, UINT64_MAX / 2);
    }
    ok(!sv_logplan_retention_excess(&retention, 4, UINT64_MAX, &again) && !again,
       "without a bound no sum is too large");
    ok(sv_logplan_retention_excess(&retention, 4, UINT64_MAX - 1, &again) >= 1 && again,
       "with one, a sum that is too large to be known is formed again");
    unsigned int gone = sv_logplan_retention_excess(&retention, 4, 0, &again);
    ok(gone == 4 || (gone && again), "and nothing of it may stay if nothing may");
}

static void check_long_names(void)
{
    char name[300];
    int again;
    memset(name, '@', sizeof name);
    name[SV_LOGPLAN_NAME - 1] = 0;
    sv_logplan_retention_begin(&retention);
    sv_logplan_retention_note(&retention, name, 0);
    ok(retention.count == 1 && !strcmp(retention.oldest[0], name), "a name of 255 bytes");
    ok(sv_logplan_retention_excess(&retention, 0, UINT64_MAX, &again) == 1 && !again,
       "can be removed");
    name[SV_LOGPLAN_NAME - 1] = '@';
    name[sizeof name - 1] = 0;
    sv_logplan_retention_note(&retention, name, 0);
    is_int(retention.count, 1, "one that no file can have is not counted");
}

static void check_name(char const *newest, struct timespec now, char const *suffix,
                       char const *want, char const *sentence)
{
    char name[SV_LOGPLAN_NAME];
    sv_logplan_retention_begin(&retention);
    sv_logplan_retention_note(&retention, "@not a label, but long enough", 0);
    sv_logplan_retention_note(&retention, "@400000000000000a00000000.u", 0);
    sv_logplan_retention_note(&retention, newest, 0);
    sv_logplan_retention_note(&retention, "@400000000000000a00000001.s", 0);
    sv_logplan_name(name, &retention, &now, suffix);
    is_str(name, want, "%s", sentence);
}

static void check_names(void)
{
    struct timespec now = {1000000000, 500};
    char suffix[SV_LOGSCRIPT_SUFFIX_MAX + 1], name[SV_LOGPLAN_NAME];

    check_name("current", now, "s", "@400000003b9aca0a000001f4.s",
               "the time is the name");
    check_name("@400000003b9aca0a000001f3.s", now, "gz", "@400000003b9aca0a000001f4.gz",
               "with its suffix");
    check_name("@400000003b9aca0a000001f4.s", now, "u", "@400000003b9aca0a000001f5.u",
               "never that of another, whatever its suffix");
    check_name("@400000003b9aca0b00000000.s", now, "s", "@400000003b9aca0b00000001.s",
               "nor an earlier one when the clock has gone back");
    check_name("@400000003b9aca0a3b9ac9ff.s", now, "s", "@400000003b9aca0b00000000.s",
               "a second later, if it must be");
    check_name("@400000003b9aca0a3b9ac9ff.s", (struct timespec){1000000005, 0}, "",
               "@400000003b9aca0f00000000.", "a suffix may be empty");

    memset(suffix, 'x', SV_LOGSCRIPT_SUFFIX_MAX);
    suffix[SV_LOGSCRIPT_SUFFIX_MAX] = 0;
    sv_logplan_retention_begin(&retention);
    sv_logplan_name(name, &retention, &now, suffix);
    is_int(strlen(name), SV_STAMP_TEXT + 1 + SV_LOGSCRIPT_SUFFIX_MAX,
           "or as long as it can be");
}

/* What may stay ----------------------------------------------------------------- */

static struct sv_logplan_situation const fresh; /* an empty directory, nobody's */

static void check_keep(void)
{
    struct sv_logplan_situation now = fresh;
    is_int(sv_logplan_keep(SV_LOGPLAN_START, 10, &now).files, 9,
           "with current there are ten");
    now.previous = SV_LOGPLAN_OTHER_SEALED;
    struct sv_logplan_room room = sv_logplan_keep(SV_LOGPLAN_START, 10, &now);
    ok(room.files == 8 && room.previous && !room.current && !room.processed,
       "and with what waits for its processor");
    now.processed = SV_LOGPLAN_OTHER_SEALED;
    room = sv_logplan_keep(SV_LOGPLAN_PROCESS, 10, &now);
    ok(room.files == 8 && !room.previous && room.processed,
       "and with what was made of it, which stands for it");
    now = fresh;
    now.held = 1;
    room = sv_logplan_keep(SV_LOGPLAN_RETIRE, 10, &now);
    ok(room.files == 8 && room.current, "and so with previous and a new current");
    is_int(sv_logplan_keep(SV_LOGPLAN_RETIRE, 2, &now).files, 0,
           "of two, one is current, one previous");
}

/* Ways ------------------------------------------------------------------------------ */

/* The steps to a goal, when all goes well and processors end at once. */
static void check_way(enum sv_logplan_goal goal, int processes,
                      struct sv_logplan_situation now, char const *want,
                      char const *sentence)
{
    char way[512] = "";
    enum sv_logplan_step step;
    while ((step = sv_logplan_next(goal, processes, &now)) != SV_LOGPLAN_DONE
           && strlen(way) < 400) {
        if (*way) strcat(way, " ");
        strcat(way, sv_logplan_step_name(step));
        sv_logplan_after(step, &now);
        if (step == SV_LOGPLAN_WAIT) now.processor = SV_LOGPLAN_PROCESSOR_SUCCEEDED;
    }
    is_str(way, want, "%s", sentence);
}

/* As somebody finds it who was killed while lines were written. */
static struct sv_logplan_situation killed(unsigned int vouched)
{
    struct sv_logplan_situation now = fresh;
    now.current = SV_LOGPLAN_CURRENT_OPEN;
    now.state = SV_LOGPLAN_STATE_FULL;
    now.vouched = vouched;
    return now;
}

static void check_starts(void)
{
    struct sv_logplan_situation now = fresh;

    check_way(SV_LOGPLAN_START, 0, now, "RESET_STATE PRUNE CREATE_CURRENT",
              "an empty directory gets its files");
    check_way(SV_LOGPLAN_START, 1, killed(1), "PRUNE REOPEN_CURRENT",
              "after a kill, current is continued if somebody vouches for it");
    check_way(SV_LOGPLAN_START, 0, killed(0),
              "RESET_STATE RESCUE_CURRENT PRUNE CREATE_CURRENT",
              "and put aside if nobody does");
    now = killed(1);
    now.current = SV_LOGPLAN_CURRENT_ABSENT;
    now.previous = SV_LOGPLAN_OTHER_SEALED;
    check_way(SV_LOGPLAN_START, 0, now, "FINISH_PREVIOUS PRUNE CREATE_CURRENT",
              "an interrupted rotation is brought to its end");
    now.processed = SV_LOGPLAN_OTHER_OPEN;
    now.newstate = 1;
    check_way(SV_LOGPLAN_START, 1, now, "PRUNE CREATE_CURRENT",
              "or waits, if there is a processor to be run");
    check_way(SV_LOGPLAN_START, 0, now,
              "DROP_PROCESSED DROP_NEWSTATE FINISH_PREVIOUS PRUNE CREATE_CURRENT",
              "and if there is none any more, its leftovers go");
    now.vouched = 0;
    check_way(SV_LOGPLAN_START, 1, now,
              "DROP_NEWSTATE RESET_STATE DROP_PROCESSED RESCUE_PREVIOUS PRUNE "
              "CREATE_CURRENT",
              "what nobody vouches for does not go through a processor");
    now.vouched = 1;
    now.newstate = 1;
    now.processed = SV_LOGPLAN_OTHER_SEALED;
    check_way(SV_LOGPLAN_START, 1, now,
              "DROP_PREVIOUS ADOPT_NEWSTATE FINISH_PROCESSED PRUNE CREATE_CURRENT",
              "what a processor has made completely is used");
    now.previous = SV_LOGPLAN_OTHER_OPEN;
    now.processed = SV_LOGPLAN_OTHER_ABSENT;
    now.newstate = 0;
    check_way(SV_LOGPLAN_START, 1, now, "RESCUE_PREVIOUS PRUNE CREATE_CURRENT",
              "nobody can vouch for a previous that has not been synced");
}

static void check_rotations(void)
{
    struct sv_logplan_situation now = killed(1);
    now.held = 1;

    check_way(SV_LOGPLAN_RETIRE, 1, now,
              "PRUNE SEAL_CURRENT RETIRE_CURRENT CREATE_CURRENT", "current is retired");
    now.previous = SV_LOGPLAN_OTHER_SEALED;
    now.processed = SV_LOGPLAN_OTHER_OPEN;
    check_way(SV_LOGPLAN_PROCESS, 1, now,
              "START_PROCESSOR WAIT SEAL_PROCESSED DROP_PREVIOUS ADOPT_NEWSTATE PRUNE "
              "FINISH_PROCESSED",
              "a processor makes an old file of it, for which there is room");
    now.processed = SV_LOGPLAN_OTHER_ABSENT;
    check_way(SV_LOGPLAN_PROCESS, 0, now, "FINISH_PREVIOUS",
              "without a processor it is one already");
    check_way(SV_LOGPLAN_ABANDON, 1, now, "RESCUE_PREVIOUS",
              "and if the processor fails for good, one that was not processed");
    now.previous = SV_LOGPLAN_OTHER_ABSENT;
    now.current = SV_LOGPLAN_CURRENT_SEALED;
    check_way(SV_LOGPLAN_START, 1, now, "REOPEN_CURRENT",
              "a rotation that did not work leaves a current that can be continued");
    now.removed = 1;
    now.processor = SV_LOGPLAN_PROCESSOR_RUNNING;
    is_int(sv_logplan_next(SV_LOGPLAN_RETIRE, 1, &now), SV_LOGPLAN_RENEW_DIRECTORY,
           "a directory that is gone is made again");
    sv_logplan_after(SV_LOGPLAN_RENEW_DIRECTORY, &now);
    ok(!now.vouched && now.processor == SV_LOGPLAN_PROCESSOR_IDLE,
       "nobody vouches for another one, and no processor runs for it");
}

int main(void)
{
    check_shares();
    check_all_shares();
    check_streams();
    check_is_old();
    check_retention();
    check_long_names();
    check_large_files();
    check_names();
    check_keep();
    check_starts();
    check_rotations();
    return done();
}
