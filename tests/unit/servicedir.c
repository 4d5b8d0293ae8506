/* ISC license. */

/* The names of a service directory: what is known of them, and when it is not. */

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sv/clock.h>
#include <sv/servicedir.h>

#include "tap.h"

#define PATIENCE_MS 20000 /* for failure only */
#define NOBODY 65534

static char place[4096];
static struct sv_servicedir_absent absent;
static struct sv_settings settings;
static uint32_t unusable;

static void die(char const *what)
{
    perror(what);
    exit(111);
}

static void write_at(int dir, char const *name, char const *text)
{
    int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

    if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text)) die(name);
    close(fd);
}

/* A new service directory below the working directory, O_PATH as supervise has it. */
static int make_dir(char const *name)
{
    if (mkdir(name, 0755) < 0) die(name);
    int dir = open(name, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0) die(name);
    absent = (struct sv_servicedir_absent){0};
    return dir;
}

static int load(int dir)
{
    enum sv_setting failed;

    return sv_servicedir_settings(dir, &absent, &settings, &unusable, &failed);
}

/* Until the directory counts as one that has not changed for a while. */
static void settle(int dir)
{
    int64_t deadline_ms = sv_clock_monotonic_ms() + PATIENCE_MS;

    while (load(dir) && !absent.is_settled && sv_clock_monotonic_ms() < deadline_ms)
        (void)poll(0, 0, 10);
    ok(absent.is_settled, "a directory that nobody changes is settled");
}

static int may_have(enum sv_servicedir_entry entry)
{
    return sv_servicedir_may_have(&absent, entry);
}

static void known_names(void)
{
    int dir = make_dir("known");

    is_int(may_have(SV_SERVICEDIR_FINISH), 1, "at first everything is possible");
    write_at(dir, "timeout-kill", "7\n");
    if (mkdirat(dir, "control", 0755) < 0) die("control");
    is_int(load(dir), 1, "the options are read");
    is_int(settings.timeout_kill_ms, 7, "an option that is there counts");
    is_int(settings.timeout_finish_ms, 5000, "one that is not is at its default");
    is_int(unusable, 0, "all can be used");
    is_int(may_have(SV_SERVICEDIR_FINISH), 0, "there is no finish");
    is_int(may_have(SV_SERVICEDIR_CHECK), 0, "and no check");
    is_int(may_have(SV_SERVICEDIR_CONTROL), 1, "but control");
    close(dir);
}

/* What comes while the directory is young and what comes later. */
static void names_that_come(void)
{
    int dir = make_dir("coming");

    load(dir);
    write_at(dir, "timeout-kill", "8\n");
    load(dir);
    is_int(settings.timeout_kill_ms, 8, "what comes at once is seen");
    settle(dir);
    load(dir);
    is_int(may_have(SV_SERVICEDIR_FINISH), 0, "nothing has come");
    is_int(may_have(SV_SERVICEDIR_NEEDS), 0, "nor that");
    write_at(dir, "timeout-finish", "9\n");
    if (symlinkat("nowhere", dir, "finish") < 0) die("finish");
    load(dir);
    is_int(settings.timeout_finish_ms, 9, "what comes later is seen");
    is_int(may_have(SV_SERVICEDIR_FINISH), 1, "a link to nowhere is a name");
    is_int(may_have(SV_SERVICEDIR_NEEDS), 0, "and the only one that came");
    settle(dir);
    if (unlinkat(dir, "finish", 0) < 0 || unlinkat(dir, "timeout-kill", 0) < 0)
        die("unlink");
    load(dir);
    is_int(may_have(SV_SERVICEDIR_FINISH), 0, "what goes is seen");
    is_int(settings.timeout_kill_ms, 0, "and its default is used");
    close(dir);
}

