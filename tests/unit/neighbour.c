/* ISC license. */

/*
 * A neighbour that comes while it is being looked for is heard of: the watch is not left
 * where it would have been before.
 */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <sv/neighbour.h>

#include "tap.h"

static int scan;
static char const *comes[2]; /* directories that are made behind the next faccessat() */

/* The library's: between this look and its watch something happens. */
int faccessat(int at, char const *path, int mode, int flags)
{
    int result = (int)syscall(SYS_faccessat, at, path, mode);
    int error_number = errno;

    (void)flags;
    for (unsigned int i = 0; i < 2; i++) {
        if (comes[i] && mkdirat(scan, comes[i], 0755) < 0) diag("no %s", comes[i]);
        comes[i] = 0;
    }
    errno = error_number;
    return result;
}

/* Signals of the past do not count. */
static int is_told(time_t seconds)
{
    sigset_t set;
    struct timespec limit = {seconds, 0};

    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGIO);
    return sigtimedwait(&set, 0, &limit) == SIGIO;
}

/* Whether a record that is renamed into place in `name` is noticed. */
static int hears(char const *name)
{
    char fresh[64], record[64];
    int fd = sv_neighbour_watch(scan, name);

    (void)snprintf(fresh, sizeof fresh, "%s/supervise/.status.new", name);
    (void)snprintf(record, sizeof record, "%s/supervise/.status", name);
    while (is_told(0)) {}
    int file = openat(scan, fresh, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    close(file);
    while (is_told(0)) {}
    if (renameat(scan, fresh, scan, record) < 0) diag("no %s", record);
    int told = is_told(5);
    close(fd);
    return told;
}

int main(void)
{
    char const *base = getenv("TMPDIR");
    char place[4096];
    sigset_t set;

    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGIO);
    sigprocmask(SIG_BLOCK, &set, 0);
    snprintf(place, sizeof place, "%s/neighbour.XXXXXX", base && *base ? base : "/tmp");
    if (!mkdtemp(place)) return 111;
    scan = open(place, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    mkdirat(scan, "there", 0755);
    mkdirat(scan, "there/supervise", 0700);
    ok(hears("there"), "a neighbour with a state directory is heard of");

    mkdirat(scan, "begins", 0755);
    comes[0] = "begins/supervise";
    ok(hears("begins"), "so is one that gets it while it is looked for");

    comes[0] = "new";
    comes[1] = "new/supervise";
    ok(hears("new"), "and one that comes then");

    for (char const *const *name =
             (char const *const[]){"there", "begins", "new", (char const *)0};
         *name; name++) {
        char path[64];
        (void)snprintf(path, sizeof path, "%s/supervise/.status", *name);
        unlinkat(scan, path, 0);
        (void)snprintf(path, sizeof path, "%s/supervise", *name);
        unlinkat(scan, path, AT_REMOVEDIR);
        unlinkat(scan, *name, AT_REMOVEDIR);
    }
    rmdir(place);
    return done();
}
