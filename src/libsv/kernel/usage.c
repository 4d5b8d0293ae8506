/* ISC license. */

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <skalibs/allreadwrite.h>
#include <skalibs/types.h>

#include <sv/openat.h>
#include <sv/usage.h>
#include <sv/usagetext.h>

#define TEXT 2048 /* of a file that the kernel makes up; the first lines are wanted */
#define MICROSECONDS 1000000

/* Reads the beginning of a file. Returns its length; 0 if there is nothing to be read. */
static size_t read_text(int dir, char const *name, char *text)
{
    int fd = sv_openat(dir, name, O_RDONLY | O_CLOEXEC, 0);
    ssize_t got = fd < 0 ? -1 : fd_read(fd, text, TEXT);

    if (fd >= 0) (void)close(fd); /* opened for reading */
    return got < 0 ? 0 : (size_t)got;
}

int sv_usage_process(pid_t pid, struct sv_usage *usage)
{
    char path[sizeof "/proc//stat" + PID_FMT] = "/proc/";
    char text[TEXT];
    struct sv_usagetext own;
    size_t length = strlen(path);

    length += pid_fmt(path + length, pid);
    memcpy(path + length, "/stat", sizeof "/stat");
    length = read_text(AT_FDCWD, path, text);
    if (!sv_usagetext_process(text, length, &own)) return 0;
    usage->cpu_us += own.ticks * (MICROSECONDS / (uint64_t)sysconf(_SC_CLK_TCK));
    usage->memory += own.pages * (uint64_t)sysconf(_SC_PAGESIZE);
    return 1;
}

int sv_usage_cgroup_cpu(int cgroup, uint64_t *cpu_us)
{
    char text[TEXT];
    size_t length = read_text(cgroup, "cpu.stat", text);

    return sv_usagetext_line(text, length, "usage_usec", cpu_us);
}

int sv_usage_cgroup_memory(int cgroup, uint64_t *bytes)
{
    char text[TEXT + 1];
    size_t length = read_text(cgroup, "memory.current", text);

    while (length && text[length - 1] == '\n') length--;
    text[length] = 0;
    return length && uint64_scan(text, bytes) == length;
}
