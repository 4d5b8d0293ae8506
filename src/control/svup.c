/* ISC license. */

/*
 * svup: exits 0 if the service in DIR is up, 100 if it is not, 111 on trouble.
 */

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <skalibs/allreadwrite.h>

#include <sv/about.h>
#include <sv/controlfifo.h>
#include <sv/message.h>
#include <sv/openat.h>
#include <sv/option.h>
#include <sv/statedir.h>
#include <sv/status.h>

#define USAGE "svup [-L] [-l] dir"

#define STATUS_LOGGER SV_STATUS_ENCORE             /* where a logger's record begins */
#define STATUS_TWO (STATUS_LOGGER + SV_STATUS_DJB) /* so long if there is one */
#define STATUS_ROOM (STATUS_LOGGER + SV_STATUS_ENCORE)

char const *PROG = "svup";

enum { OPTION_HELP = SV_OPTION_LONG, OPTION_VERSION };

static struct sv_option_word const words[] = {
    {"help", OPTION_HELP, SV_OPTION_NONE},
    {"version", OPTION_VERSION, SV_OPTION_NONE},
    {0},
};

enum which { WHICH_BOTH, WHICH_MAIN, WHICH_LOGGER };

static void print_help(void)
{
    sv_about_tell("usage: " USAGE "\n\n"
                  "  -L  only whether the logger is up that runs in the same supervise\n"
                  "  -l  only whether the service itself is; default: both\n"
                  "      --help     this text\n"
                  "      --version  which upkeep this is\n");
}

static enum which read_options(int *argc, char const *const **argv)
{
    struct sv_options options = SV_OPTIONS("lL", words);
    enum which which = WHICH_BOTH;
    int option;

    while ((option = sv_option_next(&options, *argc, *argv)) != SV_OPTION_END)
        switch (option) {
        case 'L': which = WHICH_LOGGER; break;
        case 'l': which = WHICH_MAIN; break;
        case OPTION_HELP: print_help(); break;
        case OPTION_VERSION: sv_about_version(); break;
        case SV_OPTION_WRONG: sv_option_complain(&options); sv_dieusage(100, USAGE);
        }
    *argc -= options.index, *argv += options.index;
    if (!*argc) sv_dieusage(100, USAGE);
    return which;
}

/* Enters the service directory. Returns its state directory, whose name is in `path`. */
static int find(char const *service, char path[SV_STATEDIR_MAX])
{
    char instance[SV_INSTANCE_MAX];

    sv_statedir_instance(service, instance);
    if (chdir(service) < 0) sv_dieusys(111, "chdir to ", service);
    if (sv_statedir_path(path, SV_STATEDIR_MAX, instance) < 0)
        sv_dieusys(111, "setup control path for ", service);
    int state_dir = sv_statedir_place(AT_FDCWD, instance);
    int listening = state_dir < 0 ? -1 : sv_controlfifo_listening(state_dir, "ok");
    if (!listening || (state_dir < 0 && errno == ENOENT)) _exit(100);
    if (listening < 0)
        sv_dieu(111, "open ", path, "/ok: ", sv_errortext(errno),
                sv_statedir_remedy(errno));
    return state_dir;
}

static size_t read_status(int state_dir, char const *path, unsigned char *packed)
{
    int fd = sv_openat(state_dir, SV_STATUS_FILE,
                       O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC, 0);

    if (fd < 0 && errno == ENOENT) _exit(100);
    if (fd < 0) sv_dieusys(111, "open ", path, "/" SV_STATUS_FILE);
    ssize_t got = fd_read(fd, (char *)packed, STATUS_ROOM);
    if (got < 0) sv_dieusys(111, "read ", path, "/" SV_STATUS_FILE);
    if (got < SV_STATUS_DJB)
        sv_die(111, "bad data in ", path, "/" SV_STATUS_FILE ": truncated file");
    return (size_t)got;
}

static int is_up(unsigned char const *packed, size_t length, char const *path)
{
    struct sv_status_family family;

    if (!sv_status_unpack_family(packed, length, &family))
        sv_die(111, "bad data in ", path, "/" SV_STATUS_FILE ": no time stamp");
    return family.pid || family.state == SV_ENCORE_STARTED
           || family.state == SV_ENCORE_RUNNING;
}

int main(int argc, char const *const *argv)
{
    char path[SV_STATEDIR_MAX];
    unsigned char packed[STATUS_ROOM];
    enum which which = read_options(&argc, &argv);
    int state_dir = find(argv[0], path);
    size_t length = read_status(state_dir, path, packed);
    int has_logger = length >= STATUS_TWO;

    if (which != WHICH_LOGGER && !is_up(packed, length, path)) return 100;
    if (which == WHICH_LOGGER && !has_logger) return 100;
    if (which != WHICH_MAIN && has_logger
        && !is_up(packed + STATUS_LOGGER, length - STATUS_LOGGER, path))
        return 100;
    return 0;
}
