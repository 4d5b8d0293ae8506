/* ISC license. */

/*
 * multilog: reads lines from standard input and appends them to logs that it rotates; the
 * words of its command line are the script that says which lines go where.
 *
 * The language is in logscript.h, the directory and its protocol in logplan.h, the ways
 * of the bytes in multilog.h.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <skalibs/allreadwrite.h>
#include <skalibs/djbunix.h>

#include <sv/clock.h>
#include <sv/message.h>

#include "multilog.h"

char const *PROG = "multilog";

static struct multilog multilog;
static struct sv_logscript script;

/* For good: nothing is ever given back. */
static void *check_memory(void *memory)
{
    if (!memory) sv_die(111, "out of memory");
    return memory;
}

/* Zeroed. */
static void *take_memory(size_t count, size_t size)
{
    return check_memory(calloc(count ? count : 1, size));
}

static void parse(char const *const *words, size_t count)
{
    struct sv_logscript_error error;

    script.directives = take_memory(count, sizeof *script.directives);
    script.room = count;
    if (!sv_logscript_parse(&script, words, count, &error))
        sv_dieu(100, "understand ", words[error.word], ": ",
                sv_logscript_reason(error.fault));
    sv_logselect_compile(&multilog.select,
                         take_memory(count, sizeof *multilog.select.rules), &script);
    if (count && script.directives[0].kind <= SV_LOGSCRIPT_SECONDS)
        multilog.stamp = script.directives[0].kind;
}

static struct output *add_output(size_t index)
{
    struct output *output = multilog.outputs + multilog.output_count++;
    struct sv_logscript_directory settings;

    sv_logscript_settings(&script, index, &settings);
    output->directory.path = settings.path;
    output->directory.suffix = settings.suffix;
    output->directory.processor = settings.processor;
    output->directory.files = settings.files;
    output->size = settings.size;
    output->pending =
        check_memory(malloc(MULTILOG_PENDING)); /* pages unused until needed */
    multilog_open(&multilog, output);
    return output;
}

/* The status file that has been opened already, if it is this one. */
static struct status *find_status(struct stat const *file)
{
    struct stat other;

    for (size_t i = 0; i < multilog.status_count; i++)
        if (!fstat(multilog.statuses[i].fd, &other) && other.st_ino == file->st_ino
            && other.st_dev == file->st_dev)
            return multilog.statuses + i;
    return 0;
}

/*
 * Made if there is none; a longer one, from another program, gets its length. One that is
 * named twice is one: it shows the latest line that either action gets.
 */
static struct status *add_status(char const *file)
{
    struct stat found;
    int fd = open(file, O_WRONLY | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0600);

    if (fd < 0) sv_dieusys(111, "create ", file);
    if (fstat(fd, &found) < 0) sv_dieusys(111, "write ", file);
    if (!S_ISREG(found.st_mode)) sv_dieu(111, "write ", file, ": ", sv_errortext(ESPIPE));
    if (found.st_size > MULTILOG_STATUS && ftruncate(fd, MULTILOG_STATUS) < 0)
        sv_dieusys(111, "write ", file);
    struct status *status = find_status(&found);
    if (status) {
        (void)close(fd); /* nothing has been written */
        return status;
    }
    status = multilog.statuses + multilog.status_count++;
    status->file = file;
    status->fd = fd;
    return status;
}

static size_t count_of(enum sv_logscript_kind kind)
{
    size_t count = 0;

    for (size_t i = 0; i < script.count; i++) count += script.directives[i].kind == kind;
    return count;
}

/* Opens what the script names, in its order. */
static void set_up(void)
{
    struct action *action = multilog.actions =
        take_memory(multilog.select.actions, sizeof *multilog.actions);

    multilog.chosen = take_memory(multilog.select.actions, 1);
    multilog.outputs =
        take_memory(count_of(SV_LOGSCRIPT_DIRECTORY), sizeof *multilog.outputs);
    multilog.statuses =
        take_memory(count_of(SV_LOGSCRIPT_STATUS), sizeof *multilog.statuses);
    for (size_t i = 0; i < script.count; i++) {
        enum sv_logscript_kind kind = script.directives[i].kind;
        if (kind == SV_LOGSCRIPT_DIRECTORY) action++->output = add_output(i);
        if (kind == SV_LOGSCRIPT_STATUS)
            action++->status = add_status(script.directives[i].text);
        if (kind == SV_LOGSCRIPT_ALERT) action++;
    }
    multilog.heads = !multilog.select.constant || multilog.status_count
                     || count_of(SV_LOGSCRIPT_ALERT);
}

/* Returns 0 if we are asked to leave before all directories are ready. */
static int start(void)
{
    multilog_catch(&multilog);
    for (size_t i = 0; i < multilog.output_count; i++)
        if (!multilog_start(&multilog, multilog.outputs + i)) return 0;
    return 1;
}

/* A line has begun: the rest of it is read, but not a byte behind it. */
static int is_in_line(void)
{
    return multilog.held || multilog.in_line;
}

/* Returns 0 with errno if standard input does not work. */
static int read_input(void)
{
    size_t room = MULTILOG_INPUT - multilog.held;
    struct timespec now = {0};
    ssize_t length =
        fd_read(0, multilog.input + multilog.held, multilog.leaving ? 1 : room);

    if (length < 0) return errno == EAGAIN;
    if (length) {
        if (multilog.stamp != SV_LOGSCRIPT_IGNORED) sv_clock_wall(&now);
        multilog_take(&multilog, (size_t)length, &now);
    } else {
        multilog.ended = 1;
        multilog_end(&multilog);
    }
    return 1;
}

static void rotate_all(void)
{
    multilog.rotating = 0;
    for (size_t i = 0; i < multilog.output_count; i++)
        multilog_rotate(&multilog, multilog.outputs + i);
}

static int is_done(void)
{
    return multilog.ended || (multilog.leaving && !is_in_line());
}

/*
 * Returns 0, or the errno for which standard input cannot be read. From here on trouble
 * with what we write is waited for, not died of.
 */
static int run(void)
{
    while (!is_done()) {
        if (multilog.rotating) {
            rotate_all();
            continue;
        }
        if (!multilog_wait(&multilog, 1, INT64_MAX)) continue;
        /* a signal comes before the input that was there when it came */
        if (multilog.rotating || is_done()) continue;
        if (!read_input()) {
            int error = errno;
            multilog_end(&multilog);
            multilog_flush_all(&multilog);
            return error;
        }
        multilog_flush_all(&multilog);
    }
    return 0;
}

int main(int argc, char const *const *argv)
{
    if (!fd_sanitize()) sv_dieusys(111, "open /dev/null");
    umask(022);
    multilog.stamp = SV_LOGSCRIPT_IGNORED;
    parse(argv + 1, argc ? (size_t)argc - 1 : 0);
    set_up();
    int error = start() ? run() : 0;
    for (size_t i = 0; i < multilog.output_count; i++)
        if (multilog.outputs[i].situation.held)
            multilog_close(&multilog, multilog.outputs + i);
    if (error) sv_dieu(111, "read standard input: ", sv_errortext(error));
    return 0;
}
