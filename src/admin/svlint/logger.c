/* ISC license. */

/* The script of a multilog: its words, and whether it can write where it is to. */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include <sv/errortext.h>
#include <sv/logscript.h>

#include "svlint.h"

#define USED 3 /* to make files in a directory: to write, and to pass */

/* A log directory, and who is to write there. */
struct place {
    struct script const *script;
    char const *path; /* from the service directory on */
    unsigned int line;
    char const *user; /* for messages */
    struct account account;
    int is_known; /* the account is */
};

#define TELL_AT(script, about, at, ...) \
    TELL((script)->service->lint, about, .directory = (script)->service->path, \
         .file = (script)->file, .line = (at), __VA_ARGS__)
#define TELL_PLACE(place, about, ...) \
    TELL_AT((place)->script, about, (place)->line, __VA_ARGS__)

/*
 * Whether the account may not pass through one of the directories before the last part of
 * the path: its length; 0 if it may, or if that cannot be told.
 */
static size_t find_barrier(struct place const *place)
{
    char const *path = place->path;

    for (size_t end = 1; path[end]; end++) {
        struct stat about;
        if (path[end] != '/') continue;
        char *part = svlint_allocate(0, end + 1, 1);
        memcpy(part, path, end);
        part[end] = 0;
        int known = !fstatat(place->script->service->dir, part, &about, 0);
        free(part);
        if (!known || !S_ISDIR(about.st_mode)) return 0;
        if (!svlint_may(&place->account, &about, 1)) return end;
    }
    return 0;
}

/* The directory that the last part of the path is in. To be freed. */
static char *parent_of(char const *path)
{
    char *parent = svlint_join(0, path);
    size_t end = strlen(parent);

    while (end > 1 && parent[end - 1] == '/') end--;
    while (end && parent[end - 1] != '/') end--;
    while (end > 1 && parent[end - 1] == '/') end--;
    parent[end] = 0;
    if (end) return parent;
    free(parent);
    return svlint_join(0, ".");
}

/* It is not there: multilog makes it, if it can. */
static void check_absent(struct place const *place)
{
    char *parent = parent_of(place->path);
    struct stat about;

    if (fstatat(place->script->service->dir, parent, &about, 0) < 0)
        TELL_PLACE(place, LOG_DIRECTORY, .remedy = "make that one",
                   .text = {"multilog cannot make ", place->path, " because there is no ",
                            parent});
    else if (!S_ISDIR(about.st_mode))
        TELL_PLACE(place, LOG_DIRECTORY, .remedy = "make that a directory",
                   .text = {"multilog cannot make ", place->path, " because ", parent,
                            " is no directory"});
    else if (place->is_known && !svlint_may(&place->account, &about, USED))
        TELL_PLACE(place, LOG_DIRECTORY, .remedy = "make it, and chown it to that user",
                   .text = {place->user, " may not make ", place->path});
    free(parent);
}

/* Each log directory has one multilog, which locks it. */
static void note_directory(struct place const *place, struct stat const *about)
{
    struct service const *service = place->script->service;
    struct lint *lint = service->lint;
    char *file = svlint_join(service->path, place->script->file);

    for (size_t i = 0; i < lint->log_count; i++) {
        struct log_place const *other = &lint->logs[i];
        if (other->device != about->st_dev || other->inode != about->st_ino) continue;
        if (strcmp(other->file, file))
            TELL_PLACE(place, LOG_SHARED, .remedy = "name another directory",
                       .text = {place->path, " is locked by the logger of ",
                                other->file});
        free(file);
        return;
    }
    lint->logs = svlint_allocate(lint->logs, lint->log_count + 1, sizeof *lint->logs);
    lint->logs[lint->log_count++] =
        (struct log_place){about->st_dev, about->st_ino, file};
}

static void check_present(struct place const *place, struct stat const *about)
{
    if (!S_ISDIR(about->st_mode)) {
        TELL_PLACE(place, LOG_DIRECTORY, .remedy = "remove it, or name another one",
                   .text = {place->path, " is no directory"});
        return;
    }
    if (place->is_known && !svlint_may(&place->account, about, USED))
        TELL_PLACE(place, LOG_DIRECTORY, .remedy = "chown it to that user",
                   .text = {place->user, " may not write in ", place->path});
    if (about->st_mode & S_IWOTH)
        TELL_PLACE(place, LOG_OPEN, .remedy = "chmod o-w",
                   .text = {"everybody may write in ", place->path});
    note_directory(place, about);
}

static void check_directory(struct place const *place)
{
    struct stat about;
    size_t barrier = place->is_known ? find_barrier(place) : 0;

    if (barrier) {
        char *part = svlint_join(0, place->path);
        part[barrier] = 0;
        TELL_PLACE(place, LOG_DIRECTORY, .remedy = "chmod +x that one",
                   .text = {place->user, " may not pass through ", part, " to ",
                            place->path});
        free(part);
    } else if (!fstatat(place->script->service->dir, place->path, &about, 0)) {
        check_present(place, &about);
    } else if (errno == ENOENT) {
        check_absent(place);
    } else if (errno != EACCES) { /* we may not look, its user perhaps may */
        TELL_PLACE(place, LOG_DIRECTORY, .remedy = "name another one",
                   .text = {"multilog cannot use ", place->path, ": ",
                            sv_errortext(errno)});
    }
}

static void check_word(struct script const *script, struct sv_chainwords const *chain,
                       struct sv_logscript_directive const *directive)
{
    struct sv_scriptscan_word const *word =
        &chain->words[chain->at + 1 + directive->word];
    struct place place = {script,     word->text,
                          word->line, chain->user ? chain->user : "who runs svscan",
                          {.uid = 0}, !chain->has_user_unknown};

    if (!word->is_exact) return;
    if (directive->doubtful)
        TELL_AT(
            script, LOG_NUMBER, word->line, .remedy = "give a number within its bounds",
            .text = {word->text,
                     " is not a number that multilog takes: it takes the nearest one"});
    if (directive->kind == SV_LOGSCRIPT_IGNORED)
        TELL_AT(script, LOG_WORD, word->line,
                .remedy = "a directory begins with . or /; the other letters are in "
                          "multilog(8)",
                .text = {"`", word->text, "` means nothing to multilog"});
    if (directive->kind != SV_LOGSCRIPT_DIRECTORY) return;
    if (*word->text != '/' && script->habits.moves) return;
    place.account = *script->service->runner;
    if (chain->user && svlint_find_account(chain->user, &place.account) <= 0)
        place.is_known = 0;
    check_directory(&place);
}

void svlint_logger(struct script const *script, struct sv_chainwords const *chain)
{
    static char const unknown[] = "x"; /* does no harm wherever it stands */
    size_t count = chain->end - chain->at - 1;
    char const **words = svlint_allocate(0, count + 1, sizeof *words);
    struct sv_logscript made = {.room = count};
    struct sv_logscript_error error;

    made.directives = svlint_allocate(0, count, sizeof *made.directives);
    for (size_t i = 0; i < count; i++) {
        struct sv_scriptscan_word const *word = &chain->words[chain->at + 1 + i];
        words[i] = word->is_exact ? word->text : unknown;
    }
    if (!sv_logscript_parse(&made, words, count, &error))
        TELL_AT(script, LOG_SCRIPT, chain->words[chain->at + 1 + error.word].line,
                .remedy = "see multilog(8)",
                .text = {"multilog ends at once because of `", words[error.word],
                         "`: ", sv_logscript_reason(error.fault)});
    else
        for (size_t i = 0; i < made.count; i++)
            check_word(script, chain, &made.directives[i]);
    free(made.directives);
    free(words);
}
