/* ISC license. */

/* What the commands of a script do: whether run becomes the service. */

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "svlint.h"

#define TELL_LINE(script, about, at, ...) \
    TELL((script)->service->lint, about, .directory = (script)->service->path, \
         .file = (script)->file, .line = (at), __VA_ARGS__)

/* Commands of the shell's own, which leave no program that it waits for. */
static char const *const builtins[] = {
    ":",     "true",  "false",    "exit",     "return", "echo",  "printf", "test",
    "[",     "[[",    "cd",       "set",      "export", "trap",  "wait",   "kill",
    "read",  ".",     "source",   "eval",     "ulimit", "umask", "unset",  "shift",
    "break", "local", "continue", "readonly", 0};

int svlint_is_assignment(char const *text)
{
    size_t length = strcspn(text, "=");

    if (!length || !text[length] || (*text >= '0' && *text <= '9')) return 0;
    for (size_t i = 0; i < length; i++) {
        char letter = text[i] | 0x20;
        if ((letter < 'a' || letter > 'z') && text[i] != '_'
            && (text[i] < '0' || text[i] > '9'))
            return 0;
    }
    return 1;
}

/* The first word that is no NAME=VALUE; null if there is none. */
static struct sv_scriptscan_word const *program_of(
    struct sv_scriptscan_command const *command)
{
    for (size_t i = 0; i < command->count; i++)
        if (!svlint_is_assignment(command->words[i].text)) return &command->words[i];
    return 0;
}

static int is_word(struct sv_scriptscan_word const *word, char const *text)
{
    return word && word->is_exact && !strcmp(word->text, text);
}

static int is_builtin(struct sv_scriptscan_word const *word)
{
    size_t i = 0;

    while (builtins[i] && !is_word(word, builtins[i])) i++;
    return builtins[i] != 0;
}

static int has_program_behind(struct sv_scriptscan_command const *command,
                              struct sv_scriptscan_word const *word)
{
    return word + 1 < command->words + command->count;
}

/* Whether it is one that the script can end in. */
static int counts(struct sv_scriptscan_command const *command)
{
    return !command->is_definition && !command->in_function
           && (command->count || command->end == SV_SCRIPTSCAN_END_BACKGROUND);
}

static void begin(struct script const *script, struct sv_scriptscan *scan)
{
    *scan = (struct sv_scriptscan){.text = script->text,
                                   .length = script->length,
                                   .kind = script->head.kind};
}

/* Of execline: fdmove or redirfd for descriptor 2; of any: names that change PATH. */
static void note_words(struct habits *habits, struct sv_scriptscan_command const *command)
{
    for (size_t i = 0; i < command->count; i++) {
        char const *text = sv_chainwords_base(command->words[i].text);
        size_t next = i + 1;
        if (!strncmp(command->words[i].text, "PATH", 4) || !strcmp(text, "emptyenv"))
            habits->sets_path = 1;
        if (!strcmp(text, "cd") || !strcmp(text, "execline-cd") || !strcmp(text, "chroot")
            || !strcmp(text, "chpst"))
            habits->moves = 1;
        if (strcmp(text, "fdmove") && strcmp(text, "redirfd")) continue;
        while (next < command->count && *command->words[next].text == '-') next++;
        if (next < command->count && !strcmp(command->words[next].text, "2"))
            habits->moves_error = 1;
    }
}

static void note_command(struct habits *habits,
                         struct sv_scriptscan_command const *command)
{
    struct sv_scriptscan_word const *program = program_of(command);

    if (counts(command)) habits->commands++;
    if (command->moves_error) habits->moves_error = 1;
    if (is_word(program, ".") || is_word(program, "source") || is_word(program, "eval"))
        habits->sets_path = 1;
    if (is_word(program, "wait")) habits->has_wait = 1;
    note_words(habits, command);
}

/* Whether the script defines a function of that name. */
static int is_function(struct script const *script,
                       struct sv_scriptscan_word const *program)
{
    struct sv_scriptscan scan;
    struct sv_scriptscan_command command;

    begin(script, &scan);
    while (program->is_exact && sv_scriptscan_next(&scan, &command))
        if (command.is_definition && !strcmp(command.words[0].text, program->text))
            return 1;
    return 0;
}

