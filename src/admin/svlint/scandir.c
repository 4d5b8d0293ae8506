/* ISC license. */

/* A scan directory: its names, what they lead to, and each service once. */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <sv/errortext.h>
#include <sv/instance.h>
#include <sv/link.h>

#include "svlint.h"

#define OF_SVSCAN 16 /* descriptors that svscan has whatever the number of services */
#define NAME_LIMIT 255

/* A directory that has been looked at, or is an instance. */
struct seen {
    dev_t device;
    ino_t inode;
    char const *name;
    unsigned int is_template : 1;
    unsigned int has_instances : 1;
};

struct scan {
    struct lint *lint;
    char const *path;
    int dir;
    struct names const *names;
    struct stat about;
    struct account runner; /* of svscan: its owner */
    struct seen *seen;
    size_t seen_count;
    size_t descriptors; /* that svscan needs for them */
};

#define TELL_NAME(scan, about, name, ...) \
    TELL((scan)->lint, about, .directory = (scan)->path, .file = (name), __VA_ARGS__)

static struct seen *find_seen(struct scan const *scan, struct stat const *about)
{
    for (size_t i = 0; i < scan->seen_count; i++)
        if (scan->seen[i].device == about->st_dev && scan->seen[i].inode == about->st_ino)
            return &scan->seen[i];
    return 0;
}

/* Names ------------------------------------------------------------------------------ */

/* The NAME@ of NAME@ARG, if there is such a template here. To be freed; else null. */
static char *template_of(struct scan const *scan, char const *name)
{
    char const *at = strchr(name, '@');

    if (!at || at == name || !at[1]) return 0;
    char *template = svlint_join(0, name);
    template[at - name + 1] = 0;
    if (svlint_has_name(scan->names, template)) return template;
    free(template);
    return 0;
}

static void check_letters(struct scan const *scan, char const *name)
{
    for (char const *at = name; *at; at++) {
        unsigned char byte = (unsigned char)*at;
        if (byte > ' ' && byte != 0x7F) continue;
        TELL_NAME(scan, NAME, name, .remedy = "rename it",
                  .text = {"blanks and control characters in a name: no file needs can "
                           "name it, and scripts stumble over it"});
        return;
    }
}

/* Below an absolute SUPERVISEDIR each service has its whole path for a name. */
static void check_length(struct scan const *scan, char const *name)
{
    char const *place = getenv("SUPERVISEDIR");
    char *whole = place && *place == '/' ? realpath(scan->path, 0) : 0;

    if (whole && strlen(whole) + strlen(name) + strlen(":log") > NAME_LIMIT)
        TELL_NAME(scan, LONG_NAME, name, .remedy = "shorten it",
                  .text = {"below SUPERVISEDIR its path is one name, of more than 255 "
                           "bytes"});
    free(whole);
}

/* Links ------------------------------------------------------------------------------ */

static void check_dangling(struct scan const *scan, char const *name, int error_number)
{
    char const *at = strchr(name, '@');

    TELL_NAME(scan, DANGLING, name, .remedy = "remove it, or make what it leads to",
              .text = {at && at != name && at[1]
                           ? "there is no template behind the link: "
                           : "the link leads nowhere: ",
                       sv_errortext(error_number)});
}

/* Whether `name` is an instance; then its template knows. */
static int is_instance(struct scan *scan, char const *name, struct stat const *about)
{
    struct sv_link link;

    if (!strchr(name, '@') || !sv_link_read(scan->dir, name, &link)) return 0;
    if (!sv_instance_argument(name, link.target)) return 0;
    struct seen *template = find_seen(scan, about);
    if (template) template->has_instances = 1;
    return 1;
}

static void check_likeness(struct scan const *scan, char const *name)
{
    char *template = template_of(scan, name);

    if (template)
        TELL_NAME(scan, INSTANCE, name, .remedy = "make it a link to the template",
                  .text = {"it is called like an instance, but is no link to ", template,
                           ": it is a service by itself"});
    free(template);
}

/* Services --------------------------------------------------------------------------- */

