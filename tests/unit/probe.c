/* ISC license. */

/* Probes as words, and answers of HTTP servers up to their status. */

#include "tap.h"

#include <sv/probe.h>

static char line[2048];
static char const *words[SV_PROBE_WORDS + 1];
static struct sv_probe probe;

/* Splits and parses. Returns as sv_probe_parse. */
static int parse(char const *text, char const **why)
{
    size_t length = strlen(text);

    memcpy(line, text, length + 1);
    int count = sv_probe_split(line, length, words, why);
    return count >= 0 && sv_probe_parse(&probe, words, (size_t)count, why);
}

static void good(char const *text)
{
    char const *why = "";

    if (!ok(parse(text, &why), "%s: a probe", text)) diag("%s", why);
}

static void bad(char const *text)
{
    char const *why = "";

    ok(!parse(text, &why) && *why, "%s: none (%s)", text, why);
}

static void split(char const *text, size_t length, int count, char const *joined)
{
    char const *why;
    char got[2048] = "";

    memcpy(line, text, length);
    line[length] = 'x'; /* what comes behind it is not looked at */
    int found = sv_probe_split(line, length, words, &why);
    for (int i = 0; i < found; i++) {
        strcat(got, words[i]);
        strcat(got, "|");
    }
    ok(found == count && !strcmp(got, joined) && (count < 0 || !words[count]),
       "%.40s: %d words, %s", text, found, got);
}

static void try_splitting(void)
{
    char many[2 * SV_PROBE_WORDS + 3] = "";

#define SPLIT(text, count, joined) split(text, sizeof text - 1, count, joined)
    SPLIT("", 0, "");
    SPLIT(" \t ", 0, "");
    SPLIT("\ntcp", 0, "");
    SPLIT("tcp ::1 80", 3, "tcp|::1|80|");
    SPLIT("  tcp\t::1  80 \r\nmore words", 3, "tcp|::1|80|");
    SPLIT("a \"b  c\" d", 3, "a|b  c|d|");
    SPLIT("a\"b  c\"d", 1, "ab  cd|");
    SPLIT("\"\"", 1, "|");
    SPLIT("a \"\" \"\" b", 4, "a|||b|");
    SPLIT("a \"b", -1, "");
    SPLIT("a \"b\nc\"", -1, "");
    SPLIT("a b\\ c", 3, "a|b\\|c|");
    SPLIT("a\0b", -1, "");
    SPLIT("a\n\0b", 1, "a|");
#undef SPLIT
    for (int i = 0; i < SV_PROBE_WORDS; i++) strcat(many, "a ");
    char const *why;
    memcpy(line, many, sizeof many);
    is_int(sv_probe_split(line, strlen(many), words, &why), SV_PROBE_WORDS,
           "as many words as there may be");
    ok(!words[SV_PROBE_WORDS], "end in a null");
    strcat(many, "a");
    memcpy(line, many, sizeof many);
    is_int(sv_probe_split(line, strlen(many), words, &why), -1, "one more is too many");
}

static void try_tcp(void)
{
    good("tcp 127.0.0.1 80");
    is_int(probe.kind, SV_PROBE_TCP, "its kind");
    ok(!probe.address.six && probe.address.ip[0] == 127 && probe.address.ip[3] == 1,
       "its address");
    is_int(probe.address.port, 80, "its port");
    ok(!probe.is_either, "and no other");
    good("tcp ::1 65535");
    ok(probe.address.six && probe.address.ip[15] == 1, "its address");
    is_int(probe.address.port, 65535, "its port");
    good("tcp [fe80::1] 1");
    good("tcp ::ffff:1.2.3.4 1");
    good("tcp localhost 80");
    ok(probe.is_either && !probe.address.six && probe.address.ip[0] == 127, "either one");
    bad("tcp");
    bad("tcp ::1");
    bad("tcp ::1 80 81");
    bad("tcp ::1 0");
    bad("tcp ::1 65536");
    bad("tcp ::1 80x");
    bad("tcp ::1 \"\"");
    bad("tcp ::1 -1");
    bad("tcp 1.2.3.4:80 80");
    bad("tcp [::1]:80 80");
    bad("tcp [::1 80");
    bad("tcp ::1] 80");
    bad("tcp example.org 80");
    bad("tcp Localhost 80");
    bad("tcp localhos 80");
    bad("tcp \"\" 80");
    bad("tcp 1.2.3.4.5 80");
    bad("tcp 1111111111111111111111111111111111111111111111111111111111111111111 80");
}

