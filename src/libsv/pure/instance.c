/* ISC license. */

#include <string.h>

#include <sv/instance.h>

#define LOG "log"

int sv_instance_is_template(char const *name)
{
    size_t length = strlen(name);

    return length > 1 && name[length - 1] == '@';
}

/* The length of `path` up to `length` without the slashes at its end. */
static size_t without_slashes(char const *path, size_t length)
{
    while (length && path[length - 1] == '/') length--;
    return length;
}

/* Where the last part of the first `length` bytes of `path` begins. */
static size_t last_part(char const *path, size_t length)
{
    while (length && path[length - 1] != '/') length--;
    return length;
}

char const *sv_instance_argument(char const *name, char const *target)
{
    size_t end = without_slashes(target, strlen(target));
    size_t begin = last_part(target, end);
    size_t length = end - begin;

    if (length < 2 || target[end - 1] != '@') return 0;
    if (strncmp(name, target + begin, length) || !name[length]) return 0;
    return sv_instance_is_template(name) ? 0 : name + length;
}

char const *sv_instance_link(char const *path, char *link, size_t size)
{
    size_t length = without_slashes(path, strlen(path));
    size_t begin = last_part(path, length);

    if (length - begin == sizeof LOG - 1 && !memcmp(path + begin, LOG, sizeof LOG - 1)) {
        length = without_slashes(path, begin);
        begin = last_part(path, length);
    }
    if (length >= size || !memchr(path + begin, '@', length - begin)) return 0;
    memcpy(link, path, length);
    link[length] = 0;
    return link + begin;
}

size_t sv_instance_append(char *text, size_t size, char const *argument)
{
    size_t length = strlen(text), added = strlen(argument);
    size_t joint = length && text[length - 1] == '@' ? 0 : 1;

    if (length + joint + added >= size) return 0;
    if (joint) text[length] = '@';
    memcpy(text + length + joint, argument, added + 1);
    return length + joint + added;
}
