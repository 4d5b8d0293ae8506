/* ISC license. */

/*
 * How supervise starts up: what it cannot do without it must get here, or die.
 */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include <skalibs/djbunix.h>
#include <skalibs/sig.h>

#include <sv/catch.h>
#include <sv/clock.h>
#include <sv/controlfifo.h>
#include <sv/handover.h>
#include <sv/instance.h>
#include <sv/message.h>
#include <sv/openat.h>
#include <sv/personality.h>
#include <sv/process.h>
#include <sv/proctree.h>
#include <sv/recoveryfile.h>
#include <sv/servicedir.h>
#include <sv/statedir.h>

#include "service.h"

#define LOCK_SECONDS 1

/* daemontools names the service directory in its messages, encore does not. */
static void die_about(struct service const *service, char const *what, char const *file,
                      char const *remedy)
{
    if (sv_personality() == SV_PERSONALITY_DJB)
        sv_dieu(111, what, service->dir_name, "/", file, ": ", sv_errortext(errno),
                remedy);
    sv_dieu(111, what, file, ": ", sv_errortext(errno), remedy);
}

/* The last part of `path`, which may end in slashes. */
static char const *last_part(char *path)
{
    size_t length = strlen(path);

    while (length > 1 && path[length - 1] == '/') path[--length] = 0;
    char *slash = strrchr(path, '/');
    return slash && slash[1] ? slash + 1 : path;
}

/* The name of a template is followed by what makes it that of the instance. */
static void set_name(struct service *service, char const *name, char const *suffix)
{
    size_t suffix_length = strlen(suffix);
    size_t room = sizeof service->name - suffix_length;
    size_t length = strlen(name);

    if (length >= room) length = room - 1;
    memcpy(service->name, name, length);
    service->name[length] = 0;
    if (*service->instance && sv_instance_is_template(name))
        (void)sv_instance_append(service->name, room,
                                 service->instance); /* or it is cut */
    length = strlen(service->name);
    memcpy(service->name + length, suffix, suffix_length + 1);
}

/*
 * The name that finish gets: the last part of the directory's, but NAME/log for the
 * logger of NAME, which svscan starts as "log", from within NAME.
 */
static void find_name(struct service *service)
{
    char path[PATH_MAX], here[PATH_MAX];
    size_t length = strlen(service->dir_name);

    if (!getcwd(here, sizeof here)) here[0] = 0;
    if (length >= sizeof path) length = sizeof path - 1; /* cannot happen: we are in it */
    memcpy(path, service->dir_name, length);
    path[length] = 0;
    char const *name = last_part(path);
    int is_here = name == path;
    if (!strcmp(name, ".") || !strcmp(name, "..")) {
        is_here = 1;
        name = last_part(here);
    }
    int is_logger = !strcmp(name, "log") && (!is_here || service->reads_pipe);
    char *slash = strrchr(is_here ? here : path, '/');
    if (service->is_logger) {
        set_name(service, name, "/log");
        return;
    }
    if (!is_logger || !slash) {
        set_name(service, name, "");
        return;
    }
    *slash = 0;
    set_name(service, last_part(is_here ? here : path), "/log");
}

