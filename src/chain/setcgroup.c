/* ISC license. */

/*
 * setcgroup: becomes a program in another cgroup (version 2), with settings of that, such
 * as limits. It is made if need be. If anything fails, we are back where we were,
 * controllers that we have turned on are off again, cgroups that we have made are gone;
 * only what was written to files of a cgroup that was there before stays.
 */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <skalibs/allreadwrite.h>

#include <sv/about.h>
#include <sv/cgroup.h>
#include <sv/cgroupsetting.h>
#include <sv/chain.h>
#include <sv/message.h>
#include <sv/openat.h>
#include <sv/text.h>

#define USAGE "setcgroup cgroup [file=value ...] child"
#define HELP \
    "usage: " USAGE "\n\n" \
    "  cgroup      . is the one that we are in; a name, a/b: below that, made if\n" \
    "              need be; /a/b: from the top\n" \
    "  file=value  is written there, as memory.max=512M pids.max=100\n"

#define DEPTH 16     /* cgroups in one another, from where we begin */
#define TURNED_ON 16 /* more controllers than there are */
#define MEMBERS "cgroup.procs"
#define SWITCH "cgroup.subtree_control"

char const *PROG = "setcgroup";

/* The way down; levels[0] is where it begins, levels[depth] the one that is meant. */
static struct level {
    int fd;
    char name[NAME_MAX + 1];                          /* in the level above */
    unsigned int is_made : 1;                         /* by us */
    char turned_on[TURNED_ON][SV_CGROUPSETTING_FILE]; /* controllers, for what is below */
    unsigned int turned_on_count;
} levels[DEPTH];
static unsigned int depth;

static char const *wanted; /* as it was given */
static int home = -1;      /* where we came from */
static int has_left;       /* we are not there */

/* Returns 1, or 0 with errno. What is in cgroups is written at once or not at all. An
 * empty value is an empty line: no bytes at all would not get there. */
static int write_file(int cgroup, char const *file, char const *value)
{
    if (!*value) value = "\n";
    size_t length = strlen(value);
    int fd = sv_openat(cgroup, file, O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0);

    if (fd < 0) return 0;
    int done = fd_write(fd, value, length) == (ssize_t)length;
    int reason = errno;
    (void)close(fd); /* see above */
    errno = reason;
    return done;
}

/* Turns a controller on or off for what is below. Returns 1, or 0 with errno. */
static int turn(int cgroup, char sign, char const *controller)
{
    char text[1 + SV_CGROUPSETTING_FILE] = {sign, 0};

    sv_text_append(text, sizeof text, controller);
    return write_file(cgroup, SWITCH, text);
}

/* What cannot be undone stays: something else has failed already, and is told. */
static void undo(void)
{
    int reason = errno;

    for (unsigned int i = depth + 1; i--;)
        while (levels[i].turned_on_count)
            (void)turn(levels[i].fd, '-',
                       levels[i].turned_on[--levels[i].turned_on_count]);
    if (has_left) (void)write_file(home, MEMBERS, "0");
    for (unsigned int i = depth; i; i--)
        if (levels[i].is_made)
            (void)unlinkat(levels[i - 1].fd, levels[i].name, AT_REMOVEDIR);
    errno = reason;
}

/* `more`: behind the reason, perhaps what is to be done about it. */
static _Noreturn void fail(char const *verb, char const *object, char const *more)
{
    undo();
    sv_dieu(111, verb, object, ": ", sv_errortext(errno), more);
}

static char const *remedy(void)
{
    if (errno == EAGAIN)
        return ": cgroup.max.depth or cgroup.max.descendants above allows no more";
    if (errno == EACCES || errno == EPERM)
        return ": whoever is not root needs a cgroup that has been given to it, and must "
               "be in there already";
    if (errno == EROFS) return ": cgroups are mounted read-only here, as in a container";
    return "";
}

/* Where the way begins: the top, or the cgroup that we are in. */
static void begin(void)
{
    char own[SV_CGROUP_PATH];

    if (!sv_cgroup_of(0, own) || (home = sv_cgroup_open(own)) < 0)
        sv_dieu(111, "find our cgroup: no hierarchy of version 2 is mounted here");
    levels[0].fd = *wanted == '/' ? sv_cgroup_open("/") : home;
    if (levels[0].fd < 0)
        sv_dieu(111, "find cgroup ", wanted,
                ": the top of the hierarchy is not seen here");
}

