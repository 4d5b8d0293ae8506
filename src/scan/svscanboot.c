/* ISC license. */

/*
 * svscanboot: becomes an svscan for the services of the machine, with a nearly empty
 * environment, nothing on its standard descriptors, and a log that readproctitle shows in
 * the list of processes.
 *
 * That log is a service like any other: SCANDIR/.svscan/readproctitle, whose run names
 * this program as its interpreter, which becomes readproctitle. So there is nobody here
 * to be killed: svscan keeps the pipe and starts what has died, and an svscan that is
 * started again by init takes all of it over.
 */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <skalibs/allreadwrite.h>
#include <skalibs/djbunix.h>
#include <skalibs/stralloc.h>

#include <sv/about.h>
#include <sv/chain.h>
#include <sv/handover.h>
#include <sv/message.h>
#include <sv/openat.h>
#include <sv/option.h>
#include <sv/scancontrol.h>

#define USAGE "svscanboot [dir]"
#define SEARCH \
    "PATH=/command:/usr/local/bin:/usr/local/sbin:/bin:/sbin:/usr/bin:/usr/sbin:" \
    "/usr/X11R6/bin"
#define DIRECTORY "/service"
#define OTHER_DIRECTORY "/etc/service"
#define LOGGER "readproctitle" /* the program, and its service in .svscan */
#define SHOW "show"
#define TITLE_LENGTH 400
#define INTERPRETER_MOST 250 /* the kernel reads no more than 256 bytes of #! */

char const *PROG = "svscanboot";

enum { OPTION_HELP = SV_OPTION_LONG, OPTION_VERSION, OPTION_SHOW };

static struct sv_option_word const words[] = {
    {"help", OPTION_HELP, SV_OPTION_NONE},
    {"version", OPTION_VERSION, SV_OPTION_NONE},
    {SHOW, OPTION_SHOW, SV_OPTION_NONE},
    {0},
};

/*
 * Becomes the program: the one beside our own file, else the first in PATH. Returns if
 * that fails, with errno.
 */
static void become(char const **argv)
{
    static char path[PATH_MAX + NAME_MAX];
    char const *name = argv[0];

    if (sv_handover_path(path, PATH_MAX)) {
        strcpy(strrchr(path, '/') + 1, name); /* it is absolute, and there is room */
        (void)execv(path, (char *const *)argv);
        if (errno != ENOENT) return;
    }
    (void)sv_chain_run(argv, 0);
}

/* What is the run of the log. */
static void show(void)
{
    static char title[TITLE_LENGTH + 1];
    char const *argv[] = {LOGGER, "service", "errors:", title, 0};

    memset(title, '.', TITLE_LENGTH);
    become(argv);
    sv_dieusys(111, "run " LOGGER);
}

/* The log ---------------------------------------------------------------------------- */

/* Makes the directory `name` in `dir`, and opens it. Closes `dir`. -1 with errno. */
static int enter(int dir, char const *name)
{
    if (dir < 0) return -1;
    int made = !mkdirat(dir, name, 0700);
    int error_number = made ? 0 : errno;
    int fd = sv_openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
    if (fd >= 0) error_number = 0;
    if (!error_number && fd < 0) error_number = errno;
    (void)close(dir); /* only a place */
    errno = error_number;
    return fd;
}

/* The run that is wanted: 1; 0 with errno. */
static int compose(stralloc *run)
{
    static char path[PATH_MAX];

    if (!sv_handover_path(path, sizeof path)) return 0;
    errno = ENAMETOOLONG;
    if (strlen(path) > INTERPRETER_MOST - sizeof "#! --" SHOW "\n") return 0;
    errno = EINVAL;
    if (strpbrk(path, " \t\n")) return 0;
    errno = ENOMEM;
    return stralloc_cats(run, "#!") && stralloc_cats(run, path)
           && stralloc_cats(run, " --" SHOW "\n");
}

static int is_there(int dir, stralloc const *run)
{
    stralloc found = STRALLOC_ZERO;

    return sv_chain_read(dir, "run", &found) > 0 && found.len == run->len
           && !memcmp(found.s, run->s, run->len) && !faccessat(dir, "run", X_OK, 0);
}

