/* ISC license. */

/* Times of lines and of people, which line comes next, and what a service is called. */

#include <sv/tailtime.h>

#include "tap.h"

struct stamp {
    char const *line;
    enum sv_tailtime kind;
    time_t seconds;
    long nanoseconds;
};

static struct stamp const stamps[] = {
    {"@400000003b9aca0a000001f4 x", SV_TAILTIME_UTC, 1000000000, 500},
    {"@400000003b9aca0a000001f4", SV_TAILTIME_UTC, 1000000000, 500},
    {"@400000003b9aca0a000001f", SV_TAILTIME_NONE, 0, 0},
    {"@x", SV_TAILTIME_NONE, 0, 0},
    {"1000000000.000001 x", SV_TAILTIME_UTC, 1000000000, 1000},
    {"1000000000.999999", SV_TAILTIME_UTC, 1000000000, 999999000},
    {"1000000000.0000010", SV_TAILTIME_NONE, 0, 0},
    {"1000000000.00001 x", SV_TAILTIME_NONE, 0, 0},
    {"100000000.000001 x", SV_TAILTIME_NONE, 0, 0},
    {"1000000000 x", SV_TAILTIME_NONE, 0, 0},
    {"123456789012345678.000001", SV_TAILTIME_NONE, 0, 0},
    {"2001-09-09 01:46:40.000000001 x", SV_TAILTIME_LOCAL, 1000000000, 1},
    {"2001-09-09 01:46:40 x", SV_TAILTIME_LOCAL, 1000000000, 0},
    {"2001-09-09 01:46:40. x", SV_TAILTIME_LOCAL, 1000000000, 0},
    {"2001-09-09_01:46:40.25000 x", SV_TAILTIME_UTC, 1000000000, 250000000},
    {"2001-09-09T01:46:40.25000 x", SV_TAILTIME_UTC, 1000000000, 250000000},
    {"2001-09-09T01:46:40Z x", SV_TAILTIME_UTC, 1000000000, 0},
    {"2001-09-09x01:46:40 x", SV_TAILTIME_NONE, 0, 0},
    {"2001-02-29 01:46:40 x", SV_TAILTIME_NONE, 0, 0},
    {"2001-09-09 01:46:400", SV_TAILTIME_NONE, 0, 0},
    {"2001-09-09 01:46", SV_TAILTIME_NONE, 0, 0},
    {" 2001-09-09 01:46:40", SV_TAILTIME_NONE, 0, 0},
    {"", SV_TAILTIME_NONE, 0, 0},
    {"x", SV_TAILTIME_NONE, 0, 0},
};

static void check_stamps(void)
{
    for (size_t i = 0; i < sizeof stamps / sizeof *stamps; i++) {
        struct timespec when = {0, 0};
        enum sv_tailtime kind =
            sv_tailtime_stamp(stamps[i].line, strlen(stamps[i].line), &when);
        ok(kind == stamps[i].kind && when.tv_sec == stamps[i].seconds
               && when.tv_nsec == stamps[i].nanoseconds,
           "the time of \"%s\"", stamps[i].line);
    }
}

static struct stamp const given[] = {
    {"90s", SV_TAILTIME_UTC, 999999910, 7},
    {"10m", SV_TAILTIME_UTC, 999999400, 7},
    {"2h", SV_TAILTIME_UTC, 999992800, 7},
    {"3d", SV_TAILTIME_UTC, 999740800, 7},
    {"0s", SV_TAILTIME_UTC, 1000000000, 7},
    {"9999999999999999999s", SV_TAILTIME_NONE, 0, 0},
    {"3", SV_TAILTIME_NONE, 0, 0},
    {"3w", SV_TAILTIME_NONE, 0, 0},
    {"s", SV_TAILTIME_NONE, 0, 0},
    {"-3s", SV_TAILTIME_NONE, 0, 0},
    {"3s ", SV_TAILTIME_NONE, 0, 0},
    {"", SV_TAILTIME_NONE, 0, 0},
    {"@0", SV_TAILTIME_UTC, 0, 0},
    {"@1000000000", SV_TAILTIME_UTC, 1000000000, 0},
    {"@", SV_TAILTIME_NONE, 0, 0},
    {"@12x", SV_TAILTIME_NONE, 0, 0},
    {"@400000003b9aca0a000001f4", SV_TAILTIME_UTC, 1000000000, 500},
    {"@400000003b9aca0a000001f4 ", SV_TAILTIME_NONE, 0, 0},
    {"1000000000.000001", SV_TAILTIME_UTC, 1000000000, 1000},
    {"2001-09-09", SV_TAILTIME_LOCAL, 999993600, 0},
    {"2001-09-09 01:46", SV_TAILTIME_LOCAL, 999999960, 0},
    {"2001-09-09 01:46:40.5", SV_TAILTIME_LOCAL, 1000000000, 500000000},
    {"2001-09-09T01:46:40", SV_TAILTIME_UTC, 1000000000, 0},
    {"2001-09-31", SV_TAILTIME_NONE, 0, 0},
    {"yesterday", SV_TAILTIME_NONE, 0, 0},
};

