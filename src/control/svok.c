/* ISC license. */

/*
 * svok: exits 0 if supervise is running on DIR, 100 if it is not, 111 on trouble.
 */

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <sv/about.h>
#include <sv/controlfifo.h>
#include <sv/message.h>
#include <sv/personality.h>
#include <sv/statedir.h>

#define USAGE "svok dir"

char const *PROG = "svok";

/* encore names the FIFO in its messages, daemontools its whole path. */
static void die_about(char const *directory, char const *path, int error_number)
{
    char const *before = "", *slash = "";

    if (sv_personality() == SV_PERSONALITY_DJB) before = directory, slash = "/";
    sv_dieu(111, "open ", before, slash, path, "/ok: ", sv_errortext(error_number),
            sv_statedir_remedy(error_number));
}

int main(int argc, char const *const *argv)
{
    char path[SV_STATEDIR_MAX], instance[SV_INSTANCE_MAX];

    sv_about(argv, "usage: " USAGE "\n");
    if (argc < 2) sv_dieusage(100, USAGE);
    char const *directory = argv[1];
    sv_statedir_instance(directory, instance);
    if (chdir(directory) < 0) sv_dieusys(111, "chdir to ", directory);
    if (sv_statedir_path(path, sizeof path, instance) < 0)
        sv_dieusys(111, "setup control path for ", directory);

    int state_dir = sv_statedir_place(AT_FDCWD, instance);
    if (state_dir < 0 && errno == ENOENT) return 100;
    if (state_dir < 0) die_about(directory, path, errno);
    int listening = sv_controlfifo_listening(state_dir, "ok");
    if (listening < 0) die_about(directory, path, errno);
    return listening ? 0 : 100;
}
