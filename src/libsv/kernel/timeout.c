/* ISC license. */

#include <skalibs/types.h>

#include <sv/message.h>
#include <sv/timeout.h>

int64_t sv_timeout_read(char const *text)
{
    unsigned int milliseconds;

    if (!uint0_scan(text, &milliseconds))
        sv_die(100, "timeout is not in milliseconds: ", text);
    return milliseconds;
}
