/* ISC license. */

#include <sv/nearname.h>

#include "tap.h"

int main(void)
{
    static char const *const spelled[][2] = {
        {"Down", "down"},    {"notification_fd", "notification-fd"},
        {"need", "needs"},   {"needss", "needs"},
        {"neeeds", "needs"}, {"neads", "needs"},
        {"nedes", "needs"},  {"timeuot-kill", "timeout-kill"},
        {"RUN", "run"},
    };
    static char const *const copies[][2] = {{"run~", "run"},
                                            {"run.bak", "run"},
                                            {"finish.sh", "finish"},
                                            {"Run.ORIG", "run"}};
    static char const *const others[][2] = {
        {"run", "run"},    {"rum", "run"},      {"runs", "run"},
        {"logs", "log"},   {"need", "check"},   {"nsdee", "needs"},
        {"dow", "downs."}, {"run.conf", "run"}, {"", "down"},
        {"d", "down"},     {"~", "run"},        {"control.d", "control"},
    };

    for (size_t i = 0; i < sizeof spelled / sizeof *spelled; i++)
        is_int(sv_nearname(spelled[i][0], spelled[i][1]), SV_NEARNAME_SPELLED,
               "%s was meant to be %s", spelled[i][0], spelled[i][1]);
    for (size_t i = 0; i < sizeof copies / sizeof *copies; i++)
        is_int(sv_nearname(copies[i][0], copies[i][1]), SV_NEARNAME_COPY,
               "%s is a copy of %s", copies[i][0], copies[i][1]);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        is_int(sv_nearname(others[i][0], others[i][1]), SV_NEARNAME_NONE,
               "%s is not nearly %s", others[i][0], others[i][1]);
    return done();
}