static void odd_names(void)
{
    int dir = make_dir("odd");

    if (symlinkat("../target", dir, "timeout-kill") < 0 || mkfifoat(dir, "restart", 0600)
        || mkdirat(dir, "expect", 0755) < 0 || symlinkat("nowhere", dir, "watchdog") < 0)
        die("odd");
    write_at(AT_FDCWD, "target", "10\n");
    is_int(load(dir), 1, "odd files are no trouble");
    is_int(settings.timeout_kill_ms, 10, "a link is followed");
    is_int(unusable, 1u << SV_SETTING_RESTART | 1u << SV_SETTING_EXPECT,
           "a FIFO and a directory cannot be used, a link to nowhere is nothing");
    write_at(dir, "Finish", "");
    load(dir);
    is_int(may_have(SV_SERVICEDIR_FINISH), 1,
           "other letters may be the same name, here or elsewhere");
    is_int(may_have(SV_SERVICEDIR_CHECK), 0, "of another name");
    write_at(dir, "chec\xE2\x84\xAA", "");
    load(dir);
    is_int(may_have(SV_SERVICEDIR_CHECK), 1, "so may letters that are not ASCII's");
    close(dir);
}

/* With few names and with so many that they are not read. */
static void many_names(unsigned int count, int too_many)
{
    char name[300];
    int dir = make_dir(too_many ? "crowd" : "some");

    for (unsigned int i = 0; i < count; i++) {
        memset(name, 'x', 200); /* not all fit into one reading */
        snprintf(name + 200, sizeof name - 200, "%u", i);
        write_at(dir, name, "");
    }
    write_at(dir, "timeout-kill", "11\n");
    is_int(load(dir), 1, "%u names", count);
    is_int(settings.timeout_kill_ms, 11, "the option among them counts");
    is_int(may_have(SV_SERVICEDIR_FINISH), too_many,
           too_many ? "and the rest is open" : "and finish is not among them");
    settle(dir);
    write_at(dir, "timeout-finish", "12\n");
    load(dir);
    is_int(settings.timeout_finish_ms, 12, "another one that comes later, too");
    close(dir);
}

/* 0 if all is as it should be there; as nobody, whom rights concern. */
static int in_the_dark(int dir)
{
    if (!geteuid() && (setgid(NOBODY) < 0 || setuid(NOBODY) < 0)) return 1;
    if (!load(dir)) return 2;
    if (settings.timeout_kill_ms != 13) return 3;
    if (unusable) return 4;
    if (!may_have(SV_SERVICEDIR_FINISH)) return 5;
    return 0;
}

static void unreadable(void)
{
    int dir = make_dir("dark");
    int wait_status;

    write_at(dir, "timeout-kill", "13\n");
    if (chmod("dark", 0311) < 0) die("dark");
    pid_t pid = fork();
    if (!pid) _exit(in_the_dark(dir));
    waitpid(pid, &wait_status, 0);
    is_int(wait_status, 0, "where names cannot be read, each option is tried");
    chmod("dark", 0755);
    close(dir);
}

static void a_directory_that_goes(void)
{
    int dir = make_dir("gone");

    if (rmdir("gone") < 0) die("gone");
    is_int(load(dir), 1, "a directory that is gone has no options");
    is_int(unusable, 0, "and none that cannot be used");
    is_int(may_have(SV_SERVICEDIR_FINISH), 1, "of it nothing is known");
    close(dir);
}

int main(void)
{
    char const *base = getenv("TMPDIR");

    umask(022);
    snprintf(place, sizeof place, "%s/servicedir.XXXXXX", base && *base ? base : "/tmp");
    if (!mkdtemp(place) || chdir(place) < 0 || chmod(".", 0755) < 0) die(place);
    known_names();
    names_that_come();
    odd_names();
    many_names(40, 0);
    many_names(200, 1);
    unreadable();
    a_directory_that_goes();
    if (chdir("/") == 0 && fork() == 0) {
        execlp("rm", "rm", "-r", place, (char *)0);
        _exit(111);
    }
    wait(0);
    return done();
}
