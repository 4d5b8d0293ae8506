/* ISC license. */

/*
 * bare: the limit. What a supervision suite is measured for, done with as few system
 * calls as can be, and nothing else: no lock, no state on disk, no care.
 *
 *     bare restart SERVICE   vfork, exec, waitid, for ever
 *     bare many SCANDIR      vfork, exec for each service; TERM: kill and reap them
 *     bare dropin SCANDIR    inotify; vfork, exec for each directory that appears
 *     bare control SERVICE   obeys SERVICE/control: d down, u up, t restart
 *     bare poke SERVICE LETTER   writes there
 *     bare status SERVICE...     opens, reads and closes supervise/status of each
 *     bare each PROGRAM SERVICE...   runs it for one after the other
 *
 * The status of `control` is that of daemontools as far as it is read: a pid at byte 12.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_SERVICES 20000
#define STATUS_LENGTH 18
#define STATUS_PID 12

static pid_t pids[MAX_SERVICES];

static void die(char const *what)
{
    fprintf(stderr, "bare: fatal: unable to %s: %s\n", what, strerror(errno));
    exit(111);
}

/* Runs ./run of `dir`, which is named from the working directory. */
static pid_t start(char const *dir)
{
    static char *const argv[] = {"./run", 0};
    pid_t pid = vfork();

    if (!pid) {
        if (!chdir(dir)) execv("./run", argv);
        _exit(127);
    }
    if (pid < 0) die("vfork");
    return pid;
}

static void await(pid_t pid)
{
    siginfo_t info;

    while (waitid(P_PID, (id_t)pid, &info, WEXITED) < 0)
        if (errno != EINTR) die("wait");
}

static void restart(void)
{
    for (;;) await(start("."));
}

static void many(void)
{
    unsigned int count = 0;
    sigset_t set;
    int number;
    DIR *here = opendir(".");

    if (!here) die("open the scan directory");
    for (struct dirent *entry; (entry = readdir(here)) && count < MAX_SERVICES;)
        if (entry->d_name[0] != '.') pids[count++] = start(entry->d_name);
    closedir(here);

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, 0);
    (void)sigwait(&set, &number); /* cannot fail for a set like this */
    for (unsigned int i = 0; i < count; i++) kill(pids[i], SIGTERM);
    while (waitid(P_ALL, 0, 0, WEXITED) >= 0 || errno == EINTR) {}
}

static void drop_in(void)
{
    _Alignas(struct inotify_event) char buffer[4096];
    int watch = inotify_init1(IN_CLOEXEC);

    if (watch < 0 || inotify_add_watch(watch, ".", IN_MOVED_TO | IN_CREATE) < 0)
        die("watch the scan directory");
    for (;;) {
        ssize_t length = read(watch, buffer, sizeof buffer);
        for (char const *at = buffer; length > 0 && at < buffer + length;) {
            struct inotify_event const *event = (struct inotify_event const *)at;
            if (event->len) start(event->name);
            at += sizeof *event + event->len;
        }
    }
}

static void write_status(pid_t pid)
{
    unsigned char bytes[STATUS_LENGTH] = {0};
    int fd = open("supervise/status.new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

    memcpy(bytes + STATUS_PID, &pid, sizeof pid);
    if (fd < 0 || write(fd, bytes, sizeof bytes) != sizeof bytes) die("write the status");
    close(fd);
    if (rename("supervise/status.new", "supervise/status") < 0) die("rename the status");
}

static void control(void)
{
    char letter;

    if (mkfifo("control", 0600) < 0 || mkdir("supervise", 0700) < 0)
        die("create control");
    int fifo = open("control", O_RDWR | O_CLOEXEC);
    pid_t pid = start(".");
    write_status(pid);
    while (read(fifo, &letter, 1) == 1) {
        if (letter != 'u') {
            kill(pid, SIGTERM);
            await(pid);
            pid = 0;
        }
        if (letter != 'd') pid = start(".");
        write_status(pid);
    }
}

static void poke(char const *letter)
{
    int fifo = open("control", O_WRONLY | O_NONBLOCK | O_CLOEXEC);

    if (fifo < 0 || write(fifo, letter, 1) != 1) die("write to control");
}

static void status(char const *const *services)
{
    char path[4096], bytes[64];

    for (; *services; services++) {
        size_t length = strlen(*services);
        if (length > sizeof path - sizeof "/supervise/status") die("use such a name");
        memcpy(path, *services, length);
        strcpy(path + length, "/supervise/status");
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0 || read(fd, bytes, sizeof bytes) <= 0) die(path);
        close(fd);
    }
}

static void each(char const *program, char const *const *services)
{
    for (; *services; services++) {
        char *const argv[] = {(char *)program, (char *)*services, 0};
        pid_t pid = vfork();
        if (!pid) {
            execvp(program, argv);
            _exit(127);
        }
        if (pid < 0) die("vfork");
        await(pid);
    }
}

int main(int argc, char const *const *argv)
{
    if (argc < 3) {
        fputs("bare: usage: bare restart|many|dropin|control|poke DIR [LETTER]\n"
              "   or: bare status DIR...\n   or: bare each PROGRAM DIR...\n",
              stderr);
        return 100;
    }
    if (!strcmp(argv[1], "status")) {
        status(argv + 2);
        return 0;
    }
    if (!strcmp(argv[1], "each")) {
        each(argv[2], argv + 3);
        return 0;
    }
    if (chdir(argv[2]) < 0) die("chdir");
    if (!strcmp(argv[1], "restart")) restart();
    if (!strcmp(argv[1], "many")) many();
    if (!strcmp(argv[1], "dropin")) drop_in();
    if (!strcmp(argv[1], "control")) control();
    if (!strcmp(argv[1], "poke") && argc == 4) poke(argv[3]);
    return 0;
}
