/* ISC license. */

#include <sv/checksum.h>

uint32_t sv_checksum(unsigned char const *bytes, size_t length)
{
    uint32_t sum = 2166136261u;

    for (size_t i = 0; i < length; i++) sum = (sum ^ bytes[i]) * 16777619u;
    return sum;
}
