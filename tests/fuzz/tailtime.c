/* ISC license. */

/* Any bytes as the beginning of a line, as a time given, and as a path. */

#include <stdlib.h>
#include <string.h>

#include <sv/tailtime.h>

static void check(enum sv_tailtime kind, struct timespec const *when)
{
    if (kind == SV_TAILTIME_NONE && (when->tv_sec != 42 || when->tv_nsec != 43)) abort();
    if (when->tv_nsec < 0 || when->tv_nsec > 999999999) abort();
}

int LLVMFuzzerTestOneInput(uint8_t const *data, size_t size)
{
    struct timespec when = {42, 43}, now = {1700000000, 999999999};
    char const *name;
    size_t length;

    check(sv_tailtime_stamp((char const *)data, size, &when), &when);
    char *text = malloc(size + 1);
    if (!text) return 0;
    if (size) memcpy(text, data, size);
    text[size] = 0;
    when = (struct timespec){42, 43};
    check(sv_tailtime_scan(text, &now, &when), &when);
    if (sv_tailtime_service(text, &name, &length) && !length) abort();
    if (name < text || name + length > text + strlen(text)) abort();
    free(text);
    return 0;
}
