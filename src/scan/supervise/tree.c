/* ISC license. */

/*
 * Everything that belongs to the service: found, signalled, killed.
 *
 * It is what is in the service's cgroup, if there is one, and what is below us. A service
 * with kill-mode tree is started in a cgroup of its own, where that can be had. What a
 * supervise has started that was killed is not below us: then it is its main process with
 * all that is below that, and the session of that.
 */

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sv/cgroup.h>
#include <sv/child.h>
#include <sv/heir.h>
#include <sv/process.h>
#include <sv/proctree.h>

#include "beside.h"

#define REMOVE_MS 1000 /* when we leave: killed processes have that long to be gone */
#define TIDY_MS 20     /* ... and this long when it rests; else it is for the next time */

/* Looked at while it lived: what is known of a main process when it has ended. */
static struct sv_process noted;
static pid_t noted_pid; /* 0: none */

_Static_assert(4 + SV_TOLD <= SV_PROCTREE_SKIP, "our own children fit");

static int is_dying; /* something has been killed since the last start */

static int name_of(struct service const *service, char *name)
{
    struct stat about;

    /* the directory that the service has to itself */
    if (fstat(*service->instance ? service->state_dir : service->dir, &about) < 0)
        return 0;
    sv_cgrouppath_name(name, about.st_dev, about.st_ino);
    return 1;
}

/* Has the service's cgroup in service->cgroup, if there is one, or can be. */
static void find_cgroup(struct service *service, int create)
{
    char name[SV_CGROUP_NAME];

    if (service->cgroup >= 0 || !name_of(service, name)) return;
    service->cgroup =
        sv_cgroup_open_named(name, service->machine.pid, 0, create); /* or none */
}

int service_tree_cgroup(struct service *service)
{
    if (service->settings.kill_mode != SV_KILL_TREE) return 0;
    find_cgroup(service, 1);
    return service->cgroup < 0 ? 0 : service->cgroup;
}

/* Removes it if nobody is in it. What has been killed has some time to be gone. */
static void remove_cgroup(struct service *service, unsigned int limit_ms)
{
    char name[SV_CGROUP_NAME];

    if (is_dying) sv_cgroup_wait(service->cgroup, limit_ms);
    is_dying = 0;
    if (!name_of(service, name) || !sv_cgroup_remove(service->cgroup, name)) return;
    (void)close(service->cgroup); /* only a place */
    service->cgroup = -1;
}

void service_tree_tidy(struct service *service)
{
    struct sv_machine const *machine = &service->machine;
    int rests = machine->phase == SV_PHASE_DOWN || machine->phase == SV_PHASE_FAILED
                || machine->phase == SV_PHASE_NO_RUN
                || machine->phase == SV_PHASE_STARTED;

    if (service->cgroup >= 0 && !machine->pid && rests) remove_cgroup(service, TIDY_MS);
}

void service_tree_leave(struct service *service)
{
    if (service->settings.kill_mode == SV_KILL_TREE) find_cgroup(service, 0);
    if (service->cgroup >= 0) remove_cgroup(service, REMOVE_MS);
}

void service_own_children(struct service const *service, pid_t own[SV_PROCTREE_SKIP])
{
    memset(own, 0, SV_PROCTREE_SKIP * sizeof *own);
    own[0] = service->checker;
    own[1] = service->doing.control_pid;
    own[2] = service->check_pid;
    own[3] = service->logger.pid;
    memcpy(own + 4, service->told, sizeof service->told);
}

/* Where --------------------------------------------------------------------------- */

/* A run that a supervise has started that was killed. */
static int is_foreign(struct service const *service)
{
    return service->doing.run_pid != service->own_run;
}

/*
 * Whether the session is the service's own: with encore's no-setsid it is that of who
 * started us. Its leader is the run, or whatever that has started, or is gone.
 */
static int is_its_session(struct service const *service, pid_t session)
{
    struct sv_process leader;

    if (session == service->doing.run_pid) return 1;
    return sv_process_look(session, &leader) > 0
           && leader.start >= service->doing.run_start;
}

/*
 * A session is known by the pid of its leader, which may be another process's as soon as
 * nobody is in the session any more. So it is only looked at while the run lasts, and at
 * the moment of its end.
 */
static void find_places(struct service const *service, struct sv_proctree *where,
                        int is_over)
{
    struct sv_process process;
    pid_t pid = service_child_is_there(service) ? service->machine.pid : 0;

    *where = (struct sv_proctree){.below = getpid()};
    service_own_children(service, where->skip);
    if (pid && !sv_child_is_ours(pid)) {
        where->from = pid;
        if (sv_process_look(pid, &process) > 0) where->session = process.session;
    } else if (is_over && is_foreign(service)) {
        pid_t session = noted_pid ? noted.session : (pid_t)service->doing.run_pid;
        if (!sv_process_start_time(session, &process.start)) where->session = session;
    }
    if (where->session == getsid(0) || where->session == service->doing.shared_session
        || (where->session && !is_over && !is_its_session(service, where->session)))
        where->session = 0;
}

int service_child_is_there(struct service const *service)
{
    int pid = service->machine.pid;

    if (!pid || pid == service->ended_pid || service->adopted_is_over) return 0;
    if (service->adopted >= 0) return 1;
    if (service->adopted_ms == SV_NEVER) return 1; /* our own child, which we reap */
    return sv_process_is(pid, service->status.pid_start) != 0;
}

/*
 * The number of a group is given to nobody else as long as somebody is in it: if there is
 * a process with that number that is not the run, the group is not the run's.
 */
