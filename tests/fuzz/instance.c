/* ISC license. */

/*
 * Any path of a service directory, and behind a newline any target of the link that it
 * may be. What is found must be in there, and whole parts of paths.
 */

#include <stdlib.h>
#include <string.h>

#include <sv/instance.h>

#define TEXT_MAX 300
#define LINK_MAX 200 /* shorter, so that some do not fit */

static void check_link(char const *path, char const *link, char const *name)
{
    size_t length = strlen(link);

    if (length >= LINK_MAX || strncmp(path, link, length)) abort();
    if (name < link || name >= link + length || strchr(name, '/')) abort();
    if (name > link && name[-1] != '/') abort();
    if (!strchr(name, '@')) abort();
    char const *rest = path + length;
    rest += strspn(rest, "/");
    if (!*rest) return;
    if (strncmp(rest, "log", 3) || rest[-1] != '/') abort();
    if (rest[3 + strspn(rest + 3, "/")]) abort();
}

static void check_argument(char const *name, char const *target, char const *argument)
{
    size_t length = (size_t)(argument - name);
    size_t end = strlen(target);

    if (argument <= name + 1 || argument[-1] != '@' || !*argument) abort();
    if (sv_instance_is_template(name)) abort();
    while (end && target[end - 1] == '/') end--;
    if (end < length || memcmp(target + end - length, name, length)) abort();
    if (end > length && target[end - length - 1] != '/') abort();
}

int LLVMFuzzerTestOneInput(uint8_t const *data, size_t size)
{
    char path[TEXT_MAX + 1], link[LINK_MAX], text[LINK_MAX];
    char *target = "";

    if (size > TEXT_MAX) return 0;
    memcpy(path, data, size);
    path[size] = 0;
    char *newline = strchr(path, '\n');
    if (newline) {
        *newline = 0;
        target = newline + 1;
    }
    char const *name = sv_instance_link(path, link, sizeof link);
    if (!name) return 0;
    check_link(path, link, name);
    char const *argument = sv_instance_argument(name, target);
    if (!argument) return 0;
    check_argument(name, target, argument);
    memcpy(text, "supervise", sizeof "supervise");
    size_t length = sv_instance_append(text, sizeof text, argument);
    if (length
        && (length != strlen(text)
            || strcmp(strrchr(text, 0) - strlen(argument), argument)))
        abort();
    return 0;
}
