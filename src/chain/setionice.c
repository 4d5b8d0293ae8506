/* ISC license. */

/*
 * setionice: becomes a program whose reading and writing of disks is more or less urgent
 * than that of others.
 */

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <sv/about.h>
#include <sv/chain.h>
#include <sv/ioprio.h>
#include <sv/message.h>
#include <sv/text.h>

#define USAGE "setionice class[:level] child"

#define WHO_PROCESS 1 /* linux/ioprio.h */

char const *PROG = "setionice";

static _Noreturn void print_help(void)
{
    char text[1024] = "usage: " USAGE "\n\n";

    for (unsigned int i = 0; i < sv_ioprio_class_count; i++) {
        char line[80] = "  ";
        sv_text_append(line, sizeof line, sv_ioprio_classes[i].word);
        while (strlen(line) < 15) sv_text_append(line, sizeof line, " ");
        sv_text_append(line, sizeof line, sv_ioprio_classes[i].meaning);
        sv_text_append(text, sizeof text, line);
        sv_text_append(text, sizeof text, "\n");
    }
    sv_text_append(
        text, sizeof text,
        "realtime and best-effort have levels, from 0, the most urgent, to 7;\n"
        "4 if none is given.\n");
    sv_about_tell(text);
}

static _Noreturn void die_refused(char const *text)
{
    if (errno == EPERM)
        sv_dieu(111, "set the urgency of disks to ", text, ": ", sv_errortext(errno),
                ": realtime is for root, or CAP_SYS_NICE");
    if (errno == ENOSYS)
        sv_dieu(111, "set the urgency of disks to ", text,
                ": this kernel has been built without it (CONFIG_BLOCK)");
    sv_dieusys(111, "set the urgency of disks to ", text);
}

int main(int argc, char const *const *argv)
{
    unsigned int value;

    if (argc > 1 && !strcmp(argv[1], "--help")) print_help();
    sv_about(argv, "");
    if (argc < 3) sv_dieusage(100, USAGE);
    if (!sv_ioprio_scan(argv[1], &value))
        sv_die(100, argv[1],
               " is no class of disk urgency: it is none, idle, best-effort or realtime, "
               "the last two perhaps with a level, as best-effort:7");
    if (syscall(SYS_ioprio_set, WHO_PROCESS, 0, value) < 0) die_refused(argv[1]);
    (void)sv_chain_run(argv + 2, 0); /* if it returns it has failed */
    sv_dieusys(111, "run ", argv[2]);
}
