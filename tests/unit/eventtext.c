/* ISC license. */

/* Why something happened to a service, in words. */

#include <sv/control.h>
#include <sv/eventtext.h>

#include "tap.h"

static char text[SV_EVENTTEXT];

static char const *words(struct sv_journal_entry const *entry, char const *who)
{
    sv_eventtext(text, entry, who);
    return text;
}

int main(void)
{
    char name[600];
    struct sv_journal_entry entry = {.event = SV_EVENT_COMMAND,
                                     .cause = SV_CAUSE_COMMAND,
                                     .cause_detail = 'd',
                                     .cause_uid = 7};

    is_str(words(&entry, 0), "svc -d by uid 7", "who asked, by number");
    is_str(words(&entry, "ann"), "svc -d by ann (uid 7)", "or by name");
    entry.cause_uid = SV_CONTROL_UID_UNKNOWN;
    is_str(words(&entry, 0), "svc -d", "or not at all");

    entry = (struct sv_journal_entry){.event = SV_EVENT_DIED,
                                      .cause = SV_CAUSE_COMMAND,
                                      .cause_detail = 'd',
                                      .ending = SV_ENDING_SIGNAL,
                                      .ending_value = 15,
                                      .pid = 12};
    is_str(words(&entry, 0), "svc -d by uid 0, killed by SIGTERM", "how it ended, too");
    entry.cause = SV_CAUSE_KILLED;
    entry.cause_detail = 15;
    is_str(words(&entry, "ann"), "killed by SIGTERM", "but once");

    entry = (struct sv_journal_entry){.event = SV_EVENT_STARTED,
                                      .cause = SV_CAUSE_SUPERVISE,
                                      .pid = 12};
    is_str(words(&entry, 0), "supervise started, pid 12", "the pid of who has come");
    entry.cause = SV_CAUSE_NONE;
    is_str(words(&entry, 0), "pid 12", "without a cause, that alone");
    entry.pid = 0;
    is_str(words(&entry, 0), "", "or nothing");

    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = 0;
    for (unsigned int event = 0; event < SV_EVENT_COUNT; event++)
        for (unsigned int cause = 0; cause < SV_CAUSE_COUNT; cause++)
            for (unsigned int ending = 0; ending < SV_ENDING_COUNT; ending++) {
                entry = (struct sv_journal_entry){.event = (uint8_t)event,
                                                  .cause = (uint8_t)cause,
                                                  .ending = (uint8_t)ending,
                                                  .cause_detail = UINT32_MAX,
                                                  .ending_value = UINT32_MAX,
                                                  .pid = UINT32_MAX};
                expect(strlen(words(&entry, name)) < sizeof text - 1,
                       "event %u, cause %u, ending %u fit", event, cause, ending);
            }
    ok(1, "whatever happened fits");
    return done();
}
