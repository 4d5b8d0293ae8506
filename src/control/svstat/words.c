/* ISC license. */

/*
 * The words that daemontools' svstat prints, and daemontools-encore's. Programs parse
 * them.
 */

#include <sv/errortext.h>
#include <sv/personality.h>
#include <sv/statedir.h>

#include "svstat.h"

uint64_t svstat_age(struct reading const *reading, struct timespec const *since)
{
    int64_t now = reading->now.tv_sec, then = since->tv_sec;

    return now > then ? (uint64_t)now - (uint64_t)then : 0;
}

unsigned int svstat_trouble(struct reading const *reading, char const **parts)
{
    char const *why = sv_errortext(reading->error);
    char const *what = "", *file = 0;

    switch (reading->trouble) {
    case TROUBLE_NONE: return 0;
    case TROUBLE_CHDIR: what = "unable to chdir: "; break;
    case TROUBLE_CONTROL: what = "unable to setup control path: "; break;
    case TROUBLE_DOWN: what = "unable to stat down: "; break;
    case TROUBLE_NOT_RUNNING: what = "supervise not running", why = 0; break;
    case TROUBLE_OPEN: what = "unable to open ", file = reading->file; break;
    case TROUBLE_READ: what = "unable to read ", file = reading->file; break;
    case TROUBLE_FORMAT:
        what = "unable to read ", file = reading->file;
        why = "bad format";
        break;
    case TROUBLE_NO_LOG: what = "no log service", why = 0; break;
    }
    unsigned int count = 0;
    parts[count++] = what;
    if (file) {
        parts[count++] = reading->state_dir;
        parts[count++] = file;
        parts[count++] = ": ";
    }
    if (why) parts[count++] = why;
    if (reading->trouble == TROUBLE_OPEN)
        parts[count++] = sv_statedir_remedy(reading->error);
    return count;
}

/*
 * Whether it is encore's record, shown to people who expect encore's words. In runit's,
 * where byte 18 says something else, a process runs and is "stopped": neither encore nor
 * we write that.
 */
static int knows_states(struct sv_status_family const *family)
{
    int is_runit = family->pid && family->run_state && family->state == SV_ENCORE_STOPPED;

    return family->size != SV_STATUS_DJB && !is_runit
           && sv_personality() == SV_PERSONALITY_ENCORE;
}

void svstat_put_suffixes(struct reading const *reading)
{
    struct sv_status_family const *family = &reading->family;

    if (family->pid) {
        if (reading->has_down) out(", normally down");
        if (family->paused) out(", paused");
        if (family->want == 'd') out(", want down");
    } else {
        if (!reading->has_down) out(", normally up");
        if (family->want == 'u') out(", want up");
    }
    if (knows_states(family) && family->pid && !family->want) out(", once");
}

void svstat_put_words(struct reading const *reading)
{
    struct sv_status_family const *family = &reading->family;

    if (reading->trouble != TROUBLE_NONE) {
        char const *parts[SVSTAT_TROUBLE_PARTS];
        unsigned int count = svstat_trouble(reading, parts);
        for (unsigned int i = 0; i < count; i++) out(parts[i]);
        return;
    }
    if (family->pid) {
        out("up (pid ");
        out_number(family->pid);
        out(") ");
    } else {
        out("down ");
    }
    out_number(svstat_age(reading, &family->since));
    out(" seconds");
    svstat_put_suffixes(reading);
    if (knows_states(family)) {
        out(", ");
        out(sv_status_encore_word(family->state));
    }
}
