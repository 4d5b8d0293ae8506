/* ISC license. */

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sv/usage.h>

#include "tap.h"

#define MEMORY (16u << 20)

/* A directory with these files looks like a cgroup: only their text counts. */
static void test_cgroup(void)
{
    uint64_t value = 0;
    char place[] = "/tmp/usage.XXXXXX";

    if (!mkdtemp(place) || chdir(place) < 0) exit(111);
    int dir = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    is_int(sv_usage_cgroup_cpu(dir, &value), 0, "no cgroup has used no CPU");
    is_int(sv_usage_cgroup_memory(dir, &value), 0, "nor memory");
    FILE *file = fopen("cpu.stat", "w");
    fputs("usage_usec 12345\nuser_usec 1\n", file);
    fclose(file);
    file = fopen("memory.current", "w");
    fputs("4096\n", file);
    fclose(file);
    is_int(sv_usage_cgroup_cpu(dir, &value), 1, "one has used CPU");
    is_int(value, 12345, "that much");
    is_int(sv_usage_cgroup_memory(dir, &value), 1, "and memory");
    is_int(value, 4096, "that much too");
    unlink("cpu.stat");
    unlink("memory.current");
    close(dir);
    rmdir(place);
}

int main(void)
{
    struct sv_usage before = {.cpu_us = 0}, after = {.cpu_us = 0};
    pid_t child = fork();

    if (!child) _exit(0);
    is_int(sv_usage_process(getpid(), &before), 1, "we use something");
    char *room = malloc(MEMORY);
    char volatile *memory = room;
    do { /* at least a tick of the kernel's clock */
        for (size_t i = 0; memory && i < MEMORY; i += 512) memory[i]++;
        after = (struct sv_usage){.cpu_us = 0};
        if (!sv_usage_process(getpid(), &after)) break;
    } while (after.cpu_us == before.cpu_us);
    ok(after.cpu_us > before.cpu_us, "more and more CPU time");
    ok(after.memory >= before.memory + MEMORY / 2, "and memory, if we take some");
    before = after;
    sv_usage_process(getpid(), &after);
    ok(after.memory >= 2 * before.memory - MEMORY / 2, "what is there is added to");
    free(room);
    waitpid(child, 0, 0);
    is_int(sv_usage_process(child, &after), 0, "who has gone uses nothing");
    test_cgroup();
    return done();
}
