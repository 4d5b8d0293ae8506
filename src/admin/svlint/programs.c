/* ISC license. */

/* The programs that a command starts, one behind the other. */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include <sv/errortext.h>
#include <sv/servicedir.h>

#include "svlint.h"

#include "config.h"

#define PARTS 64 /* blocks of one command that are looked into */

/* Where services find programs, besides our own PATH. */
#define USUAL_PATH \
    SV_BINDIR ":/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/command" \
              ":/usr/lib/execline/bin"

int svlint_can_execute(int dir, char const *name)
{
    return sv_servicedir_is_executable(dir, name);
}

static int is_in(char const *directories, char const *name)
{
    int found = 0;

    while (!found) {
        size_t length = strcspn(directories, ":");
        char *place = svlint_allocate(0, length + 1, 1);
        memcpy(place, directories, length);
        place[length] = 0;
        char *path = svlint_join(place, name);
        found = length && svlint_can_execute(AT_FDCWD, path);
        free(path);
        free(place);
        if (!directories[length]) break;
        directories += length + 1;
    }
    return found;
}

int svlint_is_in_path(char const *name)
{
    char const *path = getenv("PATH");

    if (strchr(name, '/')) return svlint_can_execute(AT_FDCWD, name);
    return (path && is_in(path, name)) || is_in(USUAL_PATH, name);
}

static void tell_program(struct script const *script,
                         struct sv_scriptscan_word const *word, char const *what,
                         char const *reason)
{
    TELL(script->service->lint, PROGRAM, .directory = script->service->path,
         .file = script->file, .line = word->line,
         .remedy = "install it, or name another one",
         .text = {"the program ", word->text, what, reason});
}

static void check_program(struct script const *script,
                          struct sv_scriptscan_word const *word)
{
    struct habits const *habits = &script->habits;
    char const *name = word->text;

    if (!word->is_exact || !*name || word->is_open || word->is_close) return;
    if (!strchr(name, '/')) {
        if (!habits->sets_path && !svlint_is_in_path(name))
            tell_program(script, word, " is not in PATH", "");
    } else if (*name == '/' || !habits->moves) {
        if (!svlint_can_execute(script->service->dir, name))
            tell_program(script, word, " cannot be executed: ", sv_errortext(errno));
    }
}

static void check_user(struct script const *script, struct sv_chainwords const *chain)
{
    struct account account;

    if (!chain->user || svlint_find_account(chain->user, &account)) return;
    TELL(script->service->lint, USER, .directory = script->service->path,
         .file = script->file, .line = chain->words[chain->at].line,
         .remedy = "add the user, or name another one",
         .text = {"there is no user ", chain->user});
}

/* Programs of a shell's own. */
static int is_of_shell(struct script const *script, char const *name)
{
    return script->head.kind == SV_SCRIPTSCAN_SHELL
           && (!strcmp(name, "exec") || !strcmp(name, "command"));
}

static void tell_block(struct script const *script, struct sv_scriptscan_word const *word)
{
    TELL(script->service->lint, SYNTAX, .directory = script->service->path,
         .file = script->file, .line = word->line,
         .remedy = "put spaces around each { and }",
         .text = {"there is no { } where ", word->text, " wants one"});
}

struct part {
    size_t from, to;
};

/* Walks over one part; blocks that are met are put behind the other parts. */
static void walk(struct script const *script, struct sv_scriptscan_word const *words,
                 struct part const *part, struct part *parts, size_t *count)
{
    struct sv_chainwords chain = {.words = words, .at = part->from, .end = part->to};
    char const *user = 0;
    int goes_on = chain.at < chain.end, is_elsewhere = 0;

    while (goes_on) {
        char const *name = words[chain.at].text;
        if (!is_elsewhere && !is_of_shell(script, name))
            check_program(script, &words[chain.at]);
        if (!strcmp(sv_chainwords_base(name), "chroot")) is_elsewhere = 1;
        if (part == parts) svlint_daemon(script, &chain); /* a block ends by itself */
        if (!is_elsewhere && !strcmp(sv_chainwords_base(name), "multilog"))
            svlint_logger(script, &chain);
        goes_on = sv_chainwords_next(&chain);
        if (chain.lacks_block && script->head.kind == SV_SCRIPTSCAN_EXECLINE)
            tell_block(script, &words[chain.at]);
        if (chain.user != user && !is_elsewhere) check_user(script, &chain);
        user = chain.user;
        for (size_t i = 0; i < chain.block_count && *count < PARTS; i++)
            parts[(*count)++] = (struct part){chain.blocks[i].from, chain.blocks[i].to};
    }
}

void svlint_programs(struct script const *script,
                     struct sv_scriptscan_command const *command)
{
    struct part parts[PARTS];
    size_t count = 1, begin = 0;

    while (begin < command->count && svlint_is_assignment(command->words[begin].text)
           && script->head.kind == SV_SCRIPTSCAN_SHELL)
        begin++;
    parts[0] = (struct part){begin, command->count};
    for (size_t i = 0; i < count; i++)
        walk(script, command->words, &parts[i], parts, &count);
}