/* Where the directory has its name. A logger needs nobody: its service has a need. */
static void open_scan_dir(struct service *service)
{
    char path[PATH_MAX];
    size_t length = strlen(service->dir_name);

    if (service->handed_count || length >= sizeof path) return;
    memcpy(path, service->dir_name, length + 1);
    char const *name = last_part(path);
    if (!strcmp(name, "log") && service->reads_pipe) return;
    if (!strcmp(name, ".") || !strcmp(name, ".."))
        memcpy(path, "..", 3);
    else if (name == path)
        memcpy(path, ".", 2);
    else
        path[name - path] = 0;
    service->scan_dir = open2(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/*
 * Of which instance the directory is, if we were not told. An image that was executed
 * anew would have been, and the name may be relative to where we are no more.
 */
static void find_instance(struct service *service)
{
    static SV_LARGE char kept[SV_INSTANCE_MAX]; /* untouched by all that are none */
    char instance[SV_INSTANCE_MAX];

    if (service->instance) return;
    service->instance = "";
    if (service->handed_count) return;
    sv_statedir_instance(service->dir_name, instance);
    if (*instance) service->instance = strcpy(kept, instance);
}

/* That of a logger is made by its service's supervise. */
static int open_state_dir(struct service const *service)
{
    int dir = sv_statedir_open(service->instance, !service->is_logger);

    if (dir < 0 || !service->is_logger) return dir;
    int fd = sv_openat(dir, ".log", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
    int error_number = errno;
    (void)close(dir); /* only a place */
    errno = error_number;
    return fd;
}

static void open_directories(struct service *service)
{
    char path[SV_STATEDIR_MAX];

    if (!service->is_logger) open_scan_dir(service);
    find_instance(service);
    /* a logger's is started where it is to be; an image that was executed anew is there
     * already; the name may be relative */
    if (!service->is_logger && !service->handed_count && chdir(service->dir_name) < 0)
        sv_dieusys(111, "chdir to ", service->dir_name);
    service->dir = open2(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (service->dir < 0) sv_dieusys(111, "open ", service->dir_name);
    find_name(service);
    if (sv_servicedir_has(service->dir, "down") < 0)
        sv_dieusys(111, "stat ", service->dir_name, "/down");
    service->state_dir = open_state_dir(service);
    if (service->state_dir >= 0) return;
    int error_number = errno;
    if (sv_statedir_path(path, sizeof path, service->instance) < 0)
        sv_dieusys(111, "find a place for supervise");
    errno = error_number;
    char const *remedy = sv_statedir_remedy(errno);
    if (*path == '/') sv_dieu(111, "create ", path, ": ", sv_errortext(errno), remedy);
    die_about(service, "create ", path, remedy);
}

static void do_nothing(int number)
{
    (void)number; /* it ends a system call */
}

/*
 * Whether the lock is about to be free: who had it was killed, and only a process that it
 * was just making still holds it, until that executes.
 */
static int is_left_over(struct service const *service)
{
    unsigned char life[SV_BOOT_ID];
    struct sv_recovery page;

    if (sv_process_life(life) < 0) return 0;
    if (sv_recoveryfile_peek(&page, service->state_dir, life) <= 0) return 0;
    return page.supervise_pid
           && !sv_process_is((pid_t)page.supervise_pid, page.supervise_start);
}

/* Waits for the lock, but not long. */
static int wait_for_lock(int fd)
{
    struct itimerval const limit = {.it_value = {.tv_sec = LOCK_SECONDS}};
    struct itimerval const never = {.it_value = {.tv_sec = 0}};
    struct sigaction action = {.sa_handler = do_nothing};

    if (sigaction(SIGALRM, &action, 0) < 0 || setitimer(ITIMER_REAL, &limit, 0) < 0)
        return 0;
    int locked = !flock(fd, LOCK_EX);
    int error_number = errno;
    (void)setitimer(ITIMER_REAL, &never, 0); /* the arguments are right */
    (void)sig_restore(SIGALRM);
    errno = error_number == EINTR ? EWOULDBLOCK : error_number;
    return locked;
}

/* The lock that the image before had is ours, if it is still the one of this directory.
 */
static int take_handed_lock(struct service *service)
{
    struct stat ours, handed;

    if (!service->handed_count || fstat(service->lock, &ours) < 0
        || fstat(service->handed[0], &handed) < 0 || ours.st_ino != handed.st_ino
        || ours.st_dev != handed.st_dev)
        return 0;
    (void)close(service->lock); /* nothing was written */
    service->lock = service->handed[0];
    return 1;
}

/* A lock with a second name may be another service's: that would never be started. */
static int open_lock(int state_dir)
{
    struct stat about;
    int fd =
        sv_openat(state_dir, "lock",
                  O_WRONLY | O_NONBLOCK | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC,
                  0600);

    if (fd < 0 || fstat(fd, &about) < 0) return -1;
    if (S_ISREG(about.st_mode) && about.st_nlink == 1) return fd;
    errno = S_ISREG(about.st_mode) ? EMLINK : EINVAL;
    return -1;
}

static int lock_now(int fd)
{
    int failed;

    do failed = flock(fd, LOCK_EX | LOCK_NB);
    while (failed && errno == EINTR);
    return failed;
}

static void take_lock(struct service *service)
{
    service->lock = open_lock(service->state_dir);
    if (service->lock < 0) die_about(service, "acquire ", "supervise/lock", "");
    if (take_handed_lock(service)) return;
    if (!lock_now(service->lock)) return;
    int error_number = errno;
    if (error_number == EWOULDBLOCK && is_left_over(service)
        && wait_for_lock(service->lock))
        return;
    errno = error_number;
    die_about(service, "acquire ", "supervise/lock", "");
}

/*
 * Signals that whoever started us ignores (a shell does, for what it starts with &) would
 * be ignored by the service too, and SIGCHLD would keep its end from us.
 */
static void restore_signals(void)
{
    for (int number = 1; number < 32; number++)
        if (number != SIGKILL && number != SIGSTOP) (void)sig_restore(number);
}

static void catch_signals(struct service *service)
{
    static int const numbers[] = {SIGCHLD, SIGTERM, SIGINT, SIGHUP, SIGTSTP,
                                  SIGCONT, SIGUSR2, SIGIO,  0};

    restore_signals();
    service->signals = sv_catch(numbers);
    if (service->signals < 0) sv_dieusys(111, "catch signals");
}

/* The notify socket, the scan directory and the logger's pipe are taken by others. */
static int is_kept(struct service *service, int fd)
{
    struct stat about;

    if (fd == service->logger.pipe[0] || fd == service->logger.pipe[1]) return 1;
    if (fstat(fd, &about) < 0) return 0;
    if (S_ISDIR(about.st_mode)) service->scan_dir = fd;
    return S_ISDIR(about.st_mode) || S_ISSOCK(about.st_mode);
}

/* ok comes last: whoever finds it read finds everything else in place. */
static void open_fifos(struct service *service)
{
    int *fifos = service->fifos;

    service->control = sv_controlfifo_make(service->state_dir, "control", &fifos[1]);
    if (service->control < 0) die_about(service, "read ", "supervise/control", "");
    fifos[0] = service->control;
    service_write(service);
    fifos[2] = sv_controlfifo_make(service->state_dir, "ok", &fifos[3]);
    if (fifos[2] < 0) die_about(service, "read ", "supervise/ok", "");
    /* only now: without a reader what was written to control would be lost */
    for (unsigned int i = 0; i < service->handed_count; i++)
        if (service->handed[i] != service->lock && !is_kept(service, service->handed[i]))
            (void)close(service->handed[i]);
}

/* Only a logger has an input that can end: a terminal that hangs up must stop nobody
 * else. */
static int reads_pipe(void)
{
    struct stat about;

    return !fstat(0, &about) && S_ISFIFO(about.st_mode);
}

static void begin_status(struct sv_status *status)
{
    status->wanted = SV_WANTED_DOWN;
    sv_clock_wall(&status->since);
    status->changed = status->since;
    status->next_start_ms = status->kill_ms = (uint64_t)SV_NEVER;
    status->cause_uid = SV_CONTROL_UID_UNKNOWN;
}

int service_start_up(struct service *service)
{
    service->handed_count = sv_handover_take(service->handed);
    if (!fd_sanitize()) sv_dieusys(111, "open /dev/null");
    service->reads_pipe = reads_pipe();
    service->watch = service->journal = service->adopted = service->cgroup = -1;
    service->ready = service->notify = service->scan_dir = -1;
    service->status_file = -1;
    service->check_due_ms = service->needs_ms = SV_NEVER;
    service->script = -1;
    service->watch_retry_ms = service->complain_ms = service->adopted_ms = SV_NEVER;
    service->check_ms = service->write_ms = SV_NEVER;
    service->is_encore = sv_personality() == SV_PERSONALITY_ENCORE;
    service->logger = (struct service_logger){.dir = -1,
                                              .pipe = {-1, -1},
                                              .fifo = {-1, -1},
                                              .watch = -1,
                                              .held = -1,
                                              .retry_ms = SV_NEVER};
    catch_signals(service);
    open_directories(service);
    take_lock(service);
    if (!sv_proctree_adopt_orphans())
        sv_warnusys("adopt the orphans of ", service->dir_name);
    sv_setting_defaults(&service->settings);
    int resumes = service_open_page(service);
    service_load_settings(service); /* how many deaths are kept */
    service_open_records(service);
    if (!resumes) begin_status(&service->status);
    service->status_changed = 1;
    (void)service_logger_open(service); /* it is tried again before run is started */
    open_fifos(service);
    return resumes;
}