static int owns_group(struct service const *service)
{
    struct sv_process process;
    int there = sv_process_look(service->doing.run_pid, &process);

    if (there < 0)
        return !is_foreign(service); /* then its end is no longer ago than now */
    return !there || process.start == service->doing.run_start;
}

/*
 * What its processes share with others is not the service's: the group that encore's
 * no-setsid leaves it in. 0: there is none that is certain to be the service's.
 */
pid_t service_tree_group(struct service const *service)
{
    pid_t pid = service_child_is_there(service) ? service->machine.pid : 0, group = 0;

    if (pid)
        group = getpgid(pid);
    else if (noted_pid)
        group = noted.group;
    if (pid && group > 0 && (group == getpgrp() || group == service->doing.shared_group))
        return 0;
    if (group <= 1 || group == getpgrp() || group == service->doing.shared_group)
        group = pid ? pid : service->doing.run_pid;
    return group == service->doing.run_pid && !owns_group(service) ? 0 : group;
}

/* Signals ------------------------------------------------------------------------- */

struct sending {
    uint32_t signals;
    char const *cgroup; /* who is in it has got them; null: nobody has */
};

static void send_to(pid_t pid, void *data)
{
    struct sending const *sending = data;

    if (sending->cgroup && sv_cgroup_has(sending->cgroup, pid)) return;
    for (int number = 1; number < 32; number++)
        if (sending->signals >> number & 1)
            (void)kill(pid, number); /* gone already is as good */
}

int service_tree_signal(struct service *service, uint32_t signals)
{
    struct sending sending = {.signals = signals};
    struct sv_proctree where;
    char name[SV_CGROUP_NAME];

    find_cgroup(service, 0);
    find_places(service, &where, 0);
    if (service->cgroup >= 0 && name_of(service, name)
        && sv_cgroup_each(service->cgroup, send_to, &sending))
        sending.cgroup = name;
    return sv_proctree_each(&where, send_to, &sending) || sending.cgroup;
}

int service_tree_kill(struct service *service, int is_over)
{
    struct sv_proctree where;

    find_cgroup(service, 0);
    find_places(service, &where, is_over);
    is_dying = 1;
    int killed = service->cgroup >= 0 && sv_cgroup_kill(service->cgroup);
    return sv_proctree_kill(&where, service->machine.pid) || killed;
}

/* Who goes on --------------------------------------------------------------------- */

void service_tree_note(struct service const *service)
{
    struct sv_machine const *machine = &service->machine;
    struct sv_process process;

    if (machine->child != SV_CHILD_RUN) return;
    if (!machine->forks_left && machine->pid == service->doing.run_pid) return;
    if (sv_process_look(machine->pid, &process) <= 0) return;
    if (process.start != service->status.pid_start) return;
    noted = process;
    noted_pid = machine->pid;
}

void service_tree_forget(struct service *service, pid_t run_pid)
{
    service->own_run = run_pid;
    noted_pid = 0;
    is_dying = 0;
}

struct search {
    struct service const *service;
    struct sv_heir_choice choice;
    char const *cgroup; /* who is not our child must be in it, or known otherwise */
    pid_t parent;       /* whose children are looked at */
    int needs_proof;    /* a guess will not do */
    pid_t own[SV_PROCTREE_SKIP];
};

/* Whatever a control script leaves behind is not the service either. */
static int is_own(struct search const *search, pid_t pid)
{
    for (unsigned int i = 0; i < SV_PROCTREE_SKIP; i++)
        if (pid && search->own[i] == pid) return 1;
    return pid && pid == search->service->last_script;
}

static void consider(pid_t pid, void *data)
{
    struct search *search = data;
    struct sv_process process;
    struct sv_heir heir = {.pid = pid};
    pid_t run_pid = search->service->doing.run_pid;
    int knows = noted_pid == search->service->machine.pid;

    if (pid == getpid() || is_own(search, pid)) return;
    if (sv_process_look(pid, &process) <= 0 || is_own(search, process.session)) return;
    if (process.state == 'Z' || process.state == 'X') return;
    if (!strcmp(process.name, SERVICE_CHECKER)) return; /* ours, or that of another */
    if (process.start < search->service->status.pid_start) return;
    heir.start = process.start;
    heir.same_name = knows && !strcmp(process.name, noted.name);
    heir.other_session = process.session != run_pid;
    heir.is_ours = search->parent == getpid() || process.session == run_pid
                   || (knows && process.session == noted.session
                       && noted.session != search->service->doing.shared_session)
                   || sv_cgroup_has(search->cgroup, pid);
    if (heir.is_ours || !search->needs_proof) sv_heir_consider(&search->choice, &heir);
}

/*
 * Our own child has left its orphans to us. One that somebody else has started has left
 * them to an ancestor of whoever that was; that is one of ours, or process 1.
 */
pid_t service_tree_heir(struct service const *service, int needs_proof, uint64_t *start)
{
    char name[SV_CGROUP_NAME] = "";
    struct search search = {.service = service,
                            .cgroup = name,
                            .parent = getpid(),
                            .needs_proof = needs_proof};
    struct sv_process process;

    service_own_children(service, search.own);
    if (is_foreign(service)) (void)name_of(service, name); /* or nobody is in it */
    while (sv_proctree_children(search.parent, consider, &search)) {
        if (!is_foreign(service) || sv_process_look(search.parent, &process) <= 0) break;
        search.parent = process.parent;
        if (!search.parent) break;
    }
    return sv_heir_chosen(&search.choice, start);
}
