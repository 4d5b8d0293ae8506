/* ISC license. */

/*
 * multilog: reads lines from standard input and appends them to logs that it rotates; the
 * words of its command line are the script that says which lines go where.
 *
 * The language is in logscript.h, the directory and its protocol in logplan.h, what makes
 * it outlive a kill in inflight.h, the ways of the bytes in multilog.h.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <skalibs/allreadwrite.h>
#include <skalibs/djbunix.h>

#include <sv/about.h>
#include <sv/clock.h>
#include <sv/inflightfile.h>
#include <sv/message.h>

#include "multilog.h"
#include "record.h"

#define USAGE "multilog [directive ...]"

/* The directives, their letters in the first column, what may follow in the second. */
#define HELP_FIRST "(first)"
#define HELP_ALONE ""
#define HELP_PATTERN "PATTERN"
#define HELP_NUMBER "NUMBER"
#define HELP_TEXT "TEXT"
#define HELP_WHOLE "PATH"
#define HELP_DIRECTIVE(name, letters, form, meaning) \
    "  " letters "\t" HELP_##form "\t" meaning "\n"

/* Memory of a batch is given back when there has been none for so long. */
#define REST_MS 1000

char const *PROG = "multilog";

static struct multilog multilog;

static char const *const *arguments;
static size_t argument_count;

static void read_script(void)
{
    char const *error, *word;
    char *words;
    size_t size = multilog_gather(arguments, argument_count, &words);

    if (!multilog_understand(&multilog.program, words, size, &error, &word))
        sv_dieu(100, "understand ", word, ": ", error);
}

/* Who waits for us reads a newline, and then the end. */
static void tell_ready(void)
{
    struct sv_logscript const *script = &multilog.program.script;

    for (size_t i = 0; i < script->count; i++) {
        int fd = (int)script->directives[i].number;
        if (script->directives[i].kind != SV_LOGSCRIPT_READY || fd < 3) continue;
        if (fd_write(fd, "\n", 1) < 0) sv_warnusys("tell that I am ready");
        (void)close(fd);
    }
}

/* It works, but a kill would cost lines. */
static void tell_of_record(void)
{
    if (multilog.record_error)
        sv_warnu("create ", multilog.outputs->directory.path, "/" SV_INFLIGHTFILE ": ",
                 sv_errortext(multilog.record_error));
    multilog.record_error = 0;
}

/* Returns 0 if we are asked to leave before all directories are ready. */
static int start(void)
{
    multilog_find_record(&multilog);
    for (size_t i = 0; i < multilog.output_count; i++)
        if (!multilog_start(&multilog, multilog.outputs + i)) return 0;
    multilog_note_whole(&multilog);
    multilog.running = 1;
    tell_of_record();
    multilog_recover(&multilog);
    tell_ready();
    return 1;
}

static void rotate_all(void)
{
    multilog.rotating = 0;
    for (size_t i = 0; i < multilog.output_count; i++)
        multilog_rotate(&multilog, multilog.outputs + i);
}

/* The configurations may have changed. What cannot be understood changes nothing. */
static void reread(void)
{
    struct program before = multilog.program, fresh;
    char const *error, *word;
    char *words;

    multilog.rereading = 0;
    size_t size = multilog_gather(arguments, argument_count, &words);
    if (size == before.words_size && !memcmp(words, before.words, size)) {
        free(words);
        return;
    }
    if (!multilog_understand(&fresh, words, size, &error, &word)) {
        sv_warnu("understand ", word, ": ", error);
        free(words);
        return;
    }
    multilog.program = fresh;
    for (unsigned int i = 0; i < SV_LOGSCRIPT_STAMPS; i++)
        multilog.stamps[i] = (struct stamp){0};
    multilog_set_up(&multilog, 1);
    multilog_renew_record(&multilog);
    tell_of_record();
    multilog_forget(&before);
}

