/* ISC license. */

/*
 * Looks at a service. With detail it is about twelve system calls, without it is eight:
 * down by its full path, so is the state directory, in which ok and status are opened.
 * The service directory is only entered where the state directory has no such path, or
 * where it is too long.
 */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <skalibs/allreadwrite.h>

#include <sv/clock.h>
#include <sv/controlfifo.h>
#include <sv/message.h>
#include <sv/process.h>
#include <sv/servicedir.h>
#include <sv/statedir.h>
#include <sv/statefile.h>

#include "svstat.h"

#define NAME_ROOM 16  /* for "/.status" */
#define QUICK_TRIES 3 /* at catching two records that were written together ... */
#define TRIES 10      /* ... and in all: the last ones take up to 64 ms each */

#define STATUS_S6 35 /* bytes of s6's status: other things stand behind the stamp */
#define STATUS_TWO \
    (SV_STATUS_ENCORE + SV_STATUS_DJB) /* from here on there is a logger's */

/* The state directory's path: relative to each service directory, or as found in this
 * one. */
static char state_dir[SV_STATEDIR_MAX];
static int is_instances; /* it is that of an instance */

struct look {
    struct reading *reading;
    int dir; /* the state directory, O_PATH; -1: not open */
    unsigned int entered : 1;
    char instance[SV_INSTANCE_MAX];
    char path[PATH_MAX + NAME_ROOM];
};

/* Where we started, opened when it is first needed. */
static int go(char const *service)
{
    static int here = -1;

    if (!service) {
        if (fchdir(here) < 0) sv_dieusys(111, "set directory");
        return 1;
    }
    if (here < 0) here = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (here < 0) sv_dieusys(111, "open current directory");
    return !chdir(service);
}

/* Remembers what errno says, or first that there is no such directory at all. Returns 0.
 */
static int fail(struct look const *look, enum trouble trouble, char const *file)
{
    struct reading *reading = look->reading;

    reading->trouble = trouble;
    reading->error = errno;
    reading->file = file;
    reading->state_dir = state_dir;
    if (look->entered || trouble == TROUBLE_NOT_RUNNING || trouble == TROUBLE_FORMAT)
        return 0;
    if (go(reading->service)) {
        (void)go(0);
    } else {
        reading->trouble = TROUBLE_CHDIR;
        reading->error = errno;
    }
    return 0;
}

/* Enters the service directory, and learns its state directory's path for messages. */
static int enter(struct look *look)
{
    look->entered = go(look->reading->service);
    if (!look->entered) {
        look->reading->trouble = TROUBLE_CHDIR;
        look->reading->error = errno;
        return 0;
    }
    if (sv_statedir_path(state_dir, sizeof state_dir - NAME_ROOM, look->instance) < 0)
        return fail(look, TROUBLE_CONTROL, 0);
    return 1;
}

/*
 * SERVICE/supervise where that is a directory; -1 where it is a link, or may be reached
 * through one: who made it is looked at by sv_statedir_place().
 */
