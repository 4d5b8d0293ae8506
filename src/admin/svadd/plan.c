/* ISC license. */

/*
 * Which files a service directory gets, and what is in them. What root alone may write
 * belongs to root; only the directory that the logger writes into is its user's.
 */

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <sv/definition.h>
#include <sv/message.h>

#include "svadd.h"

#include "config.h"

#define FILES 16 /* at most, besides option files and variables */

static void *allocate(size_t size)
{
    void *room = malloc(size);

    if (!room) sv_dieusys(111, "allocate memory");
    return room;
}

static struct sv_tree_entry *add(struct plan *plan, char const *path, mode_t mode,
                                 char const *bytes, size_t length)
{
    struct sv_tree_entry *entry = plan->entries + plan->count++;

    *entry = (struct sv_tree_entry){.path = path,
                                    .mode = mode,
                                    .uid = (uid_t)-1,
                                    .gid = (gid_t)-1,
                                    .bytes = bytes,
                                    .length = length};
    return entry;
}

static void add_directory(struct plan *plan, char const *path, mode_t mode)
{
    (void)add(plan, path, S_IFDIR | mode, 0, 0);
}

static void add_file(struct plan *plan, char const *path, mode_t mode, char const *text)
{
    (void)add(plan, path, S_IFREG | mode, text, strlen(text));
}

/* The text between two others. */
static char const *join(char const *before, char const *text, char const *after)
{
    char *joined = allocate(strlen(before) + strlen(text) + strlen(after) + 1);

    return strcat(strcat(strcpy(joined, before), text), after);
}

static void add_script(struct plan *plan, char const *path,
                       struct sv_runscript const *script)
{
    size_t length = sv_runscript_write(0, 0, script);
    char *text = allocate(length + 1);

    (void)sv_runscript_write(text, length + 1, script); /* as long as before */
    add_file(plan, path, 0755, text);
}

static void add_run(struct plan *plan, struct request const *request)
{
    struct sv_runscript script = {.language = request->language,
                                  .joins_errors = 1,
                                  .has_env = *request->variables != 0,
                                  .is_template = request->is_template != 0,
                                  .directory = request->directory,
                                  .limits = request->limits,
                                  .user = request->user.name,
                                  .command = request->command};

    add_script(plan, "run", &script);
}

/* As envdir wants it. Who may not read the directory learns no secret from it. */
static void add_variables(struct plan *plan, char const *const *variables)
{
    if (*variables) add_directory(plan, "env", 0700);
    for (; *variables; variables++) {
        char const *value = strchr(*variables, '=') + 1;
        size_t name_length = (size_t)(value - *variables) - 1;
        char *path = allocate(sizeof "env/" + name_length);
        char *text = allocate(strlen(value) + 1);
        memcpy(path, "env/", sizeof "env/");
        strncat(path, *variables, name_length);
        size_t length = sv_definition_variable(text, value);
        (void)add(plan, path, S_IFREG | 0600, text, length);
    }
}

static void add_options(struct plan *plan, struct request const *request)
{
    char const *needs = "";

    for (unsigned int i = 0; i < SV_SETTING_COUNT; i++)
        if (request->settings[i])
            add_file(plan, sv_setting_file((enum sv_setting)i), 0644,
                     join("", request->settings[i], "\n"));
    for (char const *const *need = request->needs; *need; need++)
        needs = join(needs, *need, "\n");
    if (*needs) add_file(plan, "needs", 0644, needs);
    if (request->check)
        add_file(plan, "check", 0755, join("#!/bin/sh\n", request->check, "\n"));
    if (request->probe) add_file(plan, "probe", 0644, join("", request->probe, "\n"));
    if (request->is_down) add_file(plan, "down", 0644, "");
}

/* Instances share the directory, so each has one of its own in it for its log. */
static void add_log(struct plan *plan, struct request const *request)
{
    char const *words[6], **word = words;
    char const *place = request->log_directory ? request->log_directory : "./main";
    struct sv_runscript script = {.language = request->language,
                                  .is_template = request->is_template != 0,
                                  .user = request->log_user.name,
                                  .command = words};

    *word++ = "multilog";
    if (!request->is_plain) *word++ = "t";
    *word++ = join("s", request->log_size, "");
    *word++ = join("n", request->log_files, "");
    *word++ = request->is_template ? join(place, "/{}", "") : place;
    *word = 0;
    add_directory(plan, "log", 0755);
    add_script(plan, "log/run", &script);
    if (request->log_directory) return;
    struct sv_tree_entry *main = add(plan, "log/main", S_IFDIR | 0700, 0, 0);
    main->uid = request->log_user.uid;
    main->gid = request->log_user.gid;
}

void svadd_plan(struct plan *plan, struct request const *request, int is_linked)
{
    size_t count = FILES + SV_SETTING_COUNT;

    for (char const *const *variable = request->variables; *variable; variable++) count++;
    plan->entries = allocate(count * sizeof *plan->entries);
    plan->count = 0;
    add_run(plan, request);
    add_options(plan, request);
    add_variables(plan, request->variables);
    if (request->has_log) add_log(plan, request);
    add_file(plan, SV_DEFINITION_MARK, 0644, "made by svadd (upkeep) " SV_VERSION "\n");
    if (is_linked)
        add_file(plan, SV_DEFINITION_NEW, 0644,
                 "not in the scan directory yet: svadd makes this anew\n");
}
