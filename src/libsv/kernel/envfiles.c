/* ISC license. */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <sv/chain.h>
#include <sv/envfiles.h>
#include <sv/openat.h>

/* Opens the directory for reading; *stream is null if there is none and need not be. */
static enum sv_envfiles_trouble open_directory(char const *name, int is_loose,
                                               DIR **stream)
{
    int place = sv_openat(AT_FDCWD, name, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);

    *stream = 0;
    if (place < 0 && errno == ENOENT && is_loose) return SV_ENVFILES_NONE;
    if (place < 0 || faccessat(place, ".", X_OK, AT_EACCESS) < 0)
        return SV_ENVFILES_SWITCH;
    int fd = sv_openat(place, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    if (fd >= 0) *stream = fdopendir(fd);
    int reason = errno;
    (void)close(place); /* only a place */
    errno = reason;
    return *stream ? SV_ENVFILES_NONE : SV_ENVFILES_DIRECTORY;
}

/* `content` is room that is used again. */
static enum sv_envfiles_trouble read_one(struct sv_envfiles *files, int directory,
                                         stralloc *content, stralloc *edits)
{
    if (sv_chain_read(directory, files->name, content) < 0) {
        /* gone since, or a link to nothing: as if empty; daemontools goes on, too */
        if (errno != ENOENT) return SV_ENVFILES_FILE;
        content->len = 0;
    }
    char const *value = content->len ? content->s : 0;
    size_t length = value ? sv_envedit_value(content->s, content->len, &files->cut) : 0;
    if (!sv_chain_set(edits, files->prefix, files->name, value, length))
        return SV_ENVFILES_MEMORY;
    return SV_ENVFILES_NONE;
}

enum sv_envfiles_trouble sv_envfiles_read(struct sv_envfiles *files,
                                          char const *directory, stralloc *edits)
{
    DIR *stream;
    enum sv_envfiles_trouble trouble = open_directory(directory, files->loose, &stream);
    stralloc content = STRALLOC_ZERO;
    struct dirent const *entry;

    if (!stream) return trouble;
    while (!trouble && (errno = 0, entry = readdir(stream)) != 0) {
        if (*entry->d_name == '.') continue;
        strcpy(files->name, entry->d_name);
        trouble = read_one(files, dirfd(stream), &content, edits);
        if (trouble == SV_ENVFILES_FILE && errno == EISDIR && files->is_directory) {
            files->is_directory(directory, files->name);
            trouble = SV_ENVFILES_NONE;
        }
    }
    int reason = errno;
    if (!trouble && reason) trouble = SV_ENVFILES_DIRECTORY;
    (void)closedir(stream); /* opened for reading */
    stralloc_free(&content);
    errno = reason;
    return trouble;
}
