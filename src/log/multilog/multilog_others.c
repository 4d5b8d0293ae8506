/* ISC license. */

/*
 * What multilogs with other scripts have left in the directories of this one: a record
 * whose words are not ours. It is completed as they would have done it, by a child that
 * is told their words, before anything of our own is opened.
 */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <skalibs/djbunix.h>

#include <sv/inflightfile.h>
#include <sv/message.h>

#include "multilog.h"
#include "record.h"

#define ASIDE SV_INFLIGHTFILE ".unfinished"

/* A directory of our script, and the record in it. */
struct place {
    char const *path;
    int fd;
    int is_home; /* our own record will be here */
    struct sv_inflight record;
};

static int is_our_source(struct multilog const *multilog,
                         struct sv_inflight_head const *head)
{
    return head->source_device == multilog->source_device
           && head->source_inode == multilog->source_inode;
}

/*
 * Sealed, so that we trust it. A finished file that waits for its processor waits for
 * ours.
 */
static void let_go(struct multilog *other, struct output *output)
{
    struct sv_logdir *directory = &output->directory;
    struct sv_logplan_room room = {.files = directory->files};

    if (directory->in_line) multilog_append(other, output, "\n", 1);
    multilog_flush(other, output);
    while (!sv_logdir_step(directory, SV_LOGPLAN_SEAL_CURRENT, room))
        multilog_pause_for(other, output);
}

/* Whether the names that it used lead to its directories. None of them is to be made. */
static int is_same_place(struct sv_logscript const *script,
                         struct sv_inflight const *record)
{
    struct sv_inflight_output const *output = sv_inflight_now(record)->outputs;
    struct sv_inflight_output const *end = output + record->head->output_count;
    struct stat found;

    for (size_t i = 0; i < script->count; i++) {
        if (script->directives[i].kind != SV_LOGSCRIPT_DIRECTORY) continue;
        if (output == end || stat(script->directives[i].text, &found) < 0
            || found.st_dev != output->device || found.st_ino != output->directory)
            return 0;
        output++;
    }
    return output == end;
}

/* The child: one of those others. Whoever dies here has told why. */
static void be_other(struct multilog *multilog, struct place *place)
{
    static struct multilog other;
    struct sv_inflight_head const *head = place->record.head;
    size_t size = (size_t)head->words_size;
    char const *error, *word;
    char *words = multilog_memory(size, 1);
    int carries = is_our_source(multilog, head);

    memcpy(words, sv_inflight_words(&place->record), size);
    /* whoever ends us does not want us to go on alone */
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    other.leave_code = MULTILOG_TEMPORARY;
    other.hasty = 1; /* the new script may be there just to have another processor */
    other.spare[0] = other.spare[1] = other.carried_from = -1;
    other.alerts.fd = 2;
    other.prints.fd = 1;
    multilog_identify(&other);
    if (!multilog_understand(&other.program, words, size, &error, &word))
        sv_dieu(111, "understand ", word, ": ", error);
    if (!is_same_place(&other.program.script, &place->record))
        sv_die(111, "it belongs to another directory");
    multilog_catch();
    multilog_set_up(&other, 0);
    multilog_find_record(&other);
    if (!other.recovers) sv_die(111, "it belongs to another directory");
    for (size_t i = 0; i < other.output_count; i++)
        if (!multilog_start(&other, other.outputs + i)) _exit(MULTILOG_TEMPORARY);
    multilog_note_whole(&other);
    if (!carries) other.source_inode++; /* what is held has no end to come */
    multilog_recover(&other);
    for (size_t i = 0; i < other.output_count; i++) let_go(&other, other.outputs + i);
    _exit(0);
}

/* It could not be completed, and has said why: if it cannot even be moved, so be it. */
static void set_aside(struct place *place)
{
    if (!sv_logdir_is_free(place->fd)) return;
    if (renameat(place->fd, SV_INFLIGHTFILE, place->fd, ASIDE) < 0) exit(111);
    sv_warnu("finish what ", place->path, "/" SV_INFLIGHTFILE,
             " holds, keeping it as " ASIDE);
}

/* A line of our own standard input goes on with us; its record goes when ours is there.
 */
static void carry(struct multilog *multilog, struct place *place)
{
    struct sv_inflight_slot const *slot = sv_inflight_now(&place->record);
    int carries = slot->held && is_our_source(multilog, place->record.head);

    if (place->is_home) multilog->taken_over = 1;
    if (!carries || multilog->carried_length) {
        if (!place->is_home)
            (void)sv_inflightfile_remove(place->fd); /* it says nothing */
        return;
    }
    multilog->carried_length = (size_t)slot->held;
    multilog->carried = multilog_memory(multilog->carried_length, 1);
    memcpy(multilog->carried, place->record.input + slot->held_at,
           multilog->carried_length);
    if (!place->is_home) multilog->carried_from = fcntl(place->fd, F_DUPFD_CLOEXEC, 3);
}

static int is_our_program(struct multilog const *multilog,
                          struct sv_inflight const *record)
{
    struct program const *program = &multilog->program;

    return record->head->words_size == program->words_size
           && record->head->input_size == MULTILOG_INPUT
           && !memcmp(sv_inflight_words(record), program->words, program->words_size);
}

static void finish_one(struct multilog *multilog, struct place *place)
{
    int wstat = 0;

    int found = sv_inflightfile_open(&place->record, place->fd, multilog->boot);
    if (found < 0) sv_dieusys(111, "read ", place->path, "/" SV_INFLIGHTFILE);
    if (!found) return;
    int is_ours = place->is_home && is_our_program(multilog, &place->record);
    if (!is_ours && sv_logdir_is_free(place->fd)) { /* or whoever opens it tells */
        pid_t pid = fork();
        if (pid < 0) sv_dieusys(111, "fork");
        if (!pid) be_other(multilog, place);
        if (wait_pid(pid, &wstat) < 0) sv_dieusys(111, "wait");
        /* it has told what, and the record stays for the next attempt */
        if (WIFSIGNALED(wstat) || WEXITSTATUS(wstat) == MULTILOG_TEMPORARY) _exit(111);
        if (wstat)
            set_aside(place);
        else
            carry(multilog, place);
    }
    sv_inflightfile_unmap(&place->record);
}

void multilog_finish_others(struct multilog *multilog)
{
    struct sv_logscript const *script = &multilog->program.script;
    int is_home = 1;

    for (size_t i = 0; i < script->count; i++) {
        if (script->directives[i].kind != SV_LOGSCRIPT_DIRECTORY) continue;
        struct place place = {.path = script->directives[i].text, .is_home = is_home};
        is_home = 0;
        place.fd = open(place.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (place.fd < 0 && errno != ENOENT)
            sv_dieusys(111, "open directory ", place.path);
        if (place.fd < 0) continue; /* it will be made */
        finish_one(multilog, &place);
        (void)close(place.fd); /* only read */
    }
}
