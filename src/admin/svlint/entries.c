/* ISC license. */

/* The names in a service directory: those that were meant otherwise, and directories. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sv/control.h>
#include <sv/errortext.h>
#include <sv/nearname.h>
#include <sv/servicedir.h>

#include "svlint.h"

/* clang-format off */
/* What counts in a service directory besides option files and SV_SERVICEDIR_ENTRIES. */
#define OTHERS(X) X("run") X("log") X("start") X("stop") X("reset") X("notify") X("supervise")

/* s6's options that are not ours.
     file                   what to do */
#define FOREIGN(X) \
    X("flag-timeout-killpg", "say group in kill-mode") \
    X("flag-newpidns",       "start the service with unshare --pid --fork") \
    X("lock-fd",             "remove it: what is left of a run is known without") \
    X("nosetsid",            "no-setsid is what it is called here")
/* clang-format on */

static char const *const known[] = {
#define SETTING(name, file, holds) file,
    SV_SETTINGS(SETTING)
#undef SETTING
#define ENTRY(name, file) file,
        SV_SERVICEDIR_ENTRIES(ENTRY)
#undef ENTRY
#define OTHER(file) file,
            OTHERS(OTHER)
#undef OTHER
};

static struct {
    char const *file, *remedy;
} const foreign[] = {
#define FROM(file, remedy) {file, remedy},
    FOREIGN(FROM)
#undef FROM
};

#define COUNT(list) (sizeof(list) / sizeof *(list))

#define TELL_FILE(service, about, name, ...) \
    TELL((service)->lint, about, .directory = (service)->path, .file = (name), \
         __VA_ARGS__)

/* Whether run speaks of that file: then it is known what it is for. */
static int is_mentioned(struct service const *service, char const *name)
{
    char *text = svlint_allocate(0, SCRIPT_SIZE, 1);
    struct stat about;
    ssize_t length = svlint_read_file(service->dir, "run", text, SCRIPT_SIZE, &about);
    int found = length > 0 && memmem(text, (size_t)length, name, strlen(name));

    free(text);
    return found;
}

static int is_known(char const *name)
{
    for (size_t i = 0; i < COUNT(known); i++)
        if (!strcmp(known[i], name)) return 1;
    return !strcmp(name, "env") || !strcmp(name, "data");
}

static void check_name(struct service const *service, char const *name)
{
    for (size_t i = 0; i < COUNT(foreign); i++)
        if (!strcmp(foreign[i].file, name)) {
            TELL_FILE(service, FOREIGN, name, .remedy = foreign[i].remedy,
                      .text = {"this is an option of s6, and is ignored here"});
            return;
        }
    if (*name == '.' || is_known(name)) return;
    for (size_t i = 0; i < COUNT(known); i++) {
        enum sv_nearname near = sv_nearname(name, known[i]);
        if (near == SV_NEARNAME_NONE) continue;
        if (is_mentioned(service, name)) return;
        if (near == SV_NEARNAME_COPY)
            TELL_FILE(service, COPY, name, .remedy = "remove it",
                      .text = {"it looks like a copy of ", known[i], ", and is ignored"});
        else
            TELL_FILE(service, NEAR_NAME, name, .remedy = "rename or remove it",
                      .text = {"nothing of that name counts: perhaps it was meant to be ",
                               known[i]});
        return;
    }
}

/* control/ and env/ ------------------------------------------------------------------ */

/* Whether a command runs a control script of that name. */
static int is_letter(char letter)
{
    for (unsigned int kind = 0; kind < SV_COMMAND_COUNT; kind++)
        if (strchr(sv_control_scripts((enum sv_command_kind)kind), letter)) return 1;
    return 0;
}

static void check_control(struct service *service, char const *file, char const *letter)
{
    char name[2] = "";
    enum sv_command_kind kind = sv_control_find((unsigned char)*letter);
    char const *scripts =
        kind == SV_COMMAND_COUNT || letter[1] ? "" : sv_control_scripts(kind);

    if (!letter[1] && is_letter(*letter)) {
        svlint_script(service, file, ROLE_OTHER);
        return;
    }
    name[0] = *scripts;
    TELL_FILE(service, CONTROL, file, .remedy = "rename or remove it",
              .text = {"no command runs this",
                       *scripts ? ": that letter's runs control/" : "", name});
}

static int read_below(struct service const *service, char const *name,
                      struct names *names)
{
    int fd = svlint_open_directory(service->dir, name);

    if (fd < 0 && errno == ENOTDIR) return 0;
    int done = fd >= 0 && svlint_read_names(fd, names);
    int error_number = errno;
    if (fd >= 0) (void)close(fd); /* only read from */
    errno = error_number;
    if (done) return 1;
    if (svlint_is_trouble(errno))
        svlint_trouble(service->lint, "read directory", service->path, name);
    else
        TELL_FILE(service, UNREADABLE, name, .remedy = "be who runs svscan",
                  .text = {"unable to read the directory: ", sv_errortext(errno)});
    return 0;
}

static void check_controls(struct service *service)
{
    struct names names;

    if (!svlint_has_name(&service->names, "control")) return;
    if (!read_below(service, "control", &names)) return;
    if (service->is_logger && names.count)
        TELL_FILE(service, CONTROL, "control", .remedy = "remove it",
                  .text = {"a logger has no control scripts"});
    for (size_t i = 0; i < names.count && !service->is_logger; i++) {
        char *file = svlint_join("control", names.list[i]);
        if (*names.list[i] != '.') check_control(service, file, names.list[i]);
        free(file);
    }
    svlint_free_names(&names);
}

static void check_variable(struct service const *service, char const *file,
                           char const *name)
{
    char byte;
    struct stat about;
    ssize_t got = svlint_read_file(service->dir, file, &byte, 1, &about);

    if (strchr(name, '='))
        TELL_FILE(service, ENV, file, .remedy = "rename it",
                  .text = {"the name of a variable has no equals sign"});
    if (got < 0 && svlint_is_trouble(errno))
        svlint_trouble(service->lint, "read", service->path, file);
    else if (got < 0 && errno == EACCES)
        TELL_FILE(service, UNREADABLE, file, .remedy = "chmod +r, or be who runs svscan",
                  .text = {"unable to read it: ", sv_errortext(errno)});
    else if (got < 0)
        TELL_FILE(service, ENV, file, .remedy = "remove it",
                  .text = {"envdir cannot read it: ",
                           errno == EINVAL ? "no regular file" : sv_errortext(errno)});
    else if (about.st_mode & S_IWOTH)
        TELL_FILE(service, WRITABLE, file, .remedy = "chmod o-w",
                  .text = {"everybody may write what the service is told"});
}

static void check_env(struct service const *service)
{
    struct names names;

    if (!svlint_has_name(&service->names, "env")) return;
    if (!read_below(service, "env", &names)) return;
    for (size_t i = 0; i < names.count; i++) {
        char *file = svlint_join("env", names.list[i]);
        if (*names.list[i] != '.') check_variable(service, file, names.list[i]);
        free(file);
    }
    svlint_free_names(&names);
}

void svlint_entries(struct service *service)
{
    for (size_t i = 0; i < service->names.count; i++)
        check_name(service, service->names.list[i]);
    check_controls(service);
    check_env(service);
}
