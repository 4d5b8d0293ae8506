/* ISC license. */

#include <errno.h>
#include <fcntl.h>

#include <sv/openat.h>

int sv_openat(int dir, char const *name, int flags, mode_t mode)
{
    int fd;

    do fd = openat(dir, name, flags, mode);
    while (fd < 0 && errno == EINTR);
    return fd;
}
