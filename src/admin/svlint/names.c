/* ISC license. */

/* Directories and files, as they are read here: nothing is waited for. */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sv/openat.h>
#include <sv/stream.h>

#include "svlint.h"

static int compare(void const *left, void const *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

static void add_name(struct names *names, char const *name)
{
    if (!strcmp(name, ".") || !strcmp(name, "..")) return;
    if (names->count == names->size) {
        names->size = names->size ? names->size * 2 : 32;
        names->list = svlint_allocate(names->list, names->size, sizeof *names->list);
    }
    names->list[names->count++] = svlint_join(0, name);
}

int svlint_read_names(int fd, struct names *names)
{
    int again = sv_openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    DIR *stream = again < 0 ? 0 : fdopendir(again);
    struct dirent const *entry;

    *names = (struct names){.count = 0};
    if (!stream) {
        int error_number = errno;
        if (again >= 0) (void)close(again); /* only read from */
        errno = error_number;
        return 0;
    }
    while (errno = 0, (entry = readdir(stream)) || errno == EINTR)
        if (entry) add_name(names, entry->d_name);
    int error_number = errno;
    (void)closedir(stream); /* only read from */
    if (names->count) qsort(names->list, names->count, sizeof *names->list, compare);
    if (error_number) svlint_free_names(names);
    errno = error_number;
    return !error_number;
}

int svlint_has_name(struct names const *names, char const *name)
{
    return names->count
           && bsearch(&name, names->list, names->count, sizeof *names->list, compare);
}

void svlint_free_names(struct names *names)
{
    for (size_t i = 0; i < names->count; i++) free(names->list[i]);
    free(names->list);
    *names = (struct names){.count = 0};
}

int svlint_open_directory(int dir, char const *name)
{
    return sv_openat(dir, name, O_RDONLY | O_DIRECTORY | O_NONBLOCK | O_CLOEXEC, 0);
}

ssize_t svlint_read_file(int dir, char const *name, char *text, size_t size,
                         struct stat *about)
{
    size_t length = 0;
    ssize_t got = 1;

    /* A device might do something when it is opened. */
    if (fstatat(dir, name, about, 0) < 0) return -1;
    if (!S_ISREG(about->st_mode)) return errno = EINVAL, -1;
    int fd = sv_openat(dir, name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0);
    if (fd < 0) return -1;
    if (fstat(fd, about) < 0 || !S_ISREG(about->st_mode)) errno = EINVAL, got = -1;
    while (got > 0 && length < size) {
        got = sv_stream_read(fd, text + length, size - length);
        if (got > 0) length += (size_t)got;
    }
    int error_number = errno;
    (void)close(fd); /* only read from */
    errno = error_number;
    return got < 0 ? -1 : (ssize_t)length;
}

int svlint_is_trouble(int error_number)
{
    return error_number == EIO || error_number == ENOMEM || error_number == EMFILE
           || error_number == ENFILE || error_number == ESTALE;
}
