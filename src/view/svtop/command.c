/* ISC license. */

/* Tells a supervise something, as svc does. */

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <sv/clock.h>
#include <sv/control.h>
#include <sv/controlfifo.h>
#include <sv/errortext.h>
#include <sv/statedir.h>

#include "svtop.h"

#define PATIENCE_MS 200 /* for a full FIFO: nobody wants to look at a dead screen */

/* Other suites do not know `r`; a service that is sent TERM is started again. */
static unsigned char translate(struct service const *service, unsigned char byte)
{
    return byte == 'r' && !service->is_ours ? 't' : byte;
}

/* One of ours is told who asks. Returns 1; 0 with errno. */
static int tell(struct service const *service, unsigned char byte)
{
    unsigned char bytes[SV_CONTROL_MARK + 1];
    size_t length = service->is_ours ? SV_CONTROL_MARK : 0;
    int dir = sv_statedir_find(service->path, 0);
    int fifo = dir < 0 ? -1 : sv_controlfifo_open(dir, "control");
    int done = 0;

    if (length) sv_control_mark(bytes, 1, getuid());
    bytes[length++] = byte;
    if (fifo >= 0)
        done = sv_controlfifo_write(fifo, bytes, length,
                                    sv_clock_monotonic_ms() + PATIENCE_MS);
    int error_number = errno;
    if (fifo >= 0) (void)close(fifo); /* all or nothing has been written */
    if (dir >= 0) (void)close(dir);   /* only a place */
    errno = error_number;
    return done;
}

void svtop_command(struct svtop *top, unsigned char byte)
{
    struct service *service = top->selected;
    char name[SV_VISIBLE_ROOM(64)];

    if (!service) return;
    byte = translate(service, byte);
    (void)sv_visible(name, 64, service->name, strlen(service->name), top->utf8);
    int done = tell(service, byte);
    char const *why = errno == ENXIO ? "supervise not running" : sv_errortext(errno);
    *top->message = 0;
    svtop_say(top, done ? "told " : "unable to control ");
    svtop_say(top, name);
    svtop_say(top, ": ");
    svtop_say(top, done ? sv_control_words[sv_control_find(byte)].option : why);
}
