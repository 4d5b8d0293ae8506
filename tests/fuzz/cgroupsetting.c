/* ISC license. */

/* Any word as a setting of a cgroup. The parts must make the word again, and lead
 * nowhere. */

#include <stdlib.h>
#include <string.h>

#include <sv/cgroupsetting.h>

#define TEXT_MAX 300

int LLVMFuzzerTestOneInput(uint8_t const *data, size_t size)
{
    struct sv_cgroupsetting setting;
    char text[TEXT_MAX + 1];

    if (size > TEXT_MAX) return 0;
    memcpy(text, data, size);
    text[size] = 0;
    if (!sv_cgroupsetting_scan(text, &setting)) return 0;
    size_t length = strlen(setting.file), controller = strlen(setting.controller);
    if (strncmp(text, setting.file, length) || text[length] != '=') abort();
    if (setting.value != text + length + 1) abort();
    if (strchr(setting.file, '/') || *setting.file == '.') abort();
    if (controller && strncmp(setting.file, setting.controller, controller)) abort();
    if (controller && setting.file[controller] != '.') abort();
    if (!controller && strncmp(setting.file, "cgroup.", 7)) abort();
    return 0;
}
