/* ISC license. */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sv/openat.h>
#include <sv/places.h>
#include <sv/text.h>

#define DIRECTORY (O_RDONLY | O_DIRECTORY | O_CLOEXEC)

static char const *const customary[] = {"/service", "/etc/service", "/var/service"};

static char const *setting(char const *name)
{
    char const *value = getenv(name);

    return value && *value ? value : 0;
}

static int keep(char path[PATH_MAX], char const *value)
{
    *path = 0;
    if (strlen(value) >= PATH_MAX) {
        sv_text_append(path, PATH_MAX, value);
        return errno = ENAMETOOLONG, 0;
    }
    strcpy(path, value);
    for (size_t length = strlen(path); length > 1 && path[length - 1] == '/';)
        path[--length] = 0;
    return 1;
}

int sv_places_scan(struct sv_places *places, char const *told)
{
    if (!told) told = setting("SVSCANDIR");
    if (told) {
        if (!keep(places->scan, told)) return 0;
        places->scan_dir = sv_openat(AT_FDCWD, places->scan, DIRECTORY, 0);
        return places->scan_dir >= 0;
    }
    for (size_t i = 0; i < sizeof customary / sizeof *customary; i++) {
        strcpy(places->scan, customary[i]);
        places->scan_dir = sv_openat(AT_FDCWD, places->scan, DIRECTORY, 0);
        if (places->scan_dir >= 0 || errno != ENOENT) break;
    }
    if (places->scan_dir >= 0) return 1;
    if (errno == ENOENT) strcpy(places->scan, customary[0]);
    return 0;
}

/* Where definitions are if nobody has said so. */
static int choose_base(struct sv_places *places)
{
    if (!realpath(places->scan, places->base)) return 0;
    char *slash = strrchr(places->base, '/');
    if (slash == places->base) return keep(places->base, "/etc/sv");
    if ((size_t)(slash - places->base) + sizeof "/sv" > PATH_MAX)
        return errno = ENAMETOOLONG, 0;
    strcpy(slash, "/sv");
    return 1;
}

static int make_absolute(char path[PATH_MAX])
{
    char there[PATH_MAX];

    if (*path == '/') return 1;
    if (!getcwd(there, sizeof there)) return 0;
    if (strlen(there) + strlen(path) + 2 > PATH_MAX) return errno = ENAMETOOLONG, 0;
    if (there[1]) sv_text_append(there, sizeof there, "/");
    sv_text_append(there, sizeof there, path);
    strcpy(path, there);
    return 1;
}

int sv_places_base(struct sv_places *places, char const *told, int makes)
{
    struct stat scan, base;

    places->base_dir = -1;
    places->is_same = 0;
    if (!told) told = setting("SVBASEDIR");
    if (told ? !keep(places->base, told) : !choose_base(places)) return 0;
    if (!make_absolute(places->base)) return 0;
    if (makes && mkdir(places->base, 0755) < 0 && errno != EEXIST) return 0;
    places->base_dir = sv_openat(AT_FDCWD, places->base, DIRECTORY, 0);
    if (places->base_dir < 0) return errno == ENOENT && !makes;
    if (fstat(places->scan_dir, &scan) < 0 || fstat(places->base_dir, &base) < 0)
        return 0;
    places->is_same = scan.st_dev == base.st_dev && scan.st_ino == base.st_ino;
    return 1;
}
