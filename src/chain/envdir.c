/* ISC license. */

/*
 * envdir: runs a program with an environment changed as the files of a directory say.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <skalibs/stralloc.h>

#include <sv/chain.h>
#include <sv/envedit.h>
#include <sv/message.h>
#include <sv/openat.h>
#include <sv/option.h>
#include <sv/personality.h>

#include "config.h"

#define USAGE_DJB "envdir dir child"
#define USAGE_ENCORE "envdir [ -p prefix ] dir child"
#define USAGE "envdir [-I | -i] [-n] [-f] [-L] [-c char] [-p prefix] dir child"

char const *PROG = "envdir";

enum { OPTION_HELP = SV_OPTION_LONG, OPTION_VERSION };

static struct sv_option_word const words[] = {
    {"help", OPTION_HELP, SV_OPTION_NONE},
    {"version", OPTION_VERSION, SV_OPTION_NONE},
    {"prefix", 'p', SV_OPTION_REQUIRED},
    {"loose", 'I', SV_OPTION_NONE},
    {0},
};

struct choice {
    char const *prefix;
    struct sv_envedit_cut cut;
    unsigned int loose : 1; /* there need not be such a directory */
};

static _Noreturn void print_help(void)
{
    sv_chain_tell("usage: " USAGE "\n\n"
                  "  -p, --prefix PREFIX  put before the name of each variable\n"
                  "  -I, --loose          there need not be such a directory\n"
                  "  -i                   there must be (default)\n"
                  "  -f                   the whole file, not just its first line\n"
                  "  -n                   keep blanks at the end, with -f the newline\n"
                  "  -c CHAR              put in place of each NUL; default newline\n"
                  "  -L                   of any size: always so\n"
                  "      --help           this text\n"
                  "      --version        which upkeep this is\n");
}

static _Noreturn void die_usage(void)
{
    sv_dieusage(111, sv_personality() == SV_PERSONALITY_DJB ? USAGE_DJB : USAGE_ENCORE);
}

static void read_options(int *argc, char const *const **argv, struct choice *choice)
{
    struct sv_options options = SV_OPTIONS("p:Iinfc:L", words);
    int option;

    while ((option = sv_option_next(&options, *argc, *argv)) != SV_OPTION_END)
        switch (option) {
        case 'p': choice->prefix = options.value; break;
        case 'I': choice->loose = 1; break;
        case 'i': choice->loose = 0; break;
        case 'n': choice->cut.blanks = 1; break;
        case 'f': choice->cut.whole = 1; break;
        case 'L': break;
        case 'c':
            if (strlen(options.value) != 1) die_usage();
            choice->cut.null_is = *options.value;
            break;
        case OPTION_HELP: print_help();
        case OPTION_VERSION: sv_chain_tell("envdir (upkeep) " SV_VERSION "\n");
        case SV_OPTION_WRONG: sv_option_complain(&options); die_usage();
        }
    *argc -= options.index - 1, *argv += options.index - 1;
}

/* Null if there is no such directory and need not be. */
static DIR *open_directory(char const *name, int is_loose)
{
    int place = sv_openat(AT_FDCWD, name, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);

    if (place < 0 && errno == ENOENT && is_loose) return 0;
    if (place < 0 || faccessat(place, ".", X_OK, AT_EACCESS) < 0)
        sv_dieusys(111, "switch to directory ", name);
    int fd = sv_openat(place, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    DIR *directory = fd < 0 ? 0 : fdopendir(fd);
    if (!directory) sv_dieusys(111, "read directory ", name);
    close(place);
    return directory;
}

static void read_directory(char const *name, struct choice const *choice, stralloc *edits)
{
    DIR *directory = open_directory(name, choice->loose);
    stralloc content = STRALLOC_ZERO;
    struct dirent *entry;

    if (!directory) return;
    while (errno = 0, (entry = readdir(directory)) != 0) {
        if (*entry->d_name == '.') continue;
        if (sv_chain_read(dirfd(directory), entry->d_name, &content) < 0) {
            /* Gone since, or a link to nothing: as if empty. daemontools goes on, too. */
            if (errno != ENOENT) sv_dieusys(111, "read ", name, "/", entry->d_name);
            content.len = 0;
        }
        char const *value = content.len ? content.s : 0;
        size_t length =
            value ? sv_envedit_value(content.s, content.len, &choice->cut) : 0;
        if (!sv_chain_set(edits, choice->prefix, entry->d_name, value, length))
            sv_die(111, "out of memory");
    }
    if (errno) sv_dieusys(111, "read directory ", name);
    closedir(directory);
    stralloc_free(&content);
}

int main(int argc, char const *const *argv)
{
    struct choice choice = {.prefix = "", .cut = {.null_is = '\n'}};
    stralloc edits = STRALLOC_ZERO;

    /* daemontools knows no options: a directory's name may begin with a dash. */
    if (sv_personality() != SV_PERSONALITY_DJB
        || (argc > 1 && !strncmp(argv[1], "--", 2)))
        read_options(&argc, &argv, &choice);
    if (argc < 3) die_usage();
    read_directory(argv[1], &choice, &edits);
    sv_chain_run(argv + 2, &edits);
    sv_dieusys(111, "run ", argv[2]);
}
