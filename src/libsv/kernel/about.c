/* ISC license. */

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <sv/about.h>
#include <sv/message.h>
#include <sv/stream.h>

#include "config.h"

void sv_about_say(char const *text)
{
    if (sv_stream_write(1, text, strlen(text))) return;
    if (errno == EPIPE) _exit(111); /* whoever left knows */
    sv_dieusys(111, "write to standard output");
}

void sv_about_tell(char const *text)
{
    sv_about_say(text);
    _exit(0);
}

void sv_about_version(void)
{
    sv_about_say(PROG);
    sv_about_tell(" (upkeep) " SV_VERSION "\n");
}

void sv_about(char const *const *argv, char const *help)
{
    if (!argv[0] || !argv[1] || argv[2]) return;
    if (!strcmp(argv[1], "--help")) sv_about_tell(help);
    if (!strcmp(argv[1], "--version")) sv_about_version();
}
