/* ISC license. */

/*
 * privatefs: becomes a program that sees the file system otherwise than the others do:
 * with directories for temporary files that are its own, with parts that are read-only,
 * or hidden.
 *
 * All of it is in a mount namespace of its own, which ends with its last process: so
 * there is nothing to be undone, whatever fails.
 */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <skalibs/stralloc.h>

#include <sv/about.h>
#include <sv/chain.h>
#include <sv/message.h>
#include <sv/mountinfo.h>
#include <sv/option.h>

#define USAGE "privatefs [-t] [-r path] [-w path] [-h path] child"

/* Spelled out for C libraries with older headers. */
#ifndef SYS_mount_setattr
#define SYS_mount_setattr 442
#endif
#define ATTRIBUTE_READ_ONLY 1 /* linux/mount.h: MOUNT_ATTR_RDONLY */
#define WITH_ALL_BELOW 0x8000 /* linux/fcntl.h: AT_RECURSIVE */

char const *PROG = "privatefs";

enum { OPTION_HELP = SV_OPTION_LONG, OPTION_VERSION };

static struct sv_option_word const words[] = {
    {"private-tmp", 't', SV_OPTION_NONE},
    {"read-only", 'r', SV_OPTION_REQUIRED},
    {"writable", 'w', SV_OPTION_REQUIRED},
    {"hide", 'h', SV_OPTION_REQUIRED},
    {"help", OPTION_HELP, SV_OPTION_NONE},
    {"version", OPTION_VERSION, SV_OPTION_NONE},
    {0},
};

static _Noreturn void print_help(void)
{
    sv_about_tell("usage: " USAGE "\n\n"
                  "  -t, --private-tmp     have a /tmp and a /var/tmp of its own, empty\n"
                  "  -r, --read-only=PATH  have PATH and all below read-only\n"
                  "  -w, --writable=PATH   but not this, of a part that is read-only\n"
                  "  -h, --hide=PATH       do not have PATH\n"
                  "      --help            this text\n"
                  "      --version         which upkeep this is\n"
                  "All but -t may be repeated; they are carried out in their order.\n");
}

/* Where a path leads to in the end, as mountinfo has it. */
static void resolve(char const *path, char real[PATH_MAX])
{
    if (!realpath(path, real)) sv_dieusys(111, "find ", path);
}

/* Calls visit() for each place where something is mounted: at `path` (resolved), or with
 * `below` also below it. Returns how many there are. */
static unsigned int each_mount(char const *path, int below, void visit(char const *))
{
    stralloc text = STRALLOC_ZERO;
    unsigned int count = 0;
    char point[PATH_MAX];
    size_t length = strcmp(path, "/") ? strlen(path) : 0;

    if (sv_chain_read(AT_FDCWD, "/proc/self/mountinfo", &text) < 0)
        sv_dieusys(111, "read /proc/self/mountinfo");
    for (size_t at = 0, line; at < text.len; at += line + 1) {
        struct sv_mountinfo mount;
        char const *end = memchr(text.s + at, '\n', text.len - at);
        line = end ? (size_t)(end - text.s) - at : text.len - at;
        if (!sv_mountinfo_scan(text.s + at, line, &mount)) continue;
        if (sv_mountinfo_path(point, sizeof point, &mount.point) == sizeof point)
            continue;
        int is_at = !strcmp(point, path);
        int is_below = !strncmp(point, path, length) && point[length] == '/';
        if (!is_at && !(below && is_below)) continue;
        count++;
        if (visit) visit(point);
    }
    stralloc_free(&text);
    return count;
}

/* Attributes belong to mounts: makes one of a part of another. */
static void make_mount(char const *path)
{
    if (each_mount(path, 0, 0)) return;
    if (!strcmp(path, "/"))
        sv_dieu(111, "change the root directory: it is no mount here, but a chroot");
    if (mount(path, path, 0, MS_BIND | MS_REC, 0) < 0) sv_dieusys(111, "mount ", path);
}

/* What a mount is, as mount() wants to hear it again. */
static unsigned long flags_of(char const *path, struct statvfs *about)
{
    if (statvfs(path, about) < 0) sv_dieusys(111, "find out about ", path);
    unsigned long had = about->f_flag, flags = 0;
    if (had & ST_NOSUID) flags |= MS_NOSUID;
    if (had & ST_NODEV) flags |= MS_NODEV;
    if (had & ST_NOEXEC) flags |= MS_NOEXEC;
    if (had & ST_NOATIME) flags |= MS_NOATIME;
    if (had & ST_NODIRATIME) flags |= MS_NODIRATIME;
    if (had & ST_RELATIME) flags |= MS_RELATIME;
    return flags;
}