/* Goes to one that is in the last level, which is made if need be. */
static void descend(char const *name, size_t length)
{
    struct level *above = levels + depth, *level = above + 1;

    if (depth + 1 == DEPTH || length > NAME_MAX) {
        errno = ENAMETOOLONG;
        fail("go to cgroup ", wanted, "");
    }
    memcpy(level->name, name, length);
    level->name[length] = 0;
    int made = mkdirat(above->fd, level->name, 0755);
    if (made < 0 && errno != EEXIST) fail("make cgroup ", wanted, remedy());
    level->is_made = !made;
    level->fd = sv_openat(above->fd, level->name,
                          O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
    depth++;
    if (level->fd < 0) fail("open cgroup ", wanted, "");
}

static void go(void)
{
    char const *at = wanted;

    begin();
    if (!strcmp(wanted, ".")) return;
    for (;;) {
        at += strspn(at, "/");
        size_t length = strcspn(at, "/");
        if (!length) break;
        descend(at, length);
        at += length;
    }
    if (!write_file(levels[depth].fd, MEMBERS, "0"))
        fail("enter cgroup ", wanted,
             errno == EBUSY
                 ? ": it has handed controllers on to those below it, and then "
                   "nobody may be in it"
                 : remedy());
    has_left = 1;
}

static _Noreturn void die_turning(char const *controller)
{
    char verb[SV_CGROUPSETTING_FILE + sizeof "turn on  for cgroup "] = "turn on ";

    sv_text_append(verb, sizeof verb, controller);
    sv_text_append(verb, sizeof verb, " for cgroup ");
    if (errno == EBUSY)
        fail(verb, wanted,
             ": there are processes in the cgroup above; they would have to be in one of "
             "their own");
    if (errno == ENOENT || errno == EINVAL)
        fail(verb, wanted, ": there is no such controller, or it is not turned on above");
    fail(verb, wanted, remedy());
}

/* The file is not there: perhaps its controller is only not turned on, all the way. */
static void turn_on(struct sv_cgroupsetting const *setting)
{
    struct stat about;

    for (struct level *level = levels; level < levels + depth; level++) {
        if (!fstatat(level[1].fd, setting->file, &about, 0)) continue;
        if (level->turned_on_count == TURNED_ON
            || !turn(level->fd, '+', setting->controller))
            die_turning(setting->controller);
        strcpy(level->turned_on[level->turned_on_count++], setting->controller);
    }
}

static void write_setting(char const *word)
{
    struct sv_cgroupsetting setting;
    int cgroup = levels[depth].fd;

    (void)sv_cgroupsetting_scan(word, &setting); /* main() has asked */
    if (write_file(cgroup, setting.file, setting.value)) return;
    if (errno == ENOENT && *setting.controller && depth) {
        turn_on(&setting);
        if (write_file(cgroup, setting.file, setting.value)) return;
    }
    if (errno == ENOENT)
        fail("set ", word,
             ": no such file in a cgroup, or its controller is not turned on in " SWITCH
             " above");
    if (errno == EINVAL || errno == ERANGE)
        fail("set ", word, ": the kernel does not take that value");
    fail("set ", word, remedy());
}

/* Refuses what leads elsewhere. */
static void check_name(void)
{
    char const *at = wanted;

    if (!strcmp(wanted, ".")) return;
    if (!*wanted) sv_die(100, "a cgroup has a name: . is the one that we are in");
    for (; *at; at += strcspn(at, "/")) {
        at += strspn(at, "/");
        size_t length = strcspn(at, "/");
        if ((length == 1 && *at == '.') || (length == 2 && !memcmp(at, "..", 2)))
            sv_die(100, wanted, " is no cgroup: . stands alone, and there is no ..");
    }
}

int main(int argc, char const *const *argv)
{
    struct sv_cgroupsetting setting;
    int first = 2, next = first;

    sv_about(argv, HELP);
    if (argc < 3) sv_dieusage(100, USAGE);
    while (next < argc && sv_cgroupsetting_scan(argv[next], &setting)) next++;
    if (next == argc) sv_dieusage(100, USAGE);
    wanted = argv[1];
    check_name();
    go();
    for (int i = first; i < next; i++) write_setting(argv[i]);
    (void)sv_chain_run(argv + next, 0); /* if it returns it has failed */
    undo();
    sv_dieusys(111, "run ", argv[next]);
}
