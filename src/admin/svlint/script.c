/* ISC license. */

/* A script as a file: whether it can be executed, and by what. */

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include <sv/errortext.h>
#include <sv/servicedir.h>

#include "svlint.h"

/* A finding about the script as a whole, or a line of it. */
#define TELL_SCRIPT(script, about, ...) \
    TELL((script)->service->lint, about, .directory = (script)->service->path, \
         .file = (script)->file, __VA_ARGS__)

static void check_rights(struct script const *script, struct stat const *about)
{
    struct service const *service = script->service;

    if (about->st_mode & S_IWOTH)
        TELL_SCRIPT(script, WRITABLE, .remedy = "chmod o-w",
                    .text = {"everybody may write what is executed here"});
    if (about->st_uid && about->st_uid != service->runner->uid)
        TELL_SCRIPT(script, OWNER, .remedy = "chown root",
                    .text = {"it belongs to another user than the directory, who may "
                             "change what is executed here"});
    if (service->is_noexec) return;
    if (!(about->st_mode & 0111))
        TELL_SCRIPT(script, NOT_EXECUTABLE, .remedy = "chmod +x",
                    .text = {"it is not executable",
                             script->role == ROLE_RUN ? "" : ", so it is ignored"});
    else if (!svlint_may(service->runner, about, 1))
        TELL_SCRIPT(script, NOT_EXECUTABLE, .remedy = "chmod +x",
                    .text = {"who runs svscan may not execute it"});
}

static void check_env(struct script const *script)
{
    struct sv_scriptscan_head const *head = &script->head;

    if (head->is_split)
        TELL_SCRIPT(script, FIRST_LINE, .line = 1, .remedy = "use env -S",
                    .text = {"the kernel hands `", head->argument,
                             "` to env as one word, which is no program"});
    else if (!svlint_is_in_path(head->program))
        TELL_SCRIPT(script, INTERPRETER, .line = 1,
                    .remedy = "install it, or give its path",
                    .text = {"env finds no program ", head->program, " in PATH"});
}

static void check_interpreter(struct script const *script)
{
    struct sv_scriptscan_head const *head = &script->head;
    char const *path = head->interpreter;

    if (head->is_crlf)
        TELL_SCRIPT(script, CRLF, .line = 1, .remedy = "remove the CR: sed -i 's/\\r$//'",
                    .text = {"the first line ends in CR LF, so the interpreter's name "
                             "or argument ends in CR"});
    if (head->is_long) {
        TELL_SCRIPT(script, FIRST_LINE, .line = 1, .remedy = "shorten it",
                    .text = {"the kernel reads no more than 255 bytes of this line"});
        return;
    }
    if (!*path) {
        TELL_SCRIPT(script, NO_INTERPRETER, .line = 1,
                    .remedy = "name one, as in #!/bin/sh",
                    .text = {"there is no interpreter behind #!"});
        return;
    }
    /* A relative path counts from the service directory. */
    if (!svlint_can_execute(script->service->dir, path))
        TELL_SCRIPT(script, INTERPRETER, .line = 1,
                    .remedy = *path == '/' ? "install it, or name another one"
                                           : "give its path from the root",
                    .text = {"the interpreter ", path,
                             " cannot be executed: ", sv_errortext(errno)});
    else if (*head->program)
        check_env(script);
}

static void check_text(struct script *script)
{
    struct sv_scriptscan_head *head = &script->head;

    sv_scriptscan_head(head, script->text, script->length);
    switch (head->kind) {
    case SV_SCRIPTSCAN_EMPTY:
        TELL_SCRIPT(script, EMPTY, .remedy = "write something into it",
                    .text = {"the file is empty"});
        return;
    case SV_SCRIPTSCAN_BINARY: return;
    case SV_SCRIPTSCAN_TEXT_ONLY:
        TELL_SCRIPT(script, NO_INTERPRETER, .line = 1,
                    .remedy = "begin with #! and an interpreter, as in #!/bin/sh",
                    .text = {"the kernel does not know how to execute it"});
        return;
    case SV_SCRIPTSCAN_SHELL:
    case SV_SCRIPTSCAN_EXECLINE:
    case SV_SCRIPTSCAN_OTHER: break;
    }
    check_interpreter(script);
    if (head->kind == SV_SCRIPTSCAN_OTHER) return;
    unsigned int line = sv_scriptscan_crlf(script->text, script->length);
    if (line && !head->is_crlf)
        TELL_SCRIPT(script, CRLF, .line = line,
                    .remedy = "remove the CR: sed -i 's/\\r$//'",
                    .text = {"this line ends in CR LF"});
    while (script->is_cut && script->length && script->text[script->length - 1] != '\n')
        script->length--; /* half a line says something else */
    svlint_commands(script);
}

void svlint_script(struct service *service, char const *file, enum role role)
{
    struct script script = {.service = service, .file = file, .role = role};
    struct stat about;

    if (!fstatat(service->dir, file, &about, 0) && !S_ISREG(about.st_mode)) {
        TELL_SCRIPT(&script, NOT_REGULAR, .remedy = "put a script or a program there",
                    .text = {S_ISDIR(about.st_mode) ? "it is a directory"
                                                    : "it is no regular file"});
        return;
    }
    ssize_t length =
        svlint_read_file(service->dir, file, script.text, sizeof script.text, &about);
    if (length < 0 && svlint_is_trouble(errno)) {
        svlint_trouble(service->lint, "read", service->path, file);
        return;
    }
    if (length < 0 && (errno == ENOENT || errno == ELOOP)) {
        TELL_SCRIPT(&script, DANGLING, .remedy = "remove it, or make what it leads to",
                    .text = {"it is a link that leads nowhere: ", sv_errortext(errno)});
        return;
    }
    if (length < 0) {
        TELL_SCRIPT(&script, UNREADABLE, .remedy = "chmod +r, or be who runs svscan",
                    .text = {"unable to read it: ", sv_errortext(errno)});
        return;
    }
    check_rights(&script, &about);
    script.length = (size_t)length;
    script.is_cut = length == SCRIPT_SIZE;
    check_text(&script);
}
