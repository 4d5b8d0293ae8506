/* ISC license. */

/*
 * polled up|down STATUS OFFSET LENGTH PROGRAM ARGUMENT...: runs PROGRAM, waits for its
 * end, and looks at the file STATUS every millisecond until these bytes of it, a pid, are
 * zero (down) or not (up). For suites without a command that waits.
 */

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

/* Whether there is a pid: 1 or 0; -1 if that cannot be told. */
static int has_pid(char const *status, off_t offset, size_t length)
{
    unsigned char bytes[16];
    int fd = open(status, O_RDONLY | O_CLOEXEC);

    if (fd < 0 || length > sizeof bytes) return -1;
    ssize_t got = pread(fd, bytes, length, offset);
    close(fd);
    if (got != (ssize_t)length) return -1;
    while (length && !bytes[length - 1]) length--;
    return length != 0;
}

int main(int argc, char **argv)
{
    struct timespec const millisecond = {0, 1000000};
    pid_t pid;
    int end;

    if (argc < 6) return 100;
    int wanted = !strcmp(argv[1], "up");
    int error_number = posix_spawnp(&pid, argv[5], 0, 0, argv + 5, environ);
    if (error_number) {
        fprintf(stderr, "polled: fatal: unable to run %s: %s\n", argv[5],
                strerror(error_number));
        return 111;
    }
    while (waitpid(pid, &end, 0) < 0 && errno == EINTR) {}
    while (has_pid(argv[2], atoi(argv[3]), (size_t)atoi(argv[4])) != wanted)
        nanosleep(&millisecond, 0);
    return 0;
}
