/* ISC license. */

/* One service directory, and its logger. */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sv/errortext.h>
#include <sv/servicedir.h>

#include "svlint.h"

#define TELL_FILE(service, about, name, ...) \
    TELL((service)->lint, about, .directory = (service)->path, .file = (name), \
         __VA_ARGS__)

static int is_file(int dir, char const *name)
{
    struct stat about;

    return !fstatat(dir, name, &about, AT_SYMLINK_NOFOLLOW) && !S_ISDIR(about.st_mode);
}

int svlint_is_service(int dir, struct names const *names)
{
    static char const *const files[] = {"run",
#define SETTING(name, file, holds) file,
                                        SV_SETTINGS(SETTING)
#undef SETTING
#define ENTRY(name, file) file,
                                            SV_SERVICEDIR_ENTRIES(ENTRY)
#undef ENTRY
    };

    /* A file log may be where svscan puts what it has to say. */
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (strcmp(files[i], "log") && svlint_has_name(names, files[i])
            && is_file(dir, files[i]))
            return 1;
    return svlint_has_name(names, "supervise");
}

/* The scripts besides run and log. */
static void check_scripts(struct service *service)
{
    static char const *const scripts[] = {"finish", "check", "start",
                                          "stop",   "reset", "notify"};

    for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++)
        if (svlint_has_name(&service->names, scripts[i]))
            svlint_script(service, scripts[i], ROLE_OTHER);
}

static void check_directory(struct service const *service)
{
    if (service->about.st_mode & S_IWOTH)
        TELL_FILE(service, WRITABLE, 0, .remedy = "chmod o-w",
                  .text = {"everybody may write in the directory, and so change what is "
                           "executed"});
    if (service->about.st_uid && service->about.st_uid != service->runner->uid)
        TELL_FILE(service, OWNER, 0, .remedy = "chown root",
                  .text = {"it belongs to another user than the scan directory, who may "
                           "change what is executed here"});
}

/* log as a file: daemontools-encore's, run by the same supervise. */
static void check_log_file(struct service *service)
{
    struct stat about;

    if (fstatat(service->dir, "log", &about, 0) < 0)
        TELL_FILE(service, DANGLING, "log",
                  .remedy = "remove it, or make what it leads to",
                  .text = {"it is a link that leads nowhere: ", sv_errortext(errno)});
    else if (S_ISREG(about.st_mode) && (about.st_mode & 0111 || service->is_noexec))
        svlint_script(service, "log", ROLE_RUN);
    else
        TELL_FILE(service, LOG, "log", .remedy = "make it one of them, or rename it",
                  .text = {
                      "it is neither a directory nor a program, so nothing is logged"});
}

static void look(struct service *service)
{
    struct stat about;

    (void)fstat(service->dir, &service->about); /* cannot fail: it is open */
    if (!svlint_read_names(service->dir, &service->names)) {
        svlint_trouble(service->lint, "read directory", service->path, 0);
        return;
    }
    int has_log = svlint_has_name(&service->names, "log") && !service->is_logger;
    int is_known = has_log && !fstatat(service->dir, "log", &about, 0);
    int is_directory = is_known && S_ISDIR(about.st_mode);
    service->has_logger =
        is_directory || (is_known && S_ISREG(about.st_mode) && about.st_mode & 0111);
    svlint_file_system(service);
    check_directory(service);
    svlint_settings(service);
    if (!svlint_has_name(&service->names, "run"))
        TELL_FILE(service, NO_RUN, "run", .remedy = "write it, and chmod +x it last",
                  .text = {"there is none, so there is nothing to start"});
    else
        svlint_script(service, "run", ROLE_RUN);
    check_scripts(service);
    if (has_log && !is_directory) check_log_file(service);
    service->has_logger = is_directory; /* one to be looked at next */
    svlint_entries(service);
    svlint_state(service);
}

static void look_at_logger(struct service const *service)
{
    char *path = svlint_join(service->path, "log");
    struct service logger = {.lint = service->lint,
                             .path = path,
                             .is_logger = 1,
                             .runner = service->runner};

    logger.dir = svlint_open_directory(service->dir, "log");
    if (logger.dir >= 0) {
        look(&logger);
        svlint_free_names(&logger.names);
        (void)close(logger.dir); /* only read from */
    } else if (svlint_is_trouble(errno)) {
        svlint_trouble(service->lint, "open", path, 0);
    } else {
        TELL_FILE(service, UNREADABLE, "log", .remedy = "be who runs svscan",
                  .text = {"unable to open it: ", sv_errortext(errno)});
    }
    free(path);
}

void svlint_service(struct lint *lint, char const *path, int dir,
                    struct account const *runner)
{
    struct service service = {.lint = lint, .path = path, .dir = dir, .runner = runner};

    look(&service);
    if (service.has_logger) look_at_logger(&service);
    svlint_free_names(&service.names);
}
