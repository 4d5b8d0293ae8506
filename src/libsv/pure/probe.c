/* ISC license. */

#include <string.h>

#include <sv/probe.h>

#define HTTP_PORT 80
#define LOWEST 100 /* of statuses */
#define HIGHEST 599
#define LOOPBACK "127.0.0.1"

struct kind {
    char const *word;
    size_t fewest, most;
    char const *arguments;
};

static struct kind const kinds[SV_PROBE_COUNT] = {
#define KIND(name, word, fewest, most, arguments) {word, fewest, most, arguments},
    SV_PROBES(KIND)
#undef KIND
};

char const *sv_probe_word(enum sv_probe_kind kind)
{
    return kinds[kind].word;
}

char const *sv_probe_arguments(enum sv_probe_kind kind)
{
    return kinds[kind].arguments;
}

int sv_probe_is_expected(struct sv_probe const *probe, unsigned int status)
{
    for (unsigned int i = 0; i < probe->range_count; i++)
        if (status >= probe->ranges[i].first && status <= probe->ranges[i].last) return 1;
    return 0;
}

/* Reads a decimal number up to `max` at *text and moves behind it. Returns 1 or 0. */
static int take_number(char const **text, uint32_t max, uint32_t *number)
{
    char const *at = *text;
    uint64_t value = 0;

    for (; *at >= '0' && *at <= '9'; at++) {
        value = value * 10 + (uint64_t)(*at - '0');
        if (value > max) return 0;
    }
    if (at == *text) return 0;
    *text = at;
    *number = (uint32_t)value;
    return 1;
}

/* `length` bytes of an address without its port; IPv6 with or without brackets. */
static int parse_host(struct sv_probe *probe, char const *host, size_t length)
{
    char text[64];

    probe->is_either =
        length == strlen("localhost") && !memcmp(host, "localhost", length);
    if (probe->is_either) host = LOOPBACK, length = strlen(LOOPBACK);
    if (length + 3 > sizeof text) return 0; /* two brackets and a NUL */
    int bare_six = length && *host != '[' && memchr(host, ':', length);
    size_t at = 0;
    if (bare_six) text[at++] = '[';
    memcpy(text + at, host, length);
    at += length;
    if (bare_six) text[at++] = ']';
    text[at] = 0;
    char const *colon = strrchr(text, ':');
    if (colon && (*text != '[' || text[at - 1] != ']')) return 0; /* that is a port */
    return !memchr(host, 0, length) && sv_address_scan(text, &probe->address);
}

static int parse_port(struct sv_probe *probe, char const **text)
{
    uint32_t port;

    if (!take_number(text, UINT16_MAX, &port) || !port) return 0;
    probe->address.port = (uint16_t)port;
    return 1;
}

static int parse_tcp(struct sv_probe *probe, char const *const *words, char const **why)
{
    char const *port = words[1];

    *why = "the address must be a number or localhost";
    if (!parse_host(probe, words[0], strlen(words[0]))) return 0;
    *why = "a port is a number from 1 to 65535";
    return parse_port(probe, &port) && !*port;
}

static int parse_socket(struct sv_probe *probe, char const *path, size_t length,
                        char const **why)
{
    *why = length ? "the path of a socket has at most 107 bytes" : "the path is empty";
    probe->path = path;
    probe->path_length = length;
    return length && length < SV_PROBE_SOCKET;
}

/* Neither blanks nor bytes that mean something between the lines of a request. */
static int is_plain(char const *url)
{
    size_t length = strlen(url);

    for (size_t i = 0; i < length; i++)
        if (url[i] <= ' ' || url[i] > '~' || url[i] == '#') return 0;
    return length <= SV_PROBE_URL;
}

static int parse_url(struct sv_probe *probe, char const *url, char const **why)
{
    *why = "a url is http://ADDRESS[:PORT][/TARGET] or http://unix:/PATH[:/TARGET]";
    probe->path = 0;
    if (strncmp(url, "http://", 7) || !is_plain(url)) return 0;
    url += 7;
    if (!strncmp(url, "unix:", 5)) {
        url += 5;
        size_t length = strcspn(url, ":");
        probe->host = "localhost";
        probe->host_length = strlen(probe->host);
        probe->target = url + length + (url[length] == ':');
        if (*probe->target && *probe->target != '/') return 0;
        return parse_socket(probe, url, length, why);
    }
    probe->host = url;
    probe->host_length = strcspn(url, "/?");
    probe->target = url + probe->host_length;
    if (*probe->target == '?') return 0;
    size_t length = *url == '[' ? strcspn(url, "]/") + 1 : strcspn(url, ":/");
    if (length > probe->host_length) return 0;
    *why = "the address in a url must be a number or localhost";
    if (!parse_host(probe, url, length)) return 0;
    probe->address.port = HTTP_PORT;
    url += length;
    *why = "a port is a number from 1 to 65535";
    if (*url == ':' && (url++, !parse_port(probe, &url))) return 0;
    return url == probe->target;
}

