/* ISC license. */

#include <string.h>

#include <sv/ioprio.h>

#define CLASS_SHIFT 13 /* linux/ioprio.h */

#define ROW(name, number, has_levels, word, meaning) {number, has_levels, word, meaning},
struct sv_ioprio_class const sv_ioprio_classes[] = {SV_IOPRIO_CLASSES(ROW)};
#undef ROW
unsigned int const sv_ioprio_class_count =
    sizeof sv_ioprio_classes / sizeof *sv_ioprio_classes;

int sv_ioprio_scan(char const *text, unsigned int *value)
{
    size_t length = strcspn(text, ":");
    char const *level = text[length] ? text + length + 1 : 0;

    for (unsigned int i = 0; i < sv_ioprio_class_count; i++) {
        struct sv_ioprio_class const *class = sv_ioprio_classes + i;
        if (strlen(class->word) != length || memcmp(class->word, text, length)) continue;
        if (level && !class->has_levels) return 0;
        if (level && (*level < '0' || *level > '7' || level[1])) return 0;
        unsigned int data = class->has_levels ? SV_IOPRIO_LEVEL : 0;
        if (level) data = (unsigned int)(*level - '0');
        *value = class->number << CLASS_SHIFT | data;
        return 1;
    }
    return 0;
}
