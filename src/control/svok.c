/* ISC license. */

/*
 * svok: exits 0 if supervise is running on DIR, 100 if it is not, 111 on trouble.
 */

#include <string.h>
#include <unistd.h>

#include <sv/controlfifo.h>
#include <sv/message.h>
#include <sv/personality.h>
#include <sv/statedir.h>

#define USAGE "svok dir"
#define OK_NAME "/ok"

char const *PROG = "svok";

int main(int argc, char const *const *argv)
{
    char path[SV_STATEDIR_MAX + sizeof OK_NAME];

    if (argc < 2) sv_dieusage(100, USAGE);
    char const *directory = argv[1];
    if (chdir(directory) < 0) sv_dieusys(111, "chdir to ", directory);
    int length = sv_statedir_path(path, SV_STATEDIR_MAX);
    if (length < 0) sv_dieusys(111, "setup control path for ", directory);
    memcpy(path + length, OK_NAME, sizeof OK_NAME);

    int listening = sv_controlfifo_listening(path);
    if (listening < 0 && sv_personality() == SV_PERSONALITY_DJB)
        sv_dieusys(111, "open ", directory, "/", path);
    if (listening < 0) sv_dieusys(111, "open ", path);
    return listening ? 0 : 100;
}
