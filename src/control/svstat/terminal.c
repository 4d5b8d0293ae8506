/* ISC license. */

/*
 * For people: colours, and columns when there are several services.
 */

#include <stdlib.h>
#include <string.h>

#include "svstat.h"

#define WIDTH_STATE 13 /* "no run script" */
#define WIDTH_PID 7    /* the kernel's largest pid is 4194304 */

#define RED "\033[31m"
#define GREEN "\033[32m"
#define YELLOW "\033[33m"
#define PLAIN "\033[0m"

static int has_colours;
static size_t width_service;

/* Columns on a terminal that knows UTF-8, if each character takes one. */
static size_t width_of(char const *text)
{
    size_t width = 0;

    for (; *text; text++) width += (*text & 0xC0) != 0x80;
    return width;
}

void svstat_prepare_terminal(char const *const *services)
{
    char const *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

    has_colours = (!no_color || !*no_color) && term && *term && strcmp(term, "dumb");
    for (; *services; services++) {
        size_t width = width_of(*services);
        if (width > width_service) width_service = width;
    }
}

static char const *phase_colour(enum sv_phase phase)
{
    switch (phase) {
    case SV_PHASE_UP:
    case SV_PHASE_STARTED: return GREEN;
    case SV_PHASE_FAILED:
    case SV_PHASE_NO_RUN: return RED;
    case SV_PHASE_WAITING:
    case SV_PHASE_STARTING:
    case SV_PHASE_STOPPING:
    case SV_PHASE_FINISHING:
    case SV_PHASE_PREPARING:
    case SV_PHASE_CLEANING:
    case SV_PHASE_BACKOFF: return YELLOW;
    case SV_PHASE_DOWN:
    case SV_PHASE_COUNT: break;
    }
    return "";
}

static char const *colour_of(struct reading const *reading)
{
    if (reading->trouble == TROUBLE_NO_LOG) return "";
    if (reading->trouble != TROUBLE_NONE) return RED;
    if (reading->family.pid && reading->family.paused) return YELLOW;
    if (reading->has_own) return phase_colour((enum sv_phase)reading->own.phase);
    if (reading->family.size > SV_STATUS_DJB && reading->family.state == SV_ENCORE_FAILED)
        return RED;
    return reading->family.pid ? GREEN : "";
}

static void put_in_colour(struct reading const *reading, char const *text)
{
    char const *colour = has_colours ? colour_of(reading) : "";

    out(colour);
    if (text)
        out(text);
    else
        svstat_put_words(reading);
    if (*colour) out(PLAIN);
}

static void put_blanks(size_t count)
{
    while (count--) out(" ");
}

static void put_pid(uint32_t pid)
{
    size_t width = 1;

    for (uint32_t rest = pid; rest >= 10; rest /= 10) width++;
    put_blanks(width < WIDTH_PID ? WIDTH_PID - width : 0);
    if (pid)
        out_number(pid);
    else
        out("-");
}

/* In the largest unit that leaves at least two. */
static void put_age(uint64_t seconds)
{
    static struct {
        uint64_t seconds;
        char const *name;
    } const units[] = {{86400, " d"}, {3600, " h"}, {60, " min"}, {1, " s"}};
    unsigned int i = 0;

    while (units[i].seconds > 1 && seconds < 2 * units[i].seconds) i++;
    out_number(seconds / units[i].seconds);
    out(units[i].name);
}

static char const *state_word(struct reading const *reading)
{
    if (reading->has_own) return sv_machine_phase_word((enum sv_phase)reading->own.phase);
    if (reading->family.run_state == 2) return "finishing";
    return reading->family.pid ? "up" : "down";
}

void svstat_put_row(struct reading const *reading)
{
    size_t width =
        width_of(reading->service) + (reading->trouble ? 0 : strlen(reading->log));

    out_visible(reading->service);
    if (!reading->trouble) out(reading->log);
    put_blanks(2 + (width < width_service ? width_service - width : 0));
    if (reading->trouble != TROUBLE_NONE) {
        put_in_colour(reading, 0);
    } else {
        char const *state = state_word(reading);
        put_in_colour(reading, state);
        put_blanks(WIDTH_STATE - strlen(state) + 1);
        put_pid(reading->family.pid);
        out("  ");
        put_age(svstat_age(reading, &reading->family.since));
        svstat_put_suffixes(reading);
    }
    svstat_put_facts(reading, 0);
    out("\n");
}

/* Only if there is more to see than its main process, or its finish script. */
static void put_processes(struct reading const *reading)
{
    pid_t pid = reading->supervised ? (pid_t)reading->family.pid : 0;
    pid_t finish = reading->has_own ? (pid_t)reading->own.finish_pid : 0;

    if (!reading->supervised || !reading->has_family) return;
    if (svstat_read_tree(reading, pid) > (pid || finish)) svstat_put_tree_lines();
}

void svstat_put_coloured(struct reading const *reading)
{
    out_visible(reading->service);
    if (!reading->trouble) out(reading->log);
    out(": ");
    put_in_colour(reading, 0);
    svstat_put_facts(reading, 1);
    out("\n");
    put_processes(reading);
}