static void look_into(struct scan *scan, char const *name)
{
    char *path = svlint_join(scan->path, name);
    int dir = svlint_open_directory(scan->dir, name);

    if (dir >= 0) {
        svlint_service(scan->lint, path, dir, &scan->runner);
        (void)close(dir); /* only read from */
    } else if (svlint_is_trouble(errno)) {
        svlint_trouble(scan->lint, "open", path, 0);
    } else {
        TELL_NAME(scan, UNREADABLE, name, .remedy = "be who runs svscan",
                  .text = {"unable to open it: ", sv_errortext(errno)});
    }
    free(path);
}

/* A pipe to a logger has two ends, and svscan holds both. */
static size_t descriptors_of(struct scan const *scan, char const *name)
{
    char *log = svlint_join(name, "log");
    struct stat about;
    size_t count = !fstatat(scan->dir, log, &about, 0) && S_ISDIR(about.st_mode) ? 4 : 1;

    free(log);
    return count;
}

/* One that svscan would see. Templates come before their instances: @ sorts so. */
static void look_at(struct scan *scan, char const *name)
{
    struct stat about;
    int is_template = sv_instance_is_template(name);

    if (fstatat(scan->dir, name, &about, 0) < 0) {
        if (svlint_is_trouble(errno))
            svlint_trouble(scan->lint, "look at", scan->path, name);
        else
            check_dangling(scan, name, errno);
        return;
    }
    if (!S_ISDIR(about.st_mode)) return;
    check_letters(scan, name);
    check_length(scan, name);
    struct seen const *seen = find_seen(scan, &about);
    int instance = is_instance(scan, name, &about);
    if (!is_template) scan->descriptors += descriptors_of(scan, name);
    if (!instance) check_likeness(scan, name);
    if (seen && !instance && !is_template && !seen->is_template)
        TELL_NAME(scan, SAME_DIRECTORY, name, .remedy = "remove one of the names",
                  .text = {"it is the same directory as ", seen->name,
                           ", and so the same service"});
    if (seen) return;
    scan->seen[scan->seen_count++] =
        (struct seen){about.st_dev, about.st_ino, name, !!is_template || !!instance,
                      !!instance};
    look_into(scan, name);
}

/* One that svscan does not see: is it a service? */
static void look_at_hidden(struct scan const *scan, char const *name)
{
    char *file = svlint_join(name, "run");
    struct stat about;

    if (!fstatat(scan->dir, file, &about, 0) && S_ISREG(about.st_mode))
        TELL_NAME(scan, HIDDEN, name, .remedy = "rename it if it is to run",
                  .text = {"svscan does not run what begins with a dot"});
    free(file);
}

static void check_descriptors(struct scan const *scan)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_max == RLIM_INFINITY) return;
    if (scan->descriptors + OF_SVSCAN <= limit.rlim_max) return;
    TELL(scan->lint, DESCRIPTORS, .directory = scan->path,
         .remedy = "raise the limit: ulimit -Hn",
         .text = {"svscan would need more descriptors for all these services than the "
                  "hard limit here"});
}

void svlint_scandir(struct lint *lint, char const *path, int dir,
                    struct names const *names)
{
    struct scan scan = {.lint = lint, .path = path, .dir = dir, .names = names};

    (void)fstat(dir, &scan.about); /* cannot fail: it is open */
    svlint_account_of(scan.about.st_uid, &scan.runner);
    scan.seen = svlint_allocate(0, names->count, sizeof *scan.seen);
    if (scan.about.st_mode & S_IWOTH)
        TELL(lint, WRITABLE, .directory = path, .remedy = "chmod o-w",
             .text = {"everybody may put services into the scan directory"});
    for (size_t i = 0; i < names->count; i++)
        if (*names->list[i] == '.')
            look_at_hidden(&scan, names->list[i]);
        else
            look_at(&scan, names->list[i]);
    for (size_t i = 0; i < scan.seen_count; i++)
        if (sv_instance_is_template(scan.seen[i].name) && !scan.seen[i].has_instances)
            TELL_NAME(&scan, TEMPLATE, scan.seen[i].name,
                      .remedy = "make a link NAME@ARGUMENT to it",
                      .text = {
                          "a template is not run, and there is no instance of it here"});
    check_descriptors(&scan);
    svlint_graph(lint, path, dir);
    free(scan.seen);
}
