/* ISC license. */

/*
 * setoom: becomes a program that the kernel kills sooner or later than others when memory
 * has run out: its oom_score_adj, from -1000 (never) to 1000 (before all others).
 */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <skalibs/allreadwrite.h>
#include <skalibs/types.h>

#include <sv/about.h>
#include <sv/chain.h>
#include <sv/message.h>
#include <sv/openat.h>

#define USAGE "setoom n child"
#define HELP \
    "usage: " USAGE "\n\n" \
    "  n  added to its score, from -1000 (never killed) to 1000 (killed first)\n"

#define MOST 1000
#define LONGEST 9 /* characters: int0_scan() takes -4294967295 for 1 */
#define FILE_NAME "/proc/self/oom_score_adj"

char const *PROG = "setoom";

static void set(char const *text)
{
    int fd = sv_openat(AT_FDCWD, FILE_NAME, O_WRONLY | O_CLOEXEC, 0);
    size_t length = strlen(text);

    if (fd < 0) sv_dieusys(111, "open " FILE_NAME);
    if (fd_write(fd, text, length) != (ssize_t)length) {
        if (errno == EACCES || errno == EPERM)
            sv_dieu(111, "set " FILE_NAME " to ", text, ": ", sv_errortext(errno),
                    ": less than root has given it takes CAP_SYS_RESOURCE");
        sv_dieusys(111, "set " FILE_NAME " to ", text);
    }
    (void)close(fd); /* written at once or not at all */
}

int main(int argc, char const *const *argv)
{
    int number;

    sv_about(argv, HELP);
    if (argc < 3) sv_dieusage(100, USAGE);
    if (strlen(argv[1]) > LONGEST || !int0_scan(argv[1], &number) || number < -MOST
        || number > MOST)
        sv_die(100, argv[1], " is no oom score: it is a number, -1000 to 1000");
    set(argv[1]);
    (void)sv_chain_run(argv + 2, 0); /* if it returns it has failed */
    sv_dieusys(111, "run ", argv[2]);
}
