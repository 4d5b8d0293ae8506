/* ISC license. */

/*
 * Has a logger's supervise, its pipe and its record, as long as the service is there.
 * Whoever takes over finds the pipe with any process that has an end of it.
 */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sv/child.h>
#include <sv/clock.h>
#include <sv/controlfifo.h>
#include <sv/handover.h>
#include <sv/message.h>
#include <sv/neighbour.h>
#include <sv/openat.h>
#include <sv/pipeback.h>
#include <sv/process.h>
#include <sv/recoveryfile.h>
#include <sv/servicedir.h>
#include <sv/spawn.h>
#include <sv/statefile.h>

#include "service.h"

#define QUICK_MS 1000 /* its supervise is not started more often */
#define LOOK_MS 50    /* somebody has its lock, and has not said who that is */
#define OBEY_MS 1000  /* a command to it keeps those behind it from us for no longer */
#define MANY_FDS 64   /* more than we have open when we start it */

static void warn(struct service *service, char const *what)
{
    if (trouble_is_new(&service->logger_trouble))
        sv_warnusys(what, " for the logger of ", service->dir_name,
                    ", trying again later");
}

/* Who is there ----------------------------------------------------------------------- */

int service_logger_page(struct service const *service, struct sv_recovery *page)
{
    unsigned char life[SV_BOOT_ID];

    return sv_process_life(life) >= 0
           && sv_recoveryfile_peek(page, service->logger.dir, life) > 0
           && page->supervise_pid;
}

/* Takes that process as its supervise, if it is there. */
static int hold(struct service_logger *logger, pid_t pid, uint64_t start)
{
    if (sv_process_is(pid, start) <= 0) return 0;
    if (!sv_child_is_ours(pid)) {
        logger->held = sv_child_open(pid, start, 0);
        if (logger->held < 0) return 0;
    }
    logger->pid = pid;
    return 1;
}

/* Its supervise, if it runs and has said so; or the one that was just being started. */
static int find(struct service *service)
{
    struct sv_spawn_birth const *birth = &service->page->logger_birth;
    struct sv_recovery page;

    if (service_logger_page(service, &page)
        && hold(&service->logger, (pid_t)page.supervise_pid, page.supervise_start))
        return 1;
    return birth->pid && birth->last_ns && !birth->error_number
           && hold(&service->logger, birth->pid, service_start_of(birth));
}

/* Whether somebody has its lock: one that is about to say who it is. */
static int is_locked(struct service const *service)
{
    int fd = sv_openat(service->logger.dir, "lock",
                       O_WRONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC, 0);

    if (fd < 0) return 0;
    int locked = flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK;
    (void)close(fd); /* nothing was written */
    return locked;
}

/* The pipe --------------------------------------------------------------------------- */

static void take_handed(struct service *service)
{
    int *ends = service->logger.pipe;

    for (unsigned int i = 0; i < service->handed_count; i++) {
        int fd = service->handed[i];
        if (!sv_pipeback_inode(fd)) continue;
        ends[(fcntl(fd, F_GETFL) & O_ACCMODE) == O_WRONLY] = fd;
    }
}

/* The pid of the logger itself, as its supervise's page has it; 0: there is none. */
static pid_t logger_of(struct sv_recovery const *page)
{
    struct sv_status status;
    struct sv_machine machine;
    struct sv_control decoder;
    struct sv_recovery_doing doing;

    return sv_recovery_load(page, &status, &machine, &decoder, &doing) ? machine.pid : 0;
}

/*
 * From its supervise, which may just have been started and have it under any number, from
 * the logger itself, or from the service.
 */
static int take_back(struct service *service)
{
    uint64_t inode = service->page->log_pipe;
    int *ends = service->logger.pipe;
    struct sv_recovery page = {.supervise_pid = 0};
    pid_t logger = service_logger_page(service, &page) ? logger_of(&page) : 0;
    pid_t supervise = service->page->logger_birth.pid;
    pid_t const holders[] = {(pid_t)page.supervise_pid, logger, service->machine.pid};

    if (!inode) return 0;
    for (unsigned int i = 0; i < sizeof holders / sizeof *holders; i++)
        for (int fd = 0; fd < 2; fd++)
            if (holders[i] && sv_pipeback_open(holders[i], fd, inode, ends) > 0) return 1;
    for (int fd = 0; supervise && fd < MANY_FDS; fd++)
        if (sv_pipeback_open(supervise, fd, inode, ends) > 0) return 1;
    return 0;
}

