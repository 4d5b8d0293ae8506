/* ISC license. */

/*
 * svscan's own log. Services and their supervises inherit its standard output and error,
 * which are the pipe to the logger: they wait when it is full, as is usual. svscan itself
 * must not: it is the one who starts a logger that has died. So what it says goes to
 * another open file of the same pipe, which does not wait, and when the pipe is full to
 * where messages went before there was a log. There go the messages about the logger,
 * and those of the logger itself and of its supervise: they would only feed it.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <skalibs/buffer.h>
#include <skalibs/djbunix.h>
#include <skalibs/types.h>

#include <sv/message.h>
#include <sv/pipeback.h>

#include "svscan.h"

#define PATH_ROOM (sizeof "/proc/self/fd/" + UINT_FMT)

/* How svscan speaks while it has a log; skalibs' buffer_2 has no place for it. */
static struct {
    int is_on;
    int first;    /* standard error as it was before */
    int is_aside; /* that is where messages go now */
    int has_begun;
    buffer usual; /* buffer_2 as it is without a log */
    char bytes[PIPE_BUF];
} voice;

static ssize_t write_to(int fd, struct iovec const *parts, unsigned int count)
{
    ssize_t written;

    do written = writev(fd, parts, (int)count);
    while (written < 0 && errno == EINTR);
    return written;
}

/* Up to PIPE_BUF bytes go into a pipe as a whole, or not at all. */
static ssize_t say(int fd, struct iovec const *parts, unsigned int count)
{
    ssize_t written = -1;

    errno = EAGAIN;
    if (!voice.is_aside) written = write_to(fd, parts, count);
    if (written >= 0 || errno != EAGAIN) return written;
    return write_to(voice.first, parts, count);
}

/* Another open file of the pipe whose writing end `fd` is. -1 with errno. */
static int open_beside(int fd)
{
    char path[PATH_ROOM] = "/proc/self/fd/";
    size_t length = strlen(path);

    path[length + uint_fmt(path + length, (unsigned int)fd)] = 0;
    return open2(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
}

/* As dup2(), and no signal interrupts it. */
static int put_at(int from, int to)
{
    int fd;

    do fd = dup2(from, to);
    while (fd < 0 && errno == EINTR);
    return fd;
}

int svscan_own_speak(struct svscan *svscan)
{
    int writer = svscan->own->writer;

    if (voice.is_on || writer < 0) return 1;
    int beside = open_beside(writer);
    if (beside < 0) return 0;
    if (put_at(writer, 2) < 0 || put_at(writer, 1) < 0) { /* all are open */
        int error_number = errno;
        (void)close(beside); /* nothing was written */
        (void)put_at(svscan->launch.first_fds[1], 2);
        errno = error_number;
        return 0;
    }
    voice.usual = *buffer_2;
    voice.first = svscan->launch.first_fds[1];
    (void)buffer_init(buffer_2, &say, beside, voice.bytes, sizeof voice.bytes);
    voice.is_on = 1;
    int is_new = !svscan->handed_count && !voice.has_begun;
    voice.has_begun = 1;
    if (!is_new) return 1;
    int was_aside = voice.is_aside;
    voice.is_aside = 0;
    strerr_warni("starting");
    voice.is_aside = was_aside;
    return 1;
}

void svscan_own_hush(struct svscan *svscan)
{
    if (!voice.is_on) return;
    voice.is_on = 0;
    (void)close(buffer_2->fd); /* of a pipe: nothing is left behind in it */
    *buffer_2 = voice.usual;
    for (int i = 0; i < 2; i++)
        (void)put_at(svscan->launch.first_fds[i], i + 1); /* all are open */
}

void svscan_own_step_aside(void)
{
    voice.is_aside = 1;
}

void svscan_own_come_back(void)
{
    voice.is_aside = 0;
}

/* The entry -------------------------------------------------------------------------- */

/* Whether the directory is the logger's, and not only where its log/ is. */
static int is_logger(char const *directory)
{
    struct stat about;
    int place = open2(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);

    if (place < 0) return 1;
    int has_log = !fstatat(place, "log", &about, 0) && S_ISDIR(about.st_mode);
    int has_run = !fstatat(place, "run", &about, 0);
    (void)close(place); /* only a place */
    return has_run || !has_log;
}

/* Makes it; 0 with errno. */
static struct entry *make_entry(struct svscan *svscan)
{
    struct name *name = table_find_name(&svscan->table, svscan->log_name);
    struct stat about;

    if (stat(svscan->log_name, &about) < 0) return 0;
    errno = ENOTDIR;
    if (!S_ISDIR(about.st_mode)) return 0;
    errno = EEXIST;
    if (table_find(&svscan->table, about.st_dev, about.st_ino, "")) return 0;
    if (name && name->entry) return 0;
    errno = ENOMEM;
    if (!name) name = table_add_name(&svscan->table, svscan->log_name);
    if (!name) return 0;
    struct entry *entry = table_add(&svscan->table, about.st_dev, about.st_ino, "");
    if (!entry) {
        table_forget_name(&svscan->table, name);
        return 0;
    }
    entry->is_own = 1;
    entry->is_direct = is_logger(svscan->log_name);
    table_give_name(&svscan->table, entry, name);
    return entry;
}

void svscan_own_open(struct svscan *svscan)
{
    if (!svscan->log_name || svscan->own || svscan->leaving) return;
    svscan->own = make_entry(svscan);
    if (svscan->own)
        svscan_tell(svscan, svscan->own, SV_SCAN_EVENT_FOUND);
    else if (trouble_is_new(&svscan->troubles, TROUBLE_OWN))
        sv_warnu("use the log directory ", svscan->log_name, ": ", sv_errortext(errno),
                 "; until it is there messages go where they went before");
}

int svscan_own_has(struct svscan const *svscan, char const *text)
{
    return svscan->own && !strcmp(text, svscan->own->names->text);
}

void svscan_own_look_again(struct svscan *svscan)
{
    struct entry *own = svscan->own;
    struct stat about;

    if (stat(svscan->log_name, &about) < 0 || !S_ISDIR(about.st_mode)) return;
    if (about.st_dev == own->device && about.st_ino == own->inode) return;
    if (table_find(&svscan->table, about.st_dev, about.st_ino, "")) return;
    table_set_identity(&svscan->table, own, about.st_dev, about.st_ino);
    own->is_direct = is_logger(svscan->log_name);
}

void svscan_own_end(struct svscan *svscan)
{
    struct entry *own = svscan->own;

    if (svscan->leaving && own && svscan->table.first == own && !own->following)
        svscan_tell(svscan, own, SV_SCAN_EVENT_SHUTDOWN);
}

/* The pipe --------------------------------------------------------------------------- */

int svscan_own_find_pipe(uint64_t inode, int *ends)
{
    struct dirent const *found;
    DIR *dir = opendir("/proc");
    unsigned int pid;
    int opened = 0;

    if (!dir) return 0;
    while (opened <= 0 && (found = readdir(dir))) {
        if (!uint0_scan(found->d_name, &pid)) continue;
        for (int fd = 1; fd <= 2 && opened <= 0; fd++)
            opened = sv_pipeback_open((pid_t)pid, fd, inode, ends);
    }
    (void)closedir(dir); /* only read from */
    return opened > 0;
}