static int open_by_path(struct look *look, size_t service_length)
{
    look->path[service_length] = '/';
    strcpy(look->path + service_length + 1, state_dir);
    return open(look->path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* Opens the state directory. Returns 0 after a failure. */
static int open_state(struct look *look, size_t service_length)
{
    if (!look->entered) {
        look->dir = open_by_path(look, service_length);
        if (look->dir >= 0) return 1;
        if ((errno != ELOOP && errno != ENOTDIR) || !enter(look))
            return look->reading->trouble ? 0 : fail(look, TROUBLE_OPEN, "/ok");
    }
    look->dir = sv_statedir_place(AT_FDCWD, look->instance);
    return look->dir >= 0 ? 1 : fail(look, TROUBLE_OPEN, "/ok");
}

/* Whether there is the file `down`: 1 or 0; -1 with errno. As supervise sees it: a link
 * is followed if it may be. */
static int look_for_down(struct look *look, char const *down)
{
    struct stat about;

    if (lstat(down, &about) < 0) return errno == ENOENT ? 0 : -1;
    if (!S_ISLNK(about.st_mode)) return 1;
    if (look->entered) return sv_servicedir_has(AT_FDCWD, "down");
    int dir = open(look->reading->service, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0) return -1;
    int has = sv_servicedir_has(dir, "down");
    int error_number = errno;
    (void)close(dir); /* only a place */
    errno = error_number;
    return has;
}

/* Sets has_down, and opens look->dir. Returns 0 after a failure. */
static int locate(struct look *look)
{
    struct reading *reading = look->reading;
    size_t service_length = strlen(reading->service);
    char const *down = "down";

    if (!service_length || strchr(state_dir, '/')
        || service_length + 1 + strlen(state_dir) + NAME_ROOM > PATH_MAX) {
        if (!enter(look)) return 0;
    } else {
        memcpy(look->path, reading->service, service_length);
        strcpy(look->path + service_length, "/down");
        down = look->path;
    }
    int has_down = look_for_down(look, down);
    if (has_down < 0) return fail(look, TROUBLE_DOWN, 0);
    reading->has_down = (unsigned int)has_down;
    return open_state(look, service_length);
}

int svstat_unpack(struct reading *reading, unsigned char const *packed, size_t length)
{
    reading->has_family =
        length != STATUS_S6 && sv_status_unpack_family(packed, length, &reading->family);
    reading->has_logger =
        reading->has_family && length >= STATUS_TWO
        && sv_status_unpack_family(packed + SV_STATUS_ENCORE, length - SV_STATUS_ENCORE,
                                   &reading->logger);
    return reading->has_family;
}

static int read_family(struct look *look)
{
    unsigned char packed[SVSTAT_PACKED];
    int fd =
        openat(look->dir, SV_STATUS_FILE, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);

    if (fd < 0) return fail(look, TROUBLE_OPEN, "/" SV_STATUS_FILE);
    ssize_t got = fd_read(fd, (char *)packed, sizeof packed);
    int error = errno;
    (void)close(fd); /* opened for reading */
    errno = error;
    if (got < 0) return fail(look, TROUBLE_READ, "/" SV_STATUS_FILE);
    return svstat_unpack(look->reading, packed, (size_t)got)
           || fail(look, TROUBLE_FORMAT, "/" SV_STATUS_FILE);
}

static int read_own(struct look *look)
{
    unsigned char packed[SV_STATUS_OWN];
    ssize_t got = sv_statefile_read(look->dir, SV_STATUS_OWN_FILE, packed, sizeof packed);

    look->reading->has_own =
        got > 0 && sv_status_unpack(packed, (size_t)got, &look->reading->own);
    return look->reading->has_own;
}

static int is_this_boot(struct sv_status const *own)
{
    static unsigned char boot_id[SV_BOOT_ID];
    static int known; /* -1: it cannot be known */
    char text[64];

    if (!known) {
        ssize_t got = sv_statefile_read(AT_FDCWD, "/proc/sys/kernel/random/boot_id", text,
                                        sizeof text);
        known = got > 0 && sv_status_scan_boot_id(text, (size_t)got, boot_id) ? 1 : -1;
    }
    return known > 0 && !memcmp(boot_id, own->boot_id, sizeof boot_id);
}

/* Whether the supervise that wrote our record is there; another suite's cannot be then.
 */
static int is_by_who_is_there(struct sv_status const *own)
{
    return own->supervise_start && is_this_boot(own)
           && sv_process_is((pid_t)own->supervise_pid, own->supervise_start) > 0;
}

/* Whether `status` was written with our record. */
static int belong_together(struct reading const *reading)
{
    struct sv_status_family written;

    sv_status_to_family(&reading->own, &written);
    return written.pid == reading->family.pid
           && written.since.tv_sec == reading->family.since.tv_sec
           && written.since.tv_nsec == reading->family.since.tv_nsec;
}

/*
 * Our record is believed if `status` was written with it: else another suite's supervise
 * is here now. Both are replaced one after the other, and a new process writes `status`
 * before supervise writes both; so a mismatch is looked at again, at last with some time
 * in between; and if it stays, it is looked who is here.
 */
static void read_both(struct look *look)
{
    struct reading *reading = look->reading;

    for (unsigned int i = 0; i < TRIES; i++) {
        if (!read_family(look) || !read_own(look)) return;
        int same = belong_together(reading);
        if (!same && i >= QUICK_TRIES && !is_by_who_is_there(&reading->own)) break;
        if (!same && i >= QUICK_TRIES) (void)poll(0, 0, 1 << (i - QUICK_TRIES));
        if (!same && i + 1 < TRIES) continue;
        unsigned int size = reading->family.size;
        sv_status_to_family(&reading->own, &reading->family);
        reading->family.size = size;
        svstat_read_remarks(reading, look->dir);
        return;
    }
    reading->has_own = 0;
}

static enum recorded is_recorded(struct reading const *reading)
{
    struct sv_status const *own = &reading->own;

    if (!reading->has_own)
        return reading->has_family && reading->family.pid ? RECORDED_UNKNOWN
                                                          : RECORDED_NONE;
    if (!own->pid) return RECORDED_NONE;
    if (!is_this_boot(own)) return RECORDED_GONE;
    if (!own->pid_start) return RECORDED_UNKNOWN;
    int runs = sv_process_is((pid_t)own->pid, own->pid_start);
    return runs < 0 ? RECORDED_UNKNOWN : runs ? RECORDED_RUNS : RECORDED_GONE;
}

/* Nobody listens: what was the state when somebody did? */
static void read_last_known(struct look *look)
{
    struct reading *reading = look->reading;

    if (read_own(look)) {
        sv_status_to_family(&reading->own, &reading->family);
        reading->has_family = 1;
    } else {
        (void)read_family(look); /* its trouble is not the one to be shown */
    }
    reading->has_logger = 0;
    reading->recorded = is_recorded(reading);
}

/*
 * Whether supervise runs: 1, 0, or -1 with errno. Who may not write to `ok` asks our
 * record who supervise is, and the kernel whether it still is.
 */
static int is_supervised(struct look *look)
{
    struct reading *reading = look->reading;
    int listening = sv_controlfifo_listening(look->dir, "ok");

    if (listening > 0 || (!listening && errno == ENXIO)) return listening;
    if (errno != EACCES) return -1;
    int runs = -1;
    if (read_own(look) && reading->own.supervise_start) {
        runs = is_this_boot(&reading->own);
        if (runs)
            runs = sv_process_is((pid_t)reading->own.supervise_pid,
                                 reading->own.supervise_start);
    }
    reading->has_own = 0;
    errno = EACCES;
    return runs;
}

/* Finds the state directory's path, as far as it does not depend on the service. */
static void name_state_dir(struct look *look)
{
    sv_statedir_instance(look->reading->service, look->instance);
    if (*state_dir && !*look->instance && !is_instances) return;
    is_instances = *look->instance != 0;
    if (sv_statedir_path(state_dir, sizeof state_dir - NAME_ROOM, look->instance) < 0)
        memcpy(state_dir, "/",
               2); /* will be tried again, and reported, in each directory */
}

void svstat_read(struct reading *reading, char const *service, int detail)
{
    struct look look = {.reading = reading, .dir = -1, .entered = 0};

    memset(reading, 0, sizeof *reading);
    reading->service = service;
    reading->log = "";
    sv_clock_wall(&reading->now);
    reading->now_ms = detail ? sv_clock_monotonic_ms() : 0;
    name_state_dir(&look);
    if (locate(&look)) {
        int supervised = is_supervised(&look);
        reading->supervised = supervised > 0;
        if (supervised < 0) {
            (void)fail(&look, TROUBLE_OPEN, "/ok");
        } else if (!supervised) {
            if (detail) read_last_known(&look);
            (void)fail(&look, TROUBLE_NOT_RUNNING, "/ok");
        } else if (detail) {
            read_both(&look);
        } else {
            (void)read_family(&look); /* has remembered what failed */
        }
    }
    if (look.dir >= 0) (void)close(look.dir); /* only a place */
    if (look.entered) (void)go(0);
}

void svstat_read_logger(struct reading *logger, struct reading const *reading)
{
    *logger = *reading;
    if (reading->trouble != TROUBLE_NONE) return;
    logger->has_own = 0;
    if (reading->has_logger) {
        logger->family = reading->logger;
        logger->log = " log";
    } else {
        logger->has_family = 0;
        logger->trouble = TROUBLE_NO_LOG;
    }
}
