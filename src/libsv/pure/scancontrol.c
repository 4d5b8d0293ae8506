/* ISC license. */

#include <sv/scancontrol.h>

enum sv_scancontrol sv_scancontrol_find(unsigned char byte)
{
    switch (byte) {
#define SV_SCANCONTROL_CASE(name, letter, meaning) \
    case letter: return SV_SCANCONTROL_##name;
        SV_SCANCONTROLS(SV_SCANCONTROL_CASE)
#undef SV_SCANCONTROL_CASE
    }
    return SV_SCANCONTROL_COUNT;
}
