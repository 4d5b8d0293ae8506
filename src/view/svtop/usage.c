/* ISC license. */

/*
 * What the processes of a service use. Who they are is found as svstat -v finds it: the
 * main process or the finish script with all that is below, what supervise has otherwise
 * below it, and who is in the service's cgroup if it has one.
 */

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sv/cgroup.h>
#include <sv/proctree.h>
#include <sv/statedir.h>
#include <sv/usage.h>

#include "svtop.h"

#define ROOM 4096      /* processes of one service that are counted */
#define EVENTS_MS 1000 /* without a clock, events measure no oftener than this */
#define LEAST_MS 200   /* over less than this a rate says nothing */
#define MICROSECONDS 1000000

static pid_t pids[ROOM]; /* untouched parts of it cost no memory */
static unsigned int count;
static struct sv_usage sum;

static void add(pid_t pid, void *data)
{
    (void)data;
    for (unsigned int i = 0; i < count; i++)
        if (pids[i] == pid) return;
    if (count == ROOM || !sv_usage_process(pid, &sum)) return;
    pids[count++] = pid;
}

static void add_from(pid_t pid)
{
    struct sv_proctree const where = {.from = pid};

    if (!pid) return;
    add(pid, 0);
    (void)sv_proctree_each(&where, add, 0); /* without /proc there is nothing */
}

/* Opens the service's cgroup, -1 if it has none: its name comes from the service
 * directory, or, of an instance, from its state directory. */
static int open_cgroup(struct service const *service)
{
    char instance[SV_INSTANCE_MAX], name[SV_CGROUP_NAME];
    pid_t pid = (pid_t)(service->pid ? service->pid : service->finish_pid);
    struct stat about;

    if (!pid) return -1;
    sv_statedir_instance(service->path, instance);
    int dir = *instance ? sv_statedir_find(service->path, 0)
                        : open(service->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    int known = dir >= 0 && !fstat(dir, &about);
    if (dir >= 0) (void)close(dir); /* only a place */
    if (!known) return -1;
    sv_cgrouppath_name(name, about.st_dev, about.st_ino);
    return sv_cgroup_open_named(name, pid, (pid_t)service->supervise_pid, 0);
}

/*
 * Who has left the tree counts too; and the kernel's own sum, if there is one, misses
 * nobody who has ended. Returns 1 if *cpu_us is that sum.
 */
static int add_cgroup(struct service const *service, uint64_t *cpu_us)
{
    int cgroup = open_cgroup(service);

    if (cgroup < 0) return 0;
    int counts = sv_cgroup_each(cgroup, add, 0) && sv_usage_cgroup_cpu(cgroup, cpu_us);
    if (count) (void)sv_usage_cgroup_memory(cgroup, &sum.memory); /* or ours stays */
    (void)close(cgroup);                                          /* opened for reading */
    return counts;
}

static void set_cpu(struct sv_toprow *row, uint64_t used_us, uint64_t passed_us)
{
    row->has_cpu = passed_us > 0;
    if (passed_us) row->cpu_tenths = used_us * 1000 / passed_us;
}

/* Its first value is the average over this run: there is nothing to compare with. */
static void set_average(struct svtop const *top, struct service *service)
{
    int64_t seconds = (int64_t)top->now.tv_sec - (int64_t)service->since.tv_sec;

    set_cpu(&service->row, sum.cpu_us,
            service->since.tv_sec && seconds > 0 ? (uint64_t)seconds * MICROSECONDS : 0);
}

static void set_rate(struct svtop const *top, struct service *service, uint64_t cpu_us)
{
    struct sample const *before = &service->sample;

    /* less than before: somebody has ended, whose time nobody keeps */
    uint64_t used_us = cpu_us > before->cpu_us ? cpu_us - before->cpu_us : 0;
    set_cpu(&service->row, used_us, (uint64_t)(top->now_ms - before->at_ms) * 1000);
}

void svtop_measure(struct svtop *top, struct service *service)
{
    struct sample *sample = &service->sample;
    int64_t every_ms = top->choice.interval_ms ? top->choice.interval_ms : EVENTS_MS;
    int is_same_run = sample->at_ms && sample->pid == service->pid;
    int64_t passed_ms = top->now_ms - sample->at_ms;
    struct sv_proctree const below = {.below = (pid_t)service->supervise_pid};
    uint64_t cpu_us;

    if (is_same_run && (passed_ms < LEAST_MS || passed_ms < every_ms * 9 / 10)) return;
    count = 0;
    sum = (struct sv_usage){.cpu_us = 0};
    add_from((pid_t)service->pid);
    add_from((pid_t)service->finish_pid);
    if (below.below) (void)sv_proctree_each(&below, add, 0); /* the same */
    uint64_t tree_us = sum.cpu_us;
    if (!add_cgroup(service, &cpu_us)) cpu_us = sum.cpu_us;
    sum.cpu_us = tree_us;
    service->row.has_memory = count > 0;
    service->row.memory = sum.memory;
    service->row.has_cpu = 0;
    if (count && is_same_run)
        set_rate(top, service, cpu_us);
    else if (service->pid)
        set_average(top, service);
    *sample =
        (struct sample){.at_ms = top->now_ms, .cpu_us = cpu_us, .pid = service->pid};
}
