/* ISC license. */

#include <errno.h>

#include <sv/clock.h>

#include "trouble.h"

int trouble_is_new(struct troubles *troubles, enum trouble_kind kind)
{
    int64_t now_ms = sv_clock_monotonic_ms();
    int same = troubles->list[kind].error_number == errno
               && now_ms - troubles->list[kind].met_ms < TROUBLE_OVER_MS;

    troubles->list[kind].error_number = errno;
    troubles->list[kind].met_ms = now_ms;
    return !same;
}
