/* ISC license. */

/*
 * svscanctl: tells the svscan of DIR what to do, in letters. Exits 0 when they have been
 * sent, 100 if no svscan runs there or a letter is unknown, 111 on trouble.
 */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include <skalibs/allreadwrite.h>
#include <skalibs/sig.h>

#include <sv/about.h>
#include <sv/controlfifo.h>
#include <sv/message.h>
#include <sv/scancontrol.h>

#define USAGE "svscanctl dir letter ..."
#define FIFO "/" SV_SCANCONTROL_DIR "/" SV_SCANCONTROL_FIFO

static void print_help(void)
{
    sv_about_say("usage: " USAGE "\n\n");
#define SVSCANCTL_SAY(name, byte, meaning) \
    sv_about_say((char const[]){' ', ' ', byte, ' ', ' ', 0}); \
    sv_about_say(meaning "\n");
    SV_SCANCONTROLS(SVSCANCTL_SAY)
#undef SVSCANCTL_SAY
    _exit(0);
}

/* Checks all letters of an argument; a '-' before them is a habit from s6-svscanctl. */
static char const *letters_of(char const *argument)
{
    char const *letters = *argument == '-' ? argument + 1 : argument;

    if (!*letters) sv_dieusage(100, USAGE);
    for (char const *letter = letters; *letter; letter++) {
        char const shown[2] = {*letter, 0};
        if (sv_scancontrol_find((unsigned char)*letter) != SV_SCANCONTROL_COUNT) continue;
        strerr_warn(PROG, ": illegal letter -- ", shown);
        sv_dieusage(100, USAGE);
    }
    return letters;
}

static int open_control(char const *dir)
{
    char path[PATH_MAX];
    size_t length = strlen(dir);

    if (length + sizeof FIFO > sizeof path) {
        errno = ENAMETOOLONG;
        sv_dieusys(100, "control ", dir);
    }
    memcpy(path, dir, length);
    memcpy(path + length, FIFO, sizeof FIFO);
    int fd = sv_controlfifo_open(AT_FDCWD, path);
    if (fd >= 0) return fd;
    if (errno == ENXIO || (errno == ENOENT && !access(dir, F_OK)))
        sv_dieu(100, "control ", dir, ": svscan not running");
    sv_dieusys(errno == ENOENT || errno == ENOTDIR ? 100 : 111, "control ", dir);
}

int main(int argc, char const *const *argv)
{
    PROG = "svscanctl";
    if (argc == 2 && !strcmp(argv[1], "--help")) print_help();
    sv_about(argv, "usage: " USAGE "\n");
    if (argc < 3) sv_dieusage(100, USAGE);
    for (int i = 2; i < argc; i++)
        (void)letters_of(argv[i]); /* all, before any is sent */

    int fd = open_control(argv[1]);
    (void)sig_ignore(SIGPIPE); /* it may end meanwhile */
    for (int i = 2; i < argc; i++) {
        char const *letters = letters_of(argv[i]);
        if (allwrite(fd, letters, strlen(letters)) == strlen(letters)) continue;
        if (errno == EPIPE) sv_dieu(100, "control ", argv[1], ": svscan not running");
        sv_dieusys(111, "control ", argv[1]);
    }
    return 0;
}