/* Whether signals reach the service all the same, or are not for it. */
static int is_unharmed(struct service const *service)
{
    return service->settings.kill_mode != SV_KILL_PROCESS
           || service->settings.restart == SV_RESTART_NEVER;
}

static void check_last(struct script const *script,
                       struct sv_scriptscan_command const *command)
{
    struct sv_scriptscan_word const *program = program_of(command);

    if (command->end == SV_SCRIPTSCAN_END_BACKGROUND) {
        if (!script->service->settings.expected_forks)
            TELL_LINE(script, ALL_BACKGROUND, command->line,
                      .remedy = "leave out the &, and exec it",
                      .text = {"the script ends in a command in the background: run is "
                               "over at once, and is started again and again"});
        return;
    }
    if (!program || command->in_loop || is_unharmed(script->service)) return;
    int is_exec = is_word(program, "exec");
    if ((!is_exec || has_program_behind(command, program))
        && (command->in_pipe || command->in_subshell)) {
        TELL_LINE(script, NO_EXEC, command->line,
                  .remedy = "exec the service outside of them",
                  .text = {"the shell waits for what is in a pipeline or in parentheses: "
                           "signals go to the shell, not to the service"});
        return;
    }
    if (is_exec || is_builtin(program)) return;
    if (is_function(script, program)) return;
    TELL_LINE(script, NO_EXEC, command->line, .remedy = "put exec before it",
              .text = {"the shell waits for ", program->text,
                       ": signals go to the shell, not to the service"});
}

/* Whether what it starts is the service, or may be. */
static int is_watched(struct script const *script,
                      struct sv_scriptscan_command const *command, int is_last)
{
    struct sv_scriptscan_word const *program = program_of(command);

    if (script->head.kind == SV_SCRIPTSCAN_EXECLINE) return 1;
    if (!program || command->is_definition) return 0;
    return is_word(program, "exec")
           || (is_last && !is_builtin(program) && !is_function(script, program));
}

static void check_command(struct script const *script,
                          struct sv_scriptscan_command const *command, int is_last)
{
    int is_run = script->role == ROLE_RUN && script->head.kind == SV_SCRIPTSCAN_SHELL;

    if (is_watched(script, command, is_last)) svlint_programs(script, command);
    if (!is_run) return;
    if (is_last)
        check_last(script, command);
    else if (command->end == SV_SCRIPTSCAN_END_BACKGROUND && !script->habits.has_wait)
        TELL_LINE(script, BACKGROUND, command->line,
                  .remedy = "make it a service of its own",
                  .text = {"a command in the background is not looked after, and may go "
                           "on when the service has ended"});
}

static void check_whole(struct script const *script)
{
    struct service const *service = script->service;

    if (strcmp(script->file, "run") || !service->has_logger) return;
    if (script->is_cut || script->habits.moves_error) return;
    TELL_LINE(script, STDERR, 0,
              .remedy = script->head.kind == SV_SCRIPTSCAN_SHELL
                            ? "say exec 2>&1 first"
                            : "say fdmove -c 2 1 first",
              .text = {"there is a logger, but what comes on standard error does not go "
                       "there"});
}

void svlint_commands(struct script *script)
{
    struct sv_scriptscan scan;
    struct sv_scriptscan_command command;
    struct habits *habits = &script->habits;
    size_t count = 0;

    begin(script, &scan);
    while (sv_scriptscan_next(&scan, &command)) note_command(habits, &command);
    if (scan.is_unclear && scan.kind == SV_SCRIPTSCAN_EXECLINE && !script->is_cut)
        TELL_LINE(script, SYNTAX, 0, .remedy = "put spaces around each { and }",
                  .text = {"braces or quotes do not match"});
    if (scan.is_unclear) return;
    if (!faccessat(script->service->dir, "env/PATH", F_OK, 0)) habits->sets_path = 1;
    begin(script, &scan);
    while (sv_scriptscan_next(&scan, &command)) {
        count += counts(&command);
        int is_last = counts(&command) && count == habits->commands && !script->is_cut;
        check_command(script, &command, is_last);
    }
    check_whole(script);
}
