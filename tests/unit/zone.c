/* ISC license. */

/*
 * The distance of local time from UTC: the same as the C library's at every moment that
 * is asked for, whatever was asked before, in zones of all kinds.
 */

#include <sys/wait.h>
#include <unistd.h>

#include <sv/zone.h>

#include "tap.h"

#define BEGIN_1949 (-662688000)
#define BEGIN_2021 1609459200
#define HOUR_S 3600
#define DAY_S 86400

static int agrees(time_t when)
{
    struct tm local;

    localtime_r(&when, &local);
    return expect(sv_zone_offset(when) == local.tm_gmtoff, "at %lld it is %ld, not %ld",
                  (long long)when, (long)local.tm_gmtoff, sv_zone_offset(when));
}

/* Every second for 25 minutes on both sides of `change`, forwards and backwards. */
static int agrees_around(time_t change)
{
    int good = 1;

    for (time_t when = change - 1500; when <= change + 1500; when++) good &= agrees(when);
    for (time_t when = change + 1500; when >= change - 1500; when--) good &= agrees(when);
    return good;
}

/* Around each change of 400 days. */
static int check_days(time_t begin, int *changes)
{
    int good = 1;
    long before = sv_zone_offset(begin);

    for (time_t when = begin; when < begin + 400 * DAY_S; when += HOUR_S) {
        good &= agrees(when);
        long offset_s = sv_zone_offset(when);
        if (offset_s == before) continue;
        ++*changes;
        before = offset_s;
        good &= agrees_around(when - HOUR_S) & agrees_around(when);
    }
    return good;
}

/* Back and forth between moments near and far. */
static int check_jumps(void)
{
    int good = 1;
    uint64_t random = 88172645463325252u;

    for (unsigned int i = 0; i < 200000; i++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        good &= agrees((time_t)((int64_t)random >> (random % 28 + 28)));
    }
    return good;
}

struct zone {
    char const *rule;
    long begin_s;     /* the offset when 2021 begins */
    int changes;      /* in 400 days from there */
    char const *file; /* without which it cannot be tried */
};

static struct zone const zones[] = {
    {"UTC0", 0, 0, 0},
    {"CET-1CEST,M3.5.0,M10.5.0/3", HOUR_S, 2, 0},
    {"EST5EDT,M3.2.0,M11.1.0", -5 * HOUR_S, 2, 0},
    {"LHST-10:30LHDT-11,M10.1.0,M4.1.0", 11 * HOUR_S, 2, 0}, /* changes by half an hour */
    {"XXX-5:45", 5 * HOUR_S + 2700, 0, 0},
    {"ODD3:07:09ODE,M2.1.1/1:11:11,M9.1.1/4:05:07", -11229, 2, 0}, /* within a block */
    {"Europe/Berlin", HOUR_S, 2, "/usr/share/zoneinfo/Europe/Berlin"},
    {"Australia/Lord_Howe", 11 * HOUR_S, 2, "/usr/share/zoneinfo/Australia/Lord_Howe"},
    {"Africa/Casablanca", HOUR_S, 2, "/usr/share/zoneinfo/Africa/Casablanca"},
};

/* In a process for each zone, because the rules are read once. */
static int check_zone(struct zone const *zone)
{
    int changes = 0, ignored = 0;

    setenv("TZ", zone->rule, 1);
    int good = expect(sv_zone_offset(BEGIN_2021) == zone->begin_s,
                      "%s begins 2021 with %ld", zone->rule, sv_zone_offset(BEGIN_2021));
    good &= check_days(BEGIN_2021, &changes);
    good &= expect(changes == zone->changes, "%s changes %d times", zone->rule, changes);
    good &= check_days(BEGIN_1949, &ignored); /* before 1970 times are negative */
    good &= check_jumps();
    good &=
        expect(!sv_zone_offset((time_t)INT64_MAX) && !sv_zone_offset((time_t)INT64_MIN),
               "too far away it is UTC");
    good &= agrees(BEGIN_2021);
    return good;
}

int main(void)
{
    for (size_t i = 0; i < sizeof zones / sizeof *zones; i++) {
        int status = -1;
        if (zones[i].file && access(zones[i].file, R_OK) < 0) {
            skip("no %s here", zones[i].file);
            continue;
        }
        fflush(stdout);
        pid_t child = fork();
        if (!child) _exit(!check_zone(zones + i));
        waitpid(child, &status, 0);
        is_int(status, 0, "TZ=%s is as localtime has it", zones[i].rule);
    }
    return done();
}
