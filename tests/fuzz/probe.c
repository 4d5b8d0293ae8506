/* ISC license. */

/* Any line is a probe, or none for a reason; what is one keeps to its limits. */

#include <stdlib.h>
#include <string.h>

#include <sv/probe.h>

static char text[8192];

static int is_inside(char const *at, size_t length)
{
    return at >= text && at + length < text + sizeof text && strlen(at) >= length;
}

static void look_at_http(struct sv_probe const *probe)
{
    if (!probe->range_count || probe->range_count > SV_PROBE_RANGES) abort();
    for (unsigned int i = 0; i < probe->range_count; i++)
        if (probe->ranges[i].first < 100 || probe->ranges[i].last > 599
            || probe->ranges[i].first > probe->ranges[i].last)
            abort();
    if (!probe->host_length || probe->host_length > SV_PROBE_URL) abort();
    for (size_t i = 0; i < probe->host_length; i++)
        if (probe->host[i] <= ' ' || probe->host[i] > '~') abort();
    if (strlen(probe->target) > SV_PROBE_URL || strpbrk(probe->target, " \r\n#")) abort();
    if (*probe->target && *probe->target != '/') abort();
    if (probe->path && (!probe->path_length || probe->path_length >= SV_PROBE_SOCKET))
        abort();
    if (!probe->path && !probe->address.port) abort();
}

static void look_at(struct sv_probe const *probe, int count)
{
    switch (probe->kind) {
    case SV_PROBE_TCP:
        if (count != 3 || !probe->address.port) abort();
        break;
    case SV_PROBE_UNIX:
        if (!probe->path_length || probe->path_length >= SV_PROBE_SOCKET) abort();
        if (!is_inside(probe->path, probe->path_length)) abort();
        break;
    case SV_PROBE_HTTP: look_at_http(probe); break;
    case SV_PROBE_FILE:
        if (!is_inside(probe->path, 1)) abort();
        break;
    case SV_PROBE_LINE:
        if (!is_inside(probe->path, 1) || !is_inside(probe->regex, 0)) abort();
        break;
    case SV_PROBE_COMMAND:
        if (!*probe->command[0] || probe->command[count - 1]) abort();
        break;
    case SV_PROBE_COUNT: abort();
    }
}

int LLVMFuzzerTestOneInput(uint8_t const *data, size_t size)
{
    char const *words[SV_PROBE_WORDS + 1], *why = 0;
    struct sv_probe probe;

    if (size >= sizeof text) return 0;
    if (size) memcpy(text, data, size);
    int count = sv_probe_split(text, size, words, &why);
    if (count < 0) {
        if (!why) abort();
        return 0;
    }
    if (words[count]) abort();
    for (int i = 0; i < count; i++)
        if (!is_inside(words[i], 0)) abort();
    if (sv_probe_parse(&probe, words, (size_t)count, &why))
        look_at(&probe, count);
    else if (!why)
        abort();
    return 0;
}