static int get_pipe(struct service *service)
{
    int *ends = service->logger.pipe;

    take_handed(service);
    if ((ends[0] < 0 || ends[1] < 0) && !take_back(service) && pipe2(ends, O_CLOEXEC) < 0)
        return 0;
    service->page->log_pipe = sv_pipeback_inode(ends[0]);
    return 1;
}

/* What it has written down ----------------------------------------------------------- */

/* Before there is anything: not started yet. */
static void expect_start(struct service *service)
{
    int is_down = sv_servicedir_has(service->dir, "down") > 0;
    struct sv_status_family family = {.want = is_down ? 'd' : 'u',
                                      .state = is_down ? SV_ENCORE_STOPPED
                                                       : SV_ENCORE_STARTING};

    sv_clock_wall(&family.since);
    sv_status_pack_family(service->logger.status, &family);
}

static void read_record(struct service *service)
{
    struct service_logger *logger = &service->logger;
    unsigned char record[SV_STATUS_ENCORE];

    logger->has_changed = 0;
    ssize_t length =
        sv_statefile_read(logger->dir, SV_STATUS_FILE, record, sizeof record);
    if (length != (ssize_t)sizeof record
        || !memcmp(record, logger->status, sizeof record))
        return;
    memcpy(logger->status, record, sizeof record);
    service->status_changed = 1;
}

/* Its supervise ---------------------------------------------------------------------- */

static void start(struct service *service)
{
    struct service_logger *logger = &service->logger;
    char path[PATH_MAX];
    char const *const plain[] = {"supervise", "--logger", service->dir_name, 0};
    char const *const one_of_many[] = {"supervise",       "--logger",        "--instance",
                                       service->instance, service->dir_name, 0};
    struct sv_spawn_fd const fds[] = {{.from = logger->pipe[0], .to = 0}};
    struct sv_spawn const how = {.file = path,
                                 .argv = *service->instance ? one_of_many : plain,
                                 .dir = -1,
                                 .fds = fds,
                                 .fd_count = 1,
                                 .new_session = 1,
                                 .birth = &service->page->logger_birth};

    service->page->logger_birth = (struct sv_spawn_birth){.pid = 0};
    logger->born_ms = sv_clock_monotonic_ms();
    logger->input_ends = 0;
    pid_t pid = sv_handover_path(path, sizeof path) ? sv_spawn(&how) : 0;
    if (pid > 0) {
        logger->pid = pid;
        logger->retry_ms = SV_NEVER;
        trouble_over(&service->logger_trouble);
    } else {
        logger->retry_ms = logger->born_ms + QUICK_MS;
        warn(service, "start supervise");
    }
}

/* Finds it, or starts it. */
static void have(struct service *service)
{
    struct service_logger *logger = &service->logger;

    if (find(service))
        logger->retry_ms = SV_NEVER;
    else if (is_locked(service))
        logger->retry_ms = sv_clock_monotonic_ms() + LOOK_MS;
    else
        start(service);
}

