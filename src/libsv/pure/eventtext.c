/* ISC license. */

#include <string.h>

#include <sv/control.h>
#include <sv/eventtext.h>
#include <sv/text.h>

static void append(char *text, char const *more)
{
    sv_text_append(text, SV_EVENTTEXT, more);
}

static void append_number(char *text, uint32_t number)
{
    sv_text_append_number(text, SV_EVENTTEXT, number);
}

static void append_user(char *text, uint32_t uid, char const *who)
{
    char part[64];

    strncpy(part, who, sizeof part - 1);
    part[sizeof part - 1] = 0;
    append(text, " by ");
    append(text, part);
    append(text, " (uid ");
    append_number(text, uid);
    append(text, ")");
}

/* Whether the cause is the end itself. */
static int says_end(enum sv_cause_kind cause)
{
    return cause == SV_CAUSE_EXIT || cause == SV_CAUSE_KILLED || cause == SV_CAUSE_EXEC
           || cause == SV_CAUSE_FORK || cause == SV_CAUSE_UNSEEN
           || cause == SV_CAUSE_START_EXIT || cause == SV_CAUSE_START_KILLED
           || cause == SV_CAUSE_PREPARED;
}

/* Whether the event is that a process has come. */
static int is_arrival(enum sv_event_kind event)
{
    return event == SV_EVENT_STARTED || event == SV_EVENT_FINISH_STARTED
           || event == SV_EVENT_SCRIPT_STARTED || event == SV_EVENT_MAIN;
}

void sv_eventtext(char text[SV_EVENTTEXT], struct sv_journal_entry const *entry,
                  char const *who)
{
    enum sv_cause_kind cause = (enum sv_cause_kind)entry->cause;
    int is_asked = cause == SV_CAUSE_COMMAND && who;
    char part[SV_CAUSETEXT];

    *text = 0;
    sv_causetext(part, cause, entry->cause_detail,
                 is_asked ? SV_CONTROL_UID_UNKNOWN : entry->cause_uid);
    append(text, part);
    if (is_asked) append_user(text, entry->cause_uid, who);
    sv_causetext_ending(part, (enum sv_ending)entry->ending, entry->ending_value);
    if (*part && !says_end(cause)) {
        append(text, *text ? ", " : "");
        append(text, part);
    }
    if (!entry->pid || !is_arrival((enum sv_event_kind)entry->event)) return;
    append(text, *text ? ", pid " : "pid ");
    append_number(text, entry->pid);
}