static int write_run(int dir, stralloc const *run)
{
    int fd = sv_openat(dir, "run.new",
                       O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0700);

    if (fd < 0) return 0;
    int written =
        allwrite(fd, run->s, run->len) == run->len && !fchmod(fd, 0700) && !fsync(fd);
    int error_number = errno;
    if (close(fd) < 0 && written) written = 0, error_number = errno;
    errno = error_number;
    return written && !renameat(dir, "run.new", dir, "run");
}

/* As svscan does, but here there is still somebody who can be told. */
static void check_lock(char const *scan_dir, int dir)
{
    int fd = sv_openat(dir, SV_SCANCONTROL_LOCK,
                       O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC, 0);

    if (fd < 0) return;
    if (flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK)
        sv_dieu(111, "lock ", scan_dir, "/" SV_SCANCONTROL_DIR "/" SV_SCANCONTROL_LOCK,
                ": another svscan runs there; to end it: svscanctl ", scan_dir, " t");
    (void)close(fd); /* nothing was written */
}

/* Makes the service that is the log, unless it is there. Returns 1; 0 with errno. */
static int make_log(char const *scan_dir)
{
    stralloc run = STRALLOC_ZERO;

    if (!compose(&run)) return 0;
    int dir =
        enter(open2(scan_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), SV_SCANCONTROL_DIR);
    if (dir >= 0) check_lock(scan_dir, dir);
    dir = enter(dir, LOGGER);
    if (dir < 0) return 0;
    int made = is_there(dir, &run) || write_run(dir, &run);
    int error_number = errno;
    (void)close(dir); /* only a place */
    errno = error_number;
    return made;
}

/* ------------------------------------------------------------------------------------ */

static char const *read_arguments(int argc, char const *const *argv)
{
    struct sv_options options = SV_OPTIONS("", words);
    int option;

    while ((option = sv_option_next(&options, argc, argv)) != SV_OPTION_END)
        switch (option) {
        case OPTION_HELP:
            sv_about_tell("usage: " USAGE "\n\n"
                          "Runs svscan for " DIRECTORY ", else " OTHER_DIRECTORY
                          "; what it says is shown by ps.\n"
                          "      --help     this text\n"
                          "      --version  which upkeep this is\n");
        case OPTION_VERSION: sv_about_version();
        case OPTION_SHOW: show(); break;
        case SV_OPTION_WRONG: sv_option_complain(&options); sv_dieusage(100, USAGE);
        }
    if (argc > options.index + 1) sv_dieusage(100, USAGE);
    return argv[options.index];
}

static char const *find_directory(void)
{
    if (!access(DIRECTORY, F_OK)) return DIRECTORY;
    if (!access(OTHER_DIRECTORY, F_OK)) return OTHER_DIRECTORY;
    sv_dieu(111, "find services: there is neither " DIRECTORY " nor " OTHER_DIRECTORY
                 "; make one of them, or name another one: " USAGE);
}

/* Standard input, and if there is a log the others, become /dev/null. 0 with errno. */
static int let_go(int has_log)
{
    int fd = open2("/dev/null", O_RDWR);

    if (fd < 0) return 0;
    for (int to = 0; to <= (has_log ? 2 : 0); to++)
        if (fd != to && dup2(fd, to) < 0) return 0;
    if (fd > 2) (void)close(fd); /* nothing was written */
    return 1;
}

int main(int argc, char const *const *argv)
{
    static char search[] = SEARCH;
    static char *environment[] = {search, 0};
    char const *scan_dir = read_arguments(argc, argv);

    if (!scan_dir) scan_dir = find_directory();
    if (!fd_sanitize()) sv_dieusys(111, "open /dev/null");
    environ = environment;
    if (access(scan_dir, F_OK) < 0) sv_dieusys(111, "find ", scan_dir);
    int has_log = make_log(scan_dir);
    if (!has_log)
        sv_warnu("make ", scan_dir, "/" SV_SCANCONTROL_DIR "/" LOGGER ": ",
                 sv_errortext(errno), "; messages stay on standard error");
    char const *next[] = {"svscan", scan_dir, has_log ? SV_SCANCONTROL_DIR "/" LOGGER : 0,
                          0};
    int said = fcntl(2, F_DUPFD_CLOEXEC, 3);
    if (!let_go(has_log)) sv_dieusys(111, "open /dev/null");
    become(next);
    int error_number = errno;
    if (said >= 0) (void)dup2(said, 2); /* both are open */
    errno = error_number;
    sv_dieusys(111, "run svscan");
}
