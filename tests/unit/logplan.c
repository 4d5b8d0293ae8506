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

/* Notes the files 0..count-1 in an order of its own, and others. */
static void note(unsigned int count, unsigned int stride)
{
    char name[SV_LOGPLAN_NAME];
    sv_logplan_retention_begin(&retention);
    for (unsigned int i = 0; i < count; i++) {
        name_of(name, i * stride % count);
        sv_logplan_retention_note(&retention, name);
        sv_logplan_retention_note(&retention, "current");
        sv_logplan_retention_note(&retention, "@short");
    }
}

static void check_retention(void)
{
    int good = 1;
    for (unsigned int count = 0; count < 60; count++)
        for (unsigned int stride = 1; stride < 62; stride += 4)
            for (unsigned int keep = 0; keep < 62; keep++) {
                char name[SV_LOGPLAN_NAME];
                int again;
                /* a stride prime to the count visits each once */
                unsigned int a = stride, b = count;
                while (b) {
                    unsigned int rest = a % b;
                    a = b;
                    b = rest;
                }
                if (count && a != 1) continue;
                note(count, stride);
                unsigned int excess =
                    sv_logplan_retention_excess(&retention, keep, &again);
                unsigned int want = count > keep ? count - keep : 0;
                good &= expect(retention.count == count, "%u counted", count);
                good &= expect(again == (want > SV_LOGPLAN_BATCH)
                                   && excess == (again ? SV_LOGPLAN_BATCH : want),
                               "%u of %u must go, again %d", want, count, again);
                for (unsigned int i = 0; i < excess; i++) {
                    name_of(name, i);
                    good &= expect(!strcmp(retention.oldest[i], name), "%u of %u: %s", i,
                                   count, retention.oldest[i]);
                }
            }
    ok(good, "for every number of files, in many orders, exactly the oldest go");
}

static void check_long_names(void)
{
    char name[300];
    int again;
    memset(name, '@', sizeof name);
    name[SV_LOGPLAN_NAME - 1] = 0;
    sv_logplan_retention_begin(&retention);
    sv_logplan_retention_note(&retention, name);
    ok(retention.count == 1 && !strcmp(retention.oldest[0], name), "a name of 255 bytes");
    ok(sv_logplan_retention_excess(&retention, 0, &again) == 1 && !again,
       "can be removed");
    name[SV_LOGPLAN_NAME - 1] = '@';
    name[sizeof name - 1] = 0;
    sv_logplan_retention_note(&retention, name);
    is_int(retention.count, 1, "one that no file can have is not counted");
}

static void check_name(char const *newest, struct timespec now, char const *suffix,
                       char const *want, char const *sentence)
{
    char name[SV_LOGPLAN_NAME];
    sv_logplan_retention_begin(&retention);
    sv_logplan_retention_note(&retention, "@not a label, but long enough");
    sv_logplan_retention_note(&retention, "@400000000000000a00000000.u");
    sv_logplan_retention_note(&retention, newest);
    sv_logplan_retention_note(&retention, "@400000000000000a00000001.s");
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

static void check_keep(void)
{
    is_int(sv_logplan_keep(SV_LOGPLAN_START, 10), 9, "with current there are ten");
    is_int(sv_logplan_keep(SV_LOGPLAN_RETIRE, 10), 8,
           "and so with previous and a new current");
    is_int(sv_logplan_keep(SV_LOGPLAN_RETIRE, 2), 0,
           "of two, one is current, one previous");
}

int main(void)
{
    check_shares();
    check_all_shares();
    check_streams();
    check_is_old();
    check_retention();
    check_long_names();
    check_names();
    check_keep();
    return done();
}
