/* ISC license. */

/* Files that are replaced whole, and who holds them. */

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sv/statefile.h>

#include "tap.h"

static char place[4096];
static int dir;

/* Whether the file `name` is held, as somebody sees who opens it now. */
static int is_held(char const *name)
{
    int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
    int held = sv_statefile_is_held(fd);

    close(fd);
    return held;
}

static void replaced(void)
{
    char bytes[16];
    int held = -1;

    ok(sv_statefile_write(dir, "file", "one", 3), "a file is written");
    is_int(is_held("file"), 0, "nobody holds it");
    ok(sv_statefile_write_held(dir, "file", "two", 3, &held), "it is replaced, and held");
    is_int(fcntl(held, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC, "by nobody who executes");
    is_int(is_held("file"), 1, "who opens it sees that");
    is_int(sv_statefile_read(dir, "file", bytes, sizeof bytes), 3, "and reads it");

    int old = openat(dir, "file", O_RDONLY | O_CLOEXEC);
    int first = held;
    ok(sv_statefile_write_held(dir, "file", "three", 5, &held), "it is replaced again");
    is_int(is_held("file"), 1, "and still held");
    is_int(sv_statefile_is_held(old), 0, "but not the one before");
    ok(held != first && fcntl(first, F_GETFD) < 0, "which is closed");
    close(old);

    ok(mkdirat(dir, ".file.next", 0700) == 0 && mkdirat(dir, ".file.next/x", 0700) == 0,
       "when something is in the way");
    first = held;
    ok(!sv_statefile_write_held(dir, "file", "four", 4, &held), "it cannot be replaced");
    is_int(held, first, "all stays");
    is_int(is_held("file"), 1, "as it was");
    close(held);
    is_int(is_held("file"), 0, "until it is let go");
    is_int(sv_statefile_is_held(-1), 0, "what is not open is not held");
}

static void killed(void)
{
    int ready[2], wait_status;
    char byte;

    if (pipe2(ready, O_CLOEXEC) < 0) exit(111);
    pid_t pid = fork();
    if (!pid) {
        int held = -1;
        if (!sv_statefile_write_held(dir, "other", "x", 1, &held)) _exit(1);
        (void)!write(ready[1], "", 1);
        for (;;) pause();
    }
    close(ready[1]);
    is_int(read(ready[0], &byte, 1), 1, "another process holds a file");
    is_int(is_held("other"), 1, "that is seen");
    kill(pid, SIGKILL);
    waitpid(pid, &wait_status, 0);
    is_int(is_held("other"), 0, "so is that it has been killed");
    close(ready[0]);
}

int main(void)
{
    char const *base = getenv("TMPDIR");

    snprintf(place, sizeof place, "%s/statefile.XXXXXX", base && *base ? base : "/tmp");
    if (!mkdtemp(place)) exit(111);
    dir = open(place, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    replaced();
    killed();
    if (fork() == 0) {
        execlp("rm", "rm", "-r", place, (char *)0);
        _exit(111);
    }
    wait(0);
    return done();
}