static int parse_range(struct sv_probe_range *range, char const *text)
{
    uint32_t first, last;

    if (!take_number(&text, HIGHEST, &first)) return 0;
    last = first;
    if (*text == '-' && (text++, !take_number(&text, HIGHEST, &last))) return 0;
    if (*text || first < LOWEST || last < first) return 0;
    *range = (struct sv_probe_range){(uint16_t)first, (uint16_t)last};
    return 1;
}

static int parse_http(struct sv_probe *probe, char const *const *words, size_t count,
                      char const **why)
{
    if (!parse_url(probe, words[0], why)) return 0;
    *why = "too many statuses";
    probe->ranges[0] = (struct sv_probe_range){200, 399};
    probe->range_count = count > 1 ? (unsigned int)count - 1 : 1;
    if (probe->range_count > SV_PROBE_RANGES) return 0;
    *why = "a status is a number from 100 to 599, or two of them: 200-299";
    for (size_t i = 1; i < count; i++)
        if (!parse_range(probe->ranges + i - 1, words[i])) return 0;
    return 1;
}

static int parse_file(struct sv_probe *probe, char const *const *words, size_t count,
                      char const **why)
{
    probe->path = words[0];
    probe->path_length = strlen(words[0]);
    probe->has_max_age = count > 1;
    *why = "the age is no number of seconds";
    char const *age = words[1];
    if (age && (!take_number(&age, INT32_MAX, &probe->max_age_s) || *age)) return 0;
    *why = "the path is empty";
    return probe->path_length > 0;
}

static int parse_line(struct sv_probe *probe, char const *const *words, char const **why)
{
    probe->path = words[0];
    probe->path_length = strlen(words[0]);
    probe->regex = words[1];
    *why = "the path is empty";
    return probe->path_length > 0;
}

int sv_probe_parse(struct sv_probe *probe, char const *const *words, size_t count,
                   char const **why)
{
    size_t kind = 0;

    *why = "there are tcp, unix, http, file, line and command";
    while (kind < SV_PROBE_COUNT && (!count || strcmp(words[0], kinds[kind].word)))
        kind++;
    if (kind == SV_PROBE_COUNT) return 0;
    words++, count--;
    *why = "too few or too many words";
    if (count < kinds[kind].fewest || count > kinds[kind].most) return 0;
    probe->kind = (enum sv_probe_kind)kind;
    switch (probe->kind) {
    case SV_PROBE_TCP: return parse_tcp(probe, words, why);
    case SV_PROBE_UNIX: return parse_socket(probe, words[0], strlen(words[0]), why);
    case SV_PROBE_HTTP: return parse_http(probe, words, count, why);
    case SV_PROBE_FILE: return parse_file(probe, words, count, why);
    case SV_PROBE_LINE: return parse_line(probe, words, why);
    case SV_PROBE_COMMAND:
        *why = "the program is empty";
        probe->command = words;
        return !!*words[0];
    case SV_PROBE_COUNT: break; /* cannot happen: no kind */
    }
    return 0;
}

static int is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r';
}

int sv_probe_split(char *text, size_t length, char const **words, char const **why)
{
    char *newline = memchr(text, '\n', length);
    char *end = newline ? newline : text + length, *at = text, *to = text;
    int count = 0;

    *why = "there is a NUL in it";
    if (memchr(text, 0, (size_t)(end - text))) return -1;
    for (;;) {
        while (at < end && is_blank(*at)) at++;
        if (at == end) break;
        *why = "too many words";
        if (count == SV_PROBE_WORDS) return -1;
        words[count++] = to;
        int quoted = 0;
        for (; at < end && (quoted || !is_blank(*at)); at++) {
            if (*at == '"')
                quoted = !quoted;
            else
                *to++ = *at;
        }
        *why = "a quote is not closed";
        if (quoted) return -1;
        if (at < end) at++; /* the blank: its place is the NUL's */
        *to++ = 0;
    }
    words[count] = 0;
    return count;
}