static void try_others(void)
{
    char text[300] = "unix ";

    good("unix /run/socket");
    is_str(probe.path, "/run/socket", "its path");
    is_int(probe.path_length, 11, "and its length");
    good("unix @abstract");
    bad("unix");
    bad("unix a b");
    bad("unix \"\"");
    memset(text + 5, 'a', SV_PROBE_SOCKET - 1);
    good(text);
    text[5 + SV_PROBE_SOCKET - 1] = 'a';
    bad(text);

    good("file /run/pid");
    ok(!probe.has_max_age, "of any age");
    good("file \"a file\" 60");
    is_str(probe.path, "a file", "its path");
    ok(probe.has_max_age && probe.max_age_s == 60, "its age");
    bad("file a 60s");
    bad("file a -1");
    bad("file a \"\"");
    bad("file a 2147483648");
    good("file a 2147483647");
    bad("file \"\"");
    bad("file");
    bad("file a 1 2");

    good("line log/main \"ready to (accept|serve)\"");
    is_str(probe.path, "log/main", "its log");
    is_str(probe.regex, "ready to (accept|serve)", "its expression");
    bad("line log");
    bad("line log ready to");
    bad("line \"\" x");

    good("command pg_isready -q");
    is_str(probe.command[0], "pg_isready", "its program");
    is_str(probe.command[1], "-q", "its argument");
    ok(!probe.command[2], "its end");
    bad("command");
    bad("command \"\"");

    bad("");
    bad("ping 127.0.0.1");
    bad("TCP ::1 80");
}

static void url(char const *text, int has_path, unsigned int port, char const *host,
                char const *target)
{
    char whole[1200];

    snprintf(whole, sizeof whole, "http %s", text);
    good(whole);
    is_int(probe.path != 0, has_path, "over a socket or not");
    if (!has_path) is_int(probe.address.port, port, "its port");
    is_mem(probe.host, probe.host_length, host, strlen(host), "its host is %s", host);
    is_str(probe.target, target, "its target");
}

static void try_http(void)
{
    char text[SV_PROBE_URL + 32];

    url("http://127.0.0.1", 0, 80, "127.0.0.1", "");
    url("http://127.0.0.1/", 0, 80, "127.0.0.1", "/");
    url("http://127.0.0.1:8080/a?b=c:d", 0, 8080, "127.0.0.1:8080", "/a?b=c:d");
    url("http://[::1]/health", 0, 80, "[::1]", "/health");
    url("http://[::1]:8080", 0, 8080, "[::1]:8080", "");
    url("http://localhost:81/x", 0, 81, "localhost:81", "/x");
    ok(probe.is_either, "either address");
    url("http://unix:/run/web:/status", 1, 0, "localhost", "/status");
    is_mem(probe.path, probe.path_length, "/run/web", 8, "its socket");
    url("http://unix:/run/web", 1, 0, "localhost", "");
    bad("http http://::1/");
    bad("http http://[::1");
    bad("http http://[::1/]");
    bad("http http://[::1]x/");
    bad("http http://127.0.0.1:/");
    bad("http http://127.0.0.1:0/");
    bad("http http://127.0.0.1:80x/");
    bad("http http://127.0.0.1:80:81/");
    bad("http http://127.0.0.1?x");
    bad("http http://user@127.0.0.1/");
    bad("http http://example.org/");
    bad("http https://127.0.0.1/");
    bad("http http://");
    bad("http http:///x");
    bad("http 127.0.0.1");
    bad("http \"http://127.0.0.1/a b\"");
    bad("http http://127.0.0.1/#top");
    bad("http http://127.0.0.1/\x7f");
    bad("http http://127.0.0.1/\xc3\xa4");
    bad("http http://unix:");
    bad("http http://unix::/x");
    bad("http http://unix:/run/web:x");
    snprintf(text, sizeof text, "http http://127.0.0.1/");
    memset(text + strlen(text), 'a', SV_PROBE_URL - 17);
    text[5 + SV_PROBE_URL] = 0;
    good(text);
    text[5 + SV_PROBE_URL] = 'a';
    text[5 + SV_PROBE_URL + 1] = 0;
    bad(text);
}

/* The statuses that are expected, as a bit for each, against those in the list. */
static void expected(char const *text, unsigned int const *ranges)
{
    char whole[200];
    int right = 1;

    snprintf(whole, sizeof whole, "http http://[::1]/ %s", text);
    good(whole);
    for (unsigned int status = 0; status < 1000; status++) {
        int want = 0;
        for (unsigned int const *range = ranges; *range; range += 2)
            if (status >= range[0] && status <= range[1]) want = 1;
        if (sv_probe_is_expected(&probe, status) != want) right = 0;
    }
    ok(right, "%s: these statuses and no others", text);
}