static void check_given(void)
{
    struct timespec now = {1000000000, 7};
    for (size_t i = 0; i < sizeof given / sizeof *given; i++) {
        struct timespec when = {0, 0};
        enum sv_tailtime kind = sv_tailtime_scan(given[i].line, &now, &when);
        ok(kind == given[i].kind && when.tv_sec == given[i].seconds
               && when.tv_nsec == given[i].nanoseconds,
           "what is meant by \"%s\"", given[i].line);
    }
}

/* Logs of two lines each; times of 0 to 2 or none; each order must be a right one. */

#define LOGS 3
#define LINES 2
#define KINDS 4 /* times 0 to 2; 3: the line has none */

static int times[LOGS][LINES];
static unsigned int at[LOGS];
static struct sv_tailtime_head heads[LOGS];

static void set_head(unsigned int i)
{
    struct sv_tailtime_head *head = heads + i;
    head->ready = at[i] < LINES;
    if (!head->ready) return;
    int own = times[i][at[i]];
    if (own < 3) head->when = (struct timespec){own, 0};
    head->tied = own == 3 && head->when.tv_sec != SV_TAILTIME_EARLIEST.tv_sec;
}

static void begin_logs(unsigned int which)
{
    for (unsigned int i = 0; i < LOGS; i++)
        for (unsigned int j = 0; j < LINES; j++, which /= KINDS)
            times[i][j] = (int)(which % KINDS);
    for (unsigned int i = 0; i < LOGS; i++) {
        at[i] = 0;
        heads[i] = (struct sv_tailtime_head){.when = SV_TAILTIME_EARLIEST};
        set_head(i);
    }
}

/* Whether line i is one that may come now. */
static int is_right(size_t one, size_t last)
{
    if (last < LOGS && heads[last].ready && heads[last].tied) return one == last;
    for (size_t i = 0; i < LOGS; i++) {
        if (!heads[i].ready || i == one) continue;
        if (sv_tailtime_before(&heads[i].when, &heads[one].when)) return 0;
        if (i < one && !sv_tailtime_before(&heads[one].when, &heads[i].when)) return 0;
    }
    return 1;
}

static int merge_logs(unsigned int which)
{
    size_t one, limit, last = LOGS, lines = 0;
    int good = 1;
    begin_logs(which);
    while ((one = sv_tailtime_merge(heads, LOGS, last, &limit)) < LOGS) {
        do {
            good &= is_right(one, last);
            at[one]++;
            lines++;
            set_head((unsigned int)one);
            last = one;
        } while (sv_tailtime_goes_on(heads, LOGS, one, limit));
    }
    return good && lines == LOGS * LINES;
}

static void check_merge(void)
{
    unsigned int all = 1;
    int good = 1;
    for (unsigned int i = 0; i < LOGS * LINES; i++) all *= KINDS;
    for (unsigned int which = 0; which < all; which++)
        good &= expect(merge_logs(which), "logs number %u", which);
    ok(good, "%u sets of logs are merged by time, stably", all);
}

static void check_name(char const *path, char const *want)
{
    char const *name;
    size_t length;
    if (sv_tailtime_service(path, &name, &length))
        is_mem(name, length, want, strlen(want), "%s is the log of %s", path, want);
    else
        ok(!*want, "%s says nothing", path);
}

int main(void)
{
    check_stamps();
    check_given();
    check_merge();
    check_name("web", "web");
    check_name("/service/web/", "web");
    check_name("/service/web/log/main", "web");
    check_name("service/web/main///", "web");
    check_name("web//log//main", "web");
    check_name("main", "main");
    check_name("log/main", "log");
    check_name("x/domain", "domain");
    check_name("web/log", "log");
    check_name(".", "");
    check_name("..", "");
    check_name("./main", "");
    check_name("../log/main", "");
    check_name("/", "");
    check_name("", "");
    return done();
}
