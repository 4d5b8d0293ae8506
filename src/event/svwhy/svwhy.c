/* ISC license. */

/*
 * svwhy: why a service is in the state in which it is: what it is doing, what comes next,
 * and how it came to that, who asked included.
 */

#include <errno.h>
#include <pwd.h>
#include <unistd.h>

#include <skalibs/types.h>

#include <sv/about.h>
#include <sv/control.h>
#include <sv/eventtext.h>
#include <sv/journalreader.h>
#include <sv/message.h>
#include <sv/option.h>
#include <sv/statedir.h>

#include "svwhy.h"

#define USAGE "svwhy [-n count] dir ..."

#define COUNT 10 /* transitions */

char const *PROG = "svwhy";

enum { OPTION_HELP = SV_OPTION_LONG, OPTION_VERSION };

static struct sv_option_word const words[] = {
    {"lines", 'n', SV_OPTION_REQUIRED},
    {"help", OPTION_HELP, SV_OPTION_NONE},
    {"version", OPTION_VERSION, SV_OPTION_NONE},
    {0},
};

static void put_entry(struct sv_journal_entry const *entry)
{
    char why[SV_EVENTTEXT];
    struct passwd const *user = 0;

    if (entry->cause == SV_CAUSE_COMMAND && entry->cause_uid != SV_CONTROL_UID_UNKNOWN)
        user = getpwuid(entry->cause_uid);
    sv_eventtext(why, entry, user ? user->pw_name : 0);
    put(INDENT);
    put_time(&entry->when, 3);
    put("  ");
    put_column(sv_machine_event_word((enum sv_event_kind)entry->event), 13);
    if (*why) {
        put_column(sv_machine_phase_word((enum sv_phase)entry->phase), 13);
        put(why);
    } else {
        put(sv_machine_phase_word((enum sv_phase)entry->phase));
    }
    put("\n");
}

/* The last transitions, the oldest first. Returns 1; 0 with errno. */
static int put_journal(int dir, uint64_t count)
{
    struct sv_journalreader reader;
    struct sv_journal_entry entry;
    enum sv_journalreader_result result;
    uint64_t lowest, highest;

    if (!sv_journalreader_open(&reader, dir)) return 0;
    sv_journalreader_bounds(&reader, &lowest, &highest);
    reader.serial = highest > count ? highest - count : 0;
    while (reader.serial < highest
           && (result = sv_journalreader_next(&reader, &entry))
                  != SV_JOURNALREADER_NOTHING)
        if (result == SV_JOURNALREADER_ENTRY) put_entry(&entry);
    sv_journalreader_close(&reader);
    return 1;
}

/* Returns 1, or 0 after a complaint. */
static int explain(char const *path, uint64_t count)
{
    struct service service = {.path = path};
    int dir = sv_statedir_find(path, 0);

    if (dir < 0 && errno == ENOENT && !access(path, F_OK)) {
        put(path);
        put(" was never supervised\n");
        return 1;
    }
    if (dir < 0) {
        sv_warnu("look into ", path, ": ", sv_errortext(errno),
                 sv_statedir_remedy(errno));
        return 0;
    }
    int is_known = svwhy_read(&service, dir);
    if (is_known) {
        svwhy_put_state(&service);
        is_known = put_journal(dir, count);
    }
    int error_number = errno;
    (void)close(dir); /* only a place */
    errno = error_number;
    if (!is_known && errno == ENODATA)
        sv_warn(path, " has a status that no supervise of this version has written");
    else if (!is_known)
        sv_warnusys("read what supervise has written about ", path);
    return is_known;
}

static int read_options(int argc, char const *const *argv, uint64_t *count)
{
    struct sv_options options = SV_OPTIONS("n:", words);
    int option;

    while ((option = sv_option_next(&options, argc, argv)) != SV_OPTION_END) {
        switch (option) {
        case 'n':
            if (!uint640_scan(options.value, count))
                sv_dieu(100, "understand ", options.value, ": not a number of events");
            break;
        case OPTION_HELP:
            sv_about_tell("usage: " USAGE "\n\n"
                          "  -n, --lines=N  the last N transitions, 10 if not given\n"
                          "      --help     this text\n"
                          "      --version  which upkeep this is\n");
            break;
        case OPTION_VERSION: sv_about_version(); break;
        case SV_OPTION_WRONG: sv_option_complain(&options); sv_dieusage(100, USAGE);
        }
    }
    if (options.index >= argc) sv_dieusage(100, USAGE);
    return options.index;
}

int main(int argc, char const *const *argv)
{
    uint64_t count = COUNT;
    int failed = 0;

    for (argv += read_options(argc, argv, &count); *argv; argv++) {
        if (!explain(*argv, count)) failed = 1;
        flush();
    }
    return failed ? 111 : 0;
}