static void try_statuses(void)
{
    static unsigned int const usual[] = {200, 399, 0}, one[] = {204, 204, 0},
                              several[] = {200, 299, 401, 401, 503, 599, 0};

    expected("", usual);
    expected("204", one);
    expected("200-299 401 503-599", several);
    bad("http http://[::1]/ 99");
    bad("http http://[::1]/ 600");
    bad("http http://[::1]/ 300-200");
    bad("http http://[::1]/ 200-");
    bad("http http://[::1]/ -200");
    bad("http http://[::1]/ 200-300-400");
    bad("http http://[::1]/ OK");
    bad("http http://[::1]/ \"\"");
    good("http http://[::1]/ 200 200 200 200 200 200 200 200 200 200 200 200 200 200 200 "
         "200");
    bad("http http://[::1]/ 200 200 200 200 200 200 200 200 200 200 200 200 200 200 200 "
        "200 200");
}

/* The status that the answer gives after `bytes` of it; 0: none; -1: it is none. */
static int answered(char const *text, size_t length, size_t *bytes)
{
    struct sv_probe_answer answer = {.seen = 0};

    for (*bytes = 0; *bytes < length;) {
        enum sv_probe_answered result =
            sv_probe_answer(&answer, (unsigned char)text[(*bytes)++]);
        if (result == SV_PROBE_ANSWER_DONE) return answer.status;
        if (result == SV_PROBE_ANSWER_WRONG) return -1;
    }
    return 0;
}

static void try_answers(void)
{
    static struct {
        char const *text;
        int status;
        size_t bytes;
    } const cases[] = {
        {"HTTP/1.1 200 OK\r\n", 200, 13},
        {"HTTP/1.0 404\r\n", 404, 13},
        {"HTTP/1.1 599\n", 599, 13},
        {"HTTP/1.1 200", 0, 12},
        {"HTTP/1.1 101 Switching Protocols\r\n", 101, 13},
        {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 \r\n", 204, 38},
        {"HTTP/1.1 103\nLink: </a>\n\nHTTP/1.1 200 \n", 200, 38},
        {"HTTP/1.1 102 \r\nA: b\r\n\r\nHTTP/1.1 100 x\r\n\r\nHTTP/1.1 503 ", 503, 54},
        {"HTTP/1.1 100 \r\n\r\nSSH", -1, 18},
        {"HTTP/2.0 200 OK\r\n", -1, 6},
        {"HTTP/1.x 200 OK\r\n", -1, 8},
        {"http/1.1 200 OK\r\n", -1, 1},
        {"HTTP/1.1  200 OK\r\n", -1, 10},
        {"HTTP/1.1 20 OK\r\n", -1, 12},
        {"HTTP/1.1 2000 OK\r\n", -1, 13},
        {"HTTP/1.1 600 OK\r\n", -1, 13},
        {"HTTP/1.1 099 OK\r\n", -1, 13},
        {"\r\nHTTP/1.1 200 OK\r\n", -1, 1},
        {"SSH-2.0-x\r\n", -1, 1},
    };
    size_t bytes;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int status = answered(cases[i].text, strlen(cases[i].text), &bytes);
        ok(status == cases[i].status && bytes == cases[i].bytes,
           "answer %zu: %d after %zu bytes", i, status, bytes);
    }
    /* an answer that is passed over does not go on for ever */
    struct sv_probe_answer answer = {.seen = 0};
    enum sv_probe_answered result = SV_PROBE_ANSWER_MORE;
    char const *head = "HTTP/1.1 100 ";
    for (bytes = 0; result == SV_PROBE_ANSWER_MORE && bytes < 1 << 20; bytes++)
        result = sv_probe_answer(&answer, bytes < 13 ? (unsigned char)head[bytes] : 'x');
    ok(result == SV_PROBE_ANSWER_WRONG && bytes == SV_PROBE_ANSWER_MAX + 1,
       "it ends after %zu bytes", bytes);
}

int main(void)
{
    try_splitting();
    try_tcp();
    try_others();
    try_http();
    try_statuses();
    try_answers();
    for (unsigned int kind = 0; kind < SV_PROBE_COUNT; kind++)
        ok(*sv_probe_word(kind) && *sv_probe_arguments(kind), "%s %s",
           sv_probe_word(kind), sv_probe_arguments(kind));
    return done();
}
