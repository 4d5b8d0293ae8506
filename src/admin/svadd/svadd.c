/* ISC license. */

/*
 * svadd: makes a service directory and links it into the scan directory, all of it or
 * nothing; or links in one that is there.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h> /* snprintf */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <skalibs/buffer.h>

#include <sv/clock.h>
#include <sv/controlfifo.h>
#include <sv/message.h>
#include <sv/scancontrol.h>

#include "svadd.h"

char const *PROG = "svadd";

static void find_places(struct sv_places *places, struct request const *request)
{
    if (!sv_places_scan(places, request->scan))
        sv_dieu(111, "open the scan directory ", places->scan, ": ", sv_errortext(errno),
                errno == ENOENT ? "; make it, or name another with --scan=DIR" : "");
    if (!sv_places_base(places, request->base, request->command && !request->shows))
        sv_dieusys(111, "open ", places->base);
}

static int is_directory(int dir, char const *name)
{
    struct stat about;

    return !fstatat(dir, name, &about, 0) && S_ISDIR(about.st_mode);
}

/* What is linked to: what is made; or what is there, which for NAME@ARG may be NAME@. */
static void find_target(struct request *request, struct sv_places const *places)
{
    static char template[NAME_MAX + 1];
    char const *name = request->name;

    request->target = name;
    if (request->command) return;
    if (request->is_template)
        sv_die(100, "a template is not linked to; svadd ", name, "ARG adds an instance");
    if (places->base_dir >= 0 && is_directory(places->base_dir, name)) return;
    request->target = template;
    for (char const *at = strchr(name, '@'); at && at[1]; at = strchr(at + 1, '@')) {
        (void)snprintf(template, sizeof template, "%.*s", (int)(at - name) + 1, name);
        if (at > name && places->base_dir >= 0
            && is_directory(places->base_dir, template))
            return;
    }
    sv_dieu(111, "add ", name, ": there is no ", places->base, "/", name,
            strchr(name, '@') ? " and no template for it" : "",
            "; say -- COMMAND to make it");
}

/* Only our own svscan tells. */
static void warn_idle(struct request const *request, struct sv_places const *places)
{
    char const *const fifo = SV_SCANCONTROL_DIR "/" SV_SCANCONTROL_FIFO;

    if (request->is_template || sv_controlfifo_listening(places->scan_dir, fifo)) return;
    if (errno == ENXIO)
        sv_warn("svscan does not run in ", places->scan, ": ", request->name,
                " is started when it does");
}

/* A command that is not there is more likely a mistake than a plan. */
static void warn_missing(struct request const *request)
{
    char const *command = *request->command;
    struct stat about;

    if (*command == '/' && stat(command, &about) < 0)
        sv_warnusys("find the command ", command);
    if (*command != '/' && strchr(command, '/'))
        sv_warn(command, " is looked for in ",
                request->directory ? request->directory : "the service directory");
}

int main(int argc, char const *const *argv)
{
    static struct request request;
    static struct sv_places places;
    struct plan plan = {0};
    int64_t deadline_ms = INT64_MAX;

    svadd_read_options(argc, argv, &request);
    if (request.timeout_ms != INT64_MAX)
        deadline_ms = sv_clock_monotonic_ms() + request.timeout_ms;
    find_places(&places, &request);
    find_target(&request, &places);
    if (request.command)
        svadd_plan(&plan, &request, !request.is_template && !places.is_same);
    if (request.shows) {
        svadd_show(&plan, &request, &places);
        if (!buffer_flush(buffer_1)) sv_dieusys(111, "write");
        _exit(0);
    }
    if (request.command) warn_missing(&request);
    svadd_place(&plan, &request, &places);
    warn_idle(&request, &places);
    int waits = request.goal != SV_GOAL_COUNT;
    /* what was allocated ends with us */
    _exit(waits ? svadd_wait(&request, &places, deadline_ms) : 0);
}
