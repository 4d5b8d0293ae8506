/* ISC license. */

/* What a program names: directories, status files, sockets. */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sv/address.h>
#include <sv/datagram.h>
#include <sv/message.h>

#include "multilog.h"

static size_t count_of(struct sv_logscript const *script, enum sv_logscript_kind kind)
{
    size_t count = 0;

    for (size_t i = 0; i < script->count; i++)
        count += script->directives[i].kind == kind;
    return count;
}

/* Which of its kind the directive is, from 0. */
static size_t number_of(struct sv_logscript const *script, size_t index)
{
    size_t number = 0;

    for (size_t i = 0; i < index; i++)
        number += script->directives[i].kind == script->directives[index].kind;
    return number;
}

static void apply_settings(struct output *output, struct sv_logscript const *script,
                           size_t index)
{
    sv_logscript_settings(script, index, &output->settings);
    output->directory.path = output->settings.path;
    output->directory.suffix = output->settings.suffix;
    output->directory.processor = output->settings.processor;
    output->directory.files = output->settings.files;
    output->directory.total = output->settings.total;
}

/* The directories, in the script's order; those without lines too: they are locked. */
static void set_up_outputs(struct multilog *multilog, int again)
{
    struct sv_logscript const *script = &multilog->program.script;
    size_t number = 0;

    if (!again) {
        multilog->output_count = count_of(script, SV_LOGSCRIPT_DIRECTORY);
        multilog->outputs =
            multilog_memory(multilog->output_count, sizeof *multilog->outputs);
    }
    for (size_t i = 0; i < script->count; i++) {
        if (script->directives[i].kind != SV_LOGSCRIPT_DIRECTORY) continue;
        struct output *output = multilog->outputs + number;
        apply_settings(output, script, i);
        output->number = number++;
        if (again) {
            output->age_ms = 0; /* its age begins now */
            multilog_begin_age(output);
            continue;
        }
        output->watch = -1;
        /* no pages until it is used, and whole ones, to be given back */
        output->pending = aligned_alloc(SV_INFLIGHT_PAGE, MULTILOG_PENDING);
        if (!output->pending) sv_die(111, "out of memory");
        multilog_open(multilog, output);
    }
}

/* The status file that has been opened already, if it is this one. */
static struct status *find_status(struct multilog *multilog, struct stat const *file)
{
    struct stat other;

    for (size_t i = 0; i < multilog->status_count; i++)
        if (!fstat(multilog->statuses[i].fd, &other) && other.st_ino == file->st_ino
            && other.st_dev == file->st_dev)
            return multilog->statuses + i;
    return 0;
}

/*
 * Made if there is none; a longer one, from another program, gets its length. One that is
 * named twice is one: it shows the latest line that either action gets.
 */
static struct status *add_status(struct multilog *multilog, char const *file, size_t size)
{
    struct stat found;
    int fd = open(file, O_WRONLY | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0600);

    if (fd < 0) sv_dieusys(111, "create ", file);
    if (fstat(fd, &found) < 0) sv_dieusys(111, "write ", file);
    if (!S_ISREG(found.st_mode)) sv_dieu(111, "write ", file, ": ", sv_errortext(ESPIPE));
    if (size && found.st_size > (off_t)size && ftruncate(fd, (off_t)size) < 0)
        sv_dieusys(111, "write ", file);
    struct status *status = find_status(multilog, &found);
    if (status) {
        (void)close(fd); /* nothing has been written */
        return status;
    }
    status = multilog->statuses + multilog->status_count++;
    status->fd = fd;
    return status;
}

/* The one that is open for this name. */
static struct status *recall_status(struct multilog *multilog, char const *file)
{
    for (size_t i = 0; i < multilog->status_count; i++)
        if (!strcmp(multilog->statuses[i].file, file)) return multilog->statuses + i;
    return 0;
}

/* What is said of the file holds from now on, also if it has been open before. */
static struct status *set_up_status(struct multilog *multilog, char const *file,
                                    uint64_t size, int again)
{
    struct status *status = again ? recall_status(multilog, file) : 0;

    if (size > MULTILOG_STATUS) size = MULTILOG_STATUS;
    if (!status) status = add_status(multilog, file, (size_t)size);
    status->file = file;
    status->size = (size_t)size;
    return status;
}

int multilog_socket(char const *text)
{
    struct sv_address address;

    /* it was understood when the script was */
    return sv_address_scan(text, &address) ? sv_datagram_open(&address) : -1;
}

static void set_up_lead(struct multilog *multilog, struct action *action,
                        struct sv_logscript_action const *settings)
{
    action->stamp = settings->stamp;
    action->prefix = settings->prefix;
    action->prefix_length = strlen(settings->prefix);
    action->alert_bytes = settings->alert_bytes > SV_LOGSCRIPT_HEAD
                              ? SV_LOGSCRIPT_HEAD
                              : (size_t)settings->alert_bytes;
    action->lead = multilog->stamps[action->stamp].text;
    multilog->stamps[action->stamp].used = 1;
    if (!action->prefix_length) return;
    action->own_lead = multilog_memory(1, MULTILOG_STAMP + action->prefix_length);
    action->lead = action->own_lead;
}

static void set_up_action(struct multilog *multilog, struct action *action, size_t index,
                          int again)
{
    struct sv_logscript const *script = &multilog->program.script;
    struct sv_logscript_directive const *directive = script->directives + index;
    struct sv_logscript_action settings;

    sv_logscript_action(script, index, &settings);
    action->kind = directive->kind;
    action->fd = -1;
    set_up_lead(multilog, action, &settings);
    if (directive->kind == SV_LOGSCRIPT_DIRECTORY)
        action->output = multilog->outputs + number_of(script, index);
    if (directive->kind == SV_LOGSCRIPT_STATUS)
        action->status =
            set_up_status(multilog, directive->text, settings.status_bytes, again);
    if (directive->kind == SV_LOGSCRIPT_SEND || directive->kind == SV_LOGSCRIPT_SEND_ONLY)
        action->address = directive->text;
}

void multilog_set_up(struct multilog *multilog, int again)
{
    struct program *program = &multilog->program;
    size_t number = 0;

    set_up_outputs(multilog, again);
    if (!again)
        multilog->statuses =
            multilog_memory(count_of(&program->script, SV_LOGSCRIPT_STATUS),
                            sizeof *multilog->statuses);
    program->actions = multilog_memory(program->select.actions, sizeof *program->actions);
    program->fast = program->select.constant;
    for (size_t i = 0; i < program->select.count; i++) {
        struct sv_logselect_rule const *rule = program->select.rules + i;
        if (rule->step != SV_LOGSELECT_ACTION) continue;
        struct action *action = program->actions + number++;
        set_up_action(multilog, action, rule->directive, again);
        if (action->kind != SV_LOGSCRIPT_DIRECTORY) program->fast = 0;
    }
    multilog->stamps[program->stamp].used = 1;
    for (unsigned int i = SV_LOGSCRIPT_STAMP_NONE + 1; i < SV_LOGSCRIPT_STAMPS; i++)
        if (multilog->stamps[i].used) program->timed = 1;
}