/* Everything but the process. A kept logger is one even if its script has gone. */
static int open_all(struct service *service, int create)
{
    struct service_logger *logger = &service->logger;

    if (create && mkdirat(service->state_dir, ".log", 0700) < 0 && errno != EEXIST)
        return 0;
    logger->dir = sv_openat(service->state_dir, ".log",
                            O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
    if (logger->dir < 0) return 0;
    if (!create && !find(service)) {
        errno = ENOENT;
        return 0;
    }
    if (!get_pipe(service)) return 0;
    logger->fifo[0] = sv_controlfifo_make(logger->dir, "control", &logger->fifo[1]);
    if (logger->fifo[0] < 0) return 0;
    logger->watch = sv_neighbour_watch_directory(logger->dir); /* or it is not told */
    return 1;
}

static void close_all(struct service_logger *logger)
{
    int const fds[] = {logger->dir,  logger->pipe[0], logger->pipe[1],
                       logger->held, logger->fifo[0], logger->fifo[1]};
    int error_number = errno;

    for (unsigned int i = 0; i < sizeof fds / sizeof *fds; i++)
        if (fds[i] >= 0) (void)close(fds[i]); /* nothing was written */
    logger->dir = logger->pipe[0] = logger->pipe[1] = logger->held = -1;
    logger->fifo[0] = logger->fifo[1] = -1;
    logger->pid = 0;
    errno = error_number;
}

static int is_wanted(struct service const *service)
{
    return sv_servicedir_may_have(&service->absent, SV_SERVICEDIR_LOG)
           && sv_servicedir_is_executable(service->dir, "log");
}

int service_logger_open(struct service *service)
{
    struct service_logger *logger = &service->logger;

    if (logger->dir >= 0 || service->is_logger || !service->is_encore) return 1;
    int wanted = is_wanted(service);
    if (!wanted && logger->looked) return 1;
    logger->looked = 1;
    if (!open_all(service, wanted)) {
        close_all(logger);
        if (wanted) warn(service, "make a pipe");
        return !wanted;
    }
    expect_start(service);
    read_record(service);
    service->status_changed = 1;
    logger->retry_ms = logger->pid ? SV_NEVER : 0; /* at once, but not before we listen */
    return 1;
}

int service_logger_begin(struct service *service)
{
    if (!service_logger_open(service)) return 0;
    service_logger_tend(service);
    return 1;
}

void service_logger_tend(struct service *service)
{
    struct service_logger *logger = &service->logger;

    if (logger->dir < 0) return;
    if (logger->has_changed) read_record(service);
    if (!logger->pid && logger->retry_ms <= sv_clock_monotonic_ms()) have(service);
}

static void note_end(struct service_logger *logger)
{
    int64_t now_ms = sv_clock_monotonic_ms();
    int64_t next_ms = logger->born_ms + QUICK_MS;

    if (logger->held >= 0) (void)close(logger->held); /* only looked at */
    logger->held = -1;
    logger->pid = 0;
    logger->retry_ms = next_ms > now_ms ? next_ms : now_ms;
}

int service_logger_ended(struct service *service, int pid)
{
    if (!pid || pid != service->logger.pid) return 0;
    note_end(&service->logger);
    return 1;
}

void service_logger_held_ended(struct service *service)
{
    note_end(&service->logger);
}

/* Commands --------------------------------------------------------------------------- */

/* How many bytes of its FIFO it says that it has taken; those of earlier ones included.
 */
static uint64_t bytes_taken(struct service_logger const *logger)
{
    unsigned char own[SV_STATUS_OWN + 1];
    struct sv_status status;
    ssize_t length =
        sv_statefile_read_ours(logger->dir, SV_STATUS_OWN_FILE, own, sizeof own);

    return length > 0 && sv_status_unpack(own, (size_t)length, &status)
               ? status.control_bytes
               : 0;
}

int service_logger_is_awaited(struct service *service)
{
    struct service_logger *logger = &service->logger;

    if (!logger->awaited_ms) return 0;
    if (sv_clock_monotonic_ms() < logger->awaited_ms
        && bytes_taken(logger) < logger->awaited_bytes)
        return 1;
    logger->awaited_ms = 0;
    read_record(service);
    return 0;
}

void service_logger_command(struct service *service, struct sv_command const *command)
{
    unsigned char bytes[SV_CONTROL_MARK + 2];
    size_t length = 0;

    if (!service_logger_begin(service) || service->logger.dir < 0) return;
    if (command->uid != SV_CONTROL_UID_UNKNOWN) {
        sv_control_mark(bytes, 2, command->uid);
        length = SV_CONTROL_MARK;
    }
    bytes[length++] = command->to_group ? '+' : '=';
    bytes[length++] = sv_control_words[command->kind].byte;
    service->logger.awaited_bytes = bytes_taken(&service->logger) + length;
    service->logger.awaited_ms = sv_clock_monotonic_ms() + OBEY_MS;
    if (!sv_controlfifo_write(service->logger.fifo[1], bytes, length,
                              sv_clock_monotonic_ms())) {
        service->logger.awaited_ms = 0;
        warn(service, "pass a command on");
    }
    service_store(service); /* or it might be passed on once more */
}

void service_logger_signal(struct service_logger const *logger, int number)
{
    if (logger->held >= 0)
        (void)sv_child_signal(logger->held, number); /* gone already is as good */
    else if (logger->pid)
        (void)kill(logger->pid, number);
}