/* Not in the middle of a line that has been given to those whom the old script chose. */
static int is_rereading(void)
{
    return multilog.rereading && !multilog.in_line;
}

static int is_done(void)
{
    return multilog.ended || (multilog.leaving && !multilog_is_in_line(&multilog));
}

/* Sees to what is due, and returns when the next thing will be; INT64_MAX: nothing. */
static int64_t see_to_times(int64_t now_ms)
{
    int64_t next_ms = multilog.touched ? now_ms + REST_MS : INT64_MAX;

    for (size_t i = 0; i < multilog.output_count; i++) {
        struct output *output = multilog.outputs + i;
        if (output->age_ms && output->age_ms <= now_ms) {
            output->age_ms = 0;
            multilog_rotate(&multilog, output);
        }
        if (!output->again_ms || output->again_ms <= now_ms)
            multilog_process(&multilog, output);
        if (output->age_ms && output->age_ms < next_ms) next_ms = output->age_ms;
        if (output->again_ms && output->again_ms < next_ms) next_ms = output->again_ms;
    }
    return next_ms;
}

/* Nothing has come for a while: the pages go, what is in the record stays. */
static void rest(void)
{
    multilog.touched = 0;
    if (multilog.durable) sv_inflightfile_rest(&multilog.record);
    for (size_t i = 0; i < multilog.output_count; i++)
        (void)madvise(multilog.outputs[i].pending, MULTILOG_PENDING, MADV_DONTNEED);
}

static int has_times(void)
{
    if (multilog.touched) return 1;
    for (size_t i = 0; i < multilog.output_count; i++)
        if (multilog.outputs[i].processing || multilog.outputs[i].age_ms) return 1;
    return 0;
}

/*
 * Returns 0, or the errno for which standard input cannot be read. From here on trouble
 * with what we write is waited for, not died of.
 */
static int run(void)
{
    while (!is_done()) {
        int64_t next_ms = INT64_MAX;
        if (multilog.rotating) rotate_all();
        if (is_rereading()) reread();
        if (has_times()) next_ms = see_to_times(sv_clock_monotonic_ms());
        /* as long as there is more it is read without waiting; a signal comes first, and
         * so what has been counted is not behind a SIGTERM */
        int available = multilog.leaving ? 0 : multilog_available();
        if (multilog_is_signalled()) available = 0;
        int events = available > 0 ? 0 : multilog_wait(&multilog, 1, next_ms);
        int good = 1;
        if (available > 0)
            good = multilog_input(&multilog, available);
        else if (events)
            good = multilog_input_event(&multilog, events);
        else if (multilog.touched && next_ms <= sv_clock_monotonic_ms())
            rest();
        if (!good) return errno;
    }
    return 0;
}

/* A pattern by itself does nothing, so there is room for the two words. */
static void tell_about(char const *const *argv)
{
    sv_about(argv, "usage: " USAGE "\n\n" SV_LOGSCRIPT_DIRECTIVES(HELP_DIRECTIVE));
}

int main(int argc, char const *const *argv)
{
    int error = 0;

    tell_about(argv);
    if (!fd_sanitize()) sv_dieusys(111, "open /dev/null");
    umask(022);
    arguments = argv + 1;
    argument_count = argc ? (size_t)argc - 1 : 0;
    multilog.spare[0] = multilog.spare[1] = multilog.carried_from = -1;
    multilog.alerts.fd = 2;
    multilog.prints.fd = 1;
    read_script();
    multilog_identify(&multilog);
    multilog_finish_others(&multilog);
    multilog_catch();
    multilog_set_up(&multilog, 0);
    if (start()) error = run();
    for (size_t i = 0; i < multilog.output_count; i++)
        if (multilog.outputs[i].situation.held)
            multilog_close(&multilog, multilog.outputs + i);
    if (!multilog.recovers && !multilog_is_in_line(&multilog))
        multilog_end_record(&multilog);
    if (error) sv_dieu(111, "read standard input: ", sv_errortext(error));
    return 0;
}
