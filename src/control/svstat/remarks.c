/* ISC license. */

/*
 * What stands in supervise/ in words: what the service waits for, and what it says about
 * itself. Anybody may have written it: no byte of it may drive a terminal.
 */

#include <stdlib.h>
#include <string.h>

#include <sv/statefile.h>

#include "svstat.h"

#define WAITING_FILE ".waiting"
#define SAID_FILE ".said"
#define SIZE 1200 /* more than supervise writes */

static char waiting[SIZE];
static char said[SIZE];

static void make_harmless(char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7F) *text = '?';
}

/* Reads the file as a string. Returns 0 if there is nothing. */
static int read_text(int dir, char const *name, char *text)
{
    ssize_t length = sv_statefile_read(dir, name, text, SIZE - 1);

    text[length > 0 ? length : 0] = 0;
    return length > 0;
}

/* Cuts the first line off *text: the line, or null. */
static char *take_line(char **text)
{
    char *line = *text, *newline = strchr(line, '\n');

    if (!*line) return 0;
    *text = newline ? newline + 1 : line + strlen(line);
    if (newline) *newline = 0;
    make_harmless(line);
    return line;
}

void svstat_read_remarks(struct reading *reading, int dir)
{
    char *rest, *line;

    if (reading->own.phase == SV_PHASE_WAITING && read_text(dir, WAITING_FILE, waiting)) {
        rest = waiting;
        reading->waiting = take_line(&rest);
    }
    if (!(reading->own.flags & SV_STATUS_SAID) || !read_text(dir, SAID_FILE, said))
        return;
    rest = said;
    while ((line = take_line(&rest))) {
        if (!strncmp(line, "STATUS=", 7)) reading->status_text = line + 7;
        if (!strncmp(line, "ERRNO=", 6)) reading->status_errno = atoi(line + 6);
    }
}
