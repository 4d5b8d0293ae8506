/* ISC license. */

/*
 * served: a service that tells on whoever has it run twice. As ./run it notes in the file
 * `log.txt` of its directory, a line each: `start PID`; `got PID SIGNAL` for each signal;
 * `exit PID CODE` before it exits: on SIGTERM with 0, unless there is a file `stubborn`;
 * on SIGUSR2 with the code that stands in the file `code`. If another one lives it notes
 * `twice PID`. With a file `family` it first starts others: one in its process group
 * (`kin PID`), and one that has left it and its session and has lost its parent (`stray
 * PID`). With a file `lines`, which holds a number of ms, it writes a line `PID NUMBER`
 * to standard output each time these have passed; NUMBER counts from 1, and the last one
 * that was written stands in the file `written.PID`, in the machine's own words.
 *
 * With a file `says`, which holds a number, it writes a newline to that descriptor after
 * its start; with a file `speaks` it sends READY=1 to the socket NOTIFY_SOCKET.
 *
 * With a file `forks` it does all that in a child, which notes `moved PID PARENT` first,
 * and exits with 0.
 *
 * As ./finish it notes `finish PID CODE SIGNAL`, its first two arguments, and `twice PID`
 * if a ./run lives; it exits with the code in the file `finish-code`. If there is a file
 * `finish-hangs`, it never does.
 */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int const signals[] = {SIGHUP,  SIGINT,  SIGTERM,  SIGALRM, SIGQUIT,
                              SIGUSR1, SIGUSR2, SIGWINCH, SIGCONT};
static sigset_t caught;

/* One write: no line is ever torn. */
static void note(char const *what, long pid, char const *more)
{
    char line[128];
    int fd = open("log.txt", O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
    int length = snprintf(line, sizeof line, "%s %ld%s\n", what, pid, more);

    if (fd < 0 || write(fd, line, (size_t)length) != length) _exit(99);
    (void)close(fd);
}

static int number_in(char const *file, int otherwise)
{
    char text[16] = "";
    int fd = open(file, O_RDONLY | O_CLOEXEC);

    if (fd < 0) return otherwise;
    if (read(fd, text, sizeof text - 1) < 0) _exit(99);
    (void)close(fd);
    return atoi(text);
}

/* A lock that children do not have and that ends with us, however we end. */
static void be_alone(void)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int fd = open("alone", O_RDWR | O_CREAT | O_CLOEXEC, 0644);

    if (fd < 0) _exit(99);
    if (!fcntl(fd, F_SETLK, &lock)) return; /* it stays open */
    note("twice", (long)getpid(), "");
    _exit(99);
}

static void idle(char const *what)
{
    int number;

    note(what, (long)getpid(), "");
    for (;;) (void)sigwait(&caught, &number);
}

static void start_family(void)
{
    if (!fork()) idle("kin");
    pid_t parent = fork();
    if (!parent) {
        (void)setsid();
        if (!fork()) idle("stray");
        _exit(0);
    }
    (void)waitpid(parent, 0, 0);
}

/* One write for each: whoever kills us does not tear it. The number outlives us. */
static void write_line(uint64_t volatile *written)
{
    char line[64];
    int length = snprintf(line, sizeof line, "%ld %llu\n", (long)getpid(),
                          (unsigned long long)*written + 1);

    if (write(1, line, (size_t)length) == length) ++*written;
}

static uint64_t volatile *open_written(void)
{
    char name[32];

    (void)snprintf(name, sizeof name, "written.%ld", (long)getpid());
    int fd = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd < 0 || ftruncate(fd, sizeof(uint64_t)) < 0) _exit(99);
    void *written = mmap(0, sizeof(uint64_t), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (written == MAP_FAILED) _exit(99);
    (void)close(fd);
    return written;
}

/* The next signal; meanwhile lines, if they are asked for. */
static int next_signal(void)
{
    static uint64_t volatile *written;
    static int every_ms = -1;

    if (every_ms < 0) every_ms = number_in("lines", 0);
    if (every_ms && !written) written = open_written();
    struct timespec const pause = {every_ms / 1000, every_ms % 1000 * 1000000L};
    for (;;) {
        int number =
            every_ms ? sigtimedwait(&caught, 0, &pause) : sigwaitinfo(&caught, 0);
        if (number > 0) return number;
        if (errno == EAGAIN) write_line(written);
    }
}

/* As daemons do that insist on it. */
static void go_into_background(void)
{
    char more[32];

    (void)snprintf(more, sizeof more, " %ld", (long)getpid());
    pid_t pid = fork();
    if (pid < 0) _exit(99);
    if (pid) _exit(0);
    note("moved", (long)getpid(), more);
}

/* A socket that is gone is tried again: nobody else knows that we are ready. */
static void speak(void)
{
    static char const message[] = "READY=1\nSTATUS=ready";
    struct timespec const pause = {0, 5000000};
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char const *name = getenv("NOTIFY_SOCKET");
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || !name || strlen(name) >= sizeof address.sun_path) _exit(99);
    size_t length = strlen(name);
    memcpy(address.sun_path, name, length);
    if (*name == '@') address.sun_path[0] = 0;
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
    while (sendto(fd, message, sizeof message - 1, 0, (struct sockaddr *)&address, size)
           < 0) {
        note("unheard", (long)getpid(), "");
        (void)nanosleep(&pause, 0);
    }
    (void)close(fd);
}

static void say_ready(void)
{
    int fd = number_in("says", 0);

    if (fd && write(fd, "\n", 1) != 1) _exit(99);
    if (!access("speaks", F_OK)) speak();
}

static void serve(void)
{
    char more[32];

    if (!access("forks", F_OK)) go_into_background();
    be_alone();
    note("start", (long)getpid(), "");
    if (!access("family", F_OK)) start_family();
    say_ready();
    for (;;) {
        int number = next_signal();
        (void)snprintf(more, sizeof more, " %d", number);
        note("got", (long)getpid(), more);
        if (number != SIGUSR2 && (number != SIGTERM || !access("stubborn", F_OK)))
            continue;
        int code = number == SIGTERM ? 0 : number_in("code", 0);
        (void)snprintf(more, sizeof more, " %d", code);
        note("exit", (long)getpid(), more);
        _exit(code);
    }
}

static void finish(char **argv)
{
    char more[64];

    be_alone();
    (void)snprintf(more, sizeof more, " %s %s", argv[1], argv[2]);
    note("finish", (long)getpid(), more);
    if (!access("finish-hangs", F_OK))
        for (;;) (void)pause();
    _exit(number_in("finish-code", 0));
}

int main(int argc, char **argv)
{
    sigemptyset(&caught);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        sigaddset(&caught, signals[i]);
    (void)sigprocmask(SIG_BLOCK, &caught, 0);
    if (argc > 2 && strstr(argv[0], "finish")) finish(argv);
    serve();
}
