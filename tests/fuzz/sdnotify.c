/* ISC license. */

/* Any message of a service: numbers are in their range, the status lies within it. */

#include <stdlib.h>
#include <string.h>

#include <sv/sdnotify.h>

static int is_nothing(struct sv_sdnotify const *notify)
{
    return !notify->ready && !notify->reloading && !notify->stopping && !notify->watchdog
           && !notify->watchdog_trigger && !notify->barrier && !notify->has_status
           && !notify->has_errno && !notify->main_pid && !notify->has_watchdog_usec
           && !notify->has_extend_usec;
}

static void check_status(struct sv_sdnotify const *notify, char const *message,
                         size_t length)
{
    char text[9];
    char const *status = notify->status;

    if (status < message || status + notify->status_length > message + length) abort();
    if (memchr(status, 0, notify->status_length)) abort();
    if (memchr(status, '\n', notify->status_length)) abort();
    size_t copied =
        sv_sdnotify_copy_status(text, sizeof text, status, notify->status_length);
    if (copied >= sizeof text || strlen(text) != copied) abort();
    if (copied > notify->status_length) abort();
    for (size_t i = 0; i < copied; i++)
        if ((unsigned char)text[i] < ' ' || text[i] == 0x7f) abort();
}

int LLVMFuzzerTestOneInput(uint8_t const *data, size_t size)
{
    struct sv_sdnotify notify;
    char const *message = (char const *)data;

    int parsed = sv_sdnotify_parse(&notify, message, size);
    if (!parsed && (!is_nothing(&notify) || !notify.malformed)) abort();
    if (!parsed && !memchr(data, 0, size)) abort();
    if (notify.has_status) check_status(&notify, message, size);
    if (notify.main_pid < 0) abort();
    if (notify.has_errno
        && (notify.error_number < 0 || notify.error_number > SV_SDNOTIFY_ERRNO_MAX))
        abort();
    if (notify.watchdog && notify.watchdog_trigger) abort();
    if (notify.has_extend_usec
        && (sv_sdnotify_ms(notify.extend_usec) == 0) != (notify.extend_usec == 0))
        abort();
    return 0;
}
