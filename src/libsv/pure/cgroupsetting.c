/* ISC license. */

#include <string.h>

#include <sv/cgroupsetting.h>

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"
#define CORE "cgroup" /* no controller */

int sv_cgroupsetting_scan(char const *word, struct sv_cgroupsetting *setting)
{
    size_t controller = strspn(word, LETTERS), length = controller;

    if (!controller || word[controller] != '.') return 0;
    while (word[length] == '.') {
        size_t part = strspn(word + length + 1, LETTERS);
        if (!part) return 0;
        length += 1 + part;
    }
    if (word[length] != '=' || length >= SV_CGROUPSETTING_FILE) return 0;
    memcpy(setting->file, word, length);
    setting->file[length] = 0;
    memcpy(setting->controller, word, controller);
    setting->controller[controller] = 0;
    if (!strcmp(setting->controller, CORE)) *setting->controller = 0;
    setting->value = word + length + 1;
    return 1;
}
