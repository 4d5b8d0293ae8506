/* ISC license. */

/*
 * The input is what a log gets, and the names that a directory holds. First 4 bytes: size
 * and tolerance; then lines, which are shared out in chunks, and are the names of files
 * as well.
 */

#include <stdlib.h>
#include <string.h>

#include <sv/logplan.h>
#include <sv/stamp.h>

/* Everything arrives, in order, and no file is longer than it may be. */
static void share_out(char const *data, size_t size, uint64_t limit, uint64_t tolerance,
                      size_t chunk)
{
    struct sv_logplan_file file = {.size = limit, .tolerance = tolerance};

    for (size_t at = 0; at < size;) {
        size_t length = size - at < chunk ? size - at : chunk;
        struct sv_logplan_share share = sv_logplan_share(&file, data + at, length);
        if (share.take > length || (!share.take && (!share.rotate || !file.bytes)))
            abort();
        if (share.take < length && !share.rotate) abort();
        at += share.take;
        file.bytes += share.take;
        if (file.bytes > file.size) abort();
        if (share.take) file.in_line = data[at - 1] != '\n';
        if (share.rotate) file.bytes = 0;
    }
}

/* What must go, and nothing that need not: the files beyond `keep` or `total`. */
static void check_excess(struct sv_logplan_retention const *retention, uint64_t keep,
                         uint64_t total)
{
    int again;
    unsigned int excess = sv_logplan_retention_excess(retention, keep, total, &again);
    uint64_t bytes = retention->bytes;

    if (excess > retention->held) abort();
    for (unsigned int i = 0; i < excess; i++) {
        if (retention->count - i <= keep && bytes <= total) abort();
        bytes -= retention->sizes[i];
    }
    int enough = retention->count - excess <= keep && bytes <= total;
    if (again == enough || (again && excess < retention->held)) abort();
}

static void retain(char *text, uint64_t keep)
{
    static struct sv_logplan_retention retention;
    struct timespec now = {1700000000, 5};
    char name[SV_LOGPLAN_NAME];
    uint64_t old = 0, bytes = 0;

    sv_logplan_retention_begin(&retention);
    for (char *line = text; line;) {
        char *newline = strchr(line, '\n');
        if (newline) *newline = 0;
        uint64_t size = strlen(line) % 32;
        sv_logplan_retention_note(&retention, line, size);
        if (sv_logplan_is_old(line) && strlen(line) < SV_LOGPLAN_NAME) {
            old++;
            bytes += size;
        }
        line = newline ? newline + 1 : 0;
    }
    if (retention.count != old || retention.bytes != bytes) abort();
    check_excess(&retention, keep, UINT64_MAX);
    check_excess(&retention, keep, keep * 4);
    check_excess(&retention, UINT64_MAX, 0);
    for (unsigned int i = 1; i < retention.held; i++)
        if (strcmp(retention.oldest[i - 1], retention.oldest[i]) > 0) abort();
    sv_logplan_name(name, &retention, &now, "s");
    if (strlen(name) != SV_STAMP_TEXT + 2 || !sv_logplan_is_old(name)) abort();
}

int LLVMFuzzerTestOneInput(uint8_t const *data, size_t size)
{
    if (size < 4) return 0;
    uint64_t limit = 1 + (data[0] | (unsigned int)(data[1] & 15) << 8);
    uint64_t tolerance = data[2] % limit;
    size_t chunk = 1 + (size_t)data[3] * 4;
    char *text = malloc(size - 4 + 1);

    if (!text) return 0;
    memcpy(text, data + 4, size - 4);
    text[size - 4] = 0;
    share_out(text, size - 4, limit, tolerance, chunk);
    retain(text, data[3]);
    free(text);
    return 0;
}
