/* ISC license. */

#include <errno.h>
#include <signal.h>

#include <sv/causetext.h>

#include "tap.h"

static char const *cause(enum sv_cause_kind kind, uint32_t detail, uint32_t uid)
{
    static char text[SV_CAUSETEXT];

    sv_causetext(text, kind, detail, uid);
    return text;
}

static char const *ending(enum sv_ending kind, uint32_t value)
{
    static char text[SV_CAUSETEXT];

    sv_causetext_ending(text, kind, value);
    return text;
}

int main(void)
{
    is_str(cause(SV_CAUSE_COMMAND, 'd', 0), "svc -d by uid 0",
           "a command as it is typed");
    is_str(cause(SV_CAUSE_COMMAND, 'r', UINT32_MAX), "svc --restart",
           "with its long option where that is the only one; by nobody in particular");
    is_str(cause(SV_CAUSE_COMMAND, '~', 5), "command 126 by uid 5", "or as a number");
    is_str(cause(SV_CAUSE_EXIT, 3, 0), "exit code 3", "an exit code");
    is_str(cause(SV_CAUSE_KILLED, SIGTERM, 0), "killed by SIGTERM", "a signal");
    is_str(cause(SV_CAUSE_KILLED, 60, 0), "killed by SIG60", "one without a name");
    is_str(cause(SV_CAUSE_EXEC, EACCES, 0), "unable to execute: access denied",
           "an error in daemontools' words");
    is_str(cause(SV_CAUSE_WATCHDOG, 0, 0), "watchdog not fed in time", "other causes");
    is_str(ending(SV_ENDING_NONE, 0), "", "no end is nothing");
    is_str(ending(SV_ENDING_EXIT, 0), "exit code 0", "how a run ended");
    is_str(ending(SV_ENDING_SIGNAL, SIGKILL), "killed by SIGKILL", "by a signal");
    is_str(ending(SV_ENDING_EXEC, ENOENT), "unable to execute ./run: file does not exist",
           "before it began");
    is_str(ending(SV_ENDING_UNKNOWN, 0), "ended unseen", "seen by nobody");
    for (unsigned int kind = 0; kind < SV_CAUSE_COUNT; kind++)
        expect(strlen(cause((enum sv_cause_kind)kind, UINT32_MAX, 4000000000u))
                   < SV_CAUSETEXT - 1,
               "the words for cause %u fit", kind);
    return done();
}
