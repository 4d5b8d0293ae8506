/* ISC license. */

/* The plan is carried out, in runit's order and with its words. */

#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <skalibs/stralloc.h>
#include <skalibs/types.h>

#include <sv/chain.h>
#include <sv/credentials.h>
#include <sv/envfiles.h>
#include <sv/message.h>

#include "chpst.h"

/* Not "unable to VERB OBJECT: reason" as elsewhere, but the object behind a colon. */
#define die_with(object, ...) \
    sv_die(111, "unable to ", __VA_ARGS__, ": ", object, ": ", sv_errortext(errno))

static void warn_of_directory(char const *directory, char const *name)
{
    sv_warnusys("read ", directory, "/", name);
}

static void pass_over(char const *directory, char const *name)
{
    (void)directory, (void)name; /* without -v nobody is told */
}

static void read_variables(struct chpst_plan const *plan, stralloc *edits)
{
    struct sv_envfiles files = {.prefix = "", .cut = {.null_is = '\n'}};
    char const *directory = plan->variables;

    if (!plan->strict) files.is_directory = plan->verbose ? warn_of_directory : pass_over;
    switch (sv_envfiles_read(&files, directory, edits)) {
    case SV_ENVFILES_NONE: break;
    case SV_ENVFILES_SWITCH: die_with(directory, "switch to directory");
    case SV_ENVFILES_DIRECTORY: die_with(directory, "open directory");
    case SV_ENVFILES_FILE: sv_dieusys(111, "read ", directory, "/", files.name);
    case SV_ENVFILES_MEMORY: sv_die(111, "out of memory.");
    }
}

static _Noreturn void die_unknown(char const *text)
{
    if (errno) sv_dieusys(111, "get password/group file entry");
    sv_die(111, "unknown user/group: ", text);
}

/* The groups of "user:group:group", `list` behind the first colon, instead of its own. */
static void find_groups(struct sv_credentials *credentials, char const *text,
                        char const *list)
{
    stralloc name = STRALLOC_ZERO;
    gid_t group;

    credentials->count = 0;
    for (;;) {
        size_t length = strcspn(list, ":");
        if (!stralloc_copyb(&name, list, length) || !stralloc_0(&name))
            sv_die(111, "out of memory.");
        if (!sv_credentials_group(name.s, &group)) die_unknown(text);
        if (!sv_credentials_add(credentials, group))
            errno = E2BIG, die_with(text, "have so many groups");
        if (!list[length]) break;
        list += length + 1;
    }
    credentials->gid = credentials->groups[0];
    stralloc_free(&name);
}

/* "user", "user:group:group" or ":uid:gid:gid"; `is_plain`: an account's name. */
static void find(struct sv_credentials *credentials, char const *text, int is_plain)
{
    char const *colon = is_plain ? 0 : strchr(text, ':');
    stralloc name = STRALLOC_ZERO;

    if (colon && colon == text) {
        /* A number and a colon: no account has such a name. */
        if (!sv_credentials_find(credentials, text + 1, 1) || credentials->entry)
            sv_die(111, "invalid uid/gids: ", text + 1);
        return;
    }
    if (!stralloc_copyb(&name, text, colon ? (size_t)(colon - text) : strlen(text))
        || !stralloc_0(&name))
        sv_die(111, "out of memory.");
    if (!sv_credentials_find(credentials, name.s, 0)) {
        if (!is_plain) die_unknown(text);
        if (errno) sv_dieusys(111, "get password file entry");
        sv_die(111, "unknown account: ", text);
    }
    if (colon) find_groups(credentials, text, colon + 1);
    stralloc_free(&name);
}

static void set_number(stralloc *edits, char const *name, unsigned int number)
{
    char text[UINT_FMT];

    if (!sv_chain_set(edits, "", name, text, uint_fmt(text, number)))
        sv_die(111, "out of memory.");
}

static void tell_account(struct sv_credentials *credentials,
                         struct chpst_plan const *plan, stralloc *edits)
{
    find(credentials, plan->told_account, plan->plain);
    set_number(edits, "GID", credentials->gid);
    set_number(edits, "UID", credentials->uid);
}

static void become(struct sv_credentials *credentials, struct chpst_plan const *plan)
{
    find(credentials, plan->account, plan->plain);
    switch (sv_credentials_take(credentials)) {
    case SV_CREDENTIALS_GROUPS_STEP: sv_dieusys(111, "setgroups");
    case SV_CREDENTIALS_GID_STEP: sv_dieusys(111, "setgid");
    case SV_CREDENTIALS_UID_STEP: sv_dieusys(111, "setuid");
    case SV_CREDENTIALS_TAKEN: break;
    }
}

static void move(struct chpst_plan const *plan)
{
    if (plan->root) {
        if (chdir(plan->root) < 0) die_with(plan->root, "change directory");
        if (chroot(".") < 0) sv_dieusys(111, "change root directory");
    }
    if (plan->directory && chdir(plan->directory) < 0)
        die_with(plan->directory, "change directory");
}

static void lock(struct chpst_plan const *plan)
{
    enum sv_chain_lock locked = sv_chain_lock(plan->lock, plan->at_once);

    if (locked == SV_CHAIN_LOCKED) return;
    if (plan->quiet) _exit(0);
    if (locked == SV_CHAIN_LOCK_OPEN) die_with(plan->lock, "open lock");
    die_with(plan->lock, "lock");
}

static void close_standard(struct chpst_plan const *plan)
{
    static char const *const names[] = {"stdin", "stdout", "stderr"};

    for (int fd = 0; fd < 3; fd++)
        if (plan->close_standard[fd] && close(fd) < 0)
            sv_dieusys(111, "close ", names[fd]);
}

static void set_limits(struct chpst_plan const *plan)
{
    struct rlimit limit;

    for (unsigned int i = 0; i < sv_limit_count; i++) {
        if (!plan->is_limited[i]) continue;
        if (getrlimit(sv_limits[i].resource, &limit) < 0) sv_dieusys(111, "getrlimit()");
        sv_limit_change(&limit, plan->limits + i, SV_LIMIT_SOFT);
        if (setrlimit(sv_limits[i].resource, &limit) < 0) sv_dieusys(111, "setrlimit()");
    }
}

void chpst_carry_out(struct chpst_plan const *plan, char const *const *argv)
{
    static struct sv_credentials credentials;
    stralloc edits = STRALLOC_ZERO;
    char const *program = *argv;

    if (plan->session) (void)setsid(); /* fails only if we have our own already */
    if (plan->variables) read_variables(plan, &edits);
    move(plan);
    errno = 0;
    if (plan->more_nice && nice((int)plan->more_nice) == -1 && errno)
        sv_dieusys(111, "set nice level");
    if (plan->told_account) tell_account(&credentials, plan, &edits);
    if (plan->account) become(&credentials, plan);
    if (plan->lock) lock(plan);
    close_standard(plan);
    set_limits(plan);
    if (plan->called) ((char const **)argv)[0] = plan->called; /* main's own, writable */
    sv_chain_run_as(program, argv, &edits);
    if (plan->quiet) _exit(0);
    die_with(*argv, "run");
}