static void remount(char const *path, unsigned long more)
{
    struct statvfs about;
    unsigned long flags = flags_of(path, &about);

    if (mount(0, path, 0, MS_REMOUNT | MS_BIND | flags | more, 0) < 0)
        sv_dieusys(111, more ? "have read-only " : "have writable ", path);
}

/* A mount that lies below another one cannot be reached, nor written to. */
static void remount_read_only(char const *path)
{
    struct stat about;

    if (!lstat(path, &about)) remount(path, MS_RDONLY);
}

/* In one call; one by one before Linux 5.12. */
static void have_read_only(char const *given)
{
    struct {
        uint64_t set, clear, propagation, userns;
    } attributes = {.set = ATTRIBUTE_READ_ONLY};
    char path[PATH_MAX];

    resolve(given, path);
    make_mount(path);
    if (!syscall(SYS_mount_setattr, AT_FDCWD, path, WITH_ALL_BELOW, &attributes,
                 sizeof attributes))
        return;
    if (errno != ENOSYS) sv_dieusys(111, "have read-only ", path);
    (void)each_mount(path, 1, remount_read_only);
}

/* Not what is mounted below: that may have been read-only for everybody. */
static void have_writable(char const *given)
{
    struct statvfs about;
    char path[PATH_MAX];

    resolve(given, path);
    make_mount(path);
    remount(path, 0);
    if (!statvfs(path, &about) && about.f_flag & ST_RDONLY)
        sv_dieu(111, "have writable ", path,
                ": its file system is read-only for everybody");
}

/* A directory becomes one that is empty and closed; a file one that cannot be opened, a
 * device where devices do not count. */
static void hide(char const *given)
{
    unsigned long const nothing = MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC;
    struct stat about;
    char path[PATH_MAX];

    resolve(given, path);
    if (stat(path, &about) < 0) sv_dieusys(111, "find ", path);
    if (S_ISDIR(about.st_mode)) {
        if (mount("privatefs", path, "tmpfs", nothing, "mode=000,size=4k,nr_inodes=2")
            < 0)
            sv_dieusys(111, "hide ", path);
        return;
    }
    if (mount("/dev/null", path, 0, MS_BIND, 0) < 0
        || mount(0, path, 0, MS_REMOUNT | MS_BIND | nothing, 0) < 0)
        sv_dieusys(111, "hide ", path);
}

/* Often the second is a link to the first, or is not there. */
static void have_private_tmp(void)
{
    static char const *const places[] = {"/tmp", "/var/tmp"};
    char path[PATH_MAX], before[PATH_MAX] = "";

    for (unsigned int i = 0; i < 2; i++) {
        if (!realpath(places[i], path) && errno == ENOENT) continue;
        resolve(places[i], path);
        if (!strcmp(path, before)) continue;
        if (mount("privatefs", path, "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777") < 0)
            sv_dieusys(111, "have a private ", path);
        strcpy(before, path);
    }
}

/* Changes nothing outside; what is mounted outside from now on is seen in here. */
static void begin(void)
{
    if (unshare(CLONE_NEWNS) < 0) {
        if (errno == EPERM)
            sv_dieu(
                111, "have a file system of our own: ", sv_errortext(errno),
                ": that is for root, or CAP_SYS_ADMIN, where no container forbids it");
        sv_dieusys(111, "have a file system of our own");
    }
    if (mount("none", "/", 0, MS_REC | MS_SLAVE, 0) < 0)
        sv_dieusys(111, "separate our file system from that of the others");
}

/* Reads the options, and does what they say if `is_check` is not set. Returns how many
 * arguments they are. */
static int read_options(int argc, char const *const *argv, int is_check)
{
    struct sv_options options = SV_OPTIONS("tr:w:h:", words);
    int option;

    while ((option = sv_option_next(&options, argc, argv)) != SV_OPTION_END) {
        if (option == SV_OPTION_WRONG) {
            sv_option_complain(&options);
            sv_dieusage(100, USAGE);
        }
        if (option == OPTION_HELP) print_help();
        if (option == OPTION_VERSION) sv_about_version();
        if (is_check) continue;
        if (option == 't') have_private_tmp();
        if (option == 'r') have_read_only(options.value);
        if (option == 'w') have_writable(options.value);
        if (option == 'h') hide(options.value);
    }
    return options.index;
}

int main(int argc, char const *const *argv)
{
    static char directory[PATH_MAX];
    int first = read_options(argc, argv, 1);

    if (first >= argc) sv_dieusage(100, USAGE);
    if (!getcwd(directory, sizeof directory)) sv_dieusys(111, "find out where we are");
    begin();
    (void)read_options(argc, argv, 0);
    /* We still are where we were, beside all that: in, the same way as others. */
    if (chdir(directory) < 0)
        sv_dieusys(111, "return to ", directory, ", which is not there any more");
    (void)sv_chain_run(argv + first, 0); /* if it returns it has failed */
    sv_dieusys(111, "run ", argv[first]);
}
